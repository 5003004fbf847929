"""MAESTRO writes one CSV per run, a row per layer.

Headings as in the public sources of its writer. Its energies are multiples of one
multiply-accumulate although the heading says nJ (true of the printed report; not verified for the
file), hence the user gives the unit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from scar_cp.cost_sources.cost_source import CostSource, LayerResult
from scar_cp.errors import Fault, InputError
from scar_cp.inputs.layer_names import unique_name
from scar_cp.records.user_csv import csv_lines, read_text

__all__ = ["MAESTRO"]

_COLUMNS: Final = (
    "Neural Network Name",
    "Layer Number",
    "Runtime (Cycles)",
    "Activity count-based Energy (nJ)",
)


def _read(path: Path) -> list[LayerResult]:
    # Headings and cells have blanks around them, and two headings are equal in every file.
    (_, header), *rows = [
        (number, [cell.strip() for cell in row])
        for number, row in csv_lines(read_text(path), str(path))
        if row
    ]
    faults = [
        Fault(str(path), "row 1", name, "a column of this name is required, as MAESTRO writes it")
        for name in _COLUMNS
        if name not in header
    ]
    if faults:
        raise InputError(faults)
    columns = [header.index(name) for name in _COLUMNS]
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
    results, taken = [], dict[str, set[str]]()
    for number, row in rows:
        model, layer, *costs = (row[column] for column in columns)
        # As the import of MAESTRO's models tells layers of one name apart.
        layer = unique_name(layer, taken.setdefault(model, set()))
        results.append(LayerResult(f"row {number}", model, layer, *costs))
    return results


MAESTRO: Final = CostSource(_read, energy_unit_pj=None, names_model=True)
