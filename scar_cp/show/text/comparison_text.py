"""A comparison as text, Markdown or JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from scar_cp.show.text.summary import gap_text
from scar_cp.show.text.tables import Columns, narrowed, pipe_table, plain_table
from scar_cp.show.text.units import Units
from scar_cp.studies.judged_rows import COLUMNS, FORMAT, JudgedRow, Summary, summarise

__all__ = [
    "comparison_json",
    "comparison_markdown",
    "comparison_notes",
    "comparison_text",
    "folded_columns",
    "ratio_text",
    "summary_columns",
]

_LEFT = {
    "scenario",
    "package",
    "profile",
    "settings",
    "space",
    "objective",
    "solver",
    "status",
    "stopped",
    "proof",
    "sha256",
    "code",
}
"""Columns of words; numbers stand at the right."""

_NEVER_FOLDED = {"scenario", "solver", "value", "ratio", "gap", "status", "bound", "seconds", "MB"}
_FIRST_TO_GO = ("code", "sha256", "proof", "MB", "seconds", "bound")
"""What a table that is too wide does without, one after the other."""


def ratio_text(ratio: float | None) -> str:
    """A ratio; one that is not 1 never reads as 1."""
    if ratio is None:
        return "-"
    if ratio == 1:
        return "1"
    return f"{ratio:.4f}" if ratio >= 1.00005 else f"1 + {ratio - 1:.1e}"


def _cost(row: JudgedRow, value: int | None, raw: bool) -> str:
    if raw or row.clock_hz is None:
        return Units().number(row.objective, value)
    return Units(row.clock_hz).value(row.objective, value)


_ROW_COLUMNS: Mapping[str, Callable[[JudgedRow, bool], str]] = {
    "scenario": lambda row, _: row.scenario,
    "package": lambda row, _: row.package or "-",
    "profile": lambda row, _: row.profile or "-",
    "settings": lambda row, _: row.settings or "-",
    "windows": lambda row, _: str(row.windows),
    "space": lambda row, _: row.space,
    "objective": lambda row, _: row.objective,
    "solver": lambda row, _: row.solver,
    "value": lambda row, raw: _cost(row, row.value, raw),
    "ratio": lambda row, _: ratio_text(row.scenario_ratio or row.ratio),
    "gap": lambda row, _: gap_text(row.gap),
    "status": lambda row, _: row.status,
    "stopped": lambda row, _: row.stopped or "-",
    "proof": lambda row, _: row.proof or "-",
    "bound": lambda row, raw: _cost(row, row.bound, raw),
    "seconds": lambda row, _: f"{row.seconds:.1f}",
    "MB": lambda row, _: "-" if row.peak_mb is None else f"{row.peak_mb:,}",
    "time limit": lambda row, _: f"{row.time_limit_s:g} s",
    "stop gap": lambda row, _: gap_text(row.stop_gap),
    "workers": lambda row, _: str(row.workers),
    "seed": lambda row, _: str(row.seed),
    "scar options": lambda row, _: row.scar or "default",
    "sha256": lambda row, _: row.sha256[:8],
    "code": lambda row, _: row.code,
}

_SUMMARY_COLUMNS: Mapping[str, Callable[[Summary], str]] = {
    "objective": lambda summary: summary.objective,
    "solver": lambda summary: summary.solver,
    "cases": lambda summary: str(summary.cases),
    "best": lambda summary: str(summary.best),
    "median ratio": lambda summary: ratio_text(summary.median_ratio),
    "worst ratio": lambda summary: ratio_text(summary.worst_ratio),
    "median gap": lambda summary: gap_text(summary.median_gap),
    "worst gap": lambda summary: gap_text(summary.worst_gap),
}


def comparison_text(rows: Sequence[JudgedRow], width: int = 100, raw: bool = False) -> str:
    """What all rows share, a table of the rest, notes, and a summary per objective and solver.

    A table wider than `width` does without the columns in `_FIRST_TO_GO`, and says so. With `raw`
    costs are cycles and nJ.
    """
    header, columns = folded_columns(rows, raw)
    columns, hidden = narrowed(columns, width, _FIRST_TO_GO)
    above = textwrap.wrap(", ".join(header), width)
    ratio = "ratio: to the best of the scenario on any package; below: to that of each problem"
    above += [*textwrap.wrap(ratio, width), *hidden]
    lines = [
        *above,
        "",
        *plain_table(columns, _LEFT),
        *comparison_notes(rows),
        "",
        *plain_table(summary_columns(rows), _LEFT),
    ]
    return "\n".join(lines) + "\n"


def comparison_markdown(rows: Sequence[JudgedRow], raw: bool = False) -> str:
    """The same in Markdown, with every column that says something."""
    header, columns = folded_columns(rows, raw)
    notes = [f"- {note}" for note in comparison_notes(rows)]
    lines = [
        ", ".join(header),
        "",
        *pipe_table(columns, _LEFT),
        "",
        *notes,
        *([""] if notes else []),
    ]
    return "\n".join([*lines, *pipe_table(summary_columns(rows), _LEFT)]) + "\n"


def comparison_json(rows: Sequence[JudgedRow]) -> str:
    """Records with the columns of the CSV, in a wrapper that names the format."""
    records = [{name: asdict(row)[name] for name in COLUMNS} for row in rows]
    return json.dumps({"format": FORMAT, "rows": records}, indent=2, allow_nan=False) + "\n"


def folded_columns(rows: Sequence[JudgedRow], raw: bool = False) -> tuple[list[str], Columns]:
    """What all rows share, for the header, and the columns in which they differ."""
    columns = {heading: [cell(row, raw) for row in rows] for heading, cell in _ROW_COLUMNS.items()}
    shared = [
        heading
        for heading, cells in columns.items()
        if heading not in _NEVER_FOLDED and len(set(cells)) == 1
    ]
    said = [f"{heading} {columns.pop(heading)[0]}" for heading in shared]
    return [text for text in said if text != "settings -"], columns  # as nearly always


def summary_columns(rows: Sequence[JudgedRow]) -> Columns:
    """A line per objective and solver."""
    summaries = summarise(rows)
    return {
        heading: [cell(summary) for summary in summaries]
        for heading, cell in _SUMMARY_COLUMNS.items()
    }


def comparison_notes(rows: Sequence[JudgedRow]) -> list[str]:
    """Why rows have no value; of those with one reason the first is named."""
    by_reason: dict[str, list[JudgedRow]] = {}
    for row in rows:
        if row.value is None and row.message:
            by_reason.setdefault(row.message, []).append(row)
    return [
        f"{found[0]}{f' and {len(found) - 1} more' if found[1:] else ''}: {reason}"
        for reason, found in by_reason.items()
    ]
