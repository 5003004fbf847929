"""What a request ended with (SPEC section 8)."""

from __future__ import annotations

from typing import Literal

from scar_cp.bounds import Bound, best_bound
from scar_cp.evaluation import Evaluation
from scar_cp.instance import Objective
from scar_cp.problem import Space
from scar_cp.record import Record, Seq
from scar_cp.schedule import Schedule

__all__ = ["LogLine", "Result"]


class LogLine(Record):
    """The best value and bound known at some time, and what moved them."""

    seconds: float
    value: int | None
    bound: int | None
    source: str


class Result(Record):
    """Schedule, evaluation, bounds and how they were found."""

    format: Literal["scar-cp/result@1"] = "scar-cp/result@1"
    problem: str
    problem_sha256: str
    solver: str
    space: Space
    objective: Objective
    weights: tuple[int, int] | None
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    schedule: Schedule | None
    evaluation: Evaluation | None
    value: int | None
    bounds: Seq[Bound]
    gap: float | None
    seconds: float
    seed: int
    workers: int
    time_limit_s: float
    versions: dict[str, str]
    log: Seq[LogLine]

    @property
    def bound(self) -> int | None:
        """The best bound that the gap is about."""
        best = best_bound(self.bounds, self.objective, self.space)
        return None if best is None else best.value
