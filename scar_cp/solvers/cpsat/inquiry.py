"""One question about the layer-level model, put to CP-SAT and compared with the evaluator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from math import gcd, inf

from scar_cp.errors import ClaimError
from scar_cp.judge.bounds import CpsatRun, Proof
from scar_cp.judge.schedule import Schedule
from scar_cp.partition.one_window import CountTable
from scar_cp.solvers.base import Search
from scar_cp.solvers.cpsat.model import Answer, CpsatModel, Way
from scar_cp.solvers.cpsat.polygon import HalfPlane
from scar_cp.solvers.cpsat.question import ask_for
from scar_cp.solvers.cpsat.ticks import UNITS, Ticks
from scar_cp.solvers.cpsat.variables import Limits
from scar_cp.terms import ObjectiveName

__all__ = ["Found", "Inquiry", "known", "limits_of"]

_GRACE_S = 0.4
"""CP-SAT may say its last word so much after the time limit."""


@dataclass(frozen=True)
class Found:
    """What a question led to, in cycles and nJ."""

    nothing: bool = False
    """No schedule of the space is within the limits."""
    plane: HalfPlane | None = None
    """Holds for every schedule within the limits."""
    proof: Proof | None = None


class Inquiry:
    """A question, and the CP model of it."""

    def __init__(
        self,
        search: Search,
        weights: tuple[int, int],
        limits: Limits,
        ticks: Ticks = UNITS,
        counts: CountTable | None = None,
    ) -> None:
        self.search = search
        self.question = ask_for(search.problem, weights, limits, ticks)
        self.within = limits
        self.counts = counts

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
    ) -> Found:
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
        cuts = request.cpsat.cuts and question.exact
        table = question.table(self.counts) if cuts else None
        model = CpsatModel(
            question.problem, request.space, question.weights, question.limits, table
        )
        start = self._start()
        if below is not None:
            model.at_most(question.most_ticks(self._along(below) - 1))
        elif start is not None and request.cpsat.hint:
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
            return Found(nothing=True, proof=proof)
        if answer.bound is None:
            return Found()
        if answer.status == "optimal":
            on_bound(answer.bound)
        known_as = search.bound, search.value
        if bounds_request and None not in known_as and known_as[0] > known_as[1]:  # type: ignore[operator]
            raise ClaimError(f"a bound of {known_as[0]} lies above a schedule of {known_as[1]}")
        point = None
        if answer.status == "optimal" and answer.schedule is not None and question.exact:
            point = search.point(answer.schedule)
        plane = replace(question.half_plane(answer.bound, point), final=answer.status == "optimal")
        return Found(plane=plane, proof=proof)

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
        by, along = (self.search.request.goal.linear, self.question.direction)
        i = 0 if by[0] else 1
        return -(-value * along[i] // by[i])

    def _of_request(self, bound: int) -> int:
        """A bound in ticks as one of the request."""
        by, plane = self.search.request.goal.linear, self.question.half_plane(bound)
        i = 0 if by[0] else 1
        return -(-plane.value * by[i] // self.question.direction[i])


def limits_of(search: Search, weights: tuple[int, int], value: int | None = None) -> Limits:
    """Limits of the schedules that are no worse than a value (default: the incumbent's).

    Time (energy) without a weight and without a deadline is of no interest.
    """
    problem, request = search.problem, search.request
    value = search.value if value is None else value
    deadlines = [run.deadline_cycles for run in problem.models]
    worst = [problem.most_expensive(m) for m in range(len(problem.models))]
    cycles = nj = None
    if weights[0] or any(deadline is not None for deadline in deadlines):
        cycles = sum(worst_cycles for worst_cycles, _ in worst)
        if None not in deadlines:  # the last completion is the latency
            cycles = min(cycles, max(d for d in deadlines if d is not None))
        if value is not None:
            most = request.goal.most_cycles(value, known(search, "energy"))
            cycles = cycles if most is None else min(cycles, most)
    if weights[1]:
        nj = sum(worst_nj for _, worst_nj in worst)
        if value is not None:
            most = request.goal.most_nj(value, known(search, "latency"))
            nj = nj if most is None else min(nj, most)
    least = min(known(search, "latency"), cycles or 0) if request.cpsat.cuts else 0
    return Limits(cycles, nj, least)


def known(search: Search, objective: ObjectiveName) -> int:
    """The best bound that does not rest on CP-SAT, which would confirm itself with its own."""
    return search.least(objective, without="cp-sat")
