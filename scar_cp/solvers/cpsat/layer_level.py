"""The last stage of the exact solver: the layer-level CP-SAT model, asked for what is still open.

A question is always of the same kind: what is the least ``λ·latency + μ·energy`` of the schedules
within limits? A single objective is one question. A product, or a sum whose weights are too uneven
for small integers, is bounded by the polygon of half-planes that several questions leave
(`scar_cp.solvers.cpsat.polygon`), and then by a walk along the front, each step of which asks for
the least energy within the latency that could still be better.

CP-SAT is not taken at its word. Every claim is compared with what the evaluator says of its
schedule before anything is derived from it, and a proof that rests on CP-SAT alone is looked for a
second time, another way.
"""

from __future__ import annotations

from dataclasses import replace

from scar_cp.clock import while_in_time
from scar_cp.errors import ClaimError
from scar_cp.judge.bounds import Proof, best_bound, confirmed
from scar_cp.partition.one_window import CountTable
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.cpsat.inquiry import Found, Inquiry, known, limits_of
from scar_cp.solvers.cpsat.model import FIRST, SECOND, Way
from scar_cp.solvers.cpsat.polygon import HalfPlane, Polygon
from scar_cp.solvers.cpsat.ticks import UNITS, Ticks

__all__ = ["layer_level", "no_schedule", "nothing_below"]

_SHARE = 1 / 3
"""Of the time that is left, for one solve among several: one that runs out of it still helps."""
_LEAST_S = 1.0
"""Seconds below which a solve would hardly begin."""


def layer_level(search: Search, counts: CountTable | None = None) -> Claim:
    """Search on the layer-level model, from the incumbent and the bounds there are."""
    notes: list[str] = []
    with while_in_time(lambda: search.remaining_s > 0):
        return _search(search, notes, counts)
    notes.append("the time limit cut off the building of a layer-level model")
    return Claim(search.schedule, search.value, notes=tuple(notes))


def _search(search: Search, notes: list[str], counts: CountTable | None) -> Claim:
    """Search one way, and another if CP-SAT contradicts itself."""
    for way, other in ((FIRST, SECOND), (SECOND, FIRST)):
        try:
            empty = _settle(search, _seeded(search, way), counts)
            if empty is None:
                _confirm_bound(search, _seeded(search, other), counts)
                return Claim(search.schedule, search.value, notes=tuple(notes))
            proof = _confirm_emptiness(search, _seeded(search, other), empty)
            return Claim(None, exhausted=True, notes=tuple(notes), proof=proof)
        except ClaimError as error:
            search.withdraw("cp-sat")
            notes.append(f"CP-SAT contradicted itself, all that it had proven was dropped: {error}")
    return Claim(search.schedule, search.value, notes=tuple(notes))


def nothing_below(
    search: Search,
    value: int,
    way: Way,
    ticks: Ticks = UNITS,
    counts: CountTable | None = None,
) -> bool | None:
    """Whether CP-SAT finds, one way, that no schedule of the space has a smaller value.

    Parameters
    ----------
    search
        The running request; better schedules are offered to it.
    value
        Of the request's objective.
    way
        Parameters of CP-SAT.
    ticks
        Units in which the value was found to be a bound: finer ones may not show it.
    counts
        What the tables say for one window, if they were asked.

    Returns
    -------
    bool or None
        False only with a schedule that has a smaller value; ``None`` if neither was found, for
        lack of time or because the model counts in ticks.

    Raises
    ------
    ClaimError
        If CP-SAT contradicts itself or the evaluator.
    """
    weights = search.request.goal.linear
    if any(weights):
        model = Inquiry(search, weights, limits_of(search, weights, value), ticks, counts)
        if model.asks_for(weights) and model.ask(way, below=value).nothing:
            return True
    if search.value is not None and search.value < value:
        return False
    return _walk(search, way, value, counts) if all(weights) or not any(weights) else None


def no_schedule(search: Search, way: Way) -> bool | None:
    """Whether CP-SAT finds, one way, that the space has no schedule at all.

    Returns
    -------
    bool or None
        False only with a schedule, which is offered to the search.

    Raises
    ------
    ClaimError
        If CP-SAT contradicts itself or the evaluator.
    """
    weights = (0, 1) if search.request.objective == "energy" else (1, 0)
    found = Inquiry(search, weights, limits_of(search, weights)).ask(way)
    if search.schedule is not None:
        return False
    return True if found.nothing else None


