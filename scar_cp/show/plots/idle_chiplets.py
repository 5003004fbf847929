"""Which chiplets of a large package a picture shows: those at work, and what lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scar_cp.judge.evaluation import Evaluation
from scar_cp.problem.compiled import Problem

__all__ = ["Rows", "chart_rows", "idle_text", "shown_box"]

_LARGE = 16
"""Packages with more chiplets are shown without those that are idle throughout."""


class Rows(NamedTuple):
    """Lines of a chart over time."""

    of: dict[int, int]
    """By chiplet."""
    names: list[str]
    """The last may stand for all idle chiplets."""


def chart_rows(problem: Problem, evaluation: Evaluation) -> Rows:
    """A row for each chiplet; on a large package the idle ones share one."""
    shown = sorted(_used(problem, evaluation))
    names = [f"{c} {problem.chiplets[c].type}" for c in shown]
    idle = problem.num_chiplets - len(shown)
    return Rows({c: row for row, c in enumerate(shown)}, [*names, *filter(None, [idle_text(idle)])])


def idle_text(count: int) -> str:
    """What stands for so many idle chiplets."""
    return f"{count} idle chiplet{'' if count == 1 else 's'}" if count else ""


def shown_box(
    problem: Problem, evaluation: Evaluation, place: Sequence[tuple[float, float]]
) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of what a map shows: on a large package, what has any traffic.

    Parameters
    ----------
    problem
        The compiled problem.
    evaluation
        Of a schedule of it.
    place
        Where each chiplet is drawn.
    """
    ends = {
        int(c) for w in evaluation.windows for link in w.link_busy_cycles for c in link.split(">")
    }
    shown = [place[c] for c in ends | _used(problem, evaluation)] or list(place)
    return (
        min(x for x, _ in shown),
        max(x for x, _ in shown),
        min(y for _, y in shown),
        max(y for _, y in shown),
    )


def _used(problem: Problem, evaluation: Evaluation) -> set[int]:
    """The chiplets that ever work; of a small package all."""
    if problem.num_chiplets <= _LARGE:
        return set(range(problem.num_chiplets))
    return {s.chiplet for window in evaluation.windows for s in window.segments}
