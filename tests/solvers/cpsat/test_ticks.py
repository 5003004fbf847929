"""Costs in ticks bound the costs of every schedule, whatever the ticks."""

from __future__ import annotations

from random import Random

import pytest
from problems import layer, model, random_problem, random_schedule, scaled, seeds, tiny_problem

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.cpsat.energy import least_nj
from scar_cp.solvers.cpsat.ticks import UNITS, Ticks, coarse, common_ticks


def drawn(rng: Random) -> tuple[Problem, Schedule]:
    while True:
        problem = random_problem(rng, deadlines=True)
        plan = random_schedule(rng, problem)
        if plan is not None:
            return problem, plan


@seeds(100, quick=10)
def test_no_schedule_costs_more_in_ticks_than_it_takes(seed):
    rng = Random(f"ticks {seed}")
    problem, plan = drawn(rng)
    ticks = Ticks(rng.randint(1, 30), rng.randint(1, 30))
    true, rounded = evaluate(problem, plan), evaluate(coarse(problem, ticks), plan)
    assert ticks.cycles * rounded.latency_cycles <= true.latency_cycles
    assert ticks.nj * rounded.energy_nj <= true.energy_nj
    assert least_nj(problem) <= true.energy_nj
    if not validate(problem, plan):
        assert not validate(coarse(problem, ticks), plan)


@pytest.mark.parametrize("seed", range(30))
def test_ticks_that_divide_every_cost_lose_nothing(seed):
    rng = Random(f"exact ticks {seed}")
    problem, plan = drawn(rng)
    common = common_ticks(problem)
    factors = rng.randint(1, 10**6), rng.randint(1, 10**6)
    larger = scaled(problem, *factors)
    ticks = common_ticks(larger)
    assert ticks == Ticks(common.cycles * factors[0], common.nj * factors[1])
    true, counted = evaluate(larger, plan), evaluate(coarse(larger, ticks), plan)
    assert ticks.cycles * counted.latency_cycles == true.latency_cycles
    assert ticks.nj * counted.energy_nj == true.energy_nj


def test_a_deadline_between_two_ticks_is_met_by_what_ends_before_it() -> None:
    problem = tiny_problem([model([layer(20)], deadline=29)])
    assert common_ticks(problem).cycles == 20
    assert coarse(problem, Ticks(20, 1)).models[0].deadline_cycles == 1


def test_a_problem_without_costs_counts_in_units() -> None:
    assert common_ticks(tiny_problem([model([layer(0)])])) == UNITS
