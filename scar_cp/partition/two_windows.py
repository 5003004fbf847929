"""Two windows: fix their lengths, and the models are independent but for the counts.

For a first window of at most y cycles every model has a farthest cut for each count; the second
window then takes as long as the slowest rest. A small packing over both windows' counts says what
the second must last at least. Between two lengths x < y of the first, no schedule is shorter than
``x + second(y)``, so bisecting where that is least closes the interval. The tables are refined
where the relaxed optimum stands, until it is attained.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.one_window import Plan, WindowPlan
from scar_cp.partition.packing import pack
from scar_cp.partition.program import NEVER
from scar_cp.partition.table import Programme, Table
from scar_cp.problem.compiled import Problem

__all__ = ["partition_two_windows"]

Ints = NDArray[np.int64]

_TOLERANCE = 5e-5
"""Relative width at which an interval of lengths is left alone."""
_SAMPLES = 24


@dataclass(frozen=True)
class _Choice:
    """One model's cut, and the indices of its counts in both windows."""

    cut: int
    first: int
    second: int


@dataclass(frozen=True)
class _Relaxed:
    """The optimum over tables: its bound, and where it stands."""

    bound: int
    lengths: tuple[int, int]
    choices: list[_Choice]


def partition_two_windows(
    problem: Problem,
    incumbent: int,
    on_plan: Callable[[Plan], int],
    keep_going: Callable[[], bool],
    tolerance: float = 2 * _TOLERANCE,
) -> None:
    """Close in on the least latency with two windows.

    Parameters
    ----------
    problem
        The compiled problem.
    incumbent
        A latency that is already attained.
    on_plan
        Given every new plan; returns the best latency known, for pruning.
    keep_going
        Asked between refinements.
    tolerance
        Relative gap at which to stop.
    """
    models = range(len(problem.models))
    firsts = [Table(Programme(problem, m, "prefix")) for m in models]
    seconds = [Table(Programme(problem, m, "suffix")) for m in models]
    for table in (*firsts, *seconds):
        if not keep_going():
            return
        table.spread(incumbent, _SAMPLES)
    bound = 0
    while keep_going():
        tables = [t.low for t in firsts], [t.low for t in seconds]
        relaxed = _relaxed(*tables, problem, incumbent, keep_going)
        if not keep_going():
            return
        if relaxed is None:  # nothing below the incumbent
            on_plan(Plan(incumbent, ()))
            return
        bound = max(bound, relaxed.bound)
        both = list(zip(relaxed.choices, firsts, seconds, strict=True))
        attained = max(int(t.up[c.cut, c.first]) for c, t, _ in both) + max(
            int(t.up[c.cut, c.second]) for c, _, t in both
        )
        windows: tuple[WindowPlan, ...] = ()
        if attained < incumbent:
            windows = _windows(both)
        incumbent = min(incumbent, on_plan(Plan(bound, windows)))
        if incumbent <= bound * (1 + max(tolerance, 2 * _TOLERANCE)):
            return
        moved = [
            table.refine(choice.cut, counts)
            for choice, first, second in both
            for table, counts, length in (
                (first, choice.first, relaxed.lengths[0]),
                (second, choice.second, relaxed.lengths[1]),
            )
            if table.up[choice.cut, counts] > length
        ]
        if not any(moved):
            return


def _windows(both: Sequence[tuple[_Choice, Table, Table]]) -> tuple[WindowPlan, ...]:
    plans: tuple[WindowPlan, WindowPlan] = ({}, {})
    for m, (choice, first, second) in enumerate(both):
        for plan, table, counts in zip(
            plans, (first, second), (choice.first, choice.second), strict=True
        ):
            pieces = table.pieces(choice.cut, counts)
            if pieces:
                plan[m] = pieces
    return plans


def _relaxed(
    firsts: Sequence[Ints],
    seconds: Sequence[Ints],
    problem: Problem,
    incumbent: int,
    keep_going: Callable[[], bool],
) -> _Relaxed | None:
    """Least sum of both lengths over the tables' lower values; ``None`` if not below incumbent."""
    best: tuple[int, tuple[int, int], list[_Choice]] | None = None
    heap: list[tuple[int, int, int]] = []

    def consider(low: int, high: int) -> None:
        """Bound the schedules whose first window lasts ``low..high`` cycles."""
        nonlocal best
        limit = best[0] if best else incumbent
        found = _second(firsts, seconds, problem.type_counts, high, limit - low)
        if found is None:
            return
        length, choices = found
        heapq.heappush(heap, (low + length, low, high))
        own = max(int(t[c.cut, c.first]) for t, c in zip(firsts, choices, strict=True))
        if own + length < limit:
            best = own + length, (own, length), choices

    consider(0, incumbent)
    while heap and keep_going():
        bound, low, high = heapq.heappop(heap)
        limit = best[0] if best else incumbent
        if bound >= limit:
            break
        if best and bound >= limit * (1 - _TOLERANCE):
            return _Relaxed(bound, best[1], best[2])
        middle = (low + high) // 2
        if low < high:
            consider(low, middle)
            consider(middle + 1, high)
    return None if best is None else _Relaxed(best[0], best[1], best[2])


def _second(
    firsts: Sequence[Ints], seconds: Sequence[Ints], counts: Sequence[int], first: int, limit: int
) -> tuple[int, list[_Choice]] | None:
    """Least length, below a limit, of the second window after a first of given length."""
    rests = [_rests(f <= first, s) for f, s in zip(firsts, seconds, strict=True)]
    lengths = [length for length, _ in rests]
    packed = pack(lengths, counts, np.maximum, [limit] * len(rests))
    if packed is None:
        return None
    length, pairs = packed
    return length, [
        _Choice(int(cut[a, b]), a, b) for (_, cut), (a, b) in zip(rests, pairs, strict=True)
    ]


def _rests(reachable: NDArray[np.bool_], rest: Ints) -> tuple[Ints, Ints]:
    """Per pair of counts: the least rest over reachable cuts, and the cut."""
    size = rest.shape[1]
    lengths = np.full((size, size), NEVER, dtype=np.int64)
    cuts = np.zeros((size, size), dtype=np.int64)
    for a in range(size):
        look()
        rows = np.flatnonzero(reachable[:, a])
        if len(rows):
            k = rest[rows].argmin(axis=0)
            lengths[a] = rest[rows[k], np.arange(size)]
            cuts[a] = rows[k]
    return lengths, cuts
