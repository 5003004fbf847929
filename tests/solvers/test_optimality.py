"""The CP model's optimum is the brute force's, to the integer."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from ortools.sat.python import cp_model
from problems import layer, model, random_problem, random_schedule, seeds, tensor, tiny_problem

from scar_cp.files.loading import load_problem
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search
from scar_cp.solvers.cpsat.model import Answer, CpsatModel
from scar_cp.solvers.cpsat.variables import Limits
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.solvers.scar.heuristic import scar
from scar_cp.terms import ObjectiveName, Space

WEIGHTS = {"latency": (1, 0), "energy": (0, 1)}
LIMITS = Limits(20_000, 20_000)
"""No schedule of a random problem takes longer, or costs more."""
INSTANCES = Path(__file__).parents[2] / "instances"


def solve(
    problem: Problem, space: Space, objective: ObjectiveName, hint: Schedule | None = None
) -> Answer:
    cp = CpsatModel(problem, space, WEIGHTS[objective], LIMITS)
    if hint is not None:
        cp.hint(hint)
    return cp.solve(60, 1)


def agrees_with_brute_force(
    problem: Problem, space: Space, objective: ObjectiveName, hint: Schedule | None = None
) -> str:
    """Compare the two; return the status."""
    search = Search(problem, Request(space, objective))
    assert exhaustive(search).exhausted
    answer = solve(problem, space, objective, hint)
    if search.value is None:
        assert answer.status == "infeasible"
        return answer.status
    assert answer.status == "optimal"
    assert answer.value == answer.bound == search.value
    assert answer.schedule is not None
    assert not validate(problem, answer.schedule, space)
    assert search.value_of(evaluate(problem, answer.schedule)) == answer.value
    return answer.status


def spaces(problem: Problem) -> list[Space]:
    return [s for s in ("full", "adjacent", "windowed", "scar") if space_is_defined(problem, s)]


def empty_windows_last(plan: Schedule) -> Schedule:
    used = tuple(w for w in plan.windows if w)
    return plan.replace(windows=used + ((),) * (len(plan.windows) - len(used)))


@seeds(200, quick=24)
def test_the_optimum_is_that_of_brute_force(seed):
    rng = Random(seed)
    problem = random_problem(rng, chain=seed % 4 == 0, deadlines=seed % 5 == 0, max_schedules=3_000)
    defined = spaces(problem)
    # full and adjacent every time, given windows in turn; latency and energy in turn
    third = defined[2 + seed % 2 :][:1]
    for k, space in enumerate(["full", "adjacent", *third]):
        objective: ObjectiveName = ("latency", "energy")[(seed // 2 + k) % 2]
        plan = random_schedule(rng, problem)
        hint = None
        if seed % 2 and space == "full" and plan is not None and not validate(problem, plan):
            hint = empty_windows_last(plan)
        agrees_with_brute_force(problem, space, objective, hint)


@seeds(40, quick=6)
def test_deadlines_are_kept_at_their_last_cycle_and_missed_before_it(seed):
    rng = Random(1000 + seed)
    while True:
        problem = random_problem(rng, max_schedules=500)
        search = Search(problem, Request("full", "latency"))
        exhaustive(search)
        if search.evaluation is not None and search.value:
            break
    done = search.evaluation.completion_cycles
    latest = max(range(len(done)), key=done.__getitem__)

    def with_deadline(cycles: int) -> Problem:
        runs = list(problem.models)
        runs[latest] = runs[latest].replace(deadline_cycles=cycles)
        return problem.replace(models=tuple(runs))

    met = with_deadline(done[latest])
    assert agrees_with_brute_force(met, "full", "energy") == "optimal"
    agrees_with_brute_force(with_deadline(done[latest] - 1), "full", "energy")


def test_a_deadline_below_the_least_completion_is_infeasible() -> None:
    problem = tiny_problem([model([layer(7), layer(8)], deadline=14)], windows=2)
    assert agrees_with_brute_force(problem, "full", "latency") == "infeasible"
    assert agrees_with_brute_force(problem, "adjacent", "energy") == "infeasible"


def test_one_chiplet_has_nothing_to_send() -> None:
    run = model([layer(3, 1), layer(4, 1)], [tensor(0, [1], nop=1, dram=2), tensor(1, [], dram=5)])
    problem = tiny_problem([run], types="a", links=[], windows=2)
    assert agrees_with_brute_force(problem, "full", "latency") == "optimal"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("quickstart", {}),
        ("quickstart", {"windows": 3}),
        (  # some layers' weights fit a buffer, those of two seldom
            "quickstart",
            {
                "weight_policy": "resident",
                "types.nvdla.buffer_bytes": 1_000_000,
                "types.shidiannao.buffer_bytes": 10_000,
            },
        ),
        *(pytest.param(name, {}, marks=pytest.mark.slow) for name in ("sc1", "sc8", "sc10")),
    ],
)
@pytest.mark.parametrize("objective", ["latency", "energy"])
def test_the_hint_of_a_heuristic_schedule_is_complete_and_costs_what_the_evaluator_says(
    name, settings, objective
):
    problem = load_problem(INSTANCES / f"{name}.yaml", settings).problem
    search = Search(problem, Request("full", objective))
    scar(search)
    assert search.schedule is not None
    assert search.evaluation is not None
    limits = Limits(search.evaluation.latency_cycles, search.evaluation.energy_nj)
    cp = CpsatModel(problem, "full", WEIGHTS[objective], limits)
    cp.hint(empty_windows_last(search.schedule))
    model = cp.cp.proto
    assert sorted(model.solution_hint.vars) == list(range(len(model.variables)))
    solver = cp_model.CpSolver()
    solver.parameters.fix_variables_to_their_hinted_value = True
    solver.parameters.num_workers = 1
    assert solver.solve(cp.cp) == cp_model.OPTIMAL
    assert cp.least + round(solver.objective_value) == search.value
