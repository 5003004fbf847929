"""One window: the bound is below the optimum, and is the optimum where hops cost nothing."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from problems import layer, model, random_problem, seeds, tiny_problem

from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.partition.one_window import allocate, partition_window
from scar_cp.partition.placement import place
from scar_cp.partition.program import NEVER
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import exhaustive

from .brute_force import many_passes


def whole(problem: Problem) -> dict[int, tuple[int, int]]:
    return {m: (0, run.num_layers) for m, run in enumerate(problem.models)}


def optimum(problem, space="full"):
    search = Search(problem, Request(space, "latency"))
    assert exhaustive(search).exhausted
    return search.value


@seeds(120, quick=10)
def test_the_bound_never_passes_the_optimum(seed):
    rng = Random(seed)
    problem = random_problem(rng, windows=1, max_schedules=2_000)
    if seed % 2:
        problem = many_passes(rng, problem)
    plan, best = partition_window(problem, whole(problem)), optimum(problem)
    if plan is None:
        assert best is None
        return
    assert best is not None
    assert plan.bound <= best
    # Out of time at once, the interval stays open but certified.
    early = partition_window(problem, whole(problem), keep_going=lambda: False)
    assert early is not None
    assert early.bound <= plan.bound
    found = place(problem, plan.windows, adjacent=False)
    assert found is not None
    assert not validate(problem, found, "full")


@seeds(80, quick=8)
def test_the_bound_of_chains_is_the_optimum_without_hop_latency(seed):
    rng = Random(seed)
    problem = random_problem(rng, windows=1, chain=True, max_schedules=2_000, contention="none")
    problem = many_passes(rng, problem).replace(hop_cycles=0)
    plan, best = partition_window(problem, whole(problem)), optimum(problem)
    assert (plan and plan.bound) == best


@pytest.mark.parametrize("space", ["windowed", "scar"])
@seeds(60, quick=4)
def test_the_bounds_of_given_windows_add_up_to_no_more_than_the_optimum(seed, space):
    rng = Random(seed)
    problem = many_passes(rng, random_problem(rng, max_schedules=2_000))
    if not space_is_defined(problem, space):
        pytest.skip("the problem does not define the space")
    total = 0
    for w in range(problem.max_windows):
        ranges, most = {}, {}
        for m, run in enumerate(problem.models):
            inside = [i for i, la in enumerate(run.layers) if la.window == w]
            if inside:
                ranges[m] = inside[0], inside[-1] + 1
                most[m] = run.max_segments[w]
        plan = partition_window(problem, ranges, most if space == "scar" else None)
        assert plan is not None
        total += plan.bound
        if space == "scar":
            assert all(len(pieces) <= most[m] for m, pieces in plan.windows[0].items())
    best = optimum(problem, space)
    assert best is None or total <= best


def test_more_models_than_chiplets_have_no_plan():
    problem = tiny_problem([model([layer(1)])] * 3, windows=2)
    assert partition_window(problem, whole(problem)) is None
    assert partition_window(problem, {0: (0, 1), 2: (0, 1)}) is not None


def test_a_window_without_layers_takes_no_time():
    plan = partition_window(tiny_problem([model([layer(1)])]), {})
    assert plan is not None
    assert plan.bound == 0


@pytest.mark.parametrize("combine", [np.maximum, np.add])
@seeds(30, quick=2)
def test_chiplets_are_shared_as_well_as_can_be(seed, combine):
    rng = Random(seed)
    counts = [rng.randint(1, 2) for _ in range(rng.randint(1, 3))]
    vectors = list(np.ndindex(*(c + 1 for c in counts)))
    tables = [
        np.array([rng.choice([NEVER, *range(20)]) for _ in vectors])
        for _ in range(rng.randint(1, 3))
    ]
    value, shares = allocate(tables, counts, combine)

    def cost(ks):
        return combine.reduce([int(t[k]) for t, k in zip(tables, ks, strict=True)])

    def fits(ks):
        return all(sum(vectors[k][t] for k in ks) <= c for t, c in enumerate(counts))

    options = [ks for ks in product(range(len(vectors)), repeat=len(tables)) if fits(ks)]
    least = min(int(cost(ks)) for ks in options)
    if least < NEVER:
        assert value == least == cost(shares)
        assert fits(shares)
    else:
        assert value >= NEVER
