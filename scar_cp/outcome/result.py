"""What a request ended with (SPEC section 8)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from scar_cp.errors import Fault, InputError
from scar_cp.judge.bounds import Bound, Proof, best_bound
from scar_cp.judge.evaluation import Evaluation, evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.problem.compiled import Problem
from scar_cp.records.brief import Brief
from scar_cp.records.record import NonNegativeFloat, NonNegativeInt, PositiveInt, Record, Seq
from scar_cp.terms import ObjectiveName, Space, Status, StopReason

__all__ = ["LogLine", "Origin", "Result", "check_about", "schedule_of"]


class LogLine(Record):
    """The best value and bound known at some time, and what moved them."""

    seconds: float
    value: int | None
    bound: int | None
    source: str


class Origin(Record):
    """Where the problem of a result came from, for those who need it again."""

    file: str
    """Of the instance or compiled problem; from the folder of the result's file."""
    settings: dict[str, JsonValue] = {}
    """What replaced settings of the file; paths among them as ``file``."""


class Result(Brief, Record):
    """Schedule, evaluation, bounds and how they were found.

    ``value`` and ``bound`` are in the objective's unit (cycles, nJ, their product, or their
    weighted sum), ``gap`` is ``(value - bound) / value``, and all three are about ``space``.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> result = sc.solve(problem).result
    >>> result.value, result.bound, result.gap, result.status
    (909537, 909537, 0.0, 'optimal')
    >>> result.evaluation
    <Evaluation 909,537 cycles, 13,389,130 nJ, 1 window(s)>
    """

    format: Literal["scar-cp/result@1"] = "scar-cp/result@1"
    problem: str
    problem_sha256: str
    origin: Origin | None = None
    solver: str
    space: Space
    objective: ObjectiveName
    weights: tuple[NonNegativeInt, NonNegativeInt] | None
    status: Status
    schedule: Schedule | None
    evaluation: Evaluation | None
    value: int | None
    bounds: Seq[Bound]
    gap: float | None
    notes: Seq[str] = ()
    """What was cut off or not covered; for an infeasible problem, why."""
    seconds: NonNegativeFloat
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    workers: PositiveInt
    time_limit_s: NonNegativeFloat
    versions: dict[str, str]
    log: Seq[LogLine]
    # Older files lack what follows.
    stop_gap: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Certified gap at which the search might stop."""
    memory_limit_gb: NonNegativeFloat | None = None
    stages: Seq[str] | None = None
    """The stages of the exact solver that were on: fields of `CpsatOptions`."""
    scar: str | None = None
    """Modes and budgets of the heuristic that are not as by default, as ``name=value,...``."""
    stopped: StopReason | None = None
    """Why the search ended."""
    proof: Proof | None = None
    """How it was shown that there is no schedule (a bound has its own proof)."""

    @property
    def bound(self) -> int | None:
        """The best bound that the gap is about."""
        best = best_bound(self.bounds, self.objective, self.space)
        return None if best is None else best.value

    def _brief(self) -> str:
        value, bound = ("none" if n is None else f"{n:,}" for n in (self.value, self.bound))
        return (
            f"of {self.problem}: {self.objective} {value}, bound {bound}, "
            f"{self.status} in the {self.space} space"
        )


def check_about(result_sha256: str, sha256: str, path: str | Path) -> None:
    """Refuse the result of a file that is not about the problem with this hash.

    Parameters
    ----------
    result_sha256
        Of the problem that the result is about.
    sha256
        Of the problem at hand.
    path
        The result's file.

    Raises
    ------
    InputError
        With one fault.
    """
    if result_sha256 != sha256:
        rule = f"is a result of another problem, or of other settings: this one's is {sha256}"
        raise InputError([Fault(str(path), "problem_sha256", result_sha256, rule)])


def schedule_of(result: Result, problem: Problem, path: str | Path) -> Schedule:
    """The schedule of a file's result, which must be a valid one of its problem.

    Raises
    ------
    InputError
        With every rule that the schedule breaks, if there is one; or if what the file says of the
        schedule is not what the evaluator says.
    """
    if result.schedule is None:
        raise InputError([Fault(str(path), "schedule", None, "the result has no schedule")])
    violations = validate(problem, result.schedule)
    if violations:
        raise InputError(Fault(str(path), "schedule", None, str(v)) for v in violations)
    said, judged = result.evaluation, evaluate(problem, result.schedule)
    if said is not None and said.model_dump(mode="json") != judged.model_dump(mode="json"):
        rule = "is not that of the schedule: scar-cp solve --verify says where"
        raise InputError([Fault(str(path), "evaluation", None, rule)])
    return result.schedule
