"""The front: no point below its half-planes, none dominated, the known optimum on it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random

from problems import random_problem, seeds

from scar_cp.files.loading import load_problem
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.validation import validate
from scar_cp.outcome.pareto import largest_gaps, pareto_front
from scar_cp.outcome.solving import solve
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import exhaustive, schedules

ROOT = Path(__file__).parents[2]


def test_the_front_of_the_quickstart_holds_its_three_optima() -> None:
    problem = load_problem(ROOT / "instances/quickstart.yaml").problem
    request = Request(time_limit_s=60, workers=1)
    front = pareto_front(problem, request, epsilon=2)
    assert front is not None
    points = [(p.latency_cycles, p.energy_nj) for p in front.points]
    optima = {
        o: solve(problem, Request(objective=o, workers=1)).result
        for o in ("latency", "energy", "edp")
    }

    assert points[0][0] == optima["latency"].value
    assert points[-1][1] == optima["energy"].value
    assert min(latency * energy for latency, energy in points) == optima["edp"].value
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(points))
    assert all(0 <= gap < 1 for gap in largest_gaps(front))
    for point in front.points:
        evaluation = evaluate(problem, point.schedule)
        assert (evaluation.latency_cycles, evaluation.energy_nj) in points
        assert validate(problem, point.schedule) == []


@seeds(8, quick=1)
def test_no_schedule_lies_below_the_front(seed):
    rng = Random(f"front {seed}")
    problem = random_problem(rng, max_schedules=800)
    problem = problem.replace(models=tuple(m.replace(deadline_cycles=None) for m in problem.models))
    front = pareto_front(problem, Request(time_limit_s=60, workers=1), epsilon=2)
    search = Search(problem, Request())
    exhaustive(search)
    if search.value is None:
        assert front is None
        return
    assert front is not None
    for schedule in schedules(problem, "full"):
        evaluation = evaluate(problem, schedule)
        assert evaluation.energy_nj >= front.least_energy(evaluation.latency_cycles)
