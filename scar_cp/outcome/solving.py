"""Run a solver, compare its claim with the evaluator, and put the result together."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.metadata import version

from scar_cp.clock import counting_shortages
from scar_cp.errors import ClaimError, ScarError
from scar_cp.judge.bounds import Proof, least_completions, simple_bounds
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.price_proof import PriceProof
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.outcome.result import LogLine, Result
from scar_cp.problem.compiled import Problem
from scar_cp.problem.hash import sha256_of
from scar_cp.records.brief import Brief
from scar_cp.solvers import Claim, Event, Request, Search, Status, get_solver
from scar_cp.solvers.scar.scar_options import scar_options_text
from scar_cp.terms import StopReason

__all__ = ["Outcome", "Stop", "missed_deadlines", "question_of", "relative_gap", "solve"]

Stop = Callable[[], bool] | threading.Event
"""Says whether a search is wanted no longer."""


@dataclass(frozen=True, repr=False)
class Outcome(Brief):
    """A result, with what a person should know beside it.

    Examples
    --------
    >>> import scar_cp as sc
    >>> outcome = sc.solve(sc.load_problem("instances/quickstart.yaml").problem)
    >>> outcome.author, outcome.notes, outcome.problem.name
    ('pipeline partitions', (), 'quickstart')
    """

    problem: Problem
    """What the result is about."""
    result: Result
    author: str
    """The solver or stage that found the schedule."""
    price_proofs: tuple[PriceProof, ...] = ()
    """What bounds by prices rest on, for a certificate."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was cut off or not covered; for an infeasible problem, why."""
        return tuple(self.result.notes)

    def _brief(self) -> str:
        author = f", found by {self.author}" if self.author else ""
        return f"{self.result._brief()}{author}"


def relative_gap(value: int | None, bound: int | None) -> float | None:
    """``(value - bound) / value``: 0 only if they are equal, ``None`` if either is unknown."""
    if value is None or bound is None:
        return None
    if value == bound:
        return 0.0
    if value == 0:
        return 0.0
    return max(float(Fraction(value - bound, value)), 5e-324)


