"""Two windows, any objective of latency and energy: bisect boxes of both lengths.

In a box of lengths (x1..y1, x2..y2) no schedule beats ``value(x1 + x2, least energy within y1 and
y2)``: given both lengths the models are independent but for their counts, and each does best to
cut where its energies in both windows add up to least. The box where the bound is least is split,
or the tables of its models are refined, until it meets the incumbent.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from scar_cp.clock import look
from scar_cp.judge.objective import Value
from scar_cp.partition.budget import BudgetTable
from scar_cp.partition.one_window import Plan
from scar_cp.partition.packing import pack
from scar_cp.partition.program import NEVER, Piece
from scar_cp.partition.table import Programme
from scar_cp.problem.compiled import Problem

__all__ = ["trade_off_two_windows"]

_SAMPLES = 16
_WIDE = 0.01
"""Boxes wider than this share of their lengths are split without a look at their plans."""


@dataclass(order=True)
class _Box:
    """Lengths of both windows, and the least value in them."""

    bound: int
    lows: tuple[int, int]
    highs: tuple[int, int]
    pairs: list[tuple[int, ...]] = field(compare=False)

    @property
    def width(self) -> float:
        """Relative width."""
        return 1 - sum(self.lows) / max(1, sum(self.highs))


def trade_off_two_windows(
    problem: Problem,
    value: Value,
    shortest: int,
    longest: int,
    on_plan: Callable[[Plan], int],
    keep_going: Callable[[], bool],
    tolerance: float = 1e-4,
) -> None:
    """Close in on the least value with two windows.

    Parameters
    ----------
    problem
        The compiled problem.
    value
        The objective.
    shortest, longest
        Latencies outside of which no schedule is of interest.
    on_plan
        Given every new bound and plan; returns the best value known.
    keep_going
        Asked between steps.
    tolerance
        Relative gap at which to stop.
    """
    models = range(len(problem.models))
    firsts = [BudgetTable(Programme(problem, m, "prefix")) for m in models]
    seconds = [BudgetTable(Programme(problem, m, "suffix")) for m in models]
    for table in (*firsts, *seconds):
        if not keep_going():
            return
        table.spread(longest, _SAMPLES)
    best = on_plan(Plan(0, ()))
    heap: list[_Box] = []

    def bounded(lows: tuple[int, int], highs: tuple[int, int]) -> _Box | None:
        """A box with its bound by the tables as they are; ``None`` if nothing in it is better."""
        if sum(highs) < shortest or sum(lows) > longest:
            return None
        least = max(sum(lows), shortest)
        costs = [
            _together(first, second, highs) for first, second in zip(firsts, seconds, strict=True)
        ]
        floors = [int(cost.min()) for cost in costs]
        limit = _energy_limit(value, least, best)
        rooms = [limit - sum(floors) + floor + 1 for floor in floors]
        packed = pack(costs, problem.type_counts, np.add, rooms)
        if packed is None:
            return None
        return _Box(value(least, packed[0]), lows, highs, packed[1])

    def consider(lows: tuple[int, int], highs: tuple[int, int]) -> None:
        box = bounded(lows, highs)
        if box is not None:
            heapq.heappush(heap, box)

    consider((0, 0), (longest, longest))
    while heap and keep_going():
        box = heapq.heappop(heap)
        if box.bound >= best * (1 - tolerance):
            heap.append(box)
            break
        on_plan(Plan(box.bound, ()))
        if box.width <= _WIDE or box.lows == box.highs:
            fresh = bounded(box.lows, box.highs)  # the tables may have been refined since
            if fresh is None or fresh.bound > box.bound:
                heap.extend([fresh] if fresh else [])
                heapq.heapify(heap)
                continue
            box = fresh
            found, loose = _partitions(firsts, seconds, box)
            if found is not None:
                best = on_plan(Plan(box.bound, found))
            refined = [table.refine(row, k, cycles) for table, row, k, cycles in loose]
            if any(refined):
                consider(box.lows, box.highs)
                continue
        if box.lows == box.highs:
            heap.append(box)  # the tables cannot tell more
            break
        k = 0 if box.highs[0] - box.lows[0] >= box.highs[1] - box.lows[1] else 1
        middle = (box.lows[k] + box.highs[k]) // 2
        consider(box.lows, (middle, box.highs[1]) if k == 0 else (box.highs[0], middle))
        consider((middle + 1, box.lows[1]) if k == 0 else (box.lows[0], middle + 1), box.highs)
    on_plan(Plan(min([best, *(box.bound for box in heap)]), ()))


def _together(
    first: BudgetTable, second: BudgetTable, highs: tuple[int, int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Least energy over cuts, for every pair of counts."""
    before, after = first.energy_within(highs[0]), second.energy_within(highs[1])
    together = []
    for column in before.T:
        look()
        together.append((column[:, None] + after).min(axis=0))
    return np.stack(together)


def _energy_limit(value: Value, cycles: int, best: int) -> int:
    """The largest energy with which a schedule of this latency is better than the best."""
    low, high = 0, NEVER
    while low < high:
        middle = (low + high + 1) // 2
        if value(cycles, middle) < best:
            low = middle
        else:
            high = middle - 1
    return low


def _partitions(
    firsts: list[BudgetTable], seconds: list[BudgetTable], box: _Box
) -> tuple[tuple[dict[int, list[Piece]], ...] | None, list[tuple[BudgetTable, int, int, int]]]:
    """Plans of both windows at a box's upper corner, and the tables that are not tight there."""
    plans: tuple[dict[int, list[Piece]], dict[int, list[Piece]]] = ({}, {})
    loose = []
    complete = True
    for m, (first, second, pair) in enumerate(zip(firsts, seconds, box.pairs, strict=True)):
        energies = [t.energy_within(h) for t, h in zip((first, second), box.highs, strict=True)]
        cut = int((energies[0][:, pair[0]] + energies[1][:, pair[1]]).argmin())
        for w, table in enumerate((first, second)):
            part = table.partition(cut, pair[w], box.highs[w])
            if part is None or part[2] > energies[w][cut, pair[w]]:
                loose.append((table, cut, pair[w], box.highs[w]))
            if part is None:
                complete = False
            elif part[0]:
                plans[w][m] = part[0]
    return (plans if complete else None), loose
