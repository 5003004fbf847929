"""What every solver is given, and what it may say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from scar_cp.judge.bounds import BY_WORD, Bound, Proof, best_bound, confirmed
from scar_cp.judge.evaluation import Evaluation, evaluate
from scar_cp.judge.price_proof import PriceProof
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.request import Request
from scar_cp.terms import Method, ObjectiveName, Space

__all__ = ["Claim", "Event", "Search", "Solver"]


@dataclass(frozen=True)
class Claim:
    """A solver's last word, to be compared with the evaluator.

    ``value`` is the solver's own figure for ``schedule``; ``exhausted`` says that it has seen or
    excluded every schedule of the space.
    """

    schedule: Schedule | None
    value: int | None = None
    exhausted: bool = False
    notes: tuple[str, ...] = ()
    proof: Proof = BY_WORD
    """Of infeasibility: how it was shown that the space has no schedule."""
    short_of_memory: bool = False
    """Whether something was not tried because it would not fit into memory."""


@dataclass(frozen=True)
class Event:
    """A line of the log: the best value and bound known at some time, and who moved them."""

    seconds: float
    value: int | None
    bound: int | None
    source: str


@dataclass
class Search:
    """The state of a running request: incumbent, bounds, clock and log.

    Solvers offer schedules and bounds as they find them; the incumbent is judged by the
    evaluator on the spot, so an interrupted run loses nothing.
    """

    problem: Problem
    request: Request
    on_event: Callable[[Event], None] | None = None
    on_stage: Callable[[str], None] | None = None
    schedule: Schedule | None = None
    evaluation: Evaluation | None = None
    author: str = ""
    bounds: list[Bound] = field(default_factory=list)
    price_proofs: dict[tuple[int, int], PriceProof] = field(default_factory=dict)
    """The best for each pair of weights; chiplets are told apart by their distance to memory."""
    log: list[Event] = field(default_factory=list)
    interrupted: bool = False
    """Whether it was asked to stop before it had ended."""
    started: float = field(default_factory=time.monotonic)
    """Reading of ``time.monotonic`` from which the time limit counts."""
    stop: Callable[[], bool] = lambda: False
    """Whether somebody wants the search to end; asked whenever it looks at its clock."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request began."""
        return time.monotonic() - self.started

    @property
    def remaining_s(self) -> float:
        """Seconds until the time limit; 0 from the moment somebody wants it to stop."""
        self.interrupted = self.interrupted or self.stop()
        return 0.0 if self.interrupted else max(0.0, self.request.time_limit_s - self.elapsed_s)

    @property
    def value(self) -> int | None:
        """The incumbent's value."""
        return None if self.evaluation is None else self.value_of(self.evaluation)

    @property
    def latency_cycles(self) -> int | None:
        """The incumbent's latency, whatever the objective."""
        return None if self.evaluation is None else self.evaluation.latency_cycles

    @property
    def bound(self) -> int | None:
        """The best bound of the request's objective that holds in its space."""
        best = best_bound(self.bounds, self.request.objective, self.request.space)
        return None if best is None else best.value

    @property
    def done(self) -> bool:
        """Whether nothing is left to do: proven, within the asked gap, or out of time."""
        return self.closed or self.remaining_s == 0 or self.gap_is_reached

    @property
    def gap_is_reached(self) -> bool:
        """Whether the certified gap is at most the one asked for."""
        value, bound = self.value, self.bound
        return value is not None and bound is not None and value - bound <= self.request.gap * value

    @property
    def closed(self) -> bool:
        """Whether the incumbent is proven optimal."""
        return self.value is not None and self.value == self.bound

    def least(self, objective: ObjectiveName, without: Method | None = None) -> int:
        """The best bound of any objective in the request's space, 0 without one.

        Bounds that were got in the way ``without`` do not count.
        """
        bounds = [bound for bound in self.bounds if bound.proof.by != without]
        best = best_bound(bounds, objective, self.request.space)
        return 0 if best is None else best.value

    def point(self, schedule: Schedule) -> tuple[int, int]:
        """Latency and energy of a schedule."""
        evaluation = evaluate(self.problem, schedule)
        return evaluation.latency_cycles, evaluation.energy_nj

    def value_of(self, evaluation: Evaluation) -> int:
        """The value of an evaluation under the request's objective."""
        return self.request.goal.of(evaluation)

    def offer(self, schedule: Schedule, source: str) -> bool:
        """Judge a schedule and keep it if it is valid in the space and better.

        Returns
        -------
        bool
            Whether it is the new incumbent.
        """
        with self._lock:
            if validate(self.problem, schedule, self.request.space):
                return False
            evaluation = evaluate(self.problem, schedule)
            value = self.value
            if value is not None and self.value_of(evaluation) >= value:
                return False
            self.schedule, self.evaluation, self.author = schedule, evaluation, source
            self._note(source)
            return True

    def enter(self, stage: str) -> None:
        """Say what the search is at, for whoever watches."""
        if self.on_stage:
            self.on_stage(stage)

    def objections(self, schedule: Schedule) -> tuple[str, ...]:
        """Why a schedule is none of the space: each broken rule once, where it is first broken."""
        broken = validate(self.problem, schedule, self.request.space)
        first = {violation.rule: violation for violation in reversed(broken)}
        return tuple(
            f"not in the space {self.request.space}: {first[rule]}" for rule in sorted(first)
        )

    def raise_bound(self, value: int, source: str, proof: Proof = BY_WORD) -> None:
        """Record a proven bound of the request's objective in its space."""
        self.add_bound(self.request.objective, value, source, self.request.space, proof)

    def add_bound(
        self,
        objective: ObjectiveName,
        value: int,
        source: str,
        space: Space,
        proof: Proof = BY_WORD,
    ) -> None:
        """Record a proven bound, if it is better than the last that holds in the space."""
        with self._lock:
            known = best_bound(self.bounds, objective, space)
            if known is not None and value <= known.value:
                return
            before = self.bound
            bound = Bound(value=value, objective=objective, space=space, source=source, proof=proof)
            self.bounds.append(bound)
            if self.bound != before:
                self._note(source)

    def withdraw(self, by: Method) -> None:
        """Take back every bound that was got in a way that turned out to be unsound."""
        with self._lock:
            before = self.bound
            self.bounds = [bound for bound in self.bounds if bound.proof.by != by]
            if self.bound != before:
                self._note(f"{by} withdrawn")

    def confirm(self, by: Method, parameters: dict[str, int]) -> None:
        """Note that what was got in a way was found again with other parameters."""
        with self._lock:
            self.bounds = [
                bound.replace(proof=confirmed(bound.proof, parameters))
                if bound.proof.by == by and bound.objective == self.request.objective
                else bound
                for bound in self.bounds
            ]

    def _note(self, source: str) -> None:
        event = Event(round(self.elapsed_s, 3), self.value, self.bound, source)
        self.log.append(event)
        if self.on_event:
            self.on_event(event)


@runtime_checkable
class Solver(Protocol):
    """A way to find schedules: what a solver, built in or plugged in, provides.

    A solver offers schedules and bounds to the search as it goes and ends with a claim. It need
    not be right about schedules: each one offered is validated in the request's space and
    evaluated, and dropped if it breaks a rule or is no better than the last. A claim that differs
    from the evaluator, or a bound above the value of a known schedule, is a `ClaimError`. A bound
    that is merely wrong cannot be told here: raise only what is proven.
    """

    def __call__(self, search: Search) -> Claim:
        """Work on the search's problem until done, out of time or interrupted.

        Parameters
        ----------
        search
            The problem in ``search.problem`` (times in clock cycles, energies in nJ, sizes in
            bytes, all integers), the objective, space and limits in ``search.request``. Schedules
            go to ``search.offer``, proven bounds to ``search.raise_bound``; ``search.done`` says
            when to stop, ``search.remaining_s`` how long there is.

        Returns
        -------
        Claim
            A schedule that was offered, or None, with its value in the objective's unit; what was
            cut off goes into its notes.
        """
        ...
