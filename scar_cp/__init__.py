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
    from scar_cp.build import Run, build_instance, build_model, build_package
    from scar_cp.compile import compile_instance
    from scar_cp.documents import read_record, to_json
    from scar_cp.errors import ClaimError, InputError, ScarError
    from scar_cp.evaluation import Evaluation, evaluate
    from scar_cp.instance import Instance
    from scar_cp.io import load_problem, read_instance, read_schedule
    from scar_cp.package import ChipletType, Package, Profile
    from scar_cp.pareto import Front, pareto_front
    from scar_cp.plots.front import plot_front
    from scar_cp.plots.gantt import plot_gantt
    from scar_cp.plots.package_map import plot_map
    from scar_cp.plots.progress import plot_bounds
    from scar_cp.problem import Problem
    from scar_cp.report.summary import print_summary
    from scar_cp.result import Result
    from scar_cp.schedule import Schedule, Segment
    from scar_cp.solvers import Request
    from scar_cp.solving import Outcome, solve
    from scar_cp.validation import Violation, validate
    from scar_cp.workload import Layer, Model

__all__ = [
    "Bound",
    "ChipletType",
    "ClaimError",
    "Evaluation",
    "Front",
    "InputError",
    "Instance",
    "Layer",
    "Model",
    "Outcome",
    "Package",
    "Problem",
    "Profile",
    "Request",
    "Result",
    "Run",
    "ScarError",
    "Schedule",
    "Segment",
    "Violation",
    "build_instance",
    "build_model",
    "build_package",
    "compile_instance",
    "evaluate",
    "load_problem",
    "pareto_front",
    "plot_bounds",
    "plot_front",
    "plot_gantt",
    "plot_map",
    "print_summary",
    "read_instance",
    "read_record",
    "read_schedule",
    "solve",
    "to_json",
    "validate",
]

_HOMES = {
    "Bound": "bounds",
    "ChipletType": "package",
    "ClaimError": "errors",
    "Evaluation": "evaluation",
    "Front": "pareto",
    "InputError": "errors",
    "Instance": "instance",
    "Layer": "workload",
    "Model": "workload",
    "Outcome": "solving",
    "Package": "package",
    "Problem": "problem",
    "Profile": "package",
    "Request": "solvers",
    "Result": "result",
    "Run": "build",
    "ScarError": "errors",
    "Schedule": "schedule",
    "Segment": "schedule",
    "Violation": "validation",
    "build_instance": "build",
    "build_model": "build",
    "build_package": "build",
    "compile_instance": "compile",
    "evaluate": "evaluation",
    "load_problem": "io",
    "pareto_front": "pareto",
    "plot_bounds": "plots.progress",
    "plot_front": "plots.front",
    "plot_gantt": "plots.gantt",
    "plot_map": "plots.package_map",
    "print_summary": "report.summary",
    "read_instance": "io",
    "read_record": "documents",
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