def _settle(search: Search, way: Way, counts: CountTable | None) -> Proof | None:
    """Close the request's gap as far as time allows; a proof, if the space is empty."""
    weights = search.request.goal.linear
    if any(weights):
        model = Inquiry(search, weights, limits_of(search, weights), counts=counts)
        if model.asks_for(weights):
            return _emptiness(search, model.ask(way, bounds_request=True))
    polygon = Polygon(known(search, "latency"), known(search, "energy"), search.request.goal)
    empty = _cut(search, way, polygon, counts)
    while empty is None and not search.done and search.value is not None:
        if _walk(search, way, search.value, counts) is not False:
            break
    return empty


def _emptiness(search: Search, found: Found) -> Proof | None:
    """The proof that there is no schedule at all."""
    return found.proof if found.nothing and search.schedule is None else None


def _cut(search: Search, way: Way, polygon: Polygon, counts: CountTable | None) -> Proof | None:
    """Cut the polygon of possible (latency, energy) until its least value is attained."""
    empty: Proof | None = None
    proof = Proof(by="combination")  # until CP-SAT has been asked

    def minimise(weights: tuple[int, int]) -> HalfPlane | None:
        nonlocal empty, proof
        model = Inquiry(search, weights, limits_of(search, weights), counts=counts)
        found = model.ask(way, time_limit_s=max(_LEAST_S, search.remaining_s * _SHARE))
        empty, proof = _emptiness(search, found), found.proof or proof
        return None if empty else found.plane

    def enough(bound: int) -> bool:
        # The half-planes hold for schedules that are better than the incumbent.
        bound = bound if search.value is None else min(bound, search.value)
        search.raise_bound(bound, "cp-sat polygon", proof)
        return search.done

    polygon.cut(minimise, enough)
    return empty


def _walk(search: Search, way: Way, value: int, counts: CountTable | None) -> bool | None:
    """Look for a schedule below a value by the least energy within ever shorter latencies.

    A schedule below the value that needs at least so much energy has at most so much latency,
    within which it needs at least so much energy, and so on.

    Returns
    -------
    bool or None
        Whether there is none; ``None`` if time ran out, or if figures in ticks led no further.
    """
    request = search.request
    worst = (search.problem.most_expensive(m) for m in range(len(search.problem.models)))
    cycles, least_nj = sum(of_model for of_model, _ in worst), known(search, "energy")
    proof = Proof(by="combination")  # until CP-SAT has been asked
    while value > 0:
        within = request.goal.most_cycles(value - 1, least_nj)
        cycles = cycles if within is None else min(cycles, within)
        if cycles < known(search, "latency"):
            break
        limits = replace(limits_of(search, (0, 1), value - 1), cycles=cycles)
        model = Inquiry(search, (0, 1), limits, counts=counts)
        proof = model.proof(way)
        found = model.ask(way)
        if search.value is not None and search.value < value:
            return False
        if found.nothing:
            break
        if found.plane is None or found.plane.value <= least_nj:
            return None
        least_nj = found.plane.value
        bound = min(value, request.goal.value(known(search, "latency"), least_nj))
        search.raise_bound(bound, "cp-sat walk", proof)
    search.raise_bound(value, "cp-sat walk", proof)
    return True


def _confirm_bound(search: Search, way: Way, counts: CountTable | None) -> None:
    """Look another way for a schedule below the best bound, if that is CP-SAT's."""
    request = search.request
    best = best_bound(search.bounds, request.objective, request.space)
    if best is None or best.proof.by != "cp-sat" or not request.cpsat.confirm:
        return
    if search.remaining_s == 0 or best.value == 0:
        return
    assert best.proof.run is not None
    ticks = Ticks(best.proof.run.cycles_per_tick, best.proof.run.nj_per_tick)
    with while_in_time(lambda: search.remaining_s > 0):  # what is found stands without
        holds = nothing_below(search, best.value, way, ticks, counts)
        if holds is False:
            raise ClaimError(f"a second solve finds a schedule below the bound {best.value}")
        if holds:
            search.confirm("cp-sat", way.parameters())


def _confirm_emptiness(search: Search, way: Way, proof: Proof) -> Proof:
    """Look another way for any schedule."""
    if search.remaining_s == 0 or not search.request.cpsat.confirm:
        return proof
    with while_in_time(lambda: search.remaining_s > 0):
        empty = no_schedule(search, way)
        if empty is False:
            raise ClaimError("a second solve finds a schedule where the first says there is none")
        if empty:
            return confirmed(proof, way.parameters())
    return proof


def _seeded(search: Search, way: Way) -> Way:
    """The way with the request's seed beside its own."""
    return replace(way, seed=(way.seed + search.request.seed) % 2**31)
