"""What every comparison solver owes, on tiny problems that brute force can judge."""

from __future__ import annotations

from random import Random
from typing import get_args

import pytest
from problems import layer, model, random_problem, seeds, tensor, tiny_problem

from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.problem.compiled import Problem
from scar_cp.problem.reconfig import reconfigure
from scar_cp.solvers import Claim, Request, Search, get_solver
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.terms import ObjectiveName, Space

RIVALS = ("nn-baton", "heft", "random", "evolutionary")
OBJECTIVES: tuple[ObjectiveName, ...] = ("latency", "energy", "edp")


def run(problem: Problem, solver: str, request: Request) -> tuple[Search, Claim]:
    search = Search(problem, request)
    claim = get_solver(solver)(search)
    assert not claim.exhausted
    assert (claim.schedule, claim.value) == (search.schedule, search.value)
    return search, claim


@pytest.mark.parametrize("space", get_args(Space))
@seeds(9, quick=1)
def test_a_rival_stays_in_its_space_and_above_the_optimum(seed, space):
    problem = random_problem(
        Random(f"rivals {seed}"), windows=1 + seed % 3, deadlines=seed % 4 == 0, max_schedules=500
    )
    if not space_is_defined(problem, space):
        pytest.skip("the problem does not define the space")
    truth = Search(problem, Request(space, OBJECTIVES[seed % 3]))
    assert exhaustive(truth).exhausted
    for solver in RIVALS:
        search, claim = run(problem, solver, truth.request)
        if search.schedule is None:
            assert claim.notes  # says which rule stands against it
            continue
        assert truth.value is not None
        assert not validate(problem, search.schedule, space)
        assert search.value >= truth.value
        if solver in ("random", "evolutionary") and not any(
            run.deadline_cycles for run in problem.models
        ):
            assert search.schedule is not None


@pytest.mark.parametrize("solver", RIVALS)
def test_out_of_time_there_is_still_a_schedule(solver):
    search, claim = run(pair(), solver, Request(time_limit_s=0))
    assert search.schedule is not None
    assert any("time limit" in note for note in claim.notes)


@pytest.mark.parametrize("solver", RIVALS)
def test_an_interrupted_search_keeps_what_it_has(solver):
    def stop(_event: object) -> None:
        search.interrupted = True

    search = Search(pair(), Request(), stop)
    claim = get_solver(solver)(search)
    assert claim.schedule is not None
    assert len(search.log) == 1


@pytest.mark.parametrize("solver", RIVALS)
def test_more_models_than_places_name_a_rule(solver):
    problem = tiny_problem([model([layer(1)]) for _ in range(5)], windows=2)  # on 2 chiplets
    search, claim = run(problem, solver, Request())
    assert search.schedule is None
    rules = {"nn-baton": "windows", "heft": "windows"}
    assert any(f": {rules.get(solver, 'exclusive')}: " in note for note in claim.notes)


@pytest.mark.parametrize("solver", ["heft", "random", "evolutionary"])
@pytest.mark.parametrize(
    ("windows", "counts", "rule"),
    [((1, 0), (1, 1), "order"), ((0, 0), (0, 0), "scar")],
)
def test_given_windows_that_allow_nothing_name_a_rule(solver, windows, counts, rule):
    layers = [layer(1, window=w) for w in windows]
    problem = tiny_problem([model(layers, max_segments=counts)], windows=2)
    search, claim = run(problem, solver, Request("scar"))
    assert search.schedule is None
    assert any(f": {rule}: " in note for note in claim.notes)


@pytest.mark.parametrize("solver", ["heft", "random", "evolutionary"])
def test_a_given_window_with_more_models_than_chiplets_names_a_rule(solver):
    problem = tiny_problem([model([layer(1, window=0)]) for _ in range(3)])
    search, claim = run(problem, solver, Request("windowed"))
    assert search.schedule is None
    assert any(": exclusive: " in note for note in claim.notes)


@pytest.mark.parametrize("solver", RIVALS)
def test_an_impossible_deadline_is_named(solver):
    problem = tiny_problem([model([layer(9)], deadline=8)])
    search, claim = run(problem, solver, Request())
    assert search.schedule is None
    assert any(": deadline: " in note for note in claim.notes)


def pair() -> Problem:
    """Two models on four chiplets of two types, in up to two windows."""
    moves = [tensor(0, [1], nop=2, dram=3, dram_nj=1), tensor(1, [2], nop=1), tensor(2, [])]
    costs = [([5, 9], [3, 2]), ([8, 2], [1, 4]), ([6, 6], [5, 1])]
    runs = [model([layer(*c) for c in costs], moves, batch=b) for b in (2, 5)]
    square = ((0, 1), (0, 2), (1, 3), (2, 3))
    return reconfigure(tiny_problem(runs, types="abba", links=square, windows=2, hop=1))
