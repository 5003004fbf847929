"""Results of other cost models as rows of a cost table.

Cycles are rounded up to whole ones, energies to the nearest pJ (halves up), from the decimals that
the file holds; a table has nJ. Layers keep the names that the file (or its name) has, and every
result is taken for that of one sample: run the other tool with batch 1. What it says of DRAM is in
its numbers; a schedule charges DRAM by itself, so leave it out of the other tool's architecture.

Which shapes of file are read, and how far that is verified, say the modules of
`scar_cp.cost_sources`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path

from scar_cp.cost_sources import CostSource
from scar_cp.errors import Fault, InputError
from scar_cp.inputs.cost_table import RowName, SampleCost
from scar_cp.plugins import COST_SOURCES
from scar_cp.records.decimals import exact, nearest
from scar_cp.records.yaml_json import shown

__all__ = ["get_cost_source", "import_costs"]


def get_cost_source(name: str) -> CostSource:
    """Return the cost source of a name, built in or a plug-in's.

    Raises
    ------
    KeyError
        If there is none; the message lists those there are.
    InputError
        If the plug-in of this name is broken.
    """
    source: CostSource = COST_SOURCES[name]
    return source


def import_costs(
    files: Sequence[Path],
    source: CostSource,
    chiplet_type: str,
    model: str | None = None,
    energy_unit_pj: float | None = None,
) -> dict[RowName, SampleCost]:
    """Read results of another cost model, all of one chiplet type.

    Parameters
    ----------
    files
        Result files.
    source
        Reads them.
    chiplet_type
        Name of the type that they are about.
    model
        Name of the model; None takes the names in the results.
    energy_unit_pj
        Unit of energy in pJ, for a source that has none of its own.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    unit_pj = source.energy_unit_pj
    if unit_pj is None:
        unit_pj = exact(energy_unit_pj or 0)
    faults: list[Fault] = []
    costs: dict[RowName, SampleCost] = {}
    for file in files:
        try:
            results = source.read(file)
        except InputError as error:
            faults += error.faults
            continue
        for result in results:
            cycles = _number(result.cycles)
            energy = _number(result.energy)
            at = f"{result.place}, " if result.place else ""
            rule = "must be a number, at least 0 and below 10^18"
            if cycles is None:
                faults.append(Fault(str(file), f"{at}cycles", shown(result.cycles), rule))
            if energy is None:
                faults.append(Fault(str(file), f"{at}energy", shown(result.energy), rule))
            name = RowName(model or result.model, result.layer, chiplet_type)
            if name in costs:
                rule = "has this model and layer, as a result before it has"
                value = f"{name.model}, {name.layer}"
                faults.append(Fault(str(file), result.place, value, rule))
            elif cycles is not None and energy is not None:
                nj = Fraction(nearest(energy * unit_pj), 1000)
                costs[name] = SampleCost(ceil(cycles), nj)
    if faults:
        raise InputError(faults)
    return costs


def _number(text: str) -> Fraction | None:
    """A non-negative decimal number, or None for anything else."""
    if not re.fullmatch(r"[0-9]{1,100}(\.[0-9]{0,100})?([eE][-+]?[0-9]{1,3})?", text):
        return None
    value = Fraction(text)
    return value if value < 10**18 else None
