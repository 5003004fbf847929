"""Any objective, one window or two: no bound passes the optimum, however large the figures."""

from __future__ import annotations

from random import Random

import pytest
from problems import layer, model, random_problem, seeds, tiny_problem

from scar_cp.partition.program import NEVER
from scar_cp.partition.trade_off import trade_off_one_window
from scar_cp.partition.trade_off_two import trade_off_two_windows

from .brute_force import many_passes, points

OBJECTIVES = {
    "edp": lambda cycles, nj: cycles * nj,
    "energy": lambda _cycles, nj: nj,
    "weighted": lambda cycles, nj: 3 * cycles + 2 * nj,
    "latency": lambda cycles, _nj: cycles,
}
MAX_STEPS = {1: 1_000, 2: 100}


def run(problem, value, incumbent, shortest=0, least_nj=0, answer=None):
    """Bounds of every plan, until the search ends by itself or after many steps."""
    longest = 1
    while value(longest, least_nj) < incumbent and longest < NEVER:
        longest *= 2
    bounds: list[int] = []
    steps = iter(range(MAX_STEPS[problem.max_windows]))

    def on_plan(plan):
        bounds.append(plan.bound)
        return incumbent if answer is None else answer()

    def keep_going():
        return next(steps, None) is not None

    if problem.max_windows == 1:
        ranges = {m: (0, run.num_layers) for m, run in enumerate(problem.models)}
        trade_off_one_window(problem, ranges, value, shortest, longest, on_plan, keep_going)
    else:
        trade_off_two_windows(problem, value, shortest, longest, on_plan, keep_going)
    return bounds


def drawn(seed, windows):
    """A problem and its points, without deadlines."""
    rng = Random(seed)
    while True:
        problem = random_problem(rng, windows=windows, max_schedules=1_000)
        if seed % 3 == 0:
            problem = many_passes(rng, problem)
        if found := points(problem):
            return problem, found


@pytest.mark.parametrize("windows", [1, 2])
@seeds(40, quick=1)
def test_no_bound_passes_the_optimum(seed, windows):
    problem, found = drawn(seed, windows)
    shortest, least_nj = (min(point[k] for point in found) for k in (0, 1))
    objective = list(OBJECTIVES)[seed % 4]
    value = OBJECTIVES[objective]
    best = min(value(*point) for point in found)
    for incumbent in (best, best + 1, 50 * best + 7):
        for start in ((0, 0), (shortest, least_nj)):
            bounds = run(problem, value, incumbent, *start)
            assert all(bound <= best for bound in bounds)


@pytest.mark.parametrize("windows", [1, 2])
@seeds(30, quick=2)
def test_an_incumbent_that_falls_while_it_searches_does_no_harm(seed, windows):
    problem, found = drawn(seed, windows)
    value = OBJECTIVES["edp"]
    left = sorted((value(*point) for point in found), reverse=True)
    bounds = run(problem, value, left[0], answer=lambda: left.pop(0) if left[1:] else left[0])
    assert all(bound <= min(value(*point) for point in found) for bound in bounds)


@pytest.mark.parametrize("windows", [1, 2])
@pytest.mark.parametrize("scale", [2**20, 2**30, 2**40])
def test_values_beyond_64_bits_are_not_mistaken_for_no_schedule(scale, windows):
    # Fast and hungry, or slow and thrifty: 2 * 6 beats 5 * 3 and any mixture of two windows.
    run_ = model([layer([2 * scale, 5 * scale], [6 * scale, 3 * scale])])
    problem = tiny_problem([run_], types="ab", windows=windows)
    value = OBJECTIVES["edp"]
    best = min(value(*point) for point in points(problem))
    assert best == 12 * scale**2
    bounds = run(problem, value, 15 * scale**2)  # the incumbent is the thrifty one
    assert all(bound <= best for bound in bounds)


@pytest.mark.parametrize("windows", [1, 2])
def test_a_model_that_costs_no_cycles_beside_one_that_does(windows):
    models = [model([layer(0, 5)]), model([layer([9, 4], [2, 6]), layer([5, 7], [3, 1])], batch=4)]
    problem = tiny_problem(models, types="ab", windows=windows, hop=1)
    value = OBJECTIVES["edp"]
    best = min(value(*point) for point in points(problem))
    assert all(bound <= best for bound in run(problem, value, 2 * best))


def test_an_objective_that_ignores_cycles_ends() -> None:
    problem, found = drawn(4, 2)
    least = min(nj for _, nj in found)
    assert all(bound <= least for bound in run(problem, OBJECTIVES["energy"], least + 9))
