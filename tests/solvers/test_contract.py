"""What every solver owes: valid schedules, the evaluator's values, sound bounds, one seed."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import get_args

import pytest
from conftest import ROOT
from problems import random_problem, seeds, with_unused_type

from scar_cp.files.loading import load_problem
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.objective import Objective
from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.outcome.result import Result
from scar_cp.outcome.solving import relative_gap, solve
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import SOLVERS, Request
from scar_cp.terms import ObjectiveName, Space

pytestmark = pytest.mark.xdist_group("contract")  # in one process, where results are shared

WEIGHTS = (3, 2)

DRAWN = {
    "plain": ("per_pass", "none", "none"),
    "resident": ("resident", "full", "none"),
    "contended": ("per_pass", "none", "links"),
}
"""Weight policy, overlap and contention of small problems, each drawn at random once."""


@cache
def problem_of(name: str) -> Problem:
    if name == "quickstart":
        return load_problem(ROOT / "instances" / "quickstart.yaml", {"windows": 2}).problem
    rng = Random(f"contract {name}")
    policy, overlap, contention = DRAWN[name]
    return random_problem(
        rng,
        windows=2,
        max_schedules=2_000,
        weight_policy=policy,
        overlap=overlap,
        contention=contention,
    )


@cache
def result_of(solver: str, name: str, space: Space, objective: ObjectiveName) -> Result:
    request = Request(
        space=space,
        objective=objective,
        weights=WEIGHTS if objective == "weighted" else None,
        time_limit_s=60,
        workers=1,
        seed=4,
    )
    return solve(problem_of(name), request, solver).result


def same_run(result: Result) -> tuple[object, ...]:
    """What must not depend on the clock."""
    return result.status, result.schedule, result.value, result.bounds, result.gap


SLOW = {"cp-sat", "evolutionary", "random"}

CASES = [
    pytest.param(
        *(solver, name, space, objective),
        marks=pytest.mark.slow if solver in SLOW and (name, objective) != ("plain", "edp") else (),
    )
    for solver in SOLVERS
    for name in ("quickstart", *DRAWN)
    if not (solver == "exhaustive" and name == "quickstart")  # too many schedules to look at
    for space in get_args(Space)
    if not (name == "quickstart" and space in ("adjacent", "windowed"))  # for time
    for objective in get_args(ObjectiveName)
]


@pytest.mark.parametrize(("solver", "name", "space", "objective"), CASES)
def test_a_solver_keeps_its_contract(
    solver: str, name: str, space: Space, objective: ObjectiveName
) -> None:
    problem = problem_of(name)
    if not space_is_defined(problem, space):
        pytest.skip("the problem does not define the space")
    result = result_of(solver, name, space, objective)
    weights = WEIGHTS if objective == "weighted" else None
    bounds = [b.value for b in result.bounds if b.objective == objective and b.space == space]
    bounds += [b.value for b in result.bounds if b.objective == objective and b.space == "full"]

    if result.schedule is None:
        assert result.status in ("infeasible", "unknown")
        assert (result.value, result.evaluation, result.gap) == (None, None, None)
    else:
        assert not validate(problem, result.schedule, space)
        evaluation = evaluate(problem, result.schedule)
        assert result.evaluation == evaluation
        assert result.value == Objective(objective, weights).of(evaluation)
        assert all(bound <= result.value for bound in bounds)
        assert (result.status == "optimal") == (result.value == result.bound)
        assert result.gap == relative_gap(result.value, result.bound)

    values = [line.value for line in result.log if line.value is not None]
    found = [line.bound for line in result.log if line.bound is not None]
    seconds = [line.seconds for line in result.log]
    assert values == sorted(values, reverse=True)
    assert found == sorted(found)
    assert seconds == sorted(seconds)
    if result.log:
        assert result.log[-1].value == result.value


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("space", get_args(Space))
@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_no_solver_contradicts_another(name: str, space: Space, objective: ObjectiveName) -> None:
    """No bound lies above any value, and nothing is infeasible that someone has found."""
    if not space_is_defined(problem_of(name), space):
        pytest.skip("the problem does not define the space")
    results = [result_of(solver, name, space, objective) for solver in SOLVERS]
    values = [result.value for result in results if result.value is not None]
    bounds = [result.bound for result in results if result.bound is not None]
    if values:
        assert max(bounds, default=0) <= min(values)
        assert all(result.status != "infeasible" for result in results)
    assert len({result.value for result in results if result.status == "optimal"}) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
def test_the_same_seed_gives_the_same_schedule(solver: str) -> None:
    name = "plain" if solver == "exhaustive" else "quickstart"
    first = result_of(solver, name, "full", "latency")
    again = result_of.__wrapped__(solver, name, "full", "latency")
    assert same_run(again) == same_run(first)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_problem_is_left_as_it_was(solver: str) -> None:
    problem = problem_of("plain")
    before = problem.model_dump()
    solve(problem, Request(time_limit_s=60, workers=1), solver)
    assert problem.model_dump() == before


@pytest.mark.parametrize("solver", SOLVERS)
@seeds(2, quick=1)
def test_a_type_that_no_chiplet_has_changes_nothing(solver: str, seed: int) -> None:
    rng = Random(f"unused type {seed}")
    problem = random_problem(rng, windows=1 + seed % 2, max_schedules=2_000)
    for objective in ("latency", "edp"):
        request = Request(objective=objective, time_limit_s=60, workers=1)
        plain, with_it = (
            solve(of, request, solver).result for of in (problem, with_unused_type(rng, problem))
        )
        assert same_run(with_it) == same_run(plain)
        assert with_it.evaluation == plain.evaluation
        assert with_it.problem_sha256 != plain.problem_sha256


@pytest.mark.parametrize("name", ["plain", "resident"])
@pytest.mark.parametrize("objective", ["latency", "energy"])
def test_a_smaller_space_has_no_better_optimum(name: str, objective: ObjectiveName) -> None:
    spaces: tuple[Space, ...] = ("full", "adjacent", "windowed", "scar")
    results = [result_of("exhaustive", name, space, objective) for space in spaces]
    assert [result.status for result in results] == ["optimal"] * 4
    optima = [result.value for result in results if result.value is not None]
    assert optima == sorted(optima)
    assert optima[0] < optima[-1], "the spaces make a difference here"
