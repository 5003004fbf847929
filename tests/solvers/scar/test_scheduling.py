"""SCHED: walks and the scheduling tree, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from problems import ROW_OF_THREE, SQUARE, layer, model, tiny_problem

from scar_cp.solvers import Request
from scar_cp.solvers.scar.scar_options import ScarOptions
from scar_cp.solvers.scar.scheduling import Placement, Walks, combine, place_cuts
from scar_cp.solvers.scar.scoring import WindowScore

LATENCY = WindowScore(Request())


def square(*models, types="aaaa", **settings):
    return tiny_problem(models, types=types, links=SQUARE, **settings)


@pytest.mark.parametrize(
    ("length", "count"),
    [
        (1, 4),  # the roots
        (2, 8),  # every root has two neighbours
        (3, 8),  # and from there one way on, for there is no way back
        (4, 8),  # round the square
        (5, 0),  # no chiplet twice
    ],
)
def test_walks_on_a_square(length, count):
    assert len(Walks(square(model([layer(1)])), None, set())(length)) == count


def test_walks_are_depth_first_from_every_root_in_turn():
    problem = tiny_problem([model([layer(1)])], types="aaa", links=ROW_OF_THREE)
    assert Walks(problem, None, set())(2).tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]


def test_walks_stay_on_the_chiplets_allowed():
    walks = Walks(square(model([layer(1)])), None, set(), frozenset({0, 1, 3}))
    assert walks(3).tolist() == [[0, 1, 3], [3, 1, 0]]


def test_a_budget_of_walks_is_shared_among_the_roots_and_said():
    notes = set()
    # Four walks from four roots: one each, the first in depth-first order.
    walks = Walks(square(model([layer(1)])), 4, notes)(2)
    assert walks.tolist() == [[0, 1], [1, 0], [2, 0], [3, 1]]
    assert notes == {"walks of 2 chiplets were cut off at 1 per root"}


def test_the_best_placement_on_each_set_of_chiplets_is_kept():
    # Two layers of 1 and 5 cycles on a, 5 and 1 on b: on chiplets {0, 1} = a, b in this order
    # 1 + 1 = 2, the other way round 5 + 5 = 10; alike for the three other pairs of neighbours.
    problem = square(model([layer([1, 5]), layer([5, 1])]), types="abab")
    placed = place_cuts(problem, 0, [((0, 0), (1, 1))], Walks(problem, None, set()), LATENCY)
    best = {
        tuple(sorted(p.path)): int(c) for p, c in zip(placed.origin, placed.cycles, strict=True)
    }
    # 0-1 and 2-3 join a with b; 0-2 joins a with a (1 + 5), 1-3 joins b with b (5 + 1).
    assert best == {(0, 1): 2, (2, 3): 2, (0, 2): 6, (1, 3): 6}


def combined(problem, score=LATENCY, max_nodes=None, notes=None):
    walks = Walks(problem, None, set())
    cuts = [[((0, len(m.layers) - 1),)] for m in problem.models]
    placed = [place_cuts(problem, m, cut, walks, score) for m, cut in enumerate(cuts)]
    return combine(placed, score, max_nodes, notes if notes is not None else set())


def test_later_models_take_what_earlier_ones_leave():
    # One a (fast) and one b: alone both models want a. Model 0 loses 1 cycle on b, model 1 loses
    # 9: together model 1 gets a, max(3, 1) = 3.
    problem = tiny_problem([model([layer([2, 3])]), model([layer([1, 10])])], types="ab")
    score, placements = combined(problem)
    assert int(score) == 3
    assert [p.path for p in placements] == [(1,), (0,)]


def test_no_disjoint_choice_is_no_window():
    problem = tiny_problem([model([layer(1)]) for _ in range(3)], types="aa")
    assert combined(problem) is None


def test_the_tree_says_that_it_was_cut_off():
    # Model 0 goes to a first (1 cycle); model 1 then takes 100 on b. The other branch takes 2.
    problem = tiny_problem([model([layer([1, 2])]), model([layer([1, 100])])], types="ab")
    notes = set()
    assert int(combined(problem, max_nodes=1, notes=notes)[0]) == 100
    assert notes == {"the scheduling tree was cut off at 1 inner nodes"}
    notes.clear()
    assert int(combined(problem, max_nodes=2, notes=notes)[0]) == 2
    assert not notes


def test_shared_memory_bounds_a_window_of_the_tree():
    # Both models load 10 cycles of weights on every pass: 20 cycles of DRAM in all.
    runs = [model([layer(1, weights=(8, 10, 0, 0, 0))]) for _ in range(2)]
    assert int(combined(tiny_problem(runs))[0]) == 11
    assert int(combined(tiny_problem(runs, contention="dram"))[0]) == 20


def test_a_score_of_ones_own_decides():
    # a: 1 cycle and 10 nJ, b: 10 cycles and 1 nJ.
    problem = tiny_problem([model([layer([1, 10], [10, 1])])], types="ab")
    thrifty = Request(scar=ScarOptions(score=lambda cycles, nj: cycles + 100 * nj))
    assert combined(problem)[1] == [Placement(((0, 0),), (0,))]
    assert combined(problem, WindowScore(thrifty))[1] == [Placement(((0, 0),), (1,))]


@pytest.mark.parametrize(
    ("objective", "weights", "scores"),
    [
        ("latency", None, [2, 3]),
        ("energy", None, [7, 5]),
        ("edp", None, [14, 15]),
        ("weighted", (2, 1), [11, 11]),
    ],
)
def test_scores(objective, weights, scores):
    score = WindowScore(Request(objective=objective, weights=weights))
    assert score(np.array([2, 3]), np.array([7, 5])).round(6).tolist() == scores
