"""Results of other cost models as rows of a cost table: MAESTRO, Timeloop, ZigZag.

Cycles are rounded up to whole ones, energies to the nearest pJ (halves up), from the decimals that
the file holds; a table has nJ. Layers keep the names that the file (or its name) has, and every
result is taken for that of one sample: run the other tool with batch 1. What it says of DRAM is in
its numbers; a schedule charges DRAM by itself, so leave it out of the other tool's architecture.

Which shapes of file are read, and how far that is verified:

- MAESTRO writes one CSV per run, a row per layer. Headings as in the public sources of its writer.
  Its energies are multiples of one multiply-accumulate although the heading says nJ (true of the
  printed report; not verified for the file), hence `energy_unit_pj`.
- Timeloop writes ``timeloop-mapper.stats.txt`` (or ``-model``) per layer, ending with ``Summary
  Stats``: ``Cycles: N`` and ``Energy: E uJ``, as in its public sources and published examples of
  2020 to 2024. E has two decimals, so an energy is known to 10 nJ. The file does not name its
  layer: its own name does, or its folder's where the file has Timeloop's name.
- ZigZag writes ``LAYER_simple.json`` and ``LAYER_complete.json``, with cycles and pJ, as in its
  public sources of 2024 (slashes of the layer's name are underscores there). The latency includes
  loading and unloading the array.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from scar_cp.cost_table import RowName, SampleCost
from scar_cp.csv_rows import read_text
from scar_cp.documents import read_document, shown
from scar_cp.errors import Fault, InputError
from scar_cp.exact import exact, nearest

__all__ = ["CostFormat", "import_costs"]

CostFormat = Literal["maestro", "timeloop", "zigzag"]


class _Result(NamedTuple):
    """One layer's result as found: numbers still as written."""

    place: str
    """Where in the file."""
    model: str
    layer: str
    cycles: str
    energy: str
    """In the file's unit."""


def import_costs(
    files: Sequence[Path],
    cost_format: CostFormat,
    chiplet_type: str,
    model: str | None = None,
    energy_unit_pj: float | None = None,
) -> dict[RowName, SampleCost]:
    """Read results of another cost model, all of one chiplet type.

    Parameters
    ----------
    files
        Result files.
    cost_format
        Who wrote them.
    chiplet_type
        Name of the type that they are about.
    model
        Name of the model; None takes the network's name in MAESTRO's rows.
    energy_unit_pj
        MAESTRO's unit of energy, one multiply-accumulate, in pJ.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    pj_per_unit = {
        "maestro": exact(energy_unit_pj or 0),
        "timeloop": Fraction(1_000_000),  # written in uJ
        "zigzag": Fraction(1),
    }[cost_format]
    faults: list[Fault] = []
    costs: dict[RowName, SampleCost] = {}
    for file in files:
        try:
            results = _READERS[cost_format](file)
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
                nj = Fraction(nearest(energy * pj_per_unit), 1000)
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


_MAESTRO_COLUMNS: Final = (
    "Neural Network Name",
    "Layer Number",
    "Runtime (Cycles)",
    "Activity count-based Energy (nJ)",
)


def _read_maestro(path: Path) -> list[_Result]:
    # Headings and cells have blanks around them, and two headings are equal in every file.
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        (_, header), *rows = [
            (reader.line_num, [cell.strip() for cell in row]) for row in reader if row
        ]
    except csv.Error as error:
        rule = f"malformed CSV: {error}"
        raise InputError([Fault(str(path), f"row {reader.line_num}", None, rule)]) from error
    faults = [
        Fault(str(path), "row 1", name, "a column of this name is required, as MAESTRO writes it")
        for name in _MAESTRO_COLUMNS
        if name not in header
    ]
    if faults:
        raise InputError(faults)
    columns = [header.index(name) for name in _MAESTRO_COLUMNS]
    rule = f"must have at least {max(columns) + 1} cells"
    faults = [
        Fault(str(path), f"row {number}", f"{len(row)} cells", rule)
        for number, row in rows
        if len(row) <= max(columns)
    ]
    if faults:
        raise InputError(faults)
    if not rows:
        raise InputError([Fault(str(path), "", None, "has no layers")])
    return [_Result(f"row {number}", *(row[column] for column in columns)) for number, row in rows]


def _read_timeloop(path: Path) -> list[_Result]:
    _, title, summary = read_text(path).partition("Summary Stats")
    if not title:
        rule = "must hold 'Summary Stats', as Timeloop's *.stats.txt do"
        raise InputError([Fault(str(path), "", None, rule)])
    found: list[str] = []
    faults = []
    for name, unit in (("Cycles", ""), ("Energy", " uJ")):
        match = re.search(rf"^{name}: *(\S+){unit}\s*$", summary, re.MULTILINE)
        if match:
            found.append(match[1])
        else:
            rule = f"must hold a line '{name}: NUMBER{unit}'"
            faults.append(Fault(str(path), "Summary Stats", None, rule))
    if faults:
        raise InputError(faults)
    name = path.name.removesuffix(".stats.txt").removesuffix(".txt")
    if name in ("timeloop-mapper", "timeloop-model"):
        name = path.resolve().parent.name
    return [_Result("", "", name, *found)]


def _read_zigzag(path: Path) -> list[_Result]:
    data: Any = read_document(path)
    try:
        if "outputs" in data:
            energy = data["outputs"]["energy"]["energy_total"]
            latency = data["outputs"]["latency"]
            parts = [latency[part] for part in _ZIGZAG_LATENCIES]
            cycles = sum(map(exact, parts), Fraction())
        else:
            energy, cycles = data["energy"], exact(data["latency"])
    except (KeyError, TypeError, ValueError) as error:
        rule = "must hold energy and latency, as ZigZag's *_simple.json and *_complete.json do"
        raise InputError([Fault(str(path), "", None, rule)]) from error
    if path.name.startswith("overall_"):
        rule = "is the sum of all layers: give the files of the layers"
        raise InputError([Fault(str(path), "", None, rule)])
    name = path.stem.removesuffix("_simple").removesuffix("_complete")
    return [_Result("", "", name, str(ceil(cycles)), str(energy))]


_ZIGZAG_LATENCIES: Final = ("data_onloading", "computation", "data_offloading")

_READERS: Final[dict[CostFormat, Callable[[Path], list[_Result]]]] = {
    "maestro": _read_maestro,
    "timeloop": _read_timeloop,
    "zigzag": _read_zigzag,
}
