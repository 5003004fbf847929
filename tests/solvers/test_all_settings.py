"""The whole solver against brute force, over every setting of a problem."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from problems import layer, model, random_problem, scaled, seeds, tensor, tiny_problem

from scar_cp.outcome.solving import solve
from scar_cp.problem.compiled import Problem
from scar_cp.problem.problem_faults import size_faults
from scar_cp.solvers import CpsatOptions, Request, Search
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.terms import ObjectiveName

OBJECTIVES: tuple[ObjectiveName, ...] = ("latency", "energy", "edp")


def drawn(seed: int) -> tuple[Random, Problem]:
    """Settings, topology, deadlines, windows: all by the seed."""
    rng = Random(f"all settings {seed}")
    problem = random_problem(
        rng,
        windows=1 + seed % 3,
        chain=rng.random() < 0.25,
        deadlines=rng.random() < 0.25,
        max_schedules=2_000,
    )
    if seed % 4 == 0:  # what a model costs is then its slowest segment's, not the sum's
        batches = (rng.choice([1, 40, 1_000]) for _ in problem.models)
        problem = problem.replace(
            models=tuple(
                run.replace(batch=b, minibatch=1, passes=b, deadline_cycles=None)
                for run, b in zip(problem.models, batches, strict=True)
            )
        )
    return rng, problem


@pytest.mark.parametrize("space", ["full", "adjacent"])
@seeds(600, quick=4)
def test_the_optimum_is_proven_and_is_that_of_brute_force(seed, space):
    rng, problem = drawn(seed)
    objective = OBJECTIVES[seed // 3 % 3]
    stages: dict[str, Any] = {}
    if seed % 2:  # every stage must hold without the ones before it
        stages = {name: rng.random() < 0.5 for name in ("hint", "tables", "cuts")}
    truth = Search(problem, Request(space, objective))
    assert exhaustive(truth).exhausted
    options = CpsatOptions(**stages)
    request = Request(space, objective, time_limit_s=60, workers=1, cpsat=options)
    result = solve(problem, request).result
    assert result.value == truth.value
    assert result.status == ("infeasible" if truth.value is None else "optimal")


@pytest.mark.parametrize("limit", [0, 0.01, 0.05])
@seeds(30, quick=1)
def test_out_of_time_no_bound_passes_the_optimum(seed, limit):
    _, problem = drawn(seed)
    objective = OBJECTIVES[seed % 3]
    truth = Search(problem, Request("full", objective))
    assert exhaustive(truth).exhausted
    request = Request("full", objective, time_limit_s=limit, workers=1)
    result = solve(problem, request).result
    if truth.value is None:
        assert result.schedule is None
        return
    bounds = [b.value for b in result.bounds if b.objective == objective]
    assert max(bounds) <= truth.value
    assert result.value is None or result.value >= truth.value


@pytest.mark.parametrize("scale", [2**20, 2**28, 2**34])
@seeds(12, quick=1)
def test_large_figures_make_no_difference(seed, scale):
    rng = Random(f"large {seed}")
    problem = scaled(random_problem(rng, windows=1 + seed % 2, max_schedules=500), scale, scale)
    objective = OBJECTIVES[seed % 3]
    truth = Search(problem, Request("full", objective))
    assert exhaustive(truth).exhausted
    result = solve(problem, Request("full", objective, time_limit_s=10, workers=1)).result
    # EDP directions are rounded where they would overflow, so a proof may stay open.
    assert result.status != "infeasible" or truth.value is None
    if truth.value is not None:
        assert result.value is not None
        assert result.value >= truth.value
        assert max(b.value for b in result.bounds if b.objective == objective) <= truth.value
        assert objective == "edp" or result.status == "optimal"


@pytest.mark.slow
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("passes", [1, 2**10, 2**20])
@pytest.mark.parametrize("tables", [True, False])
def test_a_problem_at_the_limit_of_size_is_solved_or_left_open_but_never_fails(
    objective, passes, tables
):
    # Passes multiply what a pass costs: a sum over all places must not pass 64 bits.
    layers = [layer([2, 5], [5, 2]), layer([6, 3], [2, 3])]
    moves = [tensor(0, [1], nop=1, nop_nj=1, dram=3, dram_nj=2), tensor(1, [], dram=1)]
    tiny = tiny_problem([model(layers, moves, batch=passes)], types="ab", windows=2)
    largest = max(k for k in range(50) if not size_faults(scaled(tiny, 2**k, 2**k), "problem"))
    problem = scaled(tiny, 2**largest, 2**largest)
    truth = Search(problem, Request("full", objective))
    assert exhaustive(truth).exhausted
    request = Request(
        "full", objective, time_limit_s=5, workers=1, cpsat=CpsatOptions(tables=tables)
    )
    result = solve(problem, request).result
    assert result.schedule is not None
    assert max(b.value for b in result.bounds if b.objective == objective) <= truth.value
    assert truth.value <= result.value


def test_a_proven_value_beyond_the_integers_of_a_float_is_exact() -> None:
    # 3 x 2^53 + 1 cycles and nJ: the nearest float is another number.
    problem = tiny_problem([model([layer(3 * 2**43 + 1, 3 * 2**43 + 1)])])
    weights = (1000, 1)
    truth = Search(problem, Request("full", "weighted", weights))
    exhaustive(truth)
    request = Request("full", "weighted", weights, workers=1, cpsat=CpsatOptions(tables=False))
    assert solve(problem, request).result.value == truth.value
