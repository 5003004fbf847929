"""Any number of windows: schedules by annealing, bounds by prices, both on tables of ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scar_cp.judge.price_proof import PriceProof
from scar_cp.judge.schedule import Schedule
from scar_cp.partition.annealing import annealed_cuts
from scar_cp.partition.counts import Counts
from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.joint import JointCuts
from scar_cp.partition.one_window import Plan, WindowPlan, partition_window
from scar_cp.partition.prices import Prices, lengths_in_ratio
from scar_cp.partition.program import NEVER
from scar_cp.partition.range_table import RangeTable, range_table, starts_of
from scar_cp.partition.sizes import is_joint_small
from scar_cp.problem.compiled import Problem

__all__ = [
    "Level",
    "RangeTables",
    "Step",
    "annealed_windows",
    "best_start",
    "latency_bounds",
    "plan_of",
    "range_tables",
    "rising_bounds",
    "those",
]

Ints = NDArray[np.int64]
WindowRanges = dict[int, tuple[int, int]]


@dataclass(frozen=True)
class RangeTables:
    """The tables of all models of a problem, and what they are about."""

    problem: Problem
    counts: Counts
    models: tuple[RangeTable, ...]


def range_tables(problem: Problem, longest: int) -> RangeTables:
    """Make the table of every model, for schedules that are shorter than ``longest``."""
    models = range(len(problem.models))
    tables = tuple(range_table(problem, m, longest) for m in models)
    return RangeTables(problem, Counts(problem.type_counts), tables)


def annealed_windows(
    tables: RangeTables,
    start: Schedule,
    seed: int,
    energy: EnergyCosts | None = None,
    keep_going: Callable[[], bool] = lambda: True,
) -> Iterator[list[WindowRanges] | None]:
    """Layers of the windows of schedules that cost less and less, as the tables have it.

    Parameters
    ----------
    tables
        Of the problem.
    start
        A schedule to begin from.
    seed
        Of what is drawn at random.
    energy
        What energy costs, if it does.
    keep_going
        Asked within runs; the last run is cut short.

    Yields
    ------
    list of dict, or None
        First layer and end of every model in every window; None after a run in vain.
    """
    best = NEVER
    cuts = _cuts_of(start, tables.problem)
    least = [table.least for table in tables.models]
    for total, found in annealed_cuts(least, tables.counts, cuts, seed, energy, keep_going):
        yield _ranges(found) if total < best else None
        best = min(best, total)


def _cuts_of(schedule: Schedule, problem: Problem) -> Ints:
    """First layer that is not yet done at every border, or one before it, per model."""
    cuts = np.zeros((problem.max_windows + 1, len(problem.models)), dtype=np.int64)
    for w, window in enumerate(schedule.windows):
        cuts[w + 1 :] = cuts[w]
        for segment in window:
            done = np.maximum(cuts[w + 1 :, segment.model], segment.last + 1)
            cuts[w + 1 :, segment.model] = done
    for m, run in enumerate(problem.models):  # back to where the table is exact
        known = np.append(starts_of(problem, m), run.num_layers)
        cuts[:, m] = known[np.searchsorted(known, cuts[:, m], side="right") - 1]
    return cuts


def _ranges(cuts: Ints) -> list[WindowRanges]:
    """First layer and end of every model in every window that has any."""
    windows = [
        {m: (i, j) for m, (i, j) in enumerate(zip(begins, ends, strict=True)) if i < j}
        for begins, ends in pairwise(cuts.tolist())
    ]
    return [ranges for ranges in windows if ranges]


def plan_of(problem: Problem, windows: Sequence[WindowRanges]) -> Plan | None:
    """Partition every window at its least length, if all can be.

    Its bound is the sum of its windows' least lengths, which is no bound on anything else.
    """
    total, planned = 0, list[WindowPlan]()
    for ranges in windows:
        plan = partition_window(problem, ranges)
        if plan is None:
            return None
        total += plan.bound
        planned += plan.windows
    return Plan(total, tuple(planned))


@dataclass(frozen=True)
class Level:
    """How fine lengths and elapsed time are told apart, and how prices are worked on."""

    ratio: float
    """Between one class of lengths and the next."""
    slots: int
    sweeps: int
    """Before and after each climb."""
    climbs: tuple[float, ...] = ()
    """Step and twice the temperature of each climb, as parts of the latency."""
    steps: int = 150
    """Most steps of a climb."""
    patience: int = 40
    """Steps without a better bound after which they get smaller."""
    energy: bool = True
    """Whether energy inside windows counts: without it, prices find their way much faster."""


_LEVELS = (
    Level(1.04, 1, 12),
    Level(1.015, 1, 10, (0.003,)),
    Level(1.004, 1, 8, (0.001,)),
    # With slots the bound falls at first, and rises for hundreds of steps.
    Level(1.02, 8, 2, (0.002, 0.001), steps=250, patience=150),
    Level(1.007, 8, 3, (0.0005,), steps=250, patience=150),
)
_SWEEPS_TO_TELL = 4
"""After which it shows which prices to begin with are better."""
_MOST_LENGTHS = 20_000
"""Of a model that alone takes nearly all the time."""
_LEVELS_BEFORE_JOINT = 2
"""Finer prices, or a climb, close less than the search over all models' cuts in the same time."""
_WORTH_A_LINE = 1.0002
"""A bound that is better by less than this factor waits for the next."""


