"""Search by chance: what is drawn, what changes reach, and what selection makes of it."""

from __future__ import annotations

from random import Random
from typing import get_args

import numpy as np
import pytest
from problems import ROW_OF_THREE, SQUARE, layer, model, random_problem, tiny_problem

from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import exhaustive, schedules
from scar_cp.solvers.rivals.evolutionary import EvolutionOptions, evolutionary, random_draws
from scar_cp.solvers.rivals.genome import cross, draw, mutate, schedule_of
from scar_cp.terms import Space


def without_gaps(plan: Schedule) -> Schedule:
    """The schedule without its empty windows."""
    return plan.replace(windows=tuple(window for window in plan.windows if window))


def two_windows() -> Problem:
    """A chain of three layers and a single one, on a square, in two windows."""
    return tiny_problem(
        [model([layer(5), layer(9), layer(2)], batch=2), model([layer(4)])],
        types="aaaa",
        links=SQUARE,
        windows=2,
    )


@pytest.mark.parametrize("space", get_args(Space))
@pytest.mark.parametrize("seed", range(10))
def test_every_draw_is_of_its_space(seed, space):
    problem = random_problem(Random(f"draw {seed}"), windows=1 + seed % 3, max_schedules=2_000)
    if not space_is_defined(problem, space):
        pytest.skip("the problem does not define the space")
    if next(schedules(problem, space), None) is None:
        pytest.skip("the space is empty")
    rng = np.random.default_rng(seed)
    for _ in range(10):
        plan = schedule_of(problem, draw(problem, space, rng))
        assert not validate(problem, plan, space)


@pytest.mark.slow
@pytest.mark.parametrize("space", ["full", "adjacent"])
def test_draws_and_changes_reach_every_schedule(space):
    runs = [model([layer(1), layer(1)]), model([layer(1)])]
    problem = tiny_problem(runs, types="aaa", links=ROW_OF_THREE, windows=2)
    every = {without_gaps(plan) for plan in schedules(problem, space)}
    rng = np.random.default_rng(0)
    drawn = {schedule_of(problem, draw(problem, space, rng)) for _ in range(20 * len(every))}
    assert {without_gaps(plan) for plan in drawn} == every

    at, reached = draw(problem, space, rng), set()
    for _ in range(80 * len(every)):
        changed = mutate(problem, space, at, rng)
        plan = schedule_of(problem, changed)
        if not validate(problem, plan, space):
            at = changed
            reached.add(without_gaps(plan))
    assert reached == every


def test_a_child_has_each_model_from_either_parent() -> None:
    rng = np.random.default_rng(0)
    one, other = (draw(two_windows(), "full", rng) for _ in range(2))
    assert {cross(one, other, rng) for _ in range(50)} == {
        (first, second) for first in (one[0], other[0]) for second in (one[1], other[1])
    }


@pytest.mark.slow
def test_evolution_reaches_the_optimum_of_most_tiny_problems() -> None:
    reached = 0
    for seed in range(10):
        problem = random_problem(
            Random(f"optimum {seed}"), windows=1 + seed % 2, max_schedules=2_000
        )
        truth = Search(problem, Request(objective=("latency", "energy", "edp")[seed % 3]))
        exhaustive(truth)
        reached += evolutionary(Search(problem, truth.request)).value == truth.value
    assert reached >= 9


@pytest.mark.parametrize("seed", range(3))
def test_generations_never_lose_what_the_population_had(seed):
    problem = random_problem(Random(f"generations {seed}"), windows=2)
    values = [
        evolutionary(
            Search(problem, Request(objective="edp", seed=seed)),
            EvolutionOptions(generations=generations),
        ).value
        for generations in (0, 1, 10, 100)
    ]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("solver", [random_draws, evolutionary])
def test_a_seed_decides_the_schedule(solver):
    options = EvolutionOptions(draws=3, population=3, generations=1)

    def found(seed: int) -> Schedule | None:
        search = Search(two_windows(), Request("full", "edp", seed=seed))
        plan: Schedule | None = solver(search, options).schedule
        return plan

    by_seed = [found(seed) for seed in range(5)]
    assert by_seed == [found(seed) for seed in range(5)]
    assert len(set(by_seed)) > 1


def test_a_deadline_that_few_draws_meet_is_met() -> None:
    # Only apart (5 + 9 + 2 cycles a pass, two passes): at most 16 + 9 = 25 of 32 cycles.
    problem = two_windows()
    runs = (problem.models[0].replace(deadline_cycles=25), problem.models[1])
    for solver in (random_draws, evolutionary):
        search = Search(problem.replace(models=runs), Request(objective="energy"))
        assert solver(search).schedule is not None
        assert search.evaluation.completion_cycles[0] <= 25
