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

from dataclasses import dataclass, replace
from importlib.metadata import version
from math import gcd, inf

from scar_cp.clock import while_in_time
from scar_cp.errors import ClaimError
from scar_cp.judge.bounds import CpsatRun, Proof, best_bound, confirmed
from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.cpsat.model import FIRST, SECOND, Answer, CpsatModel, Way
from scar_cp.solvers.cpsat.polygon import HalfPlane, Polygon
from scar_cp.solvers.cpsat.question import ask_for
from scar_cp.solvers.cpsat.ticks import UNITS, Ticks
from scar_cp.solvers.cpsat.variables import Limits
from scar_cp.terms import Objective

__all__ = ["layer_level", "limits_of", "no_schedule", "nothing_below"]

_MOST_CUTS = 40
"""Half-planes after which a polygon is left as it is."""
_FEW_CUTS = 4
"""Half-planes that may leave a polygon as it was before further time counts as spent in vain."""
_GRACE_S = 0.4
"""CP-SAT may say its last word so much after the time limit."""


@dataclass(frozen=True)
class _Found:
    """What a question led to, in cycles and nJ."""

    nothing: bool = False
    """No schedule of the space is within the limits."""
    settled: bool = False
    """The question was answered for good, and not for lack of time."""
    plane: HalfPlane | None = None
    """Holds for every schedule within the limits."""
    proof: Proof | None = None


def layer_level(search: Search) -> Claim:
    """Search on the layer-level model, from the incumbent and the bounds there are."""
    notes: list[str] = []
    with while_in_time(lambda: search.remaining_s > 0):
        return _search(search, notes)
    notes.append("the time limit cut off the building of a layer-level model")
    return Claim(search.schedule, search.value, notes=tuple(notes))


def _search(search: Search, notes: list[str]) -> Claim:
    """Search one way, and another if CP-SAT contradicts itself."""
    for way, other in ((FIRST, SECOND), (SECOND, FIRST)):
        try:
            empty = _settle(search, _seeded(search, way))
            if empty is None:
                _confirm_bound(search, _seeded(search, other))
                return Claim(search.schedule, search.value, notes=tuple(notes))
            proof = _confirm_emptiness(search, _seeded(search, other), empty)
            return Claim(None, exhausted=True, notes=tuple(notes), proof=proof)
        except ClaimError as error:
            search.withdraw("cp-sat")
            notes.append(f"CP-SAT contradicted itself, all that it had proven was dropped: {error}")
    return Claim(search.schedule, search.value, notes=tuple(notes))


def nothing_below(search: Search, value: int, way: Way, ticks: Ticks = UNITS) -> bool | None:
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
    weights = search.request.linear
    if any(weights):
        model = _Model(search, weights, limits_of(search, weights, value), ticks)
        if model.asks_for(weights) and model.ask(way, below=value).nothing:
            return True
    if search.value is not None and search.value < value:
        return False
    return _walk(search, way, value) if all(weights) or not any(weights) else None


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
    found = _Model(search, weights, limits_of(search, weights)).ask(way)
    if search.schedule is not None:
        return False
    return True if found.nothing else None


def _settle(search: Search, way: Way) -> Proof | None:
    """Close the request's gap as far as time allows; a proof, if the space is empty."""
    weights = search.request.linear
    if any(weights):
        model = _Model(search, weights, limits_of(search, weights))
        if model.asks_for(weights):
            return _emptiness(search, model.ask(way, bounds_request=True))
    polygon = Polygon(
        _known(search, "latency"), _known(search, "energy"), weights if any(weights) else None
    )
    empty = _cut(search, way, polygon)
    while empty is None and not search.done and search.value is not None:
        if _walk(search, way, search.value) is not False:
            break
    return empty


def _emptiness(search: Search, found: _Found) -> Proof | None:
    """The proof that there is no schedule at all."""
    return found.proof if found.nothing and search.schedule is None else None


def _cut(search: Search, way: Way, polygon: Polygon) -> Proof | None:
    """Cut the polygon of possible (latency, energy) until its least value is attained."""
    for cuts in range(_MOST_CUTS):
        weights = polygon.direction()
        model = _Model(search, weights, limits_of(search, weights))
        # A solve that runs out of time still tightens the polygon: leave time for others.
        found = model.ask(way, time_limit_s=max(1.0, search.remaining_s / 3))
        if (empty := _emptiness(search, found)) is not None:
            return empty
        if found.plane is None:
            return None
        before = polygon.bound()
        polygon.add(found.plane)
        bound = polygon.bound()
        # The half-planes hold for schedules that are better than the incumbent.
        bound = bound if search.value is None else min(bound, search.value)
        search.raise_bound(bound, "cp-sat polygon", found.proof or model.proof(way))
        if search.done or (polygon.bound() <= before and (found.settled or cuts > _FEW_CUTS)):
            return None
    return None


