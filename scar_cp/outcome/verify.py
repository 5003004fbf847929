"""Check a result file against its problem: schedule, numbers, bounds, status.

Nothing is confirmed by doing again what gave it. Formulas and tables are derived anew from the
problem; what CP-SAT proved is looked for among all schedules, where they are few, or by CP-SAT with
other parameters, without tables, hint or cuts; and what was found by looking at all schedules, by
CP-SAT.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from scar_cp.errors import ClaimError, Fault, InputError, ScarError
from scar_cp.judge.bounds import Bound, Proof, best_bound, simple_bounds
from scar_cp.judge.evaluation import Evaluation, evaluate
from scar_cp.judge.objective import Objective
from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.outcome.result import Result, check_about
from scar_cp.outcome.solving import missed_deadlines, relative_gap
from scar_cp.problem.compiled import Problem
from scar_cp.records.yaml_json import json_record, read_document
from scar_cp.solvers import CpsatOptions, Request, Search
from scar_cp.solvers.cpsat.layer_level import no_schedule, nothing_below
from scar_cp.solvers.cpsat.model import FIRST, SECOND, THIRD, Way
from scar_cp.solvers.cpsat.solver import by_tables
from scar_cp.solvers.cpsat.ticks import UNITS, Ticks
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.terms import ObjectiveName

__all__ = ["Verification", "verify"]

RERUN_LIMIT_S = 20.0
"""Time for finding out about a bound."""
_FEW_SCHEDULES = 50_000
"""Schedules that are looked at one by one in that time."""


@dataclass(frozen=True)
class Verification:
    """What was found out about a result file."""

    confirmed: tuple[str, ...]
    """What holds, and how that was found."""
    open_claims: tuple[str, ...]
    """What was neither confirmed nor refuted in time."""


def verify(
    problem: Problem,
    sha256: str,
    path: str | Path,
    certified: tuple[Objective, int] | None = None,
) -> Verification:
    """Recompute what a result file says of the problem: all but its settings, log and times.

    The schedule must be valid in its space, every number the evaluator's, the gap and the status
    those that follow from value and bounds. Each bound is derived or looked for anew, in a way that
    is not its own, for at most `RERUN_LIMIT_S`.

    Parameters
    ----------
    problem
        The problem that the result is about.
    sha256
        Hash of its file.
    path
        The result file.
    certified
        An objective, and a bound on it that a certificate of this problem was found to prove: the
        result's bounds on it up to that need nothing else.

    Returns
    -------
    Verification

    Raises
    ------
    InputError
        With everything that is wrong.
    """
    document = read_document(path)
    result = json_record(document, Result, str(path))
    check_about(result.problem_sha256, sha256, path)
    audit = _Audit(problem, result, document, str(path), certified)
    if not space_is_defined(problem, result.space):
        audit.fault("space", result.space, "the problem does not define this space")
    else:
        audit.numbers()
        if not audit.faults:
            audit.claims()
    if audit.faults:
        raise InputError(audit.faults)
    return Verification(tuple(audit.confirmed), tuple(audit.open_claims))


@dataclass
class _Audit:
    """The state of a verification."""

    problem: Problem
    result: Result
    document: Any
    """What the file says, to the letter."""
    file: str
    certified: tuple[Objective, int] | None
    faults: list[Fault] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    open_claims: list[str] = field(default_factory=list)

    def fault(self, place: str, value: object, rule: str) -> None:
        """Note what is wrong."""
        self.faults.append(Fault(self.file, place, None if value is None else str(value), rule))

    def numbers(self) -> None:
        """Judge the schedule, and what follows from it and the bounds alone."""
        result, document = self.result, self.document
        if (result.objective == "weighted") != (result.weights is not None and any(result.weights)):
            self.fault("weights", result.weights, "belong to the objective weighted, not both 0")
            return
        for i, bound in enumerate(result.bounds):
            if bound.objective == "weighted" != result.objective:
                self.fault(f"bounds[{i}].objective", "weighted", "the result has no weights")
            if not space_is_defined(self.problem, bound.space):
                rule = "the problem does not define this space"
                self.fault(f"bounds[{i}].space", bound.space, rule)
        if self.faults:
            return
        value = self._schedule()
        gap = relative_gap(value, result.bound)
        if document["gap"] != gap:
            self.fault("gap", document["gap"], f"value and bounds give {gap}")
        if value is not None:
            status = "optimal" if result.bound == value else "feasible"
            if result.status != status:
                self.fault("status", result.status, f"value and bounds give {status}")
            self.confirmed += ["schedule", "evaluation", "gap", "status"]
        elif result.status not in ("infeasible", "unknown"):
            self.fault("status", result.status, "there is no schedule")
        if result.proof is not None and result.status != "infeasible":
            self.fault("proof", result.proof.by, "is about infeasibility")
        closed = result.status in ("optimal", "infeasible")
        if result.stopped is not None and closed != (result.stopped == "proven"):
            self.fault("stopped", result.stopped, f"does not fit the status {result.status}")

    def _below(self, evaluation: Evaluation) -> None:
        """Compare every bound, whatever it is about, with the schedule."""
        for i, bound in enumerate(self.result.bounds):
            value = self._goal(bound.objective).of(evaluation)
            holds = best_bound([bound], bound.objective, self.result.space)
            if holds is not None and bound.value > value:
                rule = f"lies above the schedule's value {value}"
                self.fault(f"bounds[{i}].value", bound.value, rule)

    def _schedule(self) -> int | None:
        """Judge the schedule and compare every number; its value."""
        result, document = self.result, self.document
        if result.schedule is None:
            for key in ("evaluation", "value", "gap"):
                if document[key] is not None:
                    self.fault(key, document[key], "must be null without a schedule")
            return None
        violations = validate(self.problem, result.schedule, result.space)
        for violation in violations:
            self.fault("schedule", None, str(violation))
        if violations:
            return None
        evaluation = evaluate(self.problem, result.schedule)
        judged = json.loads(json.dumps(evaluation.model_dump()))
        for place, claimed, actual in _differences("evaluation", document["evaluation"], judged):
            self.fault(place, claimed, f"the evaluator says {actual}")
        self._below(evaluation)
        value = self._goal(result.objective).of(evaluation)
        if document["value"] != value:
            self.fault("value", document["value"], f"the evaluator says {value}")
        return value

    def claims(self) -> None:
        """Find out whether what needed a search holds."""
        if self.result.status == "infeasible":
            proof = self.result.proof or Proof(by="word")
            how, holds = self._emptiness(proof)
            self._found("status: infeasible", how, holds)
        for i, bound in enumerate(self.result.bounds):
            if any(_says_more(later, bound) for later in self.result.bounds[i + 1 :]):
                continue
            how, holds = self._holds(bound)
            name = f"bounds[{i}]: {bound.objective} >= {bound.value} ({bound.source})"
            self._found(name, how, holds)

    def _found(self, name: str, how: str, holds: bool | None) -> None:
        if holds is None:
            self.open_claims.append(f"{name}: {how}")
        elif holds:
            self.confirmed.append(f"{name}: {how}")
        else:
            place, _, claim = name.partition(": ")
            self.fault(place, None, f"{claim}: {how}")

    def _holds(self, bound: Bound) -> tuple[str, bool | None]:
        """Whether a bound holds, and how that was found."""
        by = bound.proof.by
        if self._is_certified(bound):
            return "the certificate proves as much", True
        if by in ("relaxation", "combination", "tables"):
            return self._derived_again(bound)
        if by != "exhaustion":
            truth = self._search(bound)
            if (found := _among_all(truth)) is not None:
                least = truth.value
                how = f"no schedule of the space, and all were looked at, has less than {least}"
                return how, found and (least is None or bound.value <= least)
        search = self._search(bound)
        way = _other_way(bound.proof, self.result.seed)
        run = bound.proof.run
        ticks = UNITS if run is None else Ticks(run.cycles_per_tick, run.nj_per_tick)
        try:
            holds = nothing_below(search, bound.value, way, ticks)
        except ClaimError as error:
            return f"CP-SAT contradicts itself: {error}", None
        if holds is False:
            return f"a schedule of value {search.value} exists", False
        if holds:
            return f"CP-SAT finds nothing below it with {_text(way)} either", True
        return "CP-SAT found neither a schedule below it nor a proof that there is none", None

    def _is_certified(self, bound: Bound) -> bool:
        """Whether the certificate says as much."""
        if self.certified is None:
            return False
        goal, proven = self.certified
        return self._goal(bound.objective) == goal and bound.value <= proven

    def _derived_again(self, bound: Bound) -> tuple[str, bool | None]:
        """Whether formulas and tables give at least as much once more."""
        search = self._search(bound)
        least, settled = search.least(bound.objective), False
        if least < bound.value:
            settled = by_tables(search).settled
            least = max(least, search.least(bound.objective))
        if least >= bound.value:
            return "derived again", True
        if search.value is not None and bound.value > search.value:
            return f"a schedule of value {search.value} exists", False
        final = search.closed or settled or bound.proof.by == "relaxation"
        return f"derived again as {least}", False if final else None

    def _emptiness(self, proof: Proof) -> tuple[str, bool | None]:
        """Whether the space has no schedule, and how that was found."""
        if late := missed_deadlines(self.problem):
            return late[0], True
        search = Search(self.problem, self._request())
        if proof.by != "exhaustion" and _among_all(search) is not None:
            if search.schedule is not None:
                return f"a schedule of value {search.value} exists", False
            return "none of all its schedules meets the deadlines", True
        try:
            empty = no_schedule(search, _other_way(proof, self.result.seed))
        except ClaimError as error:
            return f"CP-SAT contradicts itself: {error}", None
        if empty is False:
            return f"a schedule of value {search.value} exists", False
        how = "CP-SAT finds none with other parameters either"
        return (how, True) if empty else (f"neither shown nor refuted in {RERUN_LIMIT_S:g} s", None)

    def _search(self, bound: Bound) -> Search:
        """A new search about what a bound is about, with the bounds that need none."""
        goal = self._goal(bound.objective)
        request = replace(
            self._request(), objective=goal.name, space=bound.space, weights=goal.weights
        )
        search = Search(self.problem, request)
        search.bounds += simple_bounds(self.problem)
        return search

    def _goal(self, name: ObjectiveName) -> Objective:
        """An objective of the result, which has weights for one of them only."""
        return Objective(name, self.result.weights if name == "weighted" else None)

    def _request(self) -> Request:
        result = self.result
        return Request(
            space=result.space,
            objective=result.objective,
            weights=result.weights,
            time_limit_s=RERUN_LIMIT_S,
            seed=result.seed,
            cpsat=CpsatOptions(cuts=False),
        )


def _says_more(later: Bound, bound: Bound) -> bool:
    same = later.objective == bound.objective and later.space == bound.space
    return same and later.value >= bound.value


def _among_all(search: Search) -> bool | None:
    """Look at every schedule; ``None`` if they are too many."""
    try:
        return exhaustive(search, _FEW_SCHEDULES).exhausted or None
    except ScarError:
        return None


def _other_way(proof: Proof, seed: int) -> Way:
    """Parameters of CP-SAT that differ from all that a proof rests on."""
    used = [] if proof.run is None else [proof.run.parameters, proof.run.confirmed_by]
    ways = (replace(way, seed=(way.seed + seed) % 2**31) for way in (SECOND, THIRD, FIRST))
    return next(way for way in ways if way.parameters() not in used)


def _text(way: Way) -> str:
    return ", ".join(f"{name} {value}" for name, value in way.parameters().items())


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