def solve(
    problem: Problem,
    request: Request | None = None,
    solver: str = "cp-sat",
    on_event: Callable[[Event], None] | None = None,
    sha256: str | None = None,
    started: float | None = None,
    initial_schedule: Schedule | None = None,
    stop: Stop | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Outcome:
    """Search for a schedule and certify how good it is.

    Signals are left to the caller: Ctrl-C raises ``KeyboardInterrupt``, and ``stop`` is how to end
    a search and keep what it has found.

    Parameters
    ----------
    problem
        The compiled problem.
    request
        Space, objective and limits; default: latency in the full space for 60 s.
    solver
        A name of `scar_cp.solvers.SOLVERS`.
    on_event
        Called with every new incumbent and bound.
    sha256
        Hash of the problem file's bytes; default: of the problem as this version writes it.
    started
        Reading of ``time.monotonic`` from which the time limit counts; default: now.
    initial_schedule
        The first schedule to improve on; the exact solver starts from it unless it finds a better
        one before.
    stop
        A quick function, asked between small steps and every 0.1 s while CP-SAT runs, or an event:
        once it says yes, the search ends with the best schedule so far.
    on_stage
        Called with the name of every stage of the search as it begins.

    Returns
    -------
    Outcome
        Its result's numbers are the evaluator's.

    Raises
    ------
    ClaimError
        If the solver's claim and the evaluator disagree.
    ScarError
        If a plug-in's solver does not return a claim.
    KeyError
        If there is no such solver.
    ValueError
        If the initial schedule breaks a rule of the space; it says which.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> sc.solve(problem, sc.Request(objective="energy", time_limit_s=20)).result
    <Result of quickstart: energy 12,738,342, bound 12,738,342, optimal in the full space>
    >>> sc.solve(problem, solver="simba").result.status
    'feasible'
    """
    request = request or Request()
    started = time.monotonic() if started is None else started
    search = Search(problem, request, on_event, on_stage, started=started, stop=question_of(stop))
    search.bounds += simple_bounds(problem)
    if initial_schedule is not None:
        if objections := search.objections(initial_schedule):
            raise ValueError(f"initial_schedule is {objections[0]}")
        search.offer(initial_schedule, "initial schedule")
    late = missed_deadlines(problem)
    if late:
        claim = Claim(None, exhausted=True, notes=late, proof=Proof(by="relaxation"))
    else:
        claim = _claim_of(search, solver)
        if not isinstance(claim, Claim):
            raise ScarError(f"the solver {solver} must return a Claim, not {claim!r}")
    status = _status(search, claim)
    if status == "infeasible" and not claim.notes:
        claim = replace(claim, notes=(_why_infeasible(problem, request),))
    result = Result(
        problem=problem.name,
        problem_sha256=sha256 or sha256_of(problem),
        solver=solver,
        space=request.space,
        objective=request.objective,
        weights=request.weights,
        status=status,
        schedule=search.schedule,
        evaluation=search.evaluation,
        value=search.value,
        bounds=tuple(search.bounds),
        gap=relative_gap(search.value, search.bound),
        notes=claim.notes,
        seconds=round(search.elapsed_s, 3),
        seed=request.seed,
        workers=request.workers,
        time_limit_s=request.time_limit_s,
        versions={
            "scar_cp": version("scar-cp"),
            "ortools": version("ortools"),
            "numpy": version("numpy"),
            "python": platform.python_version(),
        },
        log=tuple(
            LogLine(seconds=e.seconds, value=e.value, bound=e.bound, source=e.source)
            for e in search.log
        ),
        stop_gap=request.gap,
        memory_limit_gb=request.memory_limit_gb,
        stages=request.cpsat.stages,
        scar=scar_options_text(request.scar),
        stopped=_stop_reason(search, claim, status),
        proof=claim.proof if status == "infeasible" else None,
    )
    return Outcome(problem, result, search.author, tuple(search.price_proofs.values()))


def _claim_of(search: Search, solver: str) -> Claim:
    """The solver's last word; where memory ran out, what is known so far, and a note."""
    claim = Claim(None)
    with counting_shortages() as shortages:
        claim = get_solver(solver)(search)
    if not shortages or not isinstance(claim, Claim):
        return claim
    if claim.schedule is None:
        claim = replace(claim, schedule=search.schedule, value=search.value)
    note = "memory ran out: what needed more was left out"
    return replace(claim, notes=(*claim.notes, note), short_of_memory=True)


def question_of(stop: Stop | None) -> Callable[[], bool]:
    """Whether to stop, as a function to ask."""
    if stop is None:
        return lambda: False
    return stop.is_set if isinstance(stop, threading.Event) else stop


def _status(search: Search, claim: Claim) -> Status:
    """Judge the claim; every disagreement raises."""
    if claim.schedule is not None:
        broken = validate(search.problem, claim.schedule, search.request.space)
        if broken:
            raise ClaimError(f"the solver's schedule is not valid: {broken[0]}")
        judged = search.value_of(evaluate(search.problem, claim.schedule))
        agrees = judged == claim.value if claim.exhausted else judged <= (claim.value or judged)
        if not agrees:
            raise ClaimError(f"the solver claims {claim.value}, the evaluator says {judged}")
    value, bound = search.value, search.bound
    if value is None:
        return "infeasible" if claim.exhausted else "unknown"
    if bound is not None and bound > value:
        raise ClaimError(f"a bound of {bound} lies above a schedule of value {value}")
    if claim.exhausted and value != claim.value:
        raise ClaimError(f"{claim.value} is claimed optimal, but {value} was found")
    return "optimal" if search.closed else "feasible"


def _stop_reason(search: Search, claim: Claim, status: Status) -> StopReason:
    """Why the search ended, the strongest reason first."""
    if status in ("optimal", "infeasible"):
        return "proven"
    if search.interrupted:
        return "interrupted"
    if search.gap_is_reached:
        return "gap"
    if search.remaining_s == 0:
        return "time"
    return "memory" if claim.short_of_memory else "finished"


def missed_deadlines(problem: Problem) -> tuple[str, ...]:
    """Deadlines that no schedule can meet, by each model's serial path alone."""
    return tuple(
        f"deadline: {model.name}[{m}] takes at least {least} cycles on any schedule, "
        f"its deadline is {model.deadline_cycles}"
        for m, (model, least) in enumerate(
            zip(problem.models, least_completions(problem), strict=True)
        )
        if model.deadline_cycles is not None and least > model.deadline_cycles
    )


def _why_infeasible(problem: Problem, request: Request) -> str:
    """Name the rule that an exhaustive search found impossible to keep."""
    models = [m.name for m in problem.models if m.deadline_cycles is not None]
    if models:
        return f"deadline: no schedule of the space {request.space} meets all of {models}"
    if len(problem.models) > problem.num_chiplets * problem.max_windows:
        return "exclusive: more models than chiplets x windows"
    return f"no schedule keeps the rules of the space {request.space}"
