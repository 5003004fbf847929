"""Any number of windows, as a stage of the exact solver: annealing, and prices at the borders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scar_cp.clock import while_in_time
from scar_cp.judge.bounds import simple_bounds
from scar_cp.judge.price_proof import PriceProof
from scar_cp.judge.validation import validate
from scar_cp.partition.kinds import by_port_distance
from scar_cp.partition.one_window import Plan, partition_window
from scar_cp.partition.placement import place
from scar_cp.partition.sizes import (
    MOST_COUNTS,
    MOST_SPLIT_COUNTS,
    is_joint_small,
    num_counts,
)
from scar_cp.partition.table import range_programmes
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.base import Search
from scar_cp.solvers.cpsat.given_windows import BY_TABLES, GivenWindow, minimise_sum
from scar_cp.solvers.cpsat.polygon import HalfPlane, Polygon

if TYPE_CHECKING:
    from scar_cp.partition.many_windows import RangeTables
    from scar_cp.partition.sum_bounds import SumBounds

__all__ = [
    "ANNEALING",
    "PRICES",
    "many_windows",
    "offer",
    "prices_suit",
    "shown_late",
    "suits_many_windows",
    "within",
]

ANNEALING, PRICES = "annealing", "window prices"

_MOST_WINDOWS = 16
"""Prices stand at every border."""
_MOST_LAYERS, _MOST_LAYERS_ENERGY = 600, 256
"""Of a model, and of one whose energy inside windows counts: tables of longer ones take minutes."""
_LEAST_S = 15.0
"""With less time left, annealing and prices are not begun: where they are used for the first time,
the compiler alone may take ten seconds, and cannot be interrupted."""
_FEW_PLACES = 1000
"""Places of layers (window and chiplet) below which CP-SAT ends before prices would."""
_TABLES_SHARE = 0.6
"""Of the time that is left, for tables of latency: what needs longer leaves it to two windows."""
_SHORTENING_SHARE = 0.25
"""Of the time that is left, for annealing where only latency counts."""
_ANNEALING_SHARE, _FIRST_SHARE = 0.25, 0.5
"""Of the time that is left, for annealing by energy; and (of that) for annealing by latency."""
_LATENCY_SHARE, _PLAIN_SHARE = 0.2, 0.2
"""Of the time that is left after annealing, for bounds on latency, and then for sums without the
energy inside windows: these need no further tables."""
_SUM_SHARE = 0.6
"""Of the time that is left, for the first weighted sum; and for the next, of what is left then."""
_RATES = (1 / 4, 0.0, 1 / 2, 1 / 16)
_RATES_ALONE = tuple(k / 32 for k in range(32))
"""Tariffs, as parts of what a cycle is worth, the most useful first; with one window they cost next
to nothing."""
_TARIFFS_SHARE = 0.25
"""Of the time that is left, for tables of energy: each takes as long as that of latency."""
_BITS, _LEAST_BITS, _MOST_BITS = 15, 6, 52
"""Of the larger weight, at best and at least, and of a sum's larger part."""


def suits_many_windows(search: Search) -> bool:
    """Whether there is time and room for tables of all ranges, and windows enough to need them."""
    problem, request = by_port_distance(search.problem, MOST_SPLIT_COUNTS), search.request
    only = request.objective == "latency"
    fewest = 2 if only and is_joint_small(problem) else 3
    return (
        fewest <= problem.max_windows <= _MOST_WINDOWS
        and search.remaining_s >= _LEAST_S
        and _num_places(problem) >= _FEW_PLACES
        and bool(search.latency_cycles)
        and (request.goal.is_product or request.goal.linear[0] > 0)
        and prices_suit(problem)
    )


def prices_suit(problem: Problem) -> bool:
    """Whether models and package are small enough for tables of all ranges."""
    counts = num_counts(by_port_distance(problem, MOST_SPLIT_COUNTS))
    return counts <= MOST_COUNTS and _longest_model(problem) <= _MOST_LAYERS


def many_windows(search: Search) -> bool:
    """Offer schedules and record bounds, if `suits_many_windows`.

    Returns
    -------
    bool
        Whether the tables left time to do so; if not, something else may use it.
    """
    problem = by_port_distance(search.problem, MOST_SPLIT_COUNTS)
    latency = search.latency_cycles
    if search.done or not latency:
        return True
    if search.request.objective == "latency" or _longest_model(problem) > _MOST_LAYERS_ENERGY:
        return _latency(search, problem, latency)
    _sums(search, problem)
    return True


def _latency(search: Search, problem: Problem, longest: int) -> bool:
    # The compiler takes half a second to load, and problems with one window do without.
    from scar_cp.partition.many_windows import range_tables

    search.enter("tables of ranges")
    tables = None
    with while_in_time(within(search, _TABLES_SHARE)):
        tables = range_tables(problem, longest)
    if tables is None:
        return False
    longest = min(longest, _shorten(search, tables, _SHORTENING_SHARE))
    _bound_latency(search, tables, longest, lambda: not search.done)
    return True


