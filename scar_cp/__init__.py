"""Certified schedules for several DNN models on heterogeneous chiplets.

Data flows one way: an instance is compiled into a problem (costs as integers), a solver turns the
problem into a schedule (decisions only), and one validator and one evaluator judge it.

Examples
--------
>>> import scar_cp as sc
>>> problem = sc.load_problem("instances/quickstart.yaml").problem
>>> result = sc.solve(problem, sc.Request(objective="energy")).result
>>> result.status, result.value == result.bound
('optimal', True)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scar_cp.bounds import Bound
    from scar_cp.compile import compile_instance
    from scar_cp.documents import to_json
    from scar_cp.errors import ClaimError, InputError, ScarError
    from scar_cp.evaluation import Evaluation, evaluate
    from scar_cp.io import load_problem, read_instance, read_schedule
    from scar_cp.problem import Problem
    from scar_cp.result import Result
    from scar_cp.schedule import Schedule, Segment
    from scar_cp.solvers import Request
    from scar_cp.solving import Outcome, solve
    from scar_cp.validation import Violation, validate

__all__ = [
    "Bound",
    "ClaimError",
    "Evaluation",
    "InputError",
    "Outcome",
    "Problem",
    "Request",
    "Result",
    "ScarError",
    "Schedule",
    "Segment",
    "Violation",
    "compile_instance",
    "evaluate",
    "load_problem",
    "read_instance",
    "read_schedule",
    "solve",
    "to_json",
    "validate",
]

_HOMES = {
    "Bound": "bounds",
    "ClaimError": "errors",
    "Evaluation": "evaluation",
    "InputError": "errors",
    "Outcome": "solving",
    "Problem": "problem",
    "Request": "solvers",
    "Result": "result",
    "ScarError": "errors",
    "Schedule": "schedule",
    "Segment": "schedule",
    "Violation": "validation",
    "compile_instance": "compile",
    "evaluate": "evaluation",
    "load_problem": "io",
    "read_instance": "io",
    "read_schedule": "io",
    "solve": "solving",
    "to_json": "documents",
    "validate": "validation",
}


def __dir__() -> list[str]:
    """The public names, whether imported yet or not."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used: help stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'scar_cp' has no attribute {name!r}")
    return getattr(import_module(f"scar_cp.{_HOMES[name]}"), name)
