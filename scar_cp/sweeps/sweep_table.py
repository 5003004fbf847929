"""Rows of a sweep as a flat table in the units of people, and as CSV or Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scar_cp.errors import Fault, InputError, ScarError
from scar_cp.outcome.solving import relative_gap
from scar_cp.plain import to_cell
from scar_cp.records.yaml_json import write_bytes
from scar_cp.sweeps.point_store import PointRow

__all__ = ["COLUMN_OF", "bound_column", "flat_rows", "parameters_of", "write_table"]

COLUMN_OF = {"latency": "latency_ms", "energy": "energy_mj", "edp": "edp_j_s"}
"""The column of each objective's value."""


def bound_column(objective: str) -> str:
    """The column of the bound on an objective, in the unit of its value."""
    return f"{COLUMN_OF[objective]}_bound"


def parameters_of(rows: Iterable[PointRow]) -> list[str]:
    """Names of what was varied, each once."""
    return list(dict.fromkeys(name for row in rows for name in row.parameters))


def flat_rows(rows: Sequence[PointRow]) -> list[dict[str, Any]]:
    """Every row as plain cells: parameters first, then values in ms, mJ and J·s, then the rest.

    Parameters
    ----------
    rows
        Of one sweep, or of several in one database.

    Returns
    -------
    list of dict
        All with the same keys.
    """
    names = parameters_of(rows)
    return [_flat(row, names) for row in rows]


def _flat(row: PointRow, names: Sequence[str]) -> dict[str, Any]:
    cells: dict[str, Any] = {name: row.parameters.get(name) for name in names}
    cells |= {"objective": row.objective, "space": row.space, "solver": row.solver}
    ms, mj = _in_units(row, row.latency_cycles, row.energy_nj)
    cells |= {"latency_ms": ms, "energy_mj": mj}
    cells["edp_j_s"] = None if ms is None or mj is None else ms * mj * 1e-6
    for objective in COLUMN_OF:
        bound = row.bound if row.objective == objective else None
        cells[bound_column(objective)] = _value_in_units(row, objective, bound)
    cells |= {
        "gap": relative_gap(row.value, row.bound),
        "status": row.status,
        "stopped": row.stopped,
        "seconds": row.seconds,
        "message": row.message,
        "time_limit_s": row.time_limit_s,
        "stop_gap": row.stop_gap,
        "workers": row.workers,
        "seed": row.seed,
        "latency_cycles": row.latency_cycles,
        "energy_nj": row.energy_nj,
        # Beyond what a column of 64 bits holds.
        "value": None if row.value is None else str(row.value),
        "bound": None if row.bound is None else str(row.bound),
        "problem_sha256": row.problem_sha256,
        "key": row.key,
    }
    return cells


def _in_units(
    row: PointRow, cycles: int | None, nj: int | None
) -> tuple[float | None, float | None]:
    return (
        None if cycles is None else 1e3 * cycles / row.clock_hz,
        None if nj is None else 1e-6 * nj,
    )


def _value_in_units(row: PointRow, objective: str, value: int | None) -> float | None:
    if value is None:
        return None
    if objective == "latency":
        return 1e3 * value / row.clock_hz
    return 1e-6 * value if objective == "energy" else 1e-9 * value / row.clock_hz


def write_table(path: Path, cells: Sequence[Mapping[str, Any]]) -> None:
    """Write flat rows as CSV or, by the name of the file, as Parquet.

    Raises
    ------
    InputError
        If the name says neither, or the file cannot be written.
    ScarError
        If pyarrow is not there.
    """
    if path.suffix == ".csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, list(cells[0]) if cells else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: to_cell(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
            for row in cells
        )
        write_bytes(path, out.getvalue().encode())
    elif path.suffix == ".parquet":
        write_bytes(path, _parquet(cells))
    else:
        raise InputError([Fault(str(path), "", None, "must end with .csv or .parquet")])


def _parquet(cells: Sequence[Mapping[str, Any]]) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise ScarError("Parquet needs pyarrow: pip install 'scar-cp[parquet]'") from error
    rows = [{key: _scalar(value) for key, value in row.items()} for row in cells]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value
