"""Schedules and bounds from pipeline partitions, as a stage of the exact solver."""

from __future__ import annotations

from scar_cp.partition.one_window import Plan, partition_window
from scar_cp.partition.placement import place
from scar_cp.partition.two_windows import partition_two_windows
from scar_cp.problem import Problem
from scar_cp.solvers.base import Search

__all__ = ["SOURCE", "given_ranges", "partition_latency"]

SOURCE = "pipeline partitions"


def partition_latency(search: Search) -> None:
    """Offer the schedules, and record the bound on latency, that pipeline partitions give.

    With one window, or with windows that are given, the bound is exact up to hops. With two it
    closes in as time allows. With more, the best schedule with two is offered.
    """
    problem, space = search.problem, search.request.space
    if space in ("windowed", "scar"):
        _given_windows(search)
        return
    whole = {m: (0, run.num_layers) for m, run in enumerate(problem.models)}
    plan = partition_window(problem, whole, keep_going=lambda: search.remaining_s > 0)
    if plan is not None:
        _offer(search, plan)
    if problem.max_windows == 1:
        if plan is not None:
            search.add_bound("latency", plan.bound, SOURCE, "full")
        return
    if search.latency_cycles is None:
        return

    def on_plan(found: Plan) -> int | None:
        _offer(search, found)
        if problem.max_windows == 2:
            search.add_bound("latency", found.bound, SOURCE, "full")
        return search.latency_cycles

    partition_two_windows(
        problem,
        search.latency_cycles,
        on_plan,
        lambda: search.remaining_s > 0 and not search.closed,
    )


def _offer(search: Search, plan: Plan) -> None:
    if plan.windows:
        adjacent = search.request.space != "full"
        schedule = place(search.problem, plan.windows, adjacent)
        if schedule is not None:
            search.offer(schedule, SOURCE)


def given_ranges(problem: Problem, window: int) -> dict[int, tuple[int, int]]:
    """First layer and end of every model in a window that the problem gives."""
    ranges = {}
    for m, run in enumerate(problem.models):
        inside = [i for i, layer in enumerate(run.layers) if layer.window == window]
        if inside:
            ranges[m] = (inside[0], inside[-1] + 1)
    return ranges


def _given_windows(search: Search) -> None:
    """Windows whose layers are given are independent: their bounds add up."""
    problem, space = search.problem, search.request.space
    plans = []
    for window in range(problem.max_windows):
        most = None
        if space == "scar":
            most = {
                m: run.max_segments[window]
                for m, run in enumerate(problem.models)
                if run.max_segments is not None
            }
        plan = partition_window(
            problem, given_ranges(problem, window), most, lambda: search.remaining_s > 0
        )
        if plan is None:
            return
        plans.append(plan)
    total = sum(plan.bound for plan in plans)
    _offer(search, Plan(total, tuple(plan.windows[0] for plan in plans)))
    search.add_bound("latency", total, SOURCE, space)
