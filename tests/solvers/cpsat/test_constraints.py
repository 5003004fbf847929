"""Every family of constraints is needed: without it the optimum falls below brute force's."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import numpy as np
import pytest
from ortools.sat.python import cp_model
from problems import ROW_OF_THREE, layer, model, tensor, tiny_problem

from scar_cp.partition.one_window import CountTable
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search
from scar_cp.solvers.cpsat.constraints import Constraints
from scar_cp.solvers.cpsat.model import CpsatModel
from scar_cp.solvers.cpsat.variables import Limits, Variables
from scar_cp.solvers.exhaustive import exhaustive

WEIGHTS = (10, 8, 8, 3, 1)

CASES: dict[str, tuple[Problem, str, str]] = {
    "_each_layer_somewhere": (tiny_problem([model([layer(5)])]), "full", "latency"),
    # The last layer in the first window would be in time, the first layer after it.
    "_windows_in_order": (
        tiny_problem([model([layer(10), layer(1)], deadline=1)], windows=2),
        "full",
        "latency",
    ),
    # Two models, one chiplet, one window.
    "_segments_are_contiguous_and_exclusive": (
        tiny_problem([model([layer(1)])] * 2, types="a", links=[]),
        "full",
        "latency",
    ),
    "_tensors_move": (
        tiny_problem([model([layer(5)], [tensor(None, [0], dram=7)])]),
        "full",
        "latency",
    ),
    "_reads_and_writes": (
        tiny_problem([model([layer(5)], [tensor(None, [0], dram_nj=7)])]),
        "full",
        "energy",
    ),
    # Each layer has its own type; what it costs is the way between them.
    "_sends": (
        tiny_problem(
            [model([layer([1, 99]), layer([99, 1])], [tensor(0, [1], nop=6, dram=99)])],
            types="ab",
        ),
        "full",
        "latency",
    ),
    "_weights_load": (
        tiny_problem([model([layer(5, weights=WEIGHTS)])], dram_latency=9),
        "full",
        "latency",
    ),
    # The same weights twice: on one chiplet loaded once, on the types that suit twice.
    "_shared_weights_load_once": (
        tiny_problem(
            [
                model(
                    [
                        layer(5, [1, 20], weights=WEIGHTS),
                        layer(5, [20, 1], weights=WEIGHTS) | {"weights_of": 0},
                    ]
                )
            ],
            types="ab",
        ),
        "full",
        "energy",
    ),
    # Two layers fit a buffer apart, not together: every pass loads them.
    "_weights_may_stay": (
        tiny_problem(
            [model([layer(5, weights=WEIGHTS)] * 2, batch=3)],
            types="a",
            links=[],
            buffers={"a": 15},
            weight_policy="resident",
        ),
        "full",
        "latency",
    ),
    "_energy_is_paid": (
        tiny_problem([model([layer(5)], [tensor(None, [0], dram_nj=7)])]),
        "full",
        "energy",
    ),
    "_passes_take_time": (tiny_problem([model([layer(5)])]), "full", "latency"),
    "_windows_take_time": (tiny_problem([model([layer(5)])]), "full", "latency"),
    # Two chiplets side by side read as much at the same time.
    "_dram_is_shared": (
        tiny_problem(
            [model([layer(1)], [tensor(None, [0], dram=20)])] * 2,
            ports=(0, 1),
            contention="dram",
        ),
        "full",
        "latency",
    ),
    # Three chiplets in a row, the port at one end: two models read over the first link.
    "_links_are_shared": (
        tiny_problem(
            [
                model([layer([1, 999])], [tensor(None, [0], nop=5, dram=1)]),
                model([layer([999, 1])], [tensor(None, [0], nop=20, dram=1)]),
                model([layer([999, 1])], [tensor(None, [0], nop=20, dram=1)]),
            ],
            types="abb",
            links=ROW_OF_THREE,
            contention="links",
        ),
        "full",
        "latency",
    ),
    # The thrifty type is too slow.
    "_deadlines_hold": (
        tiny_problem([model([layer([5, 50], [9, 1])], deadline=10)], types="ab"),
        "full",
        "energy",
    ),
    # The types that suit the two layers are not neighbours.
    "_segments_are_adjacent": (
        tiny_problem(
            [model([layer([1, 50, 30]), layer([50, 1, 30])])],
            types="acb",
            links=ROW_OF_THREE,
        ),
        "adjacent",
        "latency",
    ),
    "_windows_are_given": (
        tiny_problem(
            [model([layer(5, window=0)]), model([layer(7, window=1)])],
            windows=2,
        ),
        "windowed",
        "latency",
    ),
    "_segments_are_few": (
        tiny_problem(
            [model([layer([1, 50], window=0), layer([50, 1], window=0)], max_segments=[1])],
            types="ab",
        ),
        "scar",
        "latency",
    ),
}


def limits(problem: Problem, objective: str) -> Limits:
    """Limits beyond any schedule: on time only where it matters."""
    timed = objective == "latency" or any(run.deadline_cycles for run in problem.models)
    return Limits(20_000 if timed else None, 20_000 if objective == "energy" else None)


def solved(problem: Problem, space: Any, objective: str) -> int | None:
    """The layer-level model's own optimum; its schedule may be none without a constraint."""
    weights = {"latency": (1, 0), "energy": (0, 1)}[objective]
    built = CpsatModel(problem, space, weights, limits(problem, objective))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(built.cp)
    assert status in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return built.least + round(solver.objective_value) if status == cp_model.OPTIMAL else None