@dataclass(frozen=True)
class Step:
    """A bound that is better than those before."""

    bound: int
    proof: PriceProof | None = None
    """None if prices alone do not prove it."""
    plan: Plan | None = None
    """One that attains the bound, up to hops."""


def latency_bounds(
    tables: RangeTables,
    longest: int,
    keep_going: Callable[[], bool],
    *,
    climbs: bool = True,
    slots: bool = True,
    joint: bool = True,
) -> Iterator[Step]:
    """Rising lower bounds on latency, for any number of windows up to the problem's.

    Coarse prices come first; each level begins with those of the one before. Where all models' cuts
    can be looked at together, a search over them takes over from fine prices.

    Parameters
    ----------
    tables
        Of the problem.
    longest
        A latency that is attained, and no more than the tables are for: no bound passes it.
    keep_going
        Asked between steps.
    climbs, slots, joint
        Whether prices climb, may depend on the elapsed time, and lead to a search over all cuts.

    Yields
    ------
    Step
        Whenever there is a better bound.
    """
    if longest < 1:  # nothing is shorter
        return
    is_joint, best, prices = joint and is_joint_small(tables.problem), 0, None
    levels = those(_LEVELS, climbs, slots)
    if is_joint:
        levels = those(levels[:_LEVELS_BEFORE_JOINT], climbs=False, slots=slots)
    start, m = best_start(tables, longest, levels[0], keep_going)
    if m is not None:
        alone = _alone(tables, longest, m)
        best = alone.bound
        yield Step(best, alone.proof())
    for prices in rising_bounds(tables, levels, start, longest, keep_going):
        if prices.bound > best:
            best = prices.bound
            yield Step(best, prices.proof())
    if not is_joint or prices is None or best >= longest or not keep_going():
        return
    low = [table.low for table in tables.models]
    search = JointCuts(low, tables.counts, tables.problem.max_windows, prices)
    for _ in search.raise_bound(longest, keep_going):
        if search.bound > best * _WORTH_A_LINE:
            best = search.bound
            yield Step(best)
    found = None if search.cuts is None else plan_of(tables.problem, _ranges(search.cuts))
    yield Step(max(best, search.bound), plan=found)


def those(levels: Sequence[Level], climbs: bool, slots: bool) -> list[Level]:
    """Levels without their climbs, or only those without slots, where these are off."""
    kept = [level for level in levels if slots or level.slots == 1]
    return kept if climbs else [replace(level, climbs=()) for level in kept]


def rising_bounds(
    tables: RangeTables,
    levels: Sequence[Level],
    start: Ints,
    longest: int,
    keep_going: Callable[[], bool],
    energy: EnergyCosts | None = None,
    cap: int | None = None,
) -> Iterator[Prices]:
    """Prices of one level after the other, whenever their bound is the best one by far.

    Parameters
    ----------
    tables
        Of the problem.
    levels
        From coarse to fine; each begins with the prices of the one before.
    start
        Prices to begin with.
    longest
        Only schedules of a smaller latency matter.
    keep_going
        Asked between steps.
    energy
        What energy costs, if it does.
    cap
        Only schedules that cost less matter; a latency, ``longest``.
    """
    best, most = 0, longest if cap is None else cap
    for level in levels:
        prices = _prices(tables, longest, level, energy, cap)
        prices.take(start)
        for _ in _worked_on(prices, level, keep_going):
            ended = prices.bound >= most or not keep_going()
            if prices.bound > best * (1 if ended else _WORTH_A_LINE):
                best = prices.bound
                yield prices
            if ended:
                return
        if prices.bound > best:
            best = prices.bound
            yield prices
        start = prices.prices


