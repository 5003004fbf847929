"""Three windows: bisect the lengths of the first and the last, bound the middle.

For a first window of at most y1 and a last of at most y3 cycles, every model has a farthest cut
for each count in the first, and cuts from which each count finishes in the last; what lies between
must fit the middle window. Starts of the middle window are rounded up to a grid, which gives layers
away and keeps the bound true; the grid, and the tables' limits, are refined where the bound stands.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.one_window import Plan, WindowPlan
from scar_cp.partition.packing import pack
from scar_cp.partition.program import NEVER
from scar_cp.partition.table import Table
from scar_cp.problem.compiled import Problem

__all__ = ["partition_three_windows"]

Ints = NDArray[np.int64]

_SAMPLES = 20
_STARTS = 12
_NARROW = 0.02
"""Boxes narrower than this share of the incumbent are worth a look at their plans."""


@dataclass(order=True)
class _Box:
    """Lengths of the first and the last window, and the least latency with them."""

    bound: int
    lows: tuple[int, int]
    highs: tuple[int, int]
    middle: int = field(compare=False)
    choices: list[tuple[int, ...]] = field(compare=False)


class _Model:
    """The tables of one model."""

    def __init__(self, problem: Problem, m: int, longest: int) -> None:
        self.first = Table(problem, m, "prefix")
        self.last = Table(problem, m, "suffix")
        self._middle = Table(problem, m, "middle")
        for table in (self.first, self.last, self._middle):
            table.spread(longest, _SAMPLES)
        self._layers = problem.models[m].num_layers
        self.starts = sorted({k * self._layers // _STARTS for k in range(_STARTS + 1)})
        self._tables: dict[int, Table] = {}

    def middle(self, start: int) -> Table:
        """The table of middle windows that begin at a layer of the grid."""
        if start not in self._tables:
            self._tables[start] = self._middle.starting_at(start)
        return self._tables[start]

    def rounded(self, cut: int) -> int:
        """The next layer of the grid."""
        return self.starts[bisect_left(self.starts, cut)]

    def split(self, cut: int) -> bool:
        """Put a cut into the grid of starts."""
        if cut in self.starts:
            return False
        insort(self.starts, cut)
        return True

    def reach(self, length: int) -> list[int]:
        """Farthest cut of a first window, for every count."""
        within = self.first.low <= length
        return [int(np.flatnonzero(column).max()) for column in within.T]

    def lengths(self, highs: tuple[int, int]) -> Ints:
        """Least middle window, for every count in the three windows."""
        size = self.first.low.shape[1]
        done = self.last.low <= highs[1]
        lengths = np.full((size, size, size), NEVER, dtype=np.int64)
        by_start: dict[int, Ints] = {}
        for a, cut in enumerate(self.reach(highs[0])):
            look()
            start = self.rounded(cut)
            if start not in by_start:
                low = self.middle(start).low
                by_start[start] = np.stack([low[rows].min(axis=0) for rows in done.T], axis=1)
            lengths[a] = by_start[start]
        return lengths

    def cuts(self, highs: tuple[int, int], choice: tuple[int, ...]) -> tuple[int, int, int]:
        """Where a choice cuts: end of the first window, its rounding, start of the last."""
        cut = self.reach(highs[0])[choice[0]]
        start = self.rounded(cut)
        rows = np.flatnonzero(self.last.low[:, choice[2]] <= highs[1])
        low = self.middle(start).low[rows, choice[1]]
        return cut, start, int(rows[low.argmin()])


def partition_three_windows(
    problem: Problem,
    incumbent: int,
    shortest: int,
    on_plan: Callable[[Plan], int],
    keep_going: Callable[[], bool],
    tolerance: float = 1e-3,
) -> None:
    """Close in on the least latency with three windows.

    Parameters
    ----------
    problem
        The compiled problem.
    incumbent
        A latency that is already attained.
    shortest
        A bound on the latency.
    on_plan
        Given every new bound and plan; returns the best latency known.
    keep_going
        Asked between steps.
    tolerance
        Relative gap at which to stop.
    """
    models = [_Model(problem, m, incumbent) for m in range(len(problem.models))]
    best = incumbent
    heap: list[_Box] = []

    def bounded(lows: tuple[int, int], highs: tuple[int, int]) -> _Box | None:
        limit = best - sum(lows)
        if limit <= 0:
            return None
        packed = pack(
            [model.lengths(highs) for model in models],
            problem.type_counts,
            np.maximum,
            [limit] * len(models),
        )
        if packed is None:
            return None
        bound = max(shortest, sum(lows) + packed[0])
        return _Box(bound, lows, highs, *packed)

    def consider(lows: tuple[int, int], highs: tuple[int, int]) -> None:
        box = bounded(lows, highs)
        if box is not None:
            heapq.heappush(heap, box)

    consider((0, 0), (best, best))
    while heap and keep_going():
        box = heapq.heappop(heap)
        if box.bound >= best * (1 - tolerance):
            heap.append(box)
            break
        best = on_plan(Plan(box.bound, ()))
        widths = [high - low for low, high in zip(box.lows, box.highs, strict=True)]
        if max(widths) <= _NARROW * best:
            plan = _plan(problem, models, box)
            if plan is not None:
                best = on_plan(Plan(box.bound, plan))
            if _refine(models, box):
                consider(box.lows, box.highs)
                continue
        if max(widths) == 0:
            heap.append(box)
            break
        k = int(widths[1] > widths[0])
        middle = (box.lows[k] + box.highs[k]) // 2
        consider(box.lows, (middle, box.highs[1]) if k == 0 else (box.highs[0], middle))
        consider((middle + 1, box.lows[1]) if k == 0 else (box.lows[0], middle + 1), box.highs)
    on_plan(Plan(min([best, *(box.bound for box in heap)]), ()))


def _refine(models: Sequence[_Model], box: _Box) -> bool:
    """Tighten what makes a box's bound too small: the start's rounding, or the tables."""
    moved = False
    for model, choice in zip(models, box.choices, strict=True):
        cut, start, end = model.cuts(box.highs, choice)
        if end > cut and start > cut and model.split(cut):
            moved = True
            continue
        for table, row, counts, length in (
            (model.first, cut, choice[0], box.highs[0]),
            (model.middle(start), end, choice[1], box.middle),
            (model.last, end, choice[2], box.highs[1]),
        ):
            if _is_open(table, row, counts, length):
                moved |= table.refine(row, counts)
    return moved


def _is_open(table: Table, row: int, counts: int, length: int) -> bool:
    """Whether a value's interval holds the length it is compared with."""
    return bool(table.low[row, counts] <= length < table.up[row, counts])


def _plan(problem: Problem, models: Sequence[_Model], box: _Box) -> tuple[WindowPlan, ...] | None:
    """A plan at a box's upper corner: every model cut where the bound has it."""
    plans: tuple[WindowPlan, ...] = ({}, {}, {})
    for m, (model, choice) in enumerate(zip(models, box.choices, strict=True)):
        cut, _, end = model.cuts(box.highs, choice)
        end = max(cut, end)
        if cut:
            if model.first.up[cut, choice[0]] >= NEVER:
                return None
            plans[0][m] = model.first.pieces(cut, choice[0])
        if cut < end:
            exact = Table(problem, m, "range", cut, end)
            for _ in range(8):
                if exact.up[0, choice[1]] <= box.middle or not exact.refine(0, choice[1]):
                    break
            if exact.up[0, choice[1]] >= NEVER:
                return None
            plans[1][m] = exact.pieces(0, choice[1])
        if end < problem.models[m].num_layers:
            if model.last.up[end, choice[2]] >= NEVER:
                return None
            plans[2][m] = model.last.pieces(end, choice[2])
    return plans
