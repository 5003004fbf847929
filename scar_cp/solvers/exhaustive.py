"""Every schedule of a space, one after the other: the yardstick for tiny problems.

Each placement of a model is evaluated once, alone, and schedules are combinations of placements
on disjoint chiplets. Nothing is pruned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scar_cp.clock import look, while_in_time
from scar_cp.errors import ClaimError, ScarError
from scar_cp.judge.bounds import Proof
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.judge.validation import space_is_defined
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.model_costs import ModelCost, cost_alone, value_together
from scar_cp.terms import Space

__all__ = ["MAX_SCHEDULES", "count_schedules", "exhaustive", "schedules"]

MAX_SCHEDULES = 2_000_000
"""Default limit on the number of schedules that are looked at."""
_BY_EXHAUSTION = Proof(by="exhaustion")


@dataclass(frozen=True, eq=False)
class _Placement:
    """All segments of one model, in order, each with its window; told apart by identity."""

    segments: tuple[tuple[int, Segment], ...]
    mask: int
    """The chiplets it takes: bit ``window x chiplets + chiplet`` for every segment."""


def exhaustive(search: Search, limit: int = MAX_SCHEDULES) -> Claim:
    """Look at every schedule of the request's space.

    In the spaces ``full`` and ``adjacent`` empty windows come last: elsewhere they cost
    nothing and change nothing.

    Parameters
    ----------
    search
        The running request.
    limit
        Largest number of schedules to look at.

    Returns
    -------
    Claim
        Exhausted unless the search was stopped; without a schedule if the space has none.

    Raises
    ------
    ScarError
        If the space is not defined or has more than ``limit`` schedules.
    ClaimError
        If evaluator or validator disagree with the sum of the placements: a bug.
    """
    with while_in_time(lambda: search.remaining_s > 0):
        _look_at_all(search, limit)
        if search.value is not None:
            search.raise_bound(search.value, "exhaustive", _BY_EXHAUSTION)
        return Claim(search.schedule, search.value, exhausted=True, proof=_BY_EXHAUSTION)
    notes = ("the enumeration was cut off by the time limit",)
    return Claim(search.schedule, search.value, notes=notes)


def _look_at_all(search: Search, limit: int) -> None:
    """Offer every schedule that is better than all before it."""
    problem, space = search.problem, search.request.space
    tables = _tables(problem, space, limit)
    costs: list[dict[_Placement, ModelCost]] = []
    for m, table in enumerate(tables):
        alone = problem.replace(models=(problem.models[m],))
        costs.append({})
        for placement in table:
            look()
            costs[m][placement] = _cost(alone, placement)
    for chosen in _combinations(problem, space, tables):
        parts = [cost[placement] for cost, placement in zip(costs, chosen, strict=True)]
        value = value_together(problem, search.request.goal, parts)
        if value is None or (search.value is not None and value >= search.value):
            continue
        if not search.offer(_schedule(problem, chosen), "exhaustive") or search.value != value:
            raise ClaimError(f"a schedule of value {value} was judged otherwise: {chosen}")


def schedules(problem: Problem, space: Space, limit: int = MAX_SCHEDULES) -> Iterator[Schedule]:
    """Every schedule that keeps a space's rules except deadlines; empty windows come last.

    Raises
    ------
    ScarError
        If the space is not defined or there are more than ``limit`` schedules.
    """
    tables = _tables(problem, space, limit)
    return (_schedule(problem, chosen) for chosen in _combinations(problem, space, tables))


def count_schedules(problem: Problem, space: Space, limit: int = MAX_SCHEDULES) -> int:
    """Count what `schedules` would list, without listing it.

    Raises
    ------
    ScarError
        If the space is not defined or there are more than ``limit`` schedules.
    """
    return _count(problem, space, _tables(problem, space, limit))


def _tables(problem: Problem, space: Space, limit: int) -> list[list[_Placement]]:
    """All placements of each model, unless they combine to more than ``limit`` schedules."""
    if not space_is_defined(problem, space):
        raise ScarError(f"the problem does not define the space {space!r}")
    tables: list[list[_Placement]] = []
    for m, model in enumerate(problem.models):
        tables.append([])
        for placement in _placements(problem, m, space):
            if len(tables[m]) == limit:
                raise ScarError(
                    f"too many schedules to look at: {model.name} alone has more than"
                    f" {limit} placements"
                )
            look()
            tables[m].append(placement)
    count = _count(problem, space, tables)
    if count > limit:
        raise ScarError(f"too many schedules to look at: {count}, at most {limit} allowed")
    return tables


def _placements(problem: Problem, m: int, space: Space) -> Iterator[_Placement]:
    """Every way to run one model: depth first, segment by segment."""
    model = problem.models[m]
    given = [layer.window for layer in model.layers]

    def extend(done: tuple[tuple[int, Segment], ...]) -> Iterator[_Placement]:
        first = done[-1][1].last + 1 if done else 0
        if first == model.num_layers:
            mask = sum(1 << (w * problem.num_chiplets + s.chiplet) for w, s in done)
            yield _Placement(done, mask)
            return
        for window in range(done[-1][0] if done else 0, problem.max_windows):
            path = [s.chiplet for w, s in done if w == window]
            if space == "scar" and len(path) == (model.max_segments or ())[window]:
                continue
            for chiplet in range(problem.num_chiplets):
                if chiplet in path:
                    continue
                if space != "full" and path and problem.hops[path[-1]][chiplet] != 1:
                    continue
                for last in range(first, model.num_layers):
                    if space in ("windowed", "scar") and given[last] != window:
                        break
                    segment = Segment(model=m, first=first, last=last, chiplet=chiplet)
                    yield from extend((*done, (window, segment)))

    return extend(())


def _combinations(
    problem: Problem, space: Space, tables: Sequence[Sequence[_Placement]]
) -> Iterator[tuple[_Placement, ...]]:
    """One placement of every model, no chiplet taken twice in a window."""

    def extend(chosen: tuple[_Placement, ...], used: int) -> Iterator[tuple[_Placement, ...]]:
        look()
        if len(chosen) == len(tables):
            if _is_kept(problem, space, used):
                yield chosen
            return
        for placement in tables[len(chosen)]:
            if not placement.mask & used:
                yield from extend((*chosen, placement), placement.mask | used)

    return extend((), 0)


def _count(problem: Problem, space: Space, tables: Sequence[Sequence[_Placement]]) -> int:
    """Count the combinations, many at once: only the chiplets taken matter."""
    counts = Counter({0: 1})
    for table in tables:
        masks = Counter(placement.mask for placement in table)
        merged: Counter[int] = Counter()
        for used, ways in counts.items():
            look()
            for mask, more in masks.items():
                if not used & mask:
                    merged[used | mask] += ways * more
        counts = merged
    return sum(ways for used, ways in counts.items() if _is_kept(problem, space, used))


def _is_kept(problem: Problem, space: Space, used: int) -> bool:
    """Whether empty windows come last, in the spaces where their position is free."""
    if space in ("windowed", "scar"):
        return True
    chiplets = problem.num_chiplets
    windows = [used >> (w * chiplets) & ((1 << chiplets) - 1) for w in range(problem.max_windows)]
    return all(before or not after for before, after in pairwise(windows))


def _schedule(problem: Problem, chosen: Sequence[_Placement]) -> Schedule:
    segments = [at for placement in chosen for at in placement.segments]
    last = max(w for w, _ in segments)
    return Schedule.of(
        problem.name, [[s for at, s in segments if at == w] for w in range(last + 1)]
    )


def _cost(alone: Problem, placement: _Placement) -> ModelCost:
    """Evaluate a placement as a schedule of the problem that has its model only."""
    segments = tuple((w, s.replace(model=0)) for w, s in placement.segments)
    return cost_alone(alone, _schedule(alone, [_Placement(segments, placement.mask)]))
