"""Schedules and bounds from pipeline partitions, as a stage of the exact solver.

With one window, or with windows that are given (`scar_cp.solvers.cpsat.given_windows`), the bounds
are exact up to hops. With two they close in as time allows. With three and more,
`scar_cp.solvers.cpsat.windows_stage` anneals and prices; where that takes too long, a weaker bound
remains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scar_cp.clock import while_in_time
from scar_cp.judge.bounds import Proof
from scar_cp.judge.objective import Value
from scar_cp.partition.deadline_windows import DeadlineWindows
from scar_cp.partition.kinds import by_port_distance
from scar_cp.partition.malleable import malleable_bound
from scar_cp.partition.one_window import CountTable, Plan, partition_window
from scar_cp.partition.program import NEVER, Piece
from scar_cp.partition.rents import Rents, rents_for
from scar_cp.partition.sizes import MOST_COUNTS, MOST_SPLIT_COUNTS, num_counts
from scar_cp.partition.table import Programme, range_programmes
from scar_cp.partition.trade_off import budget_tables, trade_off_one_window
from scar_cp.partition.trade_off_two import trade_off_two_windows
from scar_cp.partition.two_windows import partition_two_windows
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.base import Search
from scar_cp.solvers.cpsat.given_windows import BY_TABLES, SOURCE, partition_given_windows
from scar_cp.solvers.cpsat.polygon import HalfPlane, Polygon, small
from scar_cp.solvers.cpsat.windows_stage import (
    many_windows,
    offer,
    suits_many_windows,
    within,
)

__all__ = ["CORNER", "POLYGON", "SOURCE", "TableReport", "partition"]

CORNER = "least latency x least energy"
POLYGON = "polygon of bounds"
_BY_OTHERS = Proof(by="combination")
_BY_FORMULA = Proof(by="relaxation")

_COUNTS_ONE = 100
"""Most combinations of chiplet counts for which distances are told apart with one window."""
_ONE_SHARE, _TWO_SHARE = 0.1, 0.2
"""Of the time that is left, for one window where more are allowed, and for two where energy counts
and more than two are."""
_DEADLINES_SHARE = 0.2
"""Of the time that is left, for windows in which all runs end in time."""
_FIRST_TOLERANCE = 1e-3
"""Of one window's best plan, before places near memory have a rent."""
_LEAST_RISE = 1e-4
"""Of a bound, for which the rents of places near memory are set again."""
_TWO_TOLERANCE = 0.005
"""Gap at which two windows are left for more."""


@dataclass(frozen=True)
class TableReport:
    """What the tables say beyond the schedules and bounds that the search was given."""

    counts: CountTable | None = None
    """For one window: what counts of chiplets say of every model's latency."""
    settled: bool = False
    """Whether the bound of the request's objective is all that the tables can say."""


def partition(search: Search) -> TableReport:
    """Offer the schedules, and record the bounds, that pipeline partitions give in time."""
    report = TableReport()
    with while_in_time(lambda: search.remaining_s > 0):
        report = _partition(search)
    _corner(search)
    return report


def _partition(search: Search) -> TableReport:
    if search.request.space in ("windowed", "scar"):
        search.enter("given windows")
        problem = by_port_distance(search.problem, _COUNTS_ONE)
        return TableReport(settled=partition_given_windows(search, problem))
    if search.problem.max_windows == 1:
        return _one_window(search)
    if any(model.deadline_cycles is not None for model in search.problem.models):
        with while_in_time(within(search, _DEADLINES_SHARE)):
            _deadline_windows(search)
    _malleable(search)
    with while_in_time(within(search, _ONE_SHARE)):  # its trade-off may take long
        _one_window(search)
    if not search.done:
        if not suits_many_windows(search):
            _two_windows(search)
        else:
            # Two have an exact front of energies, and more plans of a window to be placed.
            begins = search.request.objective != "latency" or search.request.space != "full"
            if begins:
                with while_in_time(within(search, _TWO_SHARE)):
                    _two_windows(search)
            if not many_windows(search) and not begins:
                _two_windows(search)
    if search.problem.max_windows > 2 and search.request.objective == "edp":
        _polygon(search)
    return TableReport()


def _deadline_windows(search: Search) -> None:
    """A schedule that keeps all deadlines, where whole runs in windows do."""
    problem = by_port_distance(search.problem, _COUNTS_ONE)
    plan = DeadlineWindows(problem).windows()
    if plan is not None:
        offer(search, problem, plan, "deadline windows")


def _one_window(search: Search) -> TableReport:
    search.enter("one window")
    problem = by_port_distance(search.problem, _COUNTS_ONE)
    ranges = {m: (0, run.num_layers) for m, run in enumerate(problem.models)}
    programmes = range_programmes(problem, ranges)
    plan = partition_window(problem, ranges, None, lambda: search.remaining_s > 0, programmes)
    report = TableReport()
    if plan is None:
        return report
    offer(search, problem, plan, SOURCE)
    only = problem.max_windows == 1
    if only:
        search.add_bound("latency", plan.bound, SOURCE, "full", BY_TABLES)
        settled = search.request.objective == "latency" and search.remaining_s > 0
        report = TableReport(plan.table, settled)

    if search.request.objective != "latency" and search.value is not None and not search.done:
        _one_window_trade_off(search, problem, plan.bound, ranges, programmes)
    return report


