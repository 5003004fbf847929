"""Deadlines of runs: when each is due, when it is done, and the slack."""

from __future__ import annotations

from scar_cp.judge.evaluation import Evaluation
from scar_cp.problem.compiled import Problem
from scar_cp.show.text.tables import Columns, plain_table
from scar_cp.show.text.units import Units

__all__ = ["deadline_columns", "deadline_lines"]

_MOST = 12
"""Runs in a summary; the tightest are shown."""


def deadline_columns(problem: Problem, evaluation: Evaluation, units: Units) -> Columns:
    """A line for every run: deadline, end, slack, kept or missed.

    Parameters
    ----------
    problem
        The compiled problem.
    evaluation
        Of a schedule of it.
    units
        What times are told in.
    """
    columns: Columns = {name: [] for name in ("run", "deadline", "done", "slack", "")}
    for name, run, end in zip(
        problem.run_names, problem.models, evaluation.completion_cycles, strict=True
    ):
        due = run.deadline_cycles
        slack = None if due is None else due - end
        cells = (
            name,
            "-" if due is None else units.time(due),
            units.time(end),
            "-" if slack is None else units.time(slack),
            "" if slack is None else "kept" if slack >= 0 else "missed",
        )
        for column, cell in zip(columns.values(), cells, strict=True):
            column.append(cell)
    return columns


def deadline_lines(problem: Problem, evaluation: Evaluation, units: Units) -> list[str]:
    """The same as lines for a summary, of runs with a deadline, the tightest of many."""
    slack = {
        m: run.deadline_cycles - end
        for m, (run, end) in enumerate(
            zip(problem.models, evaluation.completion_cycles, strict=True)
        )
        if run.deadline_cycles is not None
    }
    if not slack:
        return []
    shown = sorted(slack, key=lambda m: slack[m])[:_MOST]
    every = deadline_columns(problem, evaluation, units)
    columns = {name: [cells[m] for m in sorted(shown)] for name, cells in every.items()}
    left = len(slack) - len(shown)
    more = [f"... and {left} more with more slack"] if left else []
    return [*plain_table(columns, {"run", ""}), *more]
