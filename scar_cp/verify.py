"""Check a result file against its problem: schedule, numbers, bounds, status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

from scar_cp.bounds import Bound, best_bound, simple_bounds
from scar_cp.documents import read_document, read_json_record
from scar_cp.errors import Fault, InputError
from scar_cp.evaluation import evaluate, objective_value
from scar_cp.io import read_schedule
from scar_cp.problem import Problem
from scar_cp.result import Result, check_about
from scar_cp.solvers import Request, Search, get_solver
from scar_cp.solvers.partitions import CORNER, SOURCE
from scar_cp.solving import relative_gap
from scar_cp.validation import space_is_defined, validate

__all__ = ["Verification", "verify"]

RERUN_LIMIT_S = 20.0
"""Time for deriving a bound again."""


@dataclass(frozen=True)
class Verification:
    """What was found out about a result file."""

    confirmed: tuple[str, ...]
    open_claims: tuple[str, ...]
    """Bounds that were not reached again in time: neither confirmed nor refuted."""


def verify(problem: Problem, sha256: str, path: str | Path) -> Verification:
    """Recompute everything that a result file says.

    The schedule must be valid in its space, every number the evaluator's, the gap and the status
    those that follow from value and bounds. Bounds that need no search are derived again exactly;
    the others by solving anew for at most `RERUN_LIMIT_S`.

    Parameters
    ----------
    problem
        The problem that the result is about.
    sha256
        Hash of its file.
    path
        The result file.

    Returns
    -------
    Verification

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    result = read_json_record(path, Result)
    check_about(result, sha256, path)
    document = read_document(path)
    faults: list[Fault] = []

    def fault(place: str, value: object, rule: str) -> None:
        faults.append(Fault(str(path), place, None if value is None else str(value), rule))

    if not space_is_defined(problem, result.space):
        fault("space", result.space, "the problem does not define this space")
        raise InputError(faults)
    request = Request(
        space=result.space,
        objective=result.objective,
        weights=result.weights,
        time_limit_s=RERUN_LIMIT_S,
        workers=result.workers,
        seed=result.seed,
    )
    value = _check_schedule(problem, request, path, document, fault)
    bounds = list(result.bounds)
    best = best_bound(bounds, request.objective, request.space)
    for i, bound in enumerate(bounds):
        holds = best_bound([bound], request.objective, request.space)
        if value is not None and holds is not None and bound.value > value:
            fault(f"bounds[{i}].value", bound.value, f"lies above the schedule's value {value}")
    gap = relative_gap(value, best.value if best else None)
    if document["gap"] != gap:
        fault("gap", document["gap"], f"value and bounds give {gap}")
    if value is not None:
        status = "optimal" if best is not None and best.value == value else "feasible"
        if document["status"] != status:
            fault("status", document["status"], f"value and bounds give {status}")
    elif document["status"] not in ("infeasible", "unknown"):
        fault("status", document["status"], "there is no schedule")
    if faults:
        raise InputError(faults)
    confirmed = ["schedule", "evaluation", "gap", "status"] if value is not None else []
    open_claims = []
    if result.status == "infeasible":
        search = Search(problem, request)
        claim = get_solver("cp-sat")(search)
        if search.schedule is not None:
            fault("status", "infeasible", f"a schedule of value {search.value} exists")
        elif claim.exhausted:
            confirmed.append("status")
        else:
            open_claims.append(f"status: neither shown nor refuted in {RERUN_LIMIT_S:g} s")
    for place, rule, good in _check_bounds(problem, request, bounds, value):
        if good is None:
            open_claims.append(f"{place}: {rule}")
        elif good:
            confirmed.append(f"{place}: {rule}")
        else:
            fault(place, None, rule)
    if faults:
        raise InputError(faults)
    return Verification(tuple(confirmed), tuple(open_claims))


def _check_schedule(
    problem: Problem, request: Request, path: str | Path, document: Any, fault: Any
) -> int | None:
    """Judge the schedule and compare every number; its value."""
    if document["schedule"] is None:
        for key in ("evaluation", "value", "gap"):
            if document[key] is not None:
                fault(key, document[key], "must be null without a schedule")
        return None
    schedule = read_schedule(path)
    violations = validate(problem, schedule, request.space)
    for violation in violations:
        fault("schedule", None, str(violation))
    if violations:
        return None
    evaluation = evaluate(problem, schedule)
    judged = json.loads(json.dumps(evaluation.model_dump()))
    for place, claimed, actual in _differences("evaluation", document["evaluation"], judged):
        fault(place, claimed, f"the evaluator says {actual}")
    value = objective_value(evaluation, request.objective, request.weights)
    if document["value"] != value:
        fault("value", document["value"], f"the evaluator says {value}")
    return value


def _differences(place: str, claimed: Any, actual: Any) -> Iterator[tuple[str, Any, Any]]:
    """Leaves at which two documents differ."""
    if isinstance(claimed, dict) and isinstance(actual, dict):
        for key in sorted(claimed.keys() | actual.keys()):
            inside = f"{place}.{key}"
            yield from _differences(inside, claimed.get(key), actual.get(key))
    elif isinstance(claimed, list) and isinstance(actual, list) and len(claimed) == len(actual):
        for i, (c, a) in enumerate(zip(claimed, actual, strict=True)):
            yield from _differences(f"{place}[{i}]", c, a)
    elif claimed != actual:
        yield place, claimed, actual


def _check_bounds(
    problem: Problem, request: Request, bounds: list[Bound], value: int | None
) -> Iterator[tuple[str, str, bool | None]]:
    """Derive every bound again: place, finding, and whether it holds (``None``: not known)."""
    simple = {(b.objective, b.source): b.value for b in simple_bounds(problem)}
    again: dict[tuple[str, str], Search] = {}
    for i, bound in enumerate(bounds):
        place, name = f"bounds[{i}]", f"{bound.objective} >= {bound.value} ({bound.source})"
        derived = simple.get((bound.objective, bound.source))
        if derived is not None:
            good = bound.value <= derived
            yield place, name if good else f"{name}: derived again as {derived}", good
            continue
        if bound.source == CORNER:
            factors = [best_bound(bounds, of, bound.space) for of in ("latency", "energy")]
            product = prod(b.value for b in factors if b is not None)
            good = bound.value <= product
            yield place, name if good else f"{name}: its factors give {product}", good
            continue
        if any(
            b.value >= bound.value and b.objective == bound.objective and b.space == bound.space
            for b in bounds[i + 1 :]
        ):
            continue  # a later bound says more
        if (bound.objective, bound.space) not in again:
            weights = request.weights if bound.objective == "weighted" else None
            asked = replace(request, objective=bound.objective, space=bound.space, weights=weights)
            search = Search(problem, asked)
            search.bounds += simple_bounds(problem)
            get_solver("cp-sat")(search)
            again[bound.objective, bound.space] = search
        search = again[bound.objective, bound.space]
        least = search.least(bound.objective)
        own = search.value if bound.objective == search.request.objective else None
        if own is not None and bound.value > own:
            yield place, f"{name}: a schedule of value {own} exists", False
        elif least >= bound.value:
            yield place, name, True
        elif search.closed or (search.settled and bound.source == SOURCE):
            yield place, f"{name}: derived again as {least}", False
        else:
            yield place, f"{name}: {least} in {RERUN_LIMIT_S:g} s", None
