"""Costs of layers from elsewhere: a table of measured or imported compute costs as CSV.

A row says what **one sample** of a layer costs on a chiplet of a type: ``cycles`` of compute (a
whole number) and ``energy_nj`` (a decimal number of nJ). A pass of a mini-batch takes as many times
the cycles, the batch as many times the energy as they have samples; that is rounded, once, when
the instance is compiled. Costs of a sample are what can be measured on one chiplet, without
knowing the scenario, and one row serves a model that runs twice with different batches.

Weights from DRAM, and tensors to and from other chiplets, are charged by the schedule: they are
not part of these numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from scar_cp.errors import Fault
from scar_cp.inputs.layer_names import spelling
from scar_cp.plain import from_cell, to_cell
from scar_cp.records.decimals import exact
from scar_cp.records.reading import reader
from scar_cp.records.user_csv import read_rows
from scar_cp.records.yaml_json import shown

__all__ = [
    "CostTable",
    "RowName",
    "SampleCost",
    "build_cost_table",
    "coverage_faults",
    "joined",
    "read_cost_table",
    "to_csv",
]


class RowName(NamedTuple):
    """What a row is about."""

    model: str
    layer: str
    chiplet_type: str


class SampleCost(NamedTuple):
    """Compute cost of one sample of a layer on a chiplet."""

    cycles: int
    energy_nj: Fraction


@dataclass(frozen=True)
class CostTable:
    """A table as read."""

    file: str
    rows: Mapping[RowName, int]
    """Number of the row with each name, whether its numbers are sound or not."""
    costs: Mapping[RowName, SampleCost]
    whole: bool = True
    """Whether every row has as many cells as the header, so that it says what it is about."""


_NUMBERS = ("cycles", "energy_nj")
_LIMIT = 10**18
_COLUMNS = (*RowName._fields, *_NUMBERS)
_PATTERNS = {
    "cycles": re.compile(r"[0-9]{1,18}"),
    "energy_nj": re.compile(r"[0-9]{1,18}(\.[0-9]{1,1000})?"),
}
_RULES = {
    "cycles": "must be a whole number of cycles, at least 0 and below 10^18",
    "energy_nj": "must be a decimal number of nJ, at least 0 and below 10^18",
}


@reader
def read_cost_table(path: Path) -> tuple[CostTable, list[Fault]]:
    """Read a table with columns model, layer, chiplet_type, cycles and energy_nj.

    Returns
    -------
    table : CostTable
    faults : list of Fault
        Every fault of every row.

    Raises
    ------
    InputError
        If the file or its header cannot be made sense of.
    """
    file = str(path)
    rows, faults = read_rows(path, _COLUMNS, known=_COLUMNS)
    whole = not faults
    numbers: dict[RowName, int] = {}
    costs: dict[RowName, SampleCost] = {}
    empty: dict[RowName, tuple[str, ...]] = {}
    for number, cells in rows:
        name = RowName(*(from_cell(cells[field]) for field in RowName._fields))
        if name in numbers:
            rule = f"must be unique, but row {numbers[name]} has this name too"
            faults.append(Fault(file, f"row {number}", ", ".join(name), rule))
            continue
        numbers[name] = number
        wrong = [
            Fault(file, f"row {number}, {column}", cells[column], _RULES[column])
            for column in _NUMBERS
            if cells[column].strip() and not _PATTERNS[column].fullmatch(cells[column])
        ]
        faults += wrong
        empty[name] = tuple(column for column in _NUMBERS if not cells[column].strip())
        if not wrong and not empty[name]:
            costs[name] = SampleCost(int(cells["cycles"]), Fraction(cells["energy_nj"]))
    faults += _unfilled(file, numbers, empty)
    return CostTable(file, numbers, costs, whole), faults


class _Unfilled(NamedTuple):
    """Neighbouring layers of a model that lack the same numbers on the same types."""

    first: int
    layers: list[str]
    rows: list[int]


def _unfilled(
    file: str, numbers: Mapping[RowName, int], empty: Mapping[RowName, tuple[str, ...]]
) -> list[Fault]:
    """A fault for every range of layers whose cells are empty; layers count as the table has them.

    Parameters
    ----------
    file
        The table.
    numbers
        Of all rows, by what they are about.
    empty
        The columns that each row leaves empty.
    """
    lacking: dict[tuple[str, int], dict[tuple[str, ...], list[RowName]]] = {}
    places: dict[str, dict[str, int]] = {}
    for name in numbers:
        place = places.setdefault(name.model, {})
        layer = place.setdefault(name.layer, len(place))
        if empty[name]:
            lacking.setdefault((name.model, layer), {}).setdefault(empty[name], []).append(name)
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[_Unfilled]] = {}
    for (model, layer), by_columns in sorted(lacking.items()):
        for columns, names in by_columns.items():
            types = tuple(name.chiplet_type for name in names)
            ranges = found.setdefault((model, types, columns), [])
            if not ranges or ranges[-1].first + len(ranges[-1].layers) != layer:
                ranges.append(_Unfilled(layer, [], []))
            ranges[-1].layers.append(names[0].layer)
            ranges[-1].rows.extend(numbers[name] for name in names)
    return [
        _unfilled_fault(file, model, types, columns, of)
        for (model, types, columns), ranges in found.items()
        for of in ranges
    ]


def _unfilled_fault(
    file: str, model: str, types: tuple[str, ...], columns: tuple[str, ...], of: _Unfilled
) -> Fault:
    least, most, last = min(of.rows), max(of.rows), of.first + len(of.layers) - 1
    rows = f"row {least}" if least == most else f"row {least}-{most}"
    layers = f"layer {of.layers[0]}" if last == of.first else f"layers {of.first}-{last}"
    what = f"{model}: {layers}, type{'s' if len(types) > 1 else ''} {', '.join(types)}"
    rule = f"{' and '.join(columns)} {'is' if len(columns) == 1 else 'are'} required"
    return Fault(file, rows, what, rule)


def build_cost_table(
    costs: Mapping[tuple[str, str, str], tuple[int, float]], file: str
) -> tuple[CostTable, list[Fault]]:
    """The table of costs that stand in the code, and every fault of its numbers.

    Parameters
    ----------
    costs
        Cycles and energy in nJ of one sample by (model, layer, chiplet type). Energies are taken
        as the decimals that they print as, and may be a `Fraction`.
    file
        What the table is called in messages; its rows count from 1.
    """
    faults: list[Fault] = []
    numbers = {RowName(*name): number for number, name in enumerate(costs, start=1)}
    sound: dict[RowName, SampleCost] = {}
    for (name, number), (cycles, energy_nj) in zip(numbers.items(), costs.values(), strict=True):
        energy = _energy(energy_nj)
        counted = isinstance(cycles, int) and 0 <= cycles < _LIMIT
        if counted and energy is not None:
            sound[name] = SampleCost(cycles, energy)
        if not counted:
            faults.append(Fault(file, f"row {number}, cycles", shown(cycles), _RULES["cycles"]))
        if energy is None:
            rule = _RULES["energy_nj"]
            faults.append(Fault(file, f"row {number}, energy_nj", shown(energy_nj), rule))
    return CostTable(file, numbers, sound), faults


def _energy(value: float) -> Fraction | None:
    """The number that was written, if it is one that a table may hold."""
    try:
        number = exact(value)
    except ValueError:  # infinite, or no number
        return None
    return number if 0 <= number < _LIMIT else None


def joined(table: CostTable, needed: Iterable[RowName]) -> tuple[CostTable, dict[RowName, RowName]]:
    """The table with rows of other spellings under the names that are needed.

    A row that nobody needs is taken for one that is missing if model and chiplet type are the same
    and the layers' names are alike, and if there is no other such row, nor other such need.

    Returns
    -------
    table : CostTable
    guessed : dict of RowName to RowName
        Rows as the table has them, by what they were taken for.
    """
    wanted = dict.fromkeys(needed)
    missing = [name for name in wanted if name not in table.rows]
    spare = [name for name in table.rows if name not in wanted]

    def alike(names: Iterable[RowName]) -> dict[tuple[str, str, str], list[RowName]]:
        found: dict[tuple[str, str, str], list[RowName]] = {}
        for name in names:
            key = name.model, spelling(name.layer), name.chiplet_type
            found.setdefault(key, []).append(name)
        return found

    offered = alike(spare)
    guessed = {
        names[0]: offered[key][0]
        for key, names in alike(missing).items()
        if len(names) == 1 and len(offered.get(key, ())) == 1
    }
    back = {row: name for name, row in guessed.items()}
    rows = {back.get(name, name): number for name, number in table.rows.items()}
    costs = {back.get(name, name): cost for name, cost in table.costs.items()}
    return CostTable(table.file, rows, costs, table.whole), guessed


def coverage_faults(table: CostTable, needed: Iterable[RowName]) -> list[Fault]:
    """Every row that is needed and missing, and every one that is there and not needed.

    Rows that do not say what they are about may be those that are missing.
    """
    wanted = dict.fromkeys(needed)
    missing = [
        Fault(table.file, "", ", ".join(name), "a row for this model, layer and type is required")
        for name in wanted
        if name not in table.rows and table.whole
    ]
    rule = "the instance schedules no such layer of such a model on such a chiplet type"
    return missing + [
        Fault(table.file, f"row {number}", ", ".join(name), rule)
        for name, number in table.rows.items()
        if name not in wanted
    ]


def to_csv(rows: Iterable[tuple[RowName, SampleCost | None]]) -> str:
    """The table as text; where no cost is known its cells stay empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for name, cost in rows:
        writer.writerow((*map(to_cell, name), *(("", "") if cost is None else _cells(cost))))
    return out.getvalue()


def _cells(cost: SampleCost) -> tuple[int, str]:
    """Cells that are read back to the same cost: energies end after finitely many decimals."""
    decimals = 0
    while (cost.energy_nj * 10**decimals).denominator > 1:
        decimals += 1
    whole, rest = divmod(int(cost.energy_nj * 10**decimals), 10**decimals)
    return cost.cycles, f"{whole}.{rest:0{decimals}}" if decimals else str(whole)
