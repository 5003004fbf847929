"""What an instance's layers cost: by the analytical model or by the instance's own table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from scar_cp.cost import Shapes, cost_layers
from scar_cp.errors import Fault, InputError
from scar_cp.inputs.cost_table import (
    CostTable,
    RowName,
    SampleCost,
    coverage_faults,
    joined,
    to_csv,
)
from scar_cp.inputs.graph import build_graph
from scar_cp.inputs.instance import Instance
from scar_cp.inputs.package import ChipletType
from scar_cp.inputs.workload import Layer, Model

__all__ = ["layer_costs", "table_faults", "template", "with_table"]


def layer_costs(
    instance: Instance, model: Model, layers: Sequence[Layer]
) -> dict[RowName, SampleCost]:
    """Cost of one sample of each layer of a model on each chiplet type of the package."""
    types = instance.used_types
    if instance.cost_table is None:
        return _analytical_costs(model.name, layers, types)
    names = [RowName(model.name, layer.name, name) for layer in layers for name in types]
    return {name: instance.cost_table.costs[name] for name in names}


def _analytical_costs(
    model: str, layers: Sequence[Layer], types: Mapping[str, ChipletType]
) -> dict[RowName, SampleCost]:
    """The same by the analytical model of each type's dataflow."""
    shapes = Shapes.from_layers(layers)
    found: dict[RowName, SampleCost] = {}
    for name, chiplet_type in types.items():
        costs = cost_layers(shapes, chiplet_type)
        energies_pj: list[Fraction] = costs.energy_pj_exact(chiplet_type)
        for layer, cycles, pj in zip(layers, costs.cycles.tolist(), energies_pj, strict=True):
            found[RowName(model, layer.name, name)] = SampleCost(cycles, pj / 1000)
    return found


def _needed_rows(instance: Instance) -> list[RowName]:
    """The rows of a table that covers an instance: by model, layer and type, each once."""
    rows = [
        RowName(model.name, layer.name, name)
        for model in instance.models
        for layer in build_graph(model, instance.settings.granularity).layers
        for name in instance.used_types
    ]
    return list(dict.fromkeys(rows))


def table_faults(instance: Instance, table: CostTable) -> list[Fault]:
    """Everything that keeps a table from being the one of an instance."""
    return _ambiguous_names(instance) + coverage_faults(table, _needed_rows(instance))


def with_table(instance: Instance, table: CostTable) -> tuple[Instance, list[Fault]]:
    """The instance with a table of costs, and everything that keeps it from being its own."""
    table, guessed = joined(table, _needed_rows(instance))
    with_costs = replace(instance, cost_table=table, guessed_rows=guessed)
    return with_costs, table_faults(instance, table)


def template(instance: Instance, filled: bool) -> str:
    """The table that covers an instance, as text: empty, or filled by the analytical model.

    Raises
    ------
    InputError
        If two different models have one name.
    """
    faults = _ambiguous_names(instance)
    if faults:
        raise InputError(faults)
    costs: dict[RowName, SampleCost] = {}
    if filled:
        for model in dict.fromkeys(instance.models):
            layers = build_graph(model, instance.settings.granularity).layers
            costs |= _analytical_costs(model.name, layers, instance.used_types)
    return to_csv((name, costs.get(name)) for name in _needed_rows(instance))


def _ambiguous_names(instance: Instance) -> list[Fault]:
    """Every model name that a row could not tell apart."""
    rule = "a cost table needs models of different names, but two different ones have this"
    first: dict[str, Model] = {}
    return [
        Fault(instance.file, "cost_table", model.name, rule)
        for model in instance.models
        if first.setdefault(model.name, model) != model
    ]