def _walk(search: Search, way: Way, value: int) -> bool | None:
    """Look for a schedule below a value by the least energy within ever shorter latencies.

    A schedule below the value that needs at least so much energy has at most so much latency,
    within which it needs at least so much energy, and so on.

    Returns
    -------
    bool or None
        Whether there is none; ``None`` if time ran out, or if figures in ticks led no further.
    """
    request = search.request
    cycles, least_nj = _worst_latency(search.problem), _known(search, "energy")
    proof = Proof(by="combination")  # until CP-SAT has been asked
    while value > 0:
        within = request.most_cycles(value - 1, least_nj)
        cycles = cycles if within is None else min(cycles, within)
        if cycles < _known(search, "latency"):
            break
        limits = replace(limits_of(search, (0, 1), value - 1), cycles=cycles)
        model = _Model(search, (0, 1), limits)
        proof = model.proof(way)
        found = model.ask(way)
        if search.value is not None and search.value < value:
            return False
        if found.nothing:
            break
        if found.plane is None or found.plane.value <= least_nj:
            return None
        least_nj = found.plane.value
        bound = min(value, request.value(_known(search, "latency"), least_nj))
        search.raise_bound(bound, "cp-sat walk", proof)
    search.raise_bound(value, "cp-sat walk", proof)
    return True


def _confirm_bound(search: Search, way: Way) -> None:
    """Look another way for a schedule below the best bound, if that is CP-SAT's."""
    request = search.request
    best = best_bound(search.bounds, request.objective, request.space)
    if best is None or best.proof.by != "cp-sat" or not request.confirm:
        return
    if search.remaining_s == 0 or best.value == 0:
        return
    assert best.proof.run is not None
    ticks = Ticks(best.proof.run.cycles_per_tick, best.proof.run.nj_per_tick)
    with while_in_time(lambda: search.remaining_s > 0):  # what is found stands without
        holds = nothing_below(search, best.value, way, ticks)
        if holds is False:
            raise ClaimError(f"a second solve finds a schedule below the bound {best.value}")
        if holds:
            search.confirm("cp-sat", way.parameters())


def _confirm_emptiness(search: Search, way: Way, proof: Proof) -> Proof:
    """Look another way for any schedule."""
    if search.remaining_s == 0 or not search.request.confirm:
        return proof
    with while_in_time(lambda: search.remaining_s > 0):
        empty = no_schedule(search, way)
        if empty is False:
            raise ClaimError("a second solve finds a schedule where the first says there is none")
        if empty:
            return confirmed(proof, way.parameters())
    return proof


