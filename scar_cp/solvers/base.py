"""What every solver is given, and what it may say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, get_args, runtime_checkable

from scar_cp.judge.bounds import BY_WORD, Bound, Proof, best_bound, confirmed
from scar_cp.judge.evaluation import Evaluation, evaluate, objective_value
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.partition.one_window import CountTable
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.scar.scar_options import ScarOptions
from scar_cp.terms import Method, Objective, Space

__all__ = ["STAGES", "Claim", "Event", "Request", "Search", "Solver"]

STAGES = ("hint", "tables", "cuts", "confirm")
"""Switches of the exact solver."""


@dataclass(frozen=True)
class Request:
    """What is asked of a solver: the space, the objective, and the limits.

    Raises
    ------
    ValueError
        If no search could make sense of a value.

    Examples
    --------
    >>> import scar_cp as sc
    >>> request = sc.Request(objective="weighted", weights=(10, 1), gap=0.001, workers=1)
    >>> sc.Request(objective="speed")
    Traceback (most recent call last):
    ValueError: objective must be one of ('latency', 'energy', 'edp', 'weighted'): 'speed'
    """

    space: Space = "full"
    """``full``, ``adjacent``, ``windowed`` or ``scar``: the schedules that a proof is about."""
    objective: Objective = "latency"
    """``latency`` (cycles), ``energy`` (nJ), ``edp`` (their product) or ``weighted``."""
    weights: tuple[int, int] | None = None
    """Of cycles and of nJ, for ``weighted`` only."""
    time_limit_s: float = 60.0
    """Seconds of wall clock; an answer comes within a second and 5 % of it."""
    workers: int = 2
    """Threads of CP-SAT; with 1, runs that end before the time limit are repeatable."""
    seed: int = 0
    """Of everything that is drawn at random."""
    memory_limit_gb: float = 6.0
    """The layer-level model is not built if it would take more."""
    gap: float = 0.0
    """Certified gap at which the search may stop."""
    hint: bool = True
    """Whether the exact solver starts from the heuristic's schedule."""
    tables: bool = True
    """Whether the exact solver uses pipeline-partition tables."""
    cuts: bool = True
    """Whether proven bounds become constraints of the layer-level model."""
    confirm: bool = True
    """Whether a proof by CP-SAT is confirmed by a second solve, another way."""
    scar: ScarOptions = field(default_factory=ScarOptions)
    """Modes and budgets of the heuristic."""

    def __post_init__(self) -> None:
        """Refuse values that no search could make sense of."""
        if self.objective not in get_args(Objective):
            raise ValueError(f"objective must be one of {get_args(Objective)}: {self.objective!r}")
        if self.space not in get_args(Space):
            raise ValueError(f"space must be one of {get_args(Space)}: {self.space!r}")
        if (self.objective == "weighted") != (self.weights is not None):
            raise ValueError("weights belong to the objective 'weighted', and it needs them")
        if self.weights is not None and (min(self.weights) < 0 or not any(self.weights)):
            raise ValueError(f"weights must not be negative, nor both 0: {self.weights}")
        for name, holds, rule in (
            ("time_limit_s", self.time_limit_s >= 0, "at least 0"),
            ("memory_limit_gb", self.memory_limit_gb >= 0, "at least 0"),
            ("gap", 0 <= self.gap < 1, "at least 0 and below 1"),
            ("workers", self.workers >= 1, "at least 1"),
            ("seed", 0 <= self.seed < 2**31, "at least 0 and below 2^31"),
        ):
            if not holds:
                raise ValueError(f"{name} must be {rule}: {getattr(self, name)!r}")

    def value(self, cycles: int, nj: int) -> int:
        """The objective's value of a latency and an energy."""
        if self.objective == "edp":
            return cycles * nj
        by_cycles, by_nj = self.linear
        return by_cycles * cycles + by_nj * nj

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of the exact solver that are on."""
        return tuple(name for name in STAGES if getattr(self, name))

    @property
    def linear(self) -> tuple[int, int]:
        """Weights of cycles and nJ; without a meaning for EDP."""
        if self.weights is not None:
            return self.weights
        return {"latency": (1, 0), "energy": (0, 1)}.get(self.objective, (0, 0))

    def most_cycles(self, value: int, least_nj: int) -> int | None:
        """The largest latency with which a value can be attained; ``None``: any, or no limit."""
        by_cycles, by_nj = (least_nj, 0) if self.objective == "edp" else self.linear
        return max(0, value - by_nj * least_nj) // by_cycles if by_cycles else None

    def most_nj(self, value: int, least_cycles: int) -> int | None:
        """The largest energy with which a value can be attained; ``None``: any, or no limit."""
        by_cycles, by_nj = (0, least_cycles) if self.objective == "edp" else self.linear
        return max(0, value - by_cycles * least_cycles) // by_nj if by_nj else None


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
    schedule: Schedule | None = None
    evaluation: Evaluation | None = None
    author: str = ""
    bounds: list[Bound] = field(default_factory=list)
    log: list[Event] = field(default_factory=list)
    interrupted: bool = False
    """Whether it was asked to stop before it had ended."""
    count_table: CountTable | None = None
    """For one window: what counts of chiplets say of every model's latency."""
    settled: bool = False
    """Whether the table bound of the request's objective is all that the tables can say."""
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

    def least(self, objective: Objective, without: Method | None = None) -> int:
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
        return objective_value(evaluation, self.request.objective, self.request.weights)

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
        objective: Objective,
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
