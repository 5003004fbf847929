"""Tables of all ranges of a model: the least latency of layers ``i..j-1`` in one window."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.counts import Counts
from scar_cp.partition.program import NEVER
from scar_cp.partition.segment_costs import SegmentCosts, costs_by_start
from scar_cp.partition.table_kernels import Lists, partitions, take_least
from scar_cp.problem.compiled import Problem

__all__ = ["Cutting", "RangeTable", "fill_between", "range_table", "starts_of"]

Ints = NDArray[np.int64]

_ROOM = 64
"""For partitions of a range of which each may be the best part of a longer one; there are few."""
_ALL_STARTS, _STARTS = 256, 45
"""Most layers of which each begins ranges of its own, and about how many do of longer models."""


@dataclass(frozen=True)
class RangeTable:
    """Values of every range of a model's layers in one window.

    Arrays have the shape (L + 1, L + 1, num_counts): begin, end, and *at most* so many chiplets of
    each type. What takes longer than was asked for has some value that is longer, too.

    Attributes
    ----------
    low
        No schedule is faster. More layers never take less: a value is at most that of any range
        around it.
    least
        Attained by a partition, up to hops, or `NEVER` if none was looked for; where the window
        ends before the model, a pass may send its tensors as if each could be written instead.
    """

    low: Ints
    least: Ints


def starts_of(problem: Problem, m: int) -> Ints:
    """First layers for which a model's table is exact: of long models, some at equal work apart.

    With one window, nothing begins later than the model.
    """
    cycles = problem.compute_cycles[m].min(axis=1)
    if problem.max_windows == 1:
        return np.zeros(1, dtype=np.int64)
    if len(cycles) <= _ALL_STARTS:
        return np.arange(len(cycles))
    before = np.concatenate([[0], cycles.cumsum()[:-1]])
    part = before * _STARTS // max(1, int(cycles.sum()))
    return np.flatnonzero(np.diff(part, prepend=-1))


def range_table(problem: Problem, m: int, longest: int) -> RangeTable:
    """Least latency of every range of a model's layers, for all counts.

    Parameters
    ----------
    problem
        The compiled problem.
    m
        The model.
    longest
        Ranges that take longer are of no interest.
    """
    n, counts = problem.models[m].num_layers, Counts(problem.type_counts)
    least = np.full((n + 1, n + 1, counts.size), NEVER, dtype=np.int64)
    cut, starts = Cutting(problem, m, longest, counts), starts_of(problem, m)
    anywhere, at_the_end = (costs_by_start(problem, m, high_open) for high_open in (True, False))
    for start, (costs, ending) in enumerate(zip(anywhere, at_the_end, strict=True)):
        look()
        if start not in starts:
            continue
        cut.fill(least, start, start + 1, *costs)
        if (costs[1] != ending[1]).any():
            least[start, n] = NEVER
            cut.fill(least, start, n, *ending)
    low = least.copy()
    if len(starts) < n:
        fill_between(low, problem, m, starts, cut)
    _keep_rising(low)
    least[np.arange(n + 1), np.arange(n + 1)] = 0
    return RangeTable(low, least)


def fill_between(
    low: Ints, problem: Problem, m: int, starts: Ints, cut: Cutting, rate: int = 1, paid: Any = 0
) -> None:
    """Bound ranges between two starts by what begins at the later one, if no arrival is charged.

    Parameters
    ----------
    low
        Values of ranges, shape (L + 1, L + 1, num_counts), for all starts; the rest is filled in.
    problem
        The compiled problem.
    m
        The model.
    starts
        From `starts_of`.
    cut
        What cuts ranges, weighed by ``rate``.
    rate
        What a cycle costs.
    paid
        What segments cost besides, shape (num_types, L, L).
    """
    n = len(low) - 1
    costs = SegmentCosts.of(problem, m, "free", high_open=True)
    free = np.full_like(low, NEVER)
    for before, start in pairwise([*starts, n]):
        if before + 1 == start:
            continue
        if start < n:
            look()
            cut.fill(
                *(free, start, start + 1, rate * costs.sum_cycles + paid),
                *(rate * costs.pass_cycles, rate * costs.crossing_cycles),
            )
        low[before + 1 : start] = free[start]
        low[before + 1 : start, : start + 1] = 0


class Cutting:
    """Partitions of the ranges from one start, with room for those that are kept."""

    def __init__(self, problem: Problem, m: int, longest: int, counts: Counts) -> None:
        run = problem.models[m]
        self._pace, self._longest, self._counts = run.passes - 1, longest, counts
        self._compute = np.zeros((len(problem.used_types), run.num_layers + 1), dtype=np.int64)
        self._compute[:, 1:] = problem.compute_cycles[m].T.cumsum(axis=1)
        self._lists = self._with_room(_ROOM)

    def weigh(self, rate: int) -> None:
        """Cut by what costs at least ``rate`` per cycle."""
        self._compute *= rate

    def _with_room(self, room: int) -> Lists:
        shape = (self._compute.shape[1], self._counts.padded_size)
        used = np.zeros(shape, dtype=np.int32)
        sums, values = np.empty((2, *shape, room), dtype=np.int64)
        return Lists(used, sums, values, np.empty((*shape, room), dtype=np.bool_))

    def fill(
        self, least: Ints, start: int, first_end: int, sums: Ints, passes: Ints, crossing: Ints
    ) -> None:
        """Fill in the least latency of all ranges from one start to the first end and beyond."""
        counts = self._counts
        while not partitions(
            *(sums, passes, self._compute, self._pace, self._longest, counts.steps),
            *(counts.padded, start, self._lists),
        ):
            self._lists = self._with_room(2 * self._lists.sums.shape[2])
        take_least(least, self._lists, crossing, start, first_end, counts.padded)


def _keep_rising(low: Ints) -> None:
    """Lower every value to that of the ranges around it; a range without layers takes nothing."""
    np.minimum.accumulate(low, axis=0, out=low)
    low[:] = np.minimum.accumulate(low[:, ::-1], axis=1)[:, ::-1]
    borders = np.arange(len(low))
    low[borders[:, None] >= borders[None, :]] = 0
