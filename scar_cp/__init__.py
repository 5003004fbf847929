"""Certified schedules for several DNN models on heterogeneous chiplets.

Data flows one way: an instance is compiled into a problem (costs as integers), a solver turns the
problem into a schedule (decisions only), and one validator and one evaluator judge it.

Each folder holds one concept and imports only folders named before it: ``records``, ``inputs``,
``cost``, ``problem``, ``judge``, ``partition``, ``solvers``, ``outcome``, ``files``,
``certificates``, ``imports``, ``cost_sources``, ``studies``, ``show``, ``cli``.

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

from scar_cp.records.brief import show_by

if TYPE_CHECKING:
    from scar_cp.certificates.certificate import write_certificate
    from scar_cp.certificates.certifying import certify
    from scar_cp.errors import ClaimError, InputError, ScarError
    from scar_cp.files.build import Run, build_instance, build_model, build_package
    from scar_cp.files.instance_files import read_instance
    from scar_cp.files.loading import load_problem
    from scar_cp.files.named_records import read_record
    from scar_cp.files.schedule_files import read_schedule
    from scar_cp.inputs.instance import Instance
    from scar_cp.inputs.package import ChipletType, Package, Profile
    from scar_cp.inputs.workload import Layer, Model
    from scar_cp.judge.bounds import Bound
    from scar_cp.judge.evaluation import Evaluation, evaluate
    from scar_cp.judge.schedule import Schedule, Segment
    from scar_cp.judge.validation import Violation, validate
    from scar_cp.outcome.pareto import Front, pareto_front
    from scar_cp.outcome.result import Result
    from scar_cp.outcome.solving import Outcome, solve
    from scar_cp.problem.compiled import Problem
    from scar_cp.problem.compiler import compile_instance
    from scar_cp.records.brief import Brief
    from scar_cp.records.yaml_json import to_json
    from scar_cp.show.plots.bounds_plot import plot_bounds
    from scar_cp.show.plots.front_plot import plot_front
    from scar_cp.show.plots.gantt_plot import plot_gantt
    from scar_cp.show.plots.map_plot import plot_map
    from scar_cp.show.text.summary import print_summary
    from scar_cp.solvers import CpsatOptions, Request
    from scar_cp.solvers.scar.scar_options import ScarOptions

__all__ = [
    "Bound",
    "ChipletType",
    "ClaimError",
    "CpsatOptions",
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
    "ScarOptions",
    "Schedule",
    "Segment",
    "Violation",
    "build_instance",
    "build_model",
    "build_package",
    "certify",
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
    "write_certificate",
]

_HOMES = {
    "Bound": "judge.bounds",
    "ChipletType": "inputs.package",
    "ClaimError": "errors",
    "CpsatOptions": "solvers",
    "Evaluation": "judge.evaluation",
    "Front": "outcome.pareto",
    "InputError": "errors",
    "Instance": "inputs.instance",
    "Layer": "inputs.workload",
    "Model": "inputs.workload",
    "Outcome": "outcome.solving",
    "Package": "inputs.package",
    "Problem": "problem.compiled",
    "Profile": "inputs.package",
    "Request": "solvers",
    "Result": "outcome.result",
    "Run": "files.build",
    "ScarError": "errors",
    "ScarOptions": "solvers.scar.scar_options",
    "Schedule": "judge.schedule",
    "Segment": "judge.schedule",
    "Violation": "judge.validation",
    "build_instance": "files.build",
    "build_model": "files.build",
    "build_package": "files.build",
    "certify": "certificates.certifying",
    "compile_instance": "problem.compiler",
    "evaluate": "judge.evaluation",
    "load_problem": "files.loading",
    "pareto_front": "outcome.pareto",
    "plot_bounds": "show.plots.bounds_plot",
    "plot_front": "show.plots.front_plot",
    "plot_gantt": "show.plots.gantt_plot",
    "plot_map": "show.plots.map_plot",
    "print_summary": "show.text.summary",
    "read_instance": "files.instance_files",
    "read_record": "files.named_records",
    "read_schedule": "files.schedule_files",
    "solve": "outcome.solving",
    "to_json": "records.yaml_json",
    "validate": "judge.validation",
    "write_certificate": "certificates.certificate",
}


def __dir__() -> list[str]:
    """The public names, whether imported yet or not."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used: help stays fast."""
    if name not in _HOMES:
        raise AttributeError(f"module 'scar_cp' has no attribute {name!r}")
    return getattr(import_module(f"scar_cp.{_HOMES[name]}"), name)


def _html_of(shown: Brief) -> str | None:
    """What a notebook shows: the room that makes it is imported when it is first asked for."""
    html: str | None = import_module("scar_cp.show.text.notebook").html_of(shown)
    return html


show_by(_html_of)
