"""One window, any objective of latency and energy: bisect the window's length.

A window of at most y cycles costs at least the least energy within y. So no schedule with a window
of x to y cycles beats ``value(x, energy within y)``. The interval where that is least is bisected,
or its tables are refined, until it meets the incumbent. What remains is also a certificate of the
whole latency-energy front.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

import numpy as np

from scar_cp.judge.objective import Value
from scar_cp.partition.budget import BudgetTable
from scar_cp.partition.one_window import Plan, allocate, count_limits
from scar_cp.partition.program import NEVER
from scar_cp.partition.table import Programme, range_programmes
from scar_cp.problem.compiled import Problem

__all__ = ["budget_tables", "trade_off_one_window"]


def budget_tables(programmes: Mapping[int, Programme]) -> dict[int, BudgetTable]:
    """The tables of every model in one window."""
    return {m: BudgetTable(programme) for m, programme in programmes.items()}


def trade_off_one_window(
    problem: Problem,
    ranges: Mapping[int, tuple[int, int]],
    value: Value,
    shortest: int,
    longest: int,
    on_plan: Callable[[Plan], int],
    keep_going: Callable[[], bool],
    tolerance: float = 2e-5,
    tables: Mapping[int, BudgetTable] | None = None,
    most_segments: Mapping[int, int] | None = None,
    rents_nj: int = 0,
    hops_tolerance: float = 0.0,
) -> None:
    """Close in on the least value with one window.

    Parameters
    ----------
    problem
        The compiled problem.
    ranges
        First layer and end of every model in the window.
    value
        The objective.
    shortest, longest
        Window lengths outside of which no schedule is of interest.
    on_plan
        Given every new bound and plan; returns the best value known.
    keep_going
        Asked between steps.
    tolerance
        Relative gap at which to stop.
    tables
        From `budget_tables`, kept by the caller who wants several objectives.
    most_segments
        Node counts that limit a model's segments (space ``scar``).
    rents_nj
        What the tables' energies hold at most beyond what schedules pay, see `Rents`.
    hops_tolerance
        Relative gap at which to stop if only hops are missing: what the tables attain is so near.
    """

    def least(cycles: int, energy: int) -> int:
        return value(cycles, max(0, energy - rents_nj))

    if tables is None:
        tables = budget_tables(range_programmes(problem, ranges))
    excess = count_limits(problem, ranges, most_segments)
    heap: list[tuple[int, int, int, list[int]]] = []

    def consider(low: int, high: int) -> None:
        """Bound the schedules whose window lasts ``low..high`` cycles."""
        energies = [t.energy_within(high)[0] + excess[m] for m, t in tables.items()]
        energy, shares = allocate(energies, problem.type_counts, np.add)
        if energy < NEVER:
            heapq.heappush(heap, (least(low, energy), low, high, shares))

    best = on_plan(Plan(0, ()))
    consider(shortest, longest)
    while heap and keep_going():
        bound, low, high, shares = heapq.heappop(heap)
        if bound >= best * (1 - tolerance):
            on_plan(Plan(min(bound, best), ()))
            return
        partitions = {
            m: t.partition(0, k, high) for (m, t), k in zip(tables.items(), shares, strict=True)
        }
        attained = None
        if all(partitions.values()):
            found = {m: p for m, p in partitions.items() if p is not None}
            energy = sum(p[2] for p in found.values())
            attained = least(max(p[1] for p in found.values()), energy)
            windows = ({m: p[0] for m, p in found.items()},) if attained < best else ()
            best = on_plan(Plan(bound, windows))
            if attained <= bound * (1 + hops_tolerance) and hops_tolerance:
                return
            spent = sum(
                int(t.energy_within(high)[0][k])
                for t, k in zip(tables.values(), shares, strict=True)
            )
            loose = (energy - spent) / max(1, energy)
        else:
            loose = 1.0
        wide = (high - low) / max(1, high)
        if loose >= wide or low == high:
            refined = [
                t.refine(0, k, high)
                for (m, t), k in zip(tables.items(), shares, strict=True)
                if partitions[m] is None or partitions[m][2] > t.energy_within(high)[0][k]  # type: ignore[index]
            ]
            if any(refined):
                consider(low, high)
                continue
            if low == high:
                heapq.heappush(heap, (bound, low, high, shares))
                on_plan(Plan(bound, ()))
                return
        middle = (low + high) // 2
        consider(low, middle)
        consider(middle + 1, high)
    on_plan(Plan(min([best, *(item[0] for item in heap)]), ()))