def brute_force(problem: Problem, space: Any, objective: Any) -> int | None:
    search = Search(problem, Request(space, objective))
    assert exhaustive(search).exhausted
    return search.value


@pytest.mark.parametrize("family", CASES)
def test_a_family_of_constraints_is_what_refuses_too_cheap_a_schedule(family, monkeypatch):
    problem, space, objective = CASES[family]
    truth = brute_force(problem, space, objective)
    assert solved(problem, space, objective) == truth
    monkeypatch.setattr(Constraints, family, lambda *_: None)
    without = solved(problem, space, objective)
    assert without is not None
    assert truth is None or without < truth


FAR_APART = [layer([1 if t == k else 99 for t in range(3)]) for k in range(3)]
"""Three layers, each with its own type."""

BY_HAND: dict[str, tuple[Problem, str, str]] = {
    # 2 x 6 cycles and 1 + 2 hops of 4.
    "a tensor goes to two chiplets at different distances": (
        tiny_problem(
            [model(FAR_APART, [tensor(0, [1, 2], nop=6, dram=99)])],
            types="abc",
            links=ROW_OF_THREE,
            hop=4,
        ),
        "full",
        "latency",
    ),
    # 0 to 2 and 1 to 3 share the link from 1 to 2.
    "two models send over one link": (
        tiny_problem(
            [
                model(
                    [layer([1 if t == k else 99 for t in range(4)]) for k in (first, first + 2)],
                    [tensor(0, [1], nop=20, dram=99)],
                )
                for first in (0, 1)
            ],
            types="abcd",
            links=[(0, 1), (1, 2), (2, 3)],
            contention="links",
        ),
        "full",
        "latency",
    ),
    # One chiplet: the second model takes 7 cycles after the first one's 10, or before.
    "a deadline is met in the second window": (
        tiny_problem(
            [model([layer(10)], deadline=10), model([layer(7)], deadline=17)],
            types="a",
            links=[],
            windows=2,
        ),
        "full",
        "latency",
    ),
    "only the last model has a deadline": (
        tiny_problem(
            [model([layer(10)]), model([layer(7)], deadline=6)],
            types="a",
            links=[],
            windows=2,
        ),
        "full",
        "latency",
    ),
    # The other model in the first window; the last layer in the second would be in time.
    "later windows are in order, too": (
        tiny_problem(
            [model([layer(1)]), model([layer(10), layer(1)], deadline=2)],
            types="a",
            links=[],
            windows=3,
        ),
        "full",
        "latency",
    ),
    "the smallest space has given windows": (
        tiny_problem(
            [
                model([layer(5, window=0)], max_segments=[1, 1]),
                model([layer(7, window=1)], max_segments=[1, 1]),
            ],
            windows=2,
        ),
        "scar",
        "latency",
    ),
    "every model pays for loads in every pass": (
        tiny_problem(
            [model([layer(5, weights=WEIGHTS)], batch=3)] * 2,
            buffers={"a": 5},
            weight_policy="resident",
        ),
        "full",
        "energy",
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_the_optimum_of_a_problem_made_by_hand(case):
    problem, space, objective = BY_HAND[case]
    assert solved(problem, space, objective) == brute_force(problem, space, objective)


def test_a_latency_that_is_known_to_be_needed_changes_nothing() -> None:
    problem = tiny_problem([model([layer(5)])])
    for least in (0, 3, 5):
        assert CpsatModel(problem, "full", (1, 0), Limits(100, None, least)).solve(60, 1).value == 5


def test_empty_windows_come_last_only_where_that_is_asked_for(monkeypatch):
    # The only layer in the second of two windows: the same schedule, one window later.
    problem = tiny_problem([model([layer(5)])], windows=2)

    def accepts() -> bool:
        built = CpsatModel(problem, "full", (1, 0), Limits(100))
        built.cp.add(built.variables.inside[0, 0, 1] == 1)
        return cp_model.CpSolver().solve(built.cp) == cp_model.OPTIMAL

    assert not accepts()
    monkeypatch.setattr(Constraints, "_empty_windows_come_last", lambda *_: None)
    assert accepts()


@pytest.mark.parametrize("used", [(1, 0), (2, 0), (0, 1), (1, 1), (2, 1)])
def test_counts_of_chiplets_take_what_their_table_says(used):
    # All layers are alike everywhere: the table alone says which chiplets are worth it.
    run = model([layer(1)] * 3)
    problem = tiny_problem([run, model([layer(2)])], types="aabb", links=[(0, 1), (1, 2), (2, 3)])
    least = np.full((3, 3), 90)
    least[used] = 60
    table = CountTable(((0, 1), (2, 3)), (least, np.full((3, 3), 7)))
    built = CpsatModel(problem, "full", (1, 0), Limits(100), table)
    answer = built.solve(60, 1)
    assert (answer.status, answer.value) == ("optimal", 60)
    hosts = Counter(s.chiplet // 2 for s in answer.schedule.windows[0] if s.model == 0)
    assert (hosts[0], hosts[1]) == used


@pytest.mark.parametrize("seed", range(30))
def test_weights_are_too_large_for_a_buffer_where_no_fewer_layers_are(seed):
    rng = Random(f"too large {seed}")
    sizes = [rng.choice([0, 1, 2, 5, 9]) for _ in range(rng.randint(1, 7))]
    rows = [layer(1, 0, (size, size, 0, 0, 0)) for size in sizes]
    for i in range(1, len(rows)):
        owner = rng.randrange(i)
        if rng.random() < 0.5 and "weights_of" not in rows[owner]:
            rows[i] |= {"weights": rows[owner]["weights"], "weights_of": owner}
    buffer = rng.randint(0, 12)
    problem = tiny_problem(
        [model(rows)], types="a", links=[], buffers={"a": buffer}, weight_policy="resident"
    )
    run = problem.models[0]
    ranges = [(i, j) for i in range(len(rows)) for j in range(i, len(rows))]
    large = {at for at in ranges if sum(la.weight_bytes for la in run.loading(*at)) > buffer}
    least = {(i, j) for i, j in large if not {(i + 1, j), (i, j - 1)} & large}
    variables = Variables(problem, cp_model.CpModel(), Limits(100))
    found = Constraints(problem, variables, "full")._least_too_large(0, 0)
    assert found == sorted(least)


def test_every_family_is_looked_at() -> None:
    # Symmetry and counts have their own tests above.
    others = {"_empty_windows_come_last", "_counts_take_time"}
    ways = {name for name in vars(Constraints) if name.startswith("_") and "__" not in name}
    helpers = {
        "_take_time", "_load", "_load_cycles", "_load_nj", "_least_too_large", "_loads",
        "_transfers", "_pipeline", "_all_loads", "_over_links", "_arrivals", "_departures",
    }  # fmt: skip
    assert (ways - helpers) | others == {*CASES} | others
