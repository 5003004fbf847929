"""From pieces to chiplets: types kept, no chiplet twice, neighbours where asked for."""

from __future__ import annotations

from random import Random

import pytest
from problems import SQUARE, layer, model, random_problem, seeds, tiny_problem

from scar_cp.judge.validation import validate
from scar_cp.partition.placement import place
from scar_cp.partition.program import Piece
from scar_cp.solvers.exhaustive import schedules
from scar_cp.terms import Space


def pieces_of(problem, plan):
    """The plan that a schedule is a placement of."""
    windows = []
    for window in plan.windows:
        by_model: dict[int, list[Piece]] = {}
        for s in sorted(window, key=lambda s: s.first):
            piece = Piece(s.first, s.last, problem.chiplet_types[s.chiplet])
            by_model.setdefault(s.model, []).append(piece)
        windows.append(by_model)
    return windows


@pytest.mark.parametrize("adjacent", [False, True])
@seeds(60, quick=4)
def test_the_pieces_of_a_schedule_find_a_place(seed, adjacent):
    rng = Random(seed)
    problem = random_problem(rng, max_schedules=3_000)
    space: Space = "adjacent" if adjacent else "full"
    every = list(schedules(problem, space))
    for plan in rng.sample(every, min(10, len(every))):
        windows = pieces_of(problem, plan)
        placed = place(problem, windows, adjacent)
        # On packages this small the walk looks at every way, so it finds one that exists.
        assert placed is not None
        assert [v for v in validate(problem, placed, space) if v.rule != "deadline"] == []
        assert pieces_of(problem, placed) == windows


def test_types_that_are_no_neighbours_have_no_adjacent_place() -> None:
    # 0 1 over 2 3: types a and b sit on the diagonals' ends.
    run = model([layer(1), layer(1)])
    problem = tiny_problem([run], types="acca"[:2] + "cb", links=SQUARE)
    plan = [{0: [Piece(0, 0, 0), Piece(1, 1, 1)]}]
    assert problem.type_names == ("a", "b", "c")
    assert place(problem, plan, adjacent=True) is None
    placed = place(problem, plan, adjacent=False)
    assert placed is not None
    assert [s.chiplet for s in placed.windows[0]] == [0, 3]


def test_hops_are_saved_where_types_leave_a_choice() -> None:
    # A row a b a: the second piece has one place, the first may sit on either side of it.
    run = model([layer(1), layer(1), layer(1)])
    problem = tiny_problem([run], types="aba", links=[(0, 1), (1, 2)], ports=(2,))
    placed = place(problem, [{0: [Piece(0, 1, 0), Piece(2, 2, 1)]}, {}], adjacent=False)
    assert placed is not None
    assert [s.chiplet for s in placed.windows[0]] in ([0, 1], [2, 1])
    assert placed.windows[1] == ()
