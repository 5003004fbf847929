"""Three windows, and any number: no bound passes the optimum."""

from __future__ import annotations

from random import Random

import pytest
from problems import random_problem, seeds

from scar_cp.partition.kinds import by_port_distance
from scar_cp.partition.malleable import malleable_bound
from scar_cp.partition.three_windows import partition_three_windows
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import exhaustive


def optimum(problem, objective="latency", weights=None):
    search = Search(problem, Request(objective=objective, weights=weights))
    exhaustive(search)
    return search.value


def without_deadlines(problem):
    return problem.replace(models=tuple(m.replace(deadline_cycles=None) for m in problem.models))


@seeds(60, quick=3)
def test_no_bound_of_three_windows_passes_the_optimum(seed):
    rng = Random(f"three {seed}")
    problem = without_deadlines(random_problem(rng, windows=3, max_schedules=3_000))
    best = optimum(problem)
    if best is None:
        pytest.skip("more models than places")
    for incumbent in (best, best + 1, 3 * best + 5):
        plans = []
        steps = iter(range(300))

        def on_plan(plan, plans=plans, incumbent=incumbent):
            plans.append(plan)
            return incumbent

        partition_three_windows(
            problem, incumbent, 0, on_plan, lambda steps=steps: next(steps, None) is not None
        )
        assert plans
        assert all(plan.bound <= best for plan in plans)


@seeds(40, quick=2)
def test_no_malleable_bound_passes_the_optimum(seed):
    rng = Random(f"malleable {seed}")
    problem = without_deadlines(random_problem(rng, max_schedules=3_000))
    best = optimum(problem)
    if best is None:
        pytest.skip("more models than places")
    assert malleable_bound(problem) <= best
    for weights in ((1, 1), (1, 9), (7, 2), (0, 1)):
        assert malleable_bound(problem, *weights) <= optimum(problem, "weighted", weights)


@seeds(40, quick=2)
def test_types_told_apart_by_distance_are_the_same_problem(seed):
    rng = Random(f"kinds {seed}")
    problem = without_deadlines(random_problem(rng, max_schedules=2_000))
    split = by_port_distance(problem, 1_000)
    for objective in ("latency", "energy"):
        assert optimum(split, objective) == optimum(problem, objective)
    hops = {(c.type, split.port_hops[c.id]) for c in split.chiplets}
    assert len(hops) == len(split.types)