def _prices(
    tables: RangeTables,
    longest: int,
    level: Level,
    energy: EnergyCosts | None = None,
    cap: int | None = None,
) -> Prices:
    """Prices of 0, as fine as a level has them; with one window, lengths are exact."""
    windows = tables.problem.max_windows
    lengths = (
        lengths_in_ratio(longest, level.ratio) if windows > 1 else _least_lengths(tables, longest)
    )
    low = [table.low for table in tables.models]
    return Prices(low, tables.counts, windows, longest, lengths, level.slots, energy, cap)


def _least_lengths(tables: RangeTables, longest: int) -> Ints:
    """Lengths below which some model does not fit into one window with some chiplets."""
    whole = np.concatenate([table.low[0, -1] for table in tables.models])
    return np.append(np.unique(whole[(whole > 0) & (whole <= longest)]) - 1, longest)


def _shared_prices(tables: RangeTables, most: int) -> Ints:
    """Each model's share of a value, by the chiplet-cycles that are left to do."""
    chiplets = np.array([sum(vector) for vector in tables.counts.vectors])
    shares = []
    for table in tables.models:
        left = (table.low[:, -1, 1:].astype(float) * chiplets[1:]).min(axis=1)
        left = np.minimum.accumulate(np.minimum(left, left[0]))
        shares.append(left / max(1.0, left[0]) * most / len(tables.models))
    one = np.rint(np.concatenate(shares)).astype(np.int64)
    prices = np.zeros((tables.problem.max_windows + 1, 1, len(one)), dtype=np.int64)
    prices[1:-1] = one
    return prices


def _lone_prices(tables: RangeTables, longest: int, m: int) -> Ints:
    """What a model alone has left to do with all chiplets; the others are free."""
    prices = [np.zeros(len(table.low), dtype=np.int64) for table in tables.models]
    prices[m] = np.minimum(tables.models[m].low[:, -1, -1], longest)
    every = np.zeros((tables.problem.max_windows + 1, 1, sum(map(len, prices))), dtype=np.int64)
    every[1:-1] = np.concatenate(prices)
    return every


def best_start(
    tables: RangeTables,
    longest: int,
    level: Level,
    keep_going: Callable[[], bool],
    energy: EnergyCosts | None = None,
    cap: int | None = None,
) -> tuple[Ints, int | None]:
    """Prices to begin with, and the model whose own they were.

    They are shared out among the models, or those of one that alone takes nearly all the time.
    Their bounds at first say little of what becomes of them: those count that they have after some
    sweeps. The model is None if they are shared.
    """
    weight = 1 if energy is None else energy.latency_weight
    lone = [weight * _lone_prices(tables, longest, m) for m in range(len(tables.models))]
    coarse = _prices(tables, longest, level, energy, cap)
    bounds = [coarse.rate(start.copy()) for start in lone]
    m = bounds.index(max(bounds))
    short = replace(level, sweeps=_SWEEPS_TO_TELL, climbs=(), energy=False)
    tried = []
    for start in (_shared_prices(tables, longest if cap is None else cap), lone[m]):
        prices = _prices(tables, longest, level, energy, cap)
        prices.take(start)
        for _ in _worked_on(prices, short, keep_going):
            pass
        tried.append(prices)
    shared, own = tried
    return (own.prices, m) if own.bound > shared.bound else (shared.prices, None)


def _alone(tables: RangeTables, longest: int, m: int) -> Prices:
    """A model's own prices, with its own lengths as classes: they lose nothing."""
    lengths = np.unique(tables.models[m].low[:, :, -1])
    lengths = lengths[(lengths > 0) & (lengths <= longest)] - 1
    lengths = np.append(lengths[:: 1 + len(lengths) // _MOST_LENGTHS], longest)
    low = [table.low for table in tables.models]
    alone = Prices(low, tables.counts, tables.problem.max_windows, longest, lengths)
    alone.rate(_lone_prices(tables, longest, m))
    return alone


def _worked_on(prices: Prices, level: Level, keep_going: Callable[[], bool]) -> Iterator[None]:
    """Balance, climb and balance again; after each step its prices' bound is worth a look."""
    yield
    if level.energy:
        prices.choose_tariffs()
    for climb in (None, *level.climbs):
        if climb is not None:
            prices.ascend(climb, climb / 2, level.steps, level.patience, keep_going, level.energy)
            yield
        for sweep in range(level.sweeps):
            prices.balance(rising=sweep % 2 == 0)
            yield
        prices.drop()
