"""Any number of windows: bounds by prices stay below the optimum, and the solver closes in."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from random import Random

import pytest
from problems import layer, model, seeds, tensor, tiny_problem

from scar_cp.files.loading import load_problem
from scar_cp.outcome.solving import solve
from scar_cp.partition import many_windows
from scar_cp.partition.many_windows import latency_bounds, range_tables
from scar_cp.solvers import CpsatOptions, Request

from .priced import QUICK, drawn_problem, optimum


@seeds(15, quick=2)
def test_no_bound_of_prices_passes_the_optimum(seed, monkeypatch):
    monkeypatch.setattr(many_windows, "_LEVELS", QUICK)
    rng = Random(f"many windows {seed}")
    problem = drawn_problem(rng)
    best = optimum(problem)
    for longest in {best + 1, rng.choice([best, 2 * best + rng.randint(1, 20)])}:
        tables = range_tables(problem, longest + rng.choice([0, 5]))
        found = list(latency_bounds(tables, longest, lambda: True))
        bounds = [step.bound for step in found]
        assert bounds == sorted(bounds)
        assert all(step.plan is None or step.plan.bound <= step.bound for step in found)
        assert all(bound <= min(best, longest) for bound in bounds)


@seeds(15, quick=2)
def test_bounds_hold_whenever_the_search_is_stopped(seed):
    rng = Random(f"stopped {seed}")
    problem = drawn_problem(rng)
    best = optimum(problem)
    tables = range_tables(problem, best + 1)
    for most in (0, 1, 2, rng.randint(3, 100)):
        steps = iter(range(most))

        def keep_going(steps=steps):
            return next(steps, None) is not None

        found = latency_bounds(tables, best + 1, keep_going)
        assert all(step.bound <= best for step in found)


def weights_of(objective):
    return (3, 2) if objective == "weighted" else None


def asked(objective):
    return Request("full", objective, weights_of(objective), time_limit_s=20, workers=1)


@pytest.mark.parametrize("objective", ["latency", "energy", "edp", "weighted"])
@seeds(2, quick=1)
def test_the_solver_proves_the_optimum_of_any_number_of_windows(seed, objective):
    check_whole(seed, objective)


def check_whole(seed, objective):
    """The solver's value, status and bounds against brute force."""
    rng = Random(f"whole {seed} {objective}")
    while True:  # deadlines may leave no schedule, or none that the heuristic finds
        problem = drawn_problem(rng, deadlines=seed % 2 == 1, most=1_000)
        if problem.max_windows > 2:
            break
    request = replace(asked(objective), cpsat=CpsatOptions(hint=seed % 3 != 1))
    best = optimum(problem, objective, request.weights)
    result = solve(problem, request).result
    assert result.value == best
    assert result.status == ("infeasible" if best is None else "optimal")
    for bound in result.bounds:
        of = optimum(problem, bound.objective, weights_of(bound.objective))
        assert of is None or bound.value <= of


@pytest.mark.parametrize("windows", [3, 5])
def test_more_models_than_places_remain_infeasible(windows):
    models = [model([layer(3)])] * (windows + 1)
    problem = tiny_problem(models, types="a", links=[], windows=windows)
    assert solve(problem, asked("latency")).result.status == "infeasible"


@pytest.mark.parametrize(("objective", "value"), [("latency", 0), ("edp", 0), ("weighted", 34)])
def test_schedules_that_take_no_time_need_no_prices(objective, value):
    tensors = [tensor(0, [1], nop_nj=3, dram_nj=9)]
    models = [model([layer(0, [5]), layer(0, [7])], tensors), model([layer(0, [5])])]
    problem = tiny_problem(models, windows=3)
    assert not list(latency_bounds(range_tables(problem, 0), 0, lambda: True))
    result = solve(problem, asked(objective)).result
    assert (result.status, result.value) == ("optimal", value)


@pytest.mark.slow
def test_prices_begin_with_what_leads_further_not_with_what_is_better_at_first() -> None:
    problem, longest = load_problem("sc3", {"windows": 5}).problem, 15_160_384
    steps = latency_bounds(range_tables(problem, longest), longest, lambda: True)
    *_, step = islice(steps, 10)
    assert step.bound > 13_800_000  # the prices of gpt_l alone end at 13,125,284
