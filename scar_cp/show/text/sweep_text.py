"""Sweeps as tables of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scar_cp.show.text.summary import gap_text
from scar_cp.show.text.tables import Columns, narrowed, plain_table
from scar_cp.sweeps.point_store import PointRow
from scar_cp.sweeps.sweep_table import flat_rows, parameters_of

__all__ = ["point_line", "sweep_columns", "sweep_lines"]

_MEASURES = {"latency_ms": "ms", "energy_mj": "mJ", "edp_j_s": "J·s"}


def sweep_lines(rows: Sequence[PointRow], width: int) -> tuple[list[str], list[str]]:
    """Lines of a table: what was varied, then latency, energy and EDP, and the certified gap.

    Parameters
    ----------
    rows
        Of one sweep.
    width
        What lines may take.

    Returns
    -------
    lines : list of str
        The head first.
    notes : list of str
        What is not shown.
    """
    flat = flat_rows(rows)
    words = {
        name for name in parameters_of(rows) if any(isinstance(row[name], str) for row in flat)
    }
    columns, notes = narrowed(sweep_columns(rows), width, ("seconds", "status"))
    return plain_table(columns, {"status", *words}), notes


def sweep_columns(rows: Sequence[PointRow]) -> Columns:
    """The cells of that table, by heading."""
    names = parameters_of(rows)
    flat = flat_rows(rows)
    columns: Columns = {name: [_text(row[name]) for row in flat] for name in names}
    for column, unit in _MEASURES.items():
        columns[unit] = [_number(row[column]) for row in flat]
    columns["gap"] = [gap_text(row["gap"]) for row in flat]
    columns["status"] = [row["status"] for row in flat]
    columns["seconds"] = [f"{row['seconds']:.1f}" for row in flat]
    return columns


def point_line(row: PointRow, name: str) -> str:
    """What a point ended with, in a line."""
    flat: Mapping[str, Any] = flat_rows([row])[0]
    if row.status == "failed":
        return f"{name}: failed: {row.message}"
    measures = ", ".join(
        f"{_number(flat[column])} {unit}" for column, unit in _MEASURES.items() if flat[column]
    )
    return f"{name}: {measures or row.status}, gap {gap_text(flat['gap'])}, {row.seconds:.1f} s"


def _text(value: Any) -> str:
    return "-" if value is None else str(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if value < 1e4 else f"{value:,.0f}"
