"""Pipeline partitions in the spaces whose windows are given: ``windowed`` and ``scar``.

Windows whose layers are given are independent: for any weighted sum of latency and energy, their
bounds add up. EDP follows from weighted sums, as the polygon of `scar_cp.solvers.cpsat.polygon`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from scar_cp.clock import while_in_time
from scar_cp.judge.bounds import Proof
from scar_cp.judge.schedule import Schedule
from scar_cp.partition.budget import BudgetTable
from scar_cp.partition.one_window import Plan, WindowPlan, partition_window
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.partition.placement import place
from scar_cp.partition.program import NEVER
from scar_cp.partition.table import Programme, range_programmes
from scar_cp.partition.trade_off import budget_tables, trade_off_one_window
from scar_cp.problem.compiled import Problem
from scar_cp.problem.reconfig import given_ranges
from scar_cp.solvers.base import Search
from scar_cp.solvers.cpsat.polygon import HalfPlane, Polygon, small

__all__ = [
    "BY_TABLES",
    "SOURCE",
    "GivenWindow",
    "minimise_sum",
    "partition_given_windows",
]

SOURCE = "pipeline partitions"
BY_TABLES = Proof(by="tables")


@dataclass(frozen=True)
class GivenWindow:
    """One window: its layers, its fastest plan, and what its energy depends on."""

    problem: Problem
    ranges: dict[int, tuple[int, int]]
    most_segments: dict[int, int] | None
    fastest: Plan
    programmes: dict[int, Programme]

    @cached_property
    def tables(self) -> dict[int, BudgetTable]:
        """Energies within the window's length, refined by every question about them."""
        return budget_tables(self.programmes)


def partition_given_windows(search: Search, problem: Problem) -> bool:
    """Offer schedules and record bounds for the request's objective.

    Parameters
    ----------
    search
        The running request.
    problem
        Its problem, perhaps with types told apart by distance.

    Returns
    -------
    bool
        Whether the bound of the request's objective is all that the tables can say.
    """
    space, objective = search.request.space, search.request.objective
    windows = _windows(search, problem)
    if windows is None:
        return False
    total = sum(window.fastest.bound for window in windows)
    _offer(search, problem, [window.fastest.windows[0] for window in windows])
    search.add_bound("latency", total, SOURCE, space, BY_TABLES)
    settled = objective == "latency" and search.remaining_s > 0
    if objective == "energy":
        search.raise_bound(minimise_sum(search, problem, windows, (0, 1))[0], SOURCE, BY_TABLES)
    elif objective == "weighted":
        bound, _ = minimise_sum(search, problem, windows, search.request.goal.linear)
        search.raise_bound(bound, SOURCE, BY_TABLES)
    elif objective == "edp":
        _minimise_edp(search, problem, windows)
    return settled


def _windows(search: Search, problem: Problem) -> list[GivenWindow] | None:
    windows = []
    for w, inside in enumerate(given_ranges(problem)):
        ranges = {m: (first, last + 1) for m, (first, last) in inside.items()}
        most = None
        if search.request.space == "scar":
            most = {m: r.max_segments[w] for m, r in enumerate(problem.models) if r.max_segments}
        programmes = range_programmes(problem, ranges)
        plan = partition_window(problem, ranges, most, lambda: search.remaining_s > 0, programmes)
        if plan is None:
            return None
        windows.append(GivenWindow(problem, ranges, most, plan, programmes))
    return windows


def _minimise_edp(search: Search, problem: Problem, windows: list[GivenWindow]) -> None:
    """Cut the polygon of possible (latency, energy) with weighted sums."""

    def minimise(direction: tuple[int, int]) -> HalfPlane | None:
        if search.done:
            return None
        weights = small(direction)
        return HalfPlane(*weights, *minimise_sum(search, problem, windows, weights))

    def enough(bound: int) -> bool:
        search.raise_bound(bound, SOURCE, BY_TABLES)
        return search.done

    polygon = Polygon(search.least("latency"), search.least("energy"), search.request.goal)
    enough(polygon.bound())
    polygon.cut(minimise, enough)


def minimise_sum(
    search: Search,
    problem: Problem,
    windows: list[GivenWindow],
    weights: tuple[int, int],
    source: str = SOURCE,
) -> tuple[int, tuple[int, int] | None]:
    """Minimise a weighted sum window by window: its bound, and the point of the schedule found."""
    total, plans = 0, []
    for window in windows:
        bound, plan = _minimise_window(search, problem, window, weights)
        total += bound
        plans.append(plan)
    schedule = _offer(search, problem, plans, source)
    return total, None if schedule is None else search.point(schedule)


def _minimise_window(
    search: Search, problem: Problem, window: GivenWindow, weights: tuple[int, int]
) -> tuple[int, WindowPlan]:
    """One window's bound and plan, judged without regard to shared resources."""
    if not window.ranges:
        return 0, {}
    best_plan = window.fastest.windows[0]
    best = _weighted_cost(search, problem, best_plan, weights)
    bound = weights[0] * window.fastest.bound

    def on_plan(found: Plan) -> int:
        nonlocal best, best_plan, bound
        bound = max(bound, found.bound)
        if found.windows:
            cost = _weighted_cost(search, problem, found.windows[0], weights)
            if cost < best:
                best, best_plan = cost, found.windows[0]
        return best

    def keep_going() -> bool:
        return search.remaining_s > 0

    with while_in_time(keep_going):  # what is known by then counts, of every window
        trade_off_one_window(
            problem,
            window.ranges,
            lambda cycles, nj: weights[0] * cycles + weights[1] * nj,
            window.fastest.bound,
            best // weights[0] + 1 if weights[0] else NEVER,
            on_plan,
            keep_going,
            tables=window.tables,
            most_segments=window.most_segments,
        )
    return bound, best_plan


def _weighted_cost(
    search: Search, problem: Problem, plan: WindowPlan, weights: tuple[int, int]
) -> int:
    """Weighted cost of a plan where it can be placed, a large number where it cannot."""

    def value(cycles: int, nj: int) -> int:
        return weights[0] * cycles + weights[1] * nj

    schedule = place(problem, [plan], search.request.space != "full", value)
    if schedule is None:
        return NEVER
    cycles, energy = 0, 0
    for m, pieces in plan.items():
        path = [s.chiplet for s in schedule.windows[0] if s.model == m]
        costs = CutCosts(problem, m, [(p.first, p.last) for p in pieces])
        latency, nj = costs(np.array([path]))
        cycles, energy = max(cycles, int(latency[0])), energy + int(nj[0])
    return value(cycles, energy)


def _offer(
    search: Search, problem: Problem, plans: list[WindowPlan], source: str = SOURCE
) -> Schedule | None:
    """Place plans and offer the schedule; ``None`` if no placement was found."""
    request = search.request
    schedule = place(problem, plans, request.space != "full", request.goal.value)
    if schedule is not None:
        search.offer(schedule, source)
    return schedule
