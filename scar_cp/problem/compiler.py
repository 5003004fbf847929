"""From an instance to a problem: the only place that rounds (SPEC sections 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from scar_cp.cost.instance_costs import layer_costs
from scar_cp.errors import InputError
from scar_cp.inputs.cost_table import RowName, SampleCost
from scar_cp.inputs.graph import Tensor, build_graph
from scar_cp.inputs.instance import Instance
from scar_cp.inputs.network import memory_ports, nop_graph, nop_links
from scar_cp.inputs.package import Package
from scar_cp.inputs.topology import all_hops
from scar_cp.inputs.workload import Layer, ModelRun
from scar_cp.problem.compiled import (
    Problem,
    ProblemChiplet,
    ProblemLayer,
    ProblemModel,
    ProblemTensor,
    ProblemType,
)
from scar_cp.problem.problem_faults import size_faults
from scar_cp.problem.reconfig import reconfigure
from scar_cp.records.decimals import exact, nearest

__all__ = ["compile_instance"]


def compile_instance(instance: Instance) -> Problem:
    """Cost every layer and tensor of an instance and round to integers, once.

    Times are rounded up to cycles, energies to the nearest nJ (halves up), from exact rationals.

    Parameters
    ----------
    instance
        An instance from a file or built in code.

    Returns
    -------
    Problem
        With the windows and node counts of the paper's greedy engines filled in. Its arrays of
        costs have the shape (layers, chiplet types), one per model.

    Raises
    ------
    InputError
        If costs are too large to count in 64 bits.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.compile_instance(sc.read_instance("instances/quickstart.yaml"))
    >>> problem.type_names, problem.compute_cycles[1].shape
    (('nvdla', 'shidiannao'), (7, 2))
    """
    package, settings = instance.package, instance.settings
    clock_hz = exact(package.clock_mhz) * 1_000_000
    rates = _Rates(
        nop_bytes_per_cycle=exact(package.nop.gb_per_s) * 10**9 / clock_hz,
        dram_bytes_per_cycle=exact(package.dram.gb_per_s) * 10**9 / clock_hz,
        nop_nj_per_byte_hop=8 * exact(package.nop.pj_per_bit_hop) / 1000,
        dram_nj_per_byte=8 * exact(instance.dram_pj_per_bit) / 1000,
    )
    element_bytes = instance.scenario.bytes_per_element
    links = nop_links(package)
    chiplets = _chiplets(package, links)
    types = instance.used_types
    models = []
    for run, model in zip(instance.scenario.models, instance.models, strict=True):
        graph = build_graph(model, settings.granularity)
        deadline = run.deadline_ms
        models.append(
            ProblemModel(
                name=run.name or model.name,
                batch=run.batch,
                minibatch=run.minibatch,
                passes=-(-run.batch // run.minibatch),
                deadline_cycles=(
                    None if deadline is None else int(exact(deadline) * clock_hz / 1000)
                ),
                max_segments=None,
                layers=_layers(
                    graph.layers,
                    layer_costs(instance, model, graph.layers),
                    rates,
                    element_bytes,
                    run,
                ),
                tensors=tuple(_tensor(t, rates, element_bytes, run) for t in graph.tensors),
            )
        )
    problem = Problem(
        format="scar-cp/problem@1",
        name=instance.name,
        clock_hz=int(clock_hz) if clock_hz.denominator == 1 else float(clock_hz),
        max_windows=settings.windows,
        weight_policy=settings.weight_policy,
        overlap=settings.overlap,
        contention=settings.contention,
        routing="shortest",
        types=tuple(ProblemType(name=n, buffer_bytes=t.buffer_bytes) for n, t in types.items()),
        chiplets=chiplets,
        links=tuple(links),
        hop_cycles=_cycles(exact(package.nop.hop_ns) * clock_hz / 10**9),
        dram_latency_cycles=_cycles(exact(package.dram.latency_ns) * clock_hz / 10**9),
        models=tuple(models),
    )
    faults = size_faults(problem, instance.file, "compiled ")
    if faults:
        raise InputError(faults)
    routing = settings.routing or ("xy" if problem.is_full_mesh else "shortest")
    return reconfigure(problem.replace(routing=routing), settings.n_splits, settings.packing)


@dataclass(frozen=True)
class _Rates:
    """Bandwidths and energies of transfers, exact."""

    nop_bytes_per_cycle: Fraction
    dram_bytes_per_cycle: Fraction
    nop_nj_per_byte_hop: Fraction
    dram_nj_per_byte: Fraction


def _cycles(value: Fraction) -> int:
    return ceil(value)


def _layers(
    layers: Sequence[Layer],
    costs: Mapping[RowName, SampleCost],
    rates: _Rates,
    element_bytes: int,
    run: ModelRun,
) -> tuple[ProblemLayer, ...]:
    cycles: dict[str, dict[str, int]] = {layer.name: {} for layer in layers}
    energies: dict[str, dict[str, int]] = {layer.name: {} for layer in layers}
    for (_, layer_name, type_name), cost in costs.items():
        cycles[layer_name][type_name] = run.minibatch * cost.cycles
        energies[layer_name][type_name] = nearest(run.batch * cost.energy_nj)
    compiled = []
    place = {layer.name: i for i, layer in enumerate(layers)}
    for layer in layers:
        weight_bytes = layer.weight_elements * element_bytes
        compiled.append(
            ProblemLayer(
                name=layer.name,
                window=None,
                compute_cycles=cycles[layer.name],
                compute_energy_nj=energies[layer.name],
                weight_bytes=weight_bytes,
                weight_load_cycles=_cycles(weight_bytes / rates.dram_bytes_per_cycle),
                weight_nop_cycles=_cycles(weight_bytes / rates.nop_bytes_per_cycle),
                weight_energy_nj=nearest(weight_bytes * rates.dram_nj_per_byte),
                weight_nop_energy_nj_per_hop=nearest(weight_bytes * rates.nop_nj_per_byte_hop),
                weights_of=None if layer.weights_of is None else place[layer.weights_of],
            )
        )
    return tuple(compiled)


def _tensor(tensor: Tensor, rates: _Rates, element_bytes: int, run: ModelRun) -> ProblemTensor:
    sample_bytes = tensor.elements * element_bytes
    pass_bytes = run.minibatch * sample_bytes
    batch_bytes = run.batch * sample_bytes
    return ProblemTensor(
        producer=tensor.producer,
        consumers=tensor.consumers,
        is_output=tensor.is_output,
        nop_cycles=_cycles(pass_bytes / rates.nop_bytes_per_cycle),
        nop_energy_nj_per_hop=nearest(batch_bytes * rates.nop_nj_per_byte_hop),
        dram_cycles=_cycles(pass_bytes / rates.dram_bytes_per_cycle),
        dram_energy_nj=nearest(batch_bytes * rates.dram_nj_per_byte),
    )


def _chiplets(package: Package, links: list[tuple[int, int]]) -> tuple[ProblemChiplet, ...]:
    graph = nop_graph(package, links)
    hops = all_hops([sorted(graph[c]) for c in range(len(graph))])
    ports = memory_ports(package)
    columns = len(package.layout[0]) if package.layout is not None else None
    return tuple(
        ProblemChiplet(
            id=c,
            type=name,
            row=c // columns if columns else None,
            col=c % columns if columns else None,
            port=min(ports, key=lambda p, c=c: (hops[c][p], p)),  # type: ignore[misc]
        )
        for c, name in enumerate(package.type_names)
    )