def _shorten(search: Search, tables: RangeTables, share: float) -> int:
    """Anneal for a share of the time; the least latency that is attained by then."""
    from scar_cp.partition.many_windows import annealed_windows, plan_of

    assert search.schedule is not None
    shortest = search.point(search.schedule)[0]
    in_time = within(search, share)
    search.enter("annealing by latency")
    start, seed = search.schedule, search.request.seed
    found = annealed_windows(tables, start, seed, keep_going=in_time)
    for windows in found if search.request.cpsat.annealing else ():
        plan = None if windows is None else plan_of(tables.problem, windows)
        attained = None if plan is None else offer(search, tables.problem, plan, ANNEALING)
        shortest = shortest if attained is None else min(shortest, attained)
    return shortest


def shown_late(
    problem: Problem, deadline: int, keep_going: Callable[[], bool]
) -> PriceProof | None:
    """Prices by which no schedule ends by a deadline, if there are some."""
    from scar_cp.partition.many_windows import latency_bounds, range_tables

    tables = range_tables(by_port_distance(problem, MOST_SPLIT_COUNTS), deadline + 1)
    for step in latency_bounds(tables, deadline + 1, keep_going, joint=False):
        if step.bound > deadline:
            return step.proof
    return None


def _bound_latency(
    search: Search, tables: RangeTables, longest: int, keep_going: Callable[[], bool]
) -> None:
    """Record bounds on latency, and offer what attains one; ``longest`` is attained."""
    from scar_cp.partition.many_windows import latency_bounds

    search.enter("window prices of latency")
    ideas = search.request.cpsat
    on = {"climbs": ideas.climbs, "slots": ideas.slots, "joint": ideas.joint}
    for step in latency_bounds(tables, longest, keep_going, **on):
        search.add_bound("latency", step.bound, PRICES, "full", BY_TABLES)
        if step.proof is not None:
            _keep(search, step.proof)
        if step.plan is not None:
            offer(search, tables.problem, step.plan, PRICES)