class _Model:
    """A question, and the CP model of it."""

    def __init__(
        self,
        search: Search,
        weights: tuple[int, int],
        limits: Limits,
        ticks: Ticks = UNITS,
    ) -> None:
        self.search = search
        self.question = ask_for(search.problem, weights, limits, ticks)
        self.within = limits

    def asks_for(self, weights: tuple[int, int]) -> bool:
        """Whether the question is about these very weights, and not about rounded ones."""
        common = gcd(*weights)
        return self.question.direction == (weights[0] // common, weights[1] // common)

    def proof(self, way: Way) -> Proof:
        """What a bound from this model rests on."""
        run = CpsatRun(
            version=version("ortools"),
            parameters=way.parameters(),
            cycles_per_tick=self.question.ticks.cycles,
            nj_per_tick=self.question.ticks.nj,
        )
        return Proof(by="cp-sat", run=run)

    def ask(
        self,
        way: Way,
        *,
        below: int | None = None,
        bounds_request: bool = False,
        time_limit_s: float = inf,
    ) -> _Found:
        """Solve; schedules are offered as they come.

        Parameters
        ----------
        way
            Parameters of CP-SAT.
        below
            Look for schedules whose sum, by the weights, is smaller; whatever they are.
        bounds_request
            Whether bounds of the model are bounds of the request: they are recorded as they come.
        time_limit_s
            Less than what is left, if that is wanted.

        Raises
        ------
        ClaimError
            If CP-SAT contradicts itself or the evaluator.
        """
        search, request, question = self.search, self.search.request, self.question
        proof = self.proof(way)
        # In rounded ticks a schedule may cost less than tables and bounds say.
        cuts = request.cuts and question.exact
        table = question.table(search.count_table) if cuts else None
        model = CpsatModel(
            question.problem, request.space, question.weights, question.limits, table
        )
        start = self._start()
        if below is not None:
            model.at_most(question.most_ticks(self._along(below) - 1))
        elif start is not None and request.hint:
            model.hint(start)
        if bounds_request and cuts and search.bound is not None:
            model.at_least(question.most_ticks(self._along(search.bound)))

        def on_bound(bound: int) -> None:
            if bounds_request:
                search.raise_bound(self._of_request(bound), "cp-sat", proof)

        given_up_s = request.time_limit_s + _GRACE_S
        answer = model.solve(
            min(search.remaining_s, time_limit_s),
            request.workers,
            way,
            on_schedule=lambda schedule: search.offer(schedule, "cp-sat"),
            on_bound=on_bound,
            stop=lambda: search.remaining_s == 0,
            keep_waiting=lambda: search.elapsed_s < given_up_s,
        )
        self._compare(answer, model, start if below is None else None)
        if answer.status == "infeasible":
            return _Found(nothing=True, settled=True, proof=proof)
        if answer.bound is None:
            return _Found()
        if answer.status == "optimal":
            on_bound(answer.bound)
        known_as = search.bound, search.value
        if bounds_request and None not in known_as and known_as[0] > known_as[1]:  # type: ignore[operator]
            raise ClaimError(f"a bound of {known_as[0]} lies above a schedule of {known_as[1]}")
        point = None
        if answer.status == "optimal" and answer.schedule is not None and question.exact:
            point = search.point(answer.schedule)
        plane = question.half_plane(answer.bound, point)
        return _Found(settled=answer.status == "optimal", plane=plane, proof=proof)

    def _start(self) -> Schedule | None:
        """The incumbent, if it is within the limits, with its empty windows last where they may."""
        search = self.search
        if search.schedule is None or search.evaluation is None:
            return None
        cycles, nj = search.evaluation.latency_cycles, search.evaluation.energy_nj
        if self.within.cycles is not None and cycles > self.within.cycles:
            return None
        if self.within.nj is not None and nj > self.within.nj:
            return None
        if search.request.space in ("windowed", "scar"):
            return search.schedule
        used = [list(window) for window in search.schedule.windows if window]
        return Schedule.of(search.schedule.problem, used)

    def _compare(self, answer: Answer, model: CpsatModel, start: Schedule | None) -> None:
        """Hold an answer against the evaluator, and against the incumbent that it started from."""
        if answer.schedule is not None and answer.value is not None:
            judged = model.value_of(answer.schedule)
            if judged > answer.value or (answer.status == "optimal" and judged != answer.value):
                raise ClaimError(f"it claims {answer.value}, the evaluator says {judged}")
        if start is not None:
            known = model.value_of(start)
            if answer.status == "infeasible" or (answer.bound is not None and answer.bound > known):
                raise ClaimError(f"it excludes a schedule of value {known}")

    def _along(self, value: int) -> int:
        """A value of the request as one along the question's direction."""
        by, along = (self.search.request.linear, self.question.direction)
        i = 0 if by[0] else 1
        return -(-value * along[i] // by[i])

    def _of_request(self, bound: int) -> int:
        """A bound in ticks as one of the request."""
        by, plane = self.search.request.linear, self.question.half_plane(bound)
        i = 0 if by[0] else 1
        return -(-plane.value * by[i] // self.question.direction[i])


def limits_of(search: Search, weights: tuple[int, int], value: int | None = None) -> Limits:
    """Limits of the schedules that are no worse than a value (default: the incumbent's).

    Time (energy) without a weight and without a deadline is of no interest.
    """
    problem, request = search.problem, search.request
    value = search.value if value is None else value
    deadlines = [run.deadline_cycles for run in problem.models]
    cycles = nj = None
    if weights[0] or any(deadline is not None for deadline in deadlines):
        cycles = _worst_latency(problem)
        if None not in deadlines:  # the last completion is the latency
            cycles = min(cycles, max(d for d in deadlines if d is not None))
        if value is not None:
            most = request.most_cycles(value, _known(search, "energy"))
            cycles = cycles if most is None else min(cycles, most)
    if weights[1]:
        nj = _worst_energy(problem)
        if value is not None:
            most = request.most_nj(value, _known(search, "latency"))
            nj = nj if most is None else min(nj, most)
    least = min(_known(search, "latency"), cycles or 0) if request.cuts else 0
    return Limits(cycles, nj, least)


def _known(search: Search, objective: Objective) -> int:
    """The best bound that does not rest on CP-SAT, which would confirm itself with its own."""
    return search.least(objective, without="cp-sat")


def _seeded(search: Search, way: Way) -> Way:
    """The way with the request's seed beside its own."""
    return replace(way, seed=(way.seed + search.request.seed) % 2**31)


def _worst_latency(problem: Problem) -> int:
    """A latency above that of any schedule: everything in turn, moved as far as it can be."""
    farthest = max(map(max, problem.hops)) * problem.hop_cycles
    through = problem.dram_latency_cycles + farthest
    total = 0
    for m, run in enumerate(problem.models):
        cycles = int(problem.compute_cycles[m].max(axis=1).sum())
        cycles += sum(la.weight_load_cycles + la.weight_nop_cycles + through for la in run.layers)
        for tensor in run.tensors:
            moves = len(tensor.consumers) + 1
            over_nop = tensor.nop_cycles + farthest
            cycles += moves * (tensor.dram_cycles + tensor.nop_cycles + through + over_nop)
        total += run.passes * cycles
    return total


def _worst_energy(problem: Problem) -> int:
    """An energy above that of any schedule: every move as far as it can be."""
    farthest = max(map(max, problem.hops))
    total = 0
    for m, run in enumerate(problem.models):
        total += int(problem.compute_energy_nj[m].max(axis=1).sum())
        for layer in run.layers:
            load = layer.weight_energy_nj + farthest * layer.weight_nop_energy_nj_per_hop
            total += run.passes * load
        for tensor in run.tensors:
            move = tensor.dram_energy_nj + farthest * tensor.nop_energy_nj_per_hop
            total += 2 * (len(tensor.consumers) + 1) * move
    return total