def _one_window_trade_off(
    search: Search,
    problem: Problem,
    shortest: int,
    ranges: Mapping[int, tuple[int, int]],
    programmes: Mapping[int, Programme],
) -> None:
    only, value = problem.max_windows == 1, search.request.goal.value
    judge = _judge(search, problem, certify=only)
    rents, bound = Rents.none(problem), -1
    # First without, where there will be some: the best plan need not be found for that.
    tolerance = _FIRST_TOLERANCE if only and rents.may_differ else 0.0
    while not search.done:
        trade_off_one_window(
            problem,
            ranges,
            value,
            shortest,
            _longest(search, value),
            judge,
            lambda: not search.done,
            tables=budget_tables(programmes),
            rents_nj=rents.total_nj,
            hops_tolerance=tolerance,
        )
        before, bound = bound, search.bound or 0
        if not only or (not tolerance and bound <= before * (1 + _LEAST_RISE)):
            return
        rents = _rents(search, problem, programmes)
        if not rents.are_idle:
            programmes = range_programmes(problem, ranges, rents)
        elif not tolerance:
            return
        tolerance = 0.0


def _rents(search: Search, problem: Problem, programmes: Mapping[int, Programme]) -> Rents:
    """The rents at which nobody in the best schedule, of one window, would move."""
    assert search.schedule is not None
    moved: list[list[int]] = [[] for _ in problem.used_types]
    for s in search.schedule.windows[0]:
        piece = Piece(s.first, s.last, problem.chiplet_types[s.chiplet])
        moved[piece.type].append(programmes[s.model].hop_nj(piece))
    return rents_for(problem, moved)


def _two_windows(search: Search) -> None:
    problem, latency = by_port_distance(search.problem, MOST_SPLIT_COUNTS), search.latency_cycles
    if latency is None or _ignores_latency(search) or num_counts(problem) > MOST_COUNTS:
        return
    search.enter("two windows")
    only = problem.max_windows == 2
    # More windows must not end worse than two: these come first, however long they take.
    tolerance = 1e-4 if only else max(_TWO_TOLERANCE, search.request.gap)
    share = 1.0 if search.request.objective == "latency" else 0.25
    judge = _latency_judge(search, problem, latency, certify=only)
    shortest = search.least("latency")

    def on_plan(found: Plan) -> int:
        nonlocal shortest  # of two windows, whether or not that bounds more
        shortest = max(shortest, found.bound)
        return judge(found)

    partition_two_windows(problem, latency, on_plan, within(search, share), tolerance)
    if search.request.objective != "latency" and not search.done:
        value = search.request.goal.value
        trade_off_two_windows(
            problem,
            value,
            shortest,
            _longest(search, value),
            _judge(search, problem, certify=only),
            lambda: not search.done,
            tolerance,
        )


def _latency_judge(
    search: Search, problem: Problem, best: int, certify: bool
) -> Callable[[Plan], int]:
    """Offer plans, record their bounds on latency if asked, and say what latency is attained."""

    def on_plan(found: Plan) -> int:
        nonlocal best
        attained = offer(search, problem, found, SOURCE)
        best = best if attained is None else min(best, attained)
        if certify:
            search.add_bound("latency", found.bound, SOURCE, "full", BY_TABLES)
        return best

    return on_plan


def _ignores_latency(search: Search) -> bool:
    """Whether the objective is energy alone, where windows have no lengths to bisect."""
    request = search.request
    return request.objective != "edp" and request.goal.linear[0] == 0


def _longest(search: Search, value: Value) -> int:
    """A latency beyond which no schedule is of interest.

    Even the least energy would not beat the incumbent there, or a deadline would be missed: the
    last completion is the latency.
    """
    best, energy = search.value, search.least("energy")
    if best is None:
        return NEVER
    deadlines = [m.deadline_cycles for m in search.problem.models if m.deadline_cycles is not None]
    most = max(deadlines) if len(deadlines) == len(search.problem.models) else NEVER
    high = 1
    while value(high, energy) < best and high < most:
        high *= 2
    return min(high, most)


def _judge(search: Search, problem: Problem, certify: bool) -> Callable[[Plan], int]:
    """Offer plans, and record their bounds if they are about all the windows allowed."""

    def on_plan(found: Plan) -> int:
        offer(search, problem, found, SOURCE)
        if certify:
            search.add_bound(search.request.objective, found.bound, SOURCE, "full", BY_TABLES)
        assert search.value is not None
        return search.value

    return on_plan


def _corner(search: Search) -> None:
    """No EDP is below the least latency times the least energy."""
    corner = search.least("latency") * search.least("energy")
    search.add_bound("edp", corner, CORNER, search.request.space, _BY_OTHERS)


def _malleable(search: Search) -> None:
    """Bounds for any number of windows: latency, and what it says of EDP and weighted sums."""
    problem, objective = search.problem, search.request.objective
    latency = malleable_bound(problem)
    search.add_bound("latency", latency, "malleable tasks", "full", _BY_FORMULA)
    if objective == "weighted":
        bound = malleable_bound(problem, *search.request.goal.linear)
        search.raise_bound(bound, "malleable tasks", _BY_FORMULA)
    if objective == "edp":
        _polygon(search)


def _polygon(search: Search) -> None:
    """What bounds on latency, on energy and on weighted sums together say of EDP."""

    def minimise(direction: tuple[int, int]) -> HalfPlane:
        weights = small(direction)
        return HalfPlane(*weights, malleable_bound(search.problem, *weights))

    polygon = Polygon(search.least("latency"), search.least("energy"), search.request.goal)
    polygon.cut(minimise, lambda bound: False)
    search.raise_bound(polygon.bound(), POLYGON, _BY_OTHERS)
