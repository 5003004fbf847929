"""What searches wrote, as the text that their commands print."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scar_cp.outcome.pareto import Front
from scar_cp.outcome.result import Result
from scar_cp.problem.compiled import Problem
from scar_cp.show.output_files import Benchmark, Comparison, Output
from scar_cp.show.text.comparison_text import comparison_text
from scar_cp.show.text.deadline_text import deadline_lines
from scar_cp.show.text.gaps_text import gaps_text
from scar_cp.show.text.summary import (
    LEFT,
    certificate_lines,
    front_columns,
    gap_text,
    total_lines,
    window_columns,
)
from scar_cp.show.text.tables import Columns, plain_table
from scar_cp.show.text.units import Units
from scar_cp.studies.bench import Row

__all__ = ["bench_columns", "bench_lines", "output_lines"]


def output_lines(
    output: Output, width: int, raw: bool = False, problem: Problem | None = None
) -> list[str]:
    """Lines that show a result, a front or a table.

    Parameters
    ----------
    output
        What a file holds.
    width
        Characters that a table may take.
    raw
        Cycles and nJ instead of ms, mJ and J·s.
    problem
        That of a result; without it models and chiplets are numbers.
    """
    if isinstance(output, Result):
        return _result_lines(output, raw, problem)
    if isinstance(output, Front):
        head = f"front of {output.problem}, {output.space} space"
        return [head, "", *plain_table(front_columns(output, raw), LEFT)]
    if isinstance(output, Comparison):
        return comparison_text(output.rows, width, raw).splitlines()
    if isinstance(output, Benchmark):
        return bench_lines(output.rows, raw)
    return gaps_text(output.splits).splitlines()


def _result_lines(result: Result, raw: bool, problem: Problem | None) -> list[str]:
    lines = []
    if result.evaluation is not None:
        lines += plain_table(window_columns(result.evaluation, problem, raw), LEFT)
        lines += total_lines(result.evaluation, problem, raw)
        if problem is not None:
            units = Units() if raw else Units(problem.clock_hz)
            lines += deadline_lines(problem, result.evaluation, units)
    return [*lines, *certificate_lines(result, problem, raw)]


def bench_lines(rows: Sequence[Row], raw: bool = False) -> list[str]:
    """Lines of the table of a suite."""
    return plain_table(bench_columns(rows, raw), {"scenario", "package", "objective", "without"})


def bench_columns(rows: Sequence[Row], raw: bool = False) -> Columns:
    """The cases of a suite, with what they ended with."""
    units = [Units(None if raw else row.clock_hz) for row in rows]

    def costs(of: Callable[[Row], int | None]) -> list[str]:
        return [u.value(row.objective, of(row)) for u, row in zip(units, rows, strict=True)]

    columns: Columns = {
        "scenario": [row.scenario for row in rows],
        "package": [row.package for row in rows],
        "windows": [str(row.windows) for row in rows],
        "objective": [row.objective for row in rows],
        "heuristic": costs(lambda row: row.heuristic),
        "value": costs(lambda row: row.value),
        "bound": costs(lambda row: row.bound),
        "gap": [gap_text(row.gap) for row in rows],
        "seconds": [f"{row.seconds:.1f}" for row in rows],
        "MB": [str(row.peak_mb) for row in rows],
    }
    if any(row.without for row in rows):
        columns["without"] = [row.without for row in rows]
    return columns
