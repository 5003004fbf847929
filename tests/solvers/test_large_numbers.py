"""The whole solver against brute force where numbers are large: CP-SAT adds up 32 bits in places.

``pytest tests/solvers/test_large_numbers.py --draws 10000`` draws more.
"""

from __future__ import annotations

from random import Random
from typing import Any, get_args

import pytest
from problems import random_problem, random_schedule, scaled, seeds

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.validation import space_is_defined
from scar_cp.outcome.solving import solve
from scar_cp.problem.compiled import Problem
from scar_cp.problem.problem_faults import problem_faults
from scar_cp.solvers import CpsatOptions, Request, Search
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.terms import ObjectiveName, Space

OBJECTIVES: tuple[ObjectiveName, ...] = ("latency", "energy", "edp", "weighted")


def drawn(seed: int) -> tuple[Problem, Request]:
    """Large weights, batches, buffers, cycles or energies, and deadlines that hardly hold."""
    rng = Random(f"large numbers {seed}")
    settings: dict[str, Any] = {}  # those that have failed most are drawn most
    if rng.random() < 0.4:
        settings["weight_policy"] = "resident"
    if rng.random() < 0.3:
        settings["contention"] = "links"
    problem = random_problem(rng, max_schedules=1_500, **settings)
    while True:
        large = _enlarged(rng, problem)
        if not problem_faults(large, "drawn"):
            break
    if rng.random() < 0.4:
        large = _hurried(rng, large)
    spaces = [s for s in get_args(Space) if space_is_defined(large, s)]
    objective = rng.choice(OBJECTIVES)
    weights = None
    if objective == "weighted":
        drawn_too = rng.randint(1, 10**6), rng.randint(1, 10**6)
        weights = rng.choice(
            [(1, 1), (1000, 1), (1, 1000), (0, 1), (7, 10**9), (10**12, 3), drawn_too]
        )
    stages: dict[str, Any] = {}
    if rng.random() < 0.8:  # every stage must hold without the ones before it
        stages = {name: rng.random() < 0.4 for name in ("hint", "tables", "cuts")}
    request = Request(
        rng.choice(spaces),
        objective,
        weights,
        time_limit_s=60,
        workers=1,
        cpsat=CpsatOptions(**stages),
    )
    return large, request


def _enlarged(rng: Random, problem: Problem) -> Problem:
    """Times, energies and sizes each by a factor of their own, some of them off a common grid."""
    cycles, nj = (int(10 ** rng.uniform(0, 9)) if rng.random() < 0.7 else 1 for _ in range(2))
    size = int(10 ** rng.uniform(0, 8))
    rough = rng.random() < 0.5
    runs = []
    for run in scaled(problem, cycles, nj).models:
        batch = rng.choice([1, run.batch, rng.randint(1, 100), rng.randint(1, 10_000)])
        minibatch = rng.randint(1, batch) if rng.random() < 0.3 else 1
        sizes = [
            size * layer.weight_bytes + bool(layer.weight_bytes) * rng.randint(0, size)
            for layer in run.layers
        ]
        layers = tuple(
            layer.replace(
                weight_bytes=sizes[i if layer.weights_of is None else layer.weights_of],
                compute_cycles={
                    name: value + rough * rng.randint(0, cycles // 2)
                    for name, value in layer.compute_cycles.items()
                },
                compute_energy_nj={
                    name: value + rough * rng.randint(0, nj // 2)
                    for name, value in layer.compute_energy_nj.items()
                },
            )
            for i, layer in enumerate(run.layers)
        )
        passes = -(-batch // minibatch)
        runs.append(run.replace(batch=batch, minibatch=minibatch, passes=passes, layers=layers))
    # Buffers that some segments just fill and others just miss.
    types = []
    for of in problem.types:
        sizes = [layer.weight_bytes for layer in rng.choice(runs).layers]
        first = rng.randrange(len(sizes))
        fits = sum(sizes[first : rng.randint(first, len(sizes)) + 1])
        types.append(of.replace(buffer_bytes=max(0, fits + rng.choice([-1, 0, 1]))))
    return scaled(problem, cycles, 1).replace(models=tuple(runs), types=tuple(types))


def _hurried(rng: Random, problem: Problem) -> Problem:
    """Deadlines around the completions of some schedule."""
    plan = random_schedule(rng, problem)
    if plan is None:
        return problem
    runs = [
        run.replace(deadline_cycles=done + rng.choice([0, 0, -1, done // 10]))
        if rng.random() < 0.7
        else run
        for run, done in zip(problem.models, evaluate(problem, plan).completion_cycles, strict=True)
    ]
    return problem.replace(models=tuple(runs))


def test_the_optimum_is_proven_and_is_that_of_brute_force(one_of_draws):
    is_solved_as_by_brute_force(one_of_draws)


@pytest.mark.parametrize("draw", [3656, 4350, 4623, 5081, 5104, 5809])
def test_what_a_long_profile_has_found_is_mended(draw):
    is_solved_as_by_brute_force(draw)


def is_solved_as_by_brute_force(draw: int) -> None:
    problem, request = drawn(draw)
    truth = Search(problem, Request(request.space, request.objective, request.weights))
    assert exhaustive(truth).exhausted
    result = solve(problem, request).result
    assert not [note for note in result.notes if "contradicted" in note]
    assert result.value == truth.value
    assert result.status == ("infeasible" if truth.value is None else "optimal")
    if truth.value is not None:
        assert (
            max(b.value for b in result.bounds if b.objective == request.objective) <= truth.value
        )


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
@seeds(6, quick=1)
def test_a_thousand_times_the_costs_is_a_thousand_times_the_optimum(seed, objective):
    rng = Random(f"times {seed}")
    value = None
    while value is None:  # some have more models than chiplets
        problem = random_problem(rng, max_schedules=500)
        request = Request("full", objective, time_limit_s=60, workers=1)
        value = solve(problem, request).result.value
    factors = {"latency": (1000, 1), "energy": (1, 1000), "edp": (1000, 1000)}[objective]
    enlarged = solve(scaled(problem, *factors), request).result
    assert enlarged.value == value * factors[0] * factors[1]
    assert enlarged.status == "optimal"
