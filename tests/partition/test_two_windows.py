"""Two windows: no bound passes the optimum, whatever the incumbent."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from problems import layer, model, random_problem, seeds, tensor, tiny_problem

from scar_cp.judge.validation import validate
from scar_cp.partition.one_window import Plan
from scar_cp.partition.packing import pack
from scar_cp.partition.placement import place
from scar_cp.partition.program import NEVER
from scar_cp.partition.two_windows import partition_two_windows

from .brute_force import many_passes, points

MAX_STEPS = 400


def run(problem, incumbent, answer=lambda _plan: 2**62):
    """Every plan, until the search ends by itself or after many steps."""
    plans: list[Plan] = []
    steps = iter(range(MAX_STEPS))

    def on_plan(plan):
        plans.append(plan)
        return answer(plan)

    partition_two_windows(problem, incumbent, on_plan, lambda: next(steps, None) is not None)
    return plans


@seeds(120, quick=6)
def test_no_bound_passes_the_optimum(seed):
    rng = Random(seed)
    problem = random_problem(rng, windows=2, max_schedules=1_500)
    if seed % 3 == 0:
        problem = many_passes(rng, problem)
    latencies = [latency for latency, _ in points(problem)]
    if not latencies:
        pytest.skip("more models than chiplets")
    best = min(latencies)
    for incumbent in (best, best + 1, max(latencies), 50 * best + 7):
        plans = run(problem, incumbent)
        assert plans
        assert all(plan.bound <= best for plan in plans)
        bounds = [plan.bound for plan in plans]
        assert bounds == sorted(bounds)
        for plan in plans:
            if plan.windows:
                found = place(problem, plan.windows, adjacent=False)
                assert found is not None
                assert not validate(problem.replace(models=no_deadlines(problem)), found, "full")


def no_deadlines(problem):
    return tuple(run.replace(deadline_cycles=None) for run in problem.models)


@seeds(40, quick=2)
def test_an_incumbent_that_falls_while_it_searches_does_no_harm(seed):
    rng = Random(seed)
    problem = random_problem(rng, windows=2, max_schedules=1_500)
    latencies = sorted(latency for latency, _ in points(problem))
    if not latencies:
        pytest.skip("more models than chiplets")
    plans = run(problem, latencies[-1], lambda _plan: rng.choice(latencies))
    assert all(plan.bound <= latencies[0] for plan in plans)


def test_two_windows_beat_one_by_hand() -> None:
    # Three models for two chiplets; the long one alone beside both short ones in turn.
    models = [model([layer(10)]), model([layer(6)]), model([layer(5)])]
    plans = run(tiny_problem(models, windows=2), 21)
    assert plans[-1].bound == 15
    assert sorted(sorted(w) for w in plans[-1].windows) in ([[0, 1], [2]], [[0, 2], [1]])


def test_a_model_that_costs_no_cycles_beside_one_that_does() -> None:
    free = model([layer(0, 5)])
    busy = model([layer([9, 4]), layer([5, 7])], [tensor(0, [1], nop=2, dram=3)], batch=4)
    problem = tiny_problem([free, busy], types="ab", windows=2, hop=1)
    best = min(latency for latency, _ in points(problem))
    plans = run(problem, 2 * best)
    assert all(plan.bound <= best for plan in plans)


@pytest.mark.parametrize("combine", [np.maximum, np.add])
@pytest.mark.parametrize("seed", range(30))
def test_pairs_of_counts_are_packed_as_well_as_can_be(seed, combine):
    rng = Random(seed)
    counts = [rng.randint(1, 2) for _ in range(rng.randint(1, 2))]
    vectors = list(np.ndindex(*(c + 1 for c in counts)))
    size, models = len(vectors), rng.randint(1, 2 if len(vectors) > 4 else 3)
    costs = []
    for _ in range(models):
        draw = np.array([rng.choice([NEVER, *range(20)]) for _ in range(size * size)])
        costs.append(draw.reshape(size, size))
    limit = rng.choice([3, 15, NEVER])
    packed = pack(costs, counts, combine, [limit] * models)

    def fits(pairs):
        return all(
            sum(vectors[pair[w]][t] for pair in pairs) <= c
            for w in (0, 1)
            for t, c in enumerate(counts)
        )

    pairs = list(product(range(size), repeat=2))
    least = NEVER
    for chosen in product(pairs, repeat=models):
        each = [int(cost[pair]) for cost, pair in zip(costs, chosen, strict=True)]
        if max(each) < limit and fits(chosen):
            least = min(least, int(combine.reduce(each)))
    if packed is None:
        assert least >= NEVER
    else:
        value, taken = packed
        assert value == least
        assert fits(taken)
        each = [int(cost[pair]) for cost, pair in zip(costs, taken, strict=True)]
        assert combine.reduce(each) == value
