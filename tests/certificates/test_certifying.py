"""Certificates of what a search has found: true, accepted, and as strong as they can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from problems import layer, model, tiny_problem
from random_problems import seeds

from scar_cp.certificates.certificate import coarsened
from scar_cp.certificates.certifying import certify
from scar_cp.certificates.checker import checker
from scar_cp.errors import ScarError
from scar_cp.outcome.solving import solve
from scar_cp.solvers import Request

from . import battery, documents


def asked(objective, **more):
    return Request(objective=objective, time_limit_s=20, workers=1, **more)


@seeds(40, quick=2)
def test_certificates_of_tiny_problems_are_true(seed):
    made = battery.certified(seed)
    if made is not None:
        problem, _, _, certificate = made
        assert battery.is_true(problem, certificate)


def two_models():
    """Two models whose cuts matter to each other, on three chiplets."""
    models = [model([layer(7, 3), layer(5, 2), layer(9, 4)]), model([layer(4), layer(8)])]
    return tiny_problem(models, types="aab", links=[(0, 1), (1, 2)], windows=2)


@pytest.mark.parametrize("objective", ["latency", "energy"])
def test_a_small_problem_is_closed_without_cpsat(objective):
    problem = two_models()
    outcome = solve(problem, asked(objective))
    certificate = certify(outcome, 20)
    assert certificate["value"] == outcome.result.value
    assert certificate["bound"] == outcome.result.value


def test_deadlines_that_cannot_be_kept_are_certified():
    problem = two_models()
    late = [run.replace(deadline_cycles=3) for run in problem.models[:1]]
    problem = problem.replace(models=(*late, *problem.models[1:]))
    outcome = solve(problem, asked("latency"))
    assert outcome.result.status == "infeasible"
    certificate = certify(outcome, 20)
    assert certificate["schedule"] is None
    assert certificate["models"] == [0]
    data = documents.bytes_of(problem)
    assert checker().check(data, documents.with_hash(problem, certificate)) == (None, None)
    for run in (
        problem.models[0].replace(deadline_cycles=1000),
        late[0].replace(deadline_cycles=None),
    ):
        other = problem.replace(models=(run, *problem.models[1:]))
        with pytest.raises(ValueError, match="deadlines may be kept"):
            checker().check(documents.bytes_of(other), documents.with_hash(other, certificate))


def test_a_search_without_a_schedule_has_nothing_to_certify():
    outcome = solve(two_models(), asked("latency"))
    result = outcome.result.replace(schedule=None, value=None, status="unknown")
    with pytest.raises(ScarError, match="nothing to certify"):
        certify(replace(outcome, result=result))


def test_grains_are_for_large_models_only():
    problem = two_models()
    every = [list(range(run.num_layers)) for run in problem.models]
    proofs = {"proofs": [{"longest_cycles": 10_000}], "starts": every}
    assert coarsened(problem, proofs)["grains"] == [0, 0]
    assert coarsened(problem, proofs)["starts"] == every
    run = problem.models[0]
    long = problem.replace(models=(run.replace(layers=run.layers[:1] * 300, tensors=()),))
    coarse = coarsened(long, proofs | {"starts": [list(range(0, 300, 7))]})
    assert coarse["grains"] == [33]
    assert coarse["starts"][0][0] == 0
    assert len(coarse["starts"][0]) <= 12
    many = problem.replace(models=tuple(run.replace(passes=10**6) for run in problem.models))
    assert coarsened(many, proofs)["grains"] == [10, 10]