@dataclass(frozen=True)
class _Sums:
    """Which sums of latency and energy say something of the objective.

    Only schedules matter whose value is below the incumbent's: they are shorter than ``longest``.
    Energies count beyond ``least_nj``.
    """

    search: Search
    longest: int
    least_nj: int
    weights: tuple[int, int]
    """Of the first sum; all others have the same weight of energy."""
    scale: int
    """How often the objective's own weights are in them, if it has some."""

    @classmethod
    def of(cls, search: Search) -> _Sums | None:
        """None if some number is too large, or if no sum would say anything of the objective."""
        point, goal = search.evaluation, search.request.goal
        assert point is not None
        bounds = simple_bounds(search.problem)
        least_nj = next(bound.value for bound in bounds if bound.objective == "energy")
        longest = goal.most_cycles(goal.of(point), least_nj)
        if longest is None:
            return None
        room = _MOST_BITS - max(longest, point.energy_nj).bit_length()
        weights = (point.energy_nj, point.latency_cycles) if goal.is_product else goal.linear
        shift = min(_BITS, room) - max(weights).bit_length()
        if room < _LEAST_BITS or (shift < 0 and not goal.is_product):
            return None
        by_cycles, by_nj = (w << shift if shift > 0 else w >> -shift for w in weights)
        if goal.is_product and not by_nj:
            return None
        return cls(search, longest + 1, least_nj, (max(1, by_cycles), by_nj), 1 << max(0, shift))

    def cap(self, latency_weight: int) -> int:
        """More than what any schedule that matters comes to."""
        value, by_nj = self.search.value, self.weights[1]
        assert value is not None
        if not self.search.request.goal.is_product:
            return self.scale * value - by_nj * self.least_nj
        shortest = max(1, self.search.least("latency"))
        return max(
            latency_weight * cycles + by_nj * (value // cycles + 1 - self.least_nj)
            for cycles in (shortest, self.longest)
        )

    def total(self, excess: int) -> int:
        """The sum with all energy."""
        return excess + self.weights[1] * self.least_nj


def _sums(search: Search, problem: Problem) -> None:
    sums = _Sums.of(search)
    if sums is None:
        return
    from scar_cp.partition.energy_costs import EnergyCosts
    from scar_cp.partition.many_windows import annealed_windows, range_tables
    from scar_cp.partition.sum_bounds import SumBounds

    ideas = search.request.cpsat
    search.enter("tables of ranges")
    before_s = search.elapsed_s
    tables = range_tables(problem, sums.longest)
    took_s = search.elapsed_s - before_s
    shortest = min(sums.longest, _shorten(search, tables, _ANNEALING_SHARE * _FIRST_SHARE))
    weight, cap = sums.weights[0], sums.cap(sums.weights[0])
    if cap.bit_length() > _MOST_BITS + 3:
        return
    _bound_latency(search, tables, shortest, within(search, _LATENCY_SHARE))
    plain = EnergyCosts.of(problem, sums.weights, [], cap)
    bounds = SumBounds(tables, plain, sums.longest, ideas.climbs)
    _bound_sums(search, sums, bounds, within(search, _PLAIN_SHARE))
    parts = _RATES if problem.max_windows > 1 else _RATES_ALONE
    affordable = int(_TARIFFS_SHARE * search.remaining_s / max(took_s, 1e-3))
    rates = sorted({int(weight * part) for part in parts[:affordable] if ideas.tariffs})
    search.enter("tables of energy")
    energy = EnergyCosts.of(problem, sums.weights, rates, cap)
    in_time = within(search, _ANNEALING_SHARE)
    assert search.schedule is not None
    search.enter("annealing by energy")
    start, seed = search.schedule, search.request.seed
    found = annealed_windows(tables, start, seed, energy, in_time)
    for windows in found if ideas.annealing else ():
        if windows is not None:
            _offer_least(search, problem, windows, sums.weights)
    if rates:
        bounds.count(energy)
        _bound_sums(search, sums, bounds, lambda: not search.done)


def _bound_sums(
    search: Search, sums: _Sums, bounds: SumBounds, keep_going: Callable[[], bool]
) -> None:
    """Record bounds on the objective."""
    search.enter("window prices of sums")
    if search.request.goal.is_product:
        _edp_bounds(search, sums, bounds, keep_going)
        return
    weight = sums.weights[0]
    for prices in bounds.least(weight, sums.cap(weight), keep_going):
        _keep(search, prices.proof(sums.weights[1]))
        least = -(-sums.total(prices.bound) // sums.scale)
        search.add_bound("weighted", least, PRICES, "full", BY_TABLES)


def _keep(search: Search, proof: PriceProof) -> None:
    """Keep a proof for a certificate, unless a better one for the same weights is known."""
    known = search.price_proofs.get(proof.weights)
    if known is None or known.bound < proof.bound:
        search.price_proofs[proof.weights] = proof


def _edp_bounds(
    search: Search, sums: _Sums, bounds: SumBounds, keep_going: Callable[[], bool]
) -> None:
    """Cut the polygon of latency and energy with sums, the first one at the incumbent."""
    polygon = Polygon(search.least("latency"), search.least("energy"), search.request.goal)

    def record(bound: int) -> bool:
        assert search.value is not None
        search.raise_bound(min(bound, search.value), PRICES, BY_TABLES)
        return search.done or not keep_going()

    def minimise(direction: tuple[int, int]) -> HalfPlane | None:
        by_cycles = max(1, direction[0] * sums.weights[1] // direction[1]) if direction[1] else 0
        if not by_cycles or (by_cycles * sums.longest).bit_length() > _MOST_BITS + 1:
            return None
        in_share, plane = within(search, _SUM_SHARE), None
        cap = sums.cap(by_cycles)
        if cap.bit_length() > _MOST_BITS + 3:
            return None
        for prices in bounds.least(by_cycles, cap, lambda: in_share() and keep_going()):
            _keep(search, prices.proof(sums.weights[1]))
            plane = HalfPlane(by_cycles, sums.weights[1], sums.total(prices.bound), final=False)
            record(polygon.with_plane(plane).bound())
        return plane

    first = minimise(sums.weights)
    if first is not None:
        polygon.add(first)
        polygon.cut(minimise, record)


def _offer_least(
    search: Search,
    problem: Problem,
    windows: list[dict[int, tuple[int, int]]],
    weights: tuple[int, int],
) -> None:
    """Offer the schedule of some windows that has the least sum of latency and energy."""
    given = []
    for ranges in windows:
        programmes = range_programmes(problem, ranges)
        plan = partition_window(problem, ranges, programmes=programmes)
        if plan is None:
            return
        given.append(GivenWindow(problem, ranges, None, plan, programmes))
    minimise_sum(search, problem, given, weights, ANNEALING)


def _num_places(problem: Problem) -> int:
    """Number of windows and chiplets that layers can be given."""
    layers = sum(run.num_layers for run in problem.models)
    return layers * problem.max_windows * problem.num_chiplets


def _longest_model(problem: Problem) -> int:
    return max(run.num_layers for run in problem.models)


def within(search: Search, share: float) -> Callable[[], bool]:
    """Whether a share of the time that is left now is left, and something to do."""
    end_s = search.elapsed_s + share * search.remaining_s
    return lambda: not search.done and search.elapsed_s < end_s


def offer(search: Search, problem: Problem, plan: Plan, source: str) -> int | None:
    """Place a plan and offer it; its latency, if there is a placement."""
    if not plan.windows:
        return None
    request = search.request
    schedule = place(problem, plan.windows, request.space != "full", request.goal.value)
    if schedule is None:
        return None
    search.offer(schedule, source)
    if validate(search.problem, schedule, search.request.space):
        return None  # a deadline is missed: no reason to look for nothing slower
    return search.point(schedule)[0]
