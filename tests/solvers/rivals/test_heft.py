"""List scheduling, on problems small enough to do by hand."""

from __future__ import annotations

import pytest
from problems import ROW_OF_THREE, layer, model, schedule, tensor, tiny_problem

from scar_cp.solvers import Request, Search
from scar_cp.solvers.rivals.heft import heft, upward_ranks


def test_ranks_are_mean_cycles_and_sends_to_the_end_of_the_model() -> None:
    # Times 2 passes and 2 chiplets. Layer 1: mean of 4 and 8 = 6, so 24.
    # Layer 0: mean of 10 and 20 = 15, so 60; send of 3 + 1 hop of 1 = 4, so 16; 60 + 16 + 24.
    moves = [tensor(None, [0], dram=50), tensor(0, [1], nop=3), tensor(1, [], dram=50)]
    run = model([layer([10, 20]), layer([4, 8])], moves, batch=2)
    assert upward_ranks(tiny_problem([run], types="ab", hop=1)) == [[100, 24]]


def test_a_layer_moves_where_that_is_faster_send_included() -> None:
    # Layer 0: 10 on a, 30 on b. Layer 1: stay 10 + 20 = 30; move 10 + (2 + 1) + 4 = 17.
    run = model([layer([10, 30]), layer([20, 4])], [tensor(0, [1], nop=2), tensor(1, [])])
    search = Search(tiny_problem([run], types="ab", ports=(0, 1), hop=1), Request())
    assert heft(search).schedule == schedule([(0, 0, 0, 0), (0, 1, 1, 1)])
    assert search.value == 17


def test_a_layer_does_not_see_what_comes_after_it() -> None:
    # Layer 0: 10 on a, 11 on b, so a. Layer 1: stay 10 + 40 = 50; move 10 + 30 + 4 = 44.
    # Both on b would take 15.
    run = model([layer([10, 11]), layer([40, 4])], [tensor(0, [1], nop=30), tensor(1, [])])
    assert heft(Search(tiny_problem([run], types="ab"), Request())).value == 44


def test_stages_see_the_layers_of_their_own() -> None:
    # On one b and two a, each of two models has 1 of 3 chiplets as its share, or 2 of them.
    # Model 0 (work 2 * 30) gets round(60 / 90 * 3) = 2 stages, model 1 (2 * 15) one.
    # Stages of model 0: 15 and 15. First on 0: 15, second on 2 (1 is b and slower): 15 + 15,
    # with the second pass 45. Model 1 then takes b, 2 * 20 = 40. One layer after the other:
    # layers of 5 on 0, 2, then all the rest stays: 5 + 25 + 25 = 55.
    run = model([layer([5, 9]) for _ in range(6)], batch=2)
    other = model([layer([15, 20])], batch=2)
    search = Search(tiny_problem([run, other], types="aba", links=ROW_OF_THREE), Request())
    assert heft(search).schedule == schedule([(0, 0, 2, 0), (0, 3, 5, 2), (1, 0, 0, 1)])
    assert search.value == 45


def test_a_chiplet_is_kept_for_every_model_not_begun() -> None:
    # Alone, model 0 would take both: 10 + 10 + 4 * 10 = 60 instead of 5 * 20 = 100.
    long, short = model([layer(10), layer(10)], batch=5), model([layer(1)])
    assert heft(Search(tiny_problem([long]), Request())).value == 60
    search = Search(tiny_problem([long, short]), Request())
    assert heft(search).schedule == schedule([(0, 0, 1, 0), (1, 0, 0, 1)])
    assert search.value == 100


@pytest.mark.parametrize(("space", "value"), [("full", 6), ("adjacent", 25)])
def test_a_chain_walks_over_neighbours_where_the_space_asks_for_it(space, value):
    # Layer 0 on a (chiplet 0): 5. Layer 1: 1 on c (chiplet 2), 20 on b between them.
    run = model([layer([5, 50, 50]), layer([30, 20, 1])])
    problem = tiny_problem([run], types="abc", links=ROW_OF_THREE)
    assert heft(Search(problem, Request(space))).value == value


def test_models_that_do_not_fit_go_to_further_windows() -> None:
    # By rank 9, 5 | 3: windows of 9 and 3.
    runs = [model([layer(cycles)]) for cycles in (5, 3, 9)]
    assert heft(Search(tiny_problem(runs, windows=2), Request())).value == 12


@pytest.mark.parametrize(("space", "value"), [("windowed", 12 + 4), ("scar", 16 + 4)])
def test_given_windows_and_node_counts_are_kept(space, value):
    # Window 0: layers of 4 and 4 with 2 passes, apart 8 + 4 = 12, in one segment 16.
    # Window 1: the third layer, 2 * 2 = 4.
    layers = [layer(4, window=0), layer(4, window=0), layer(2, window=1)]
    run = model(layers, batch=2, max_segments=(1, 1))
    assert heft(Search(tiny_problem([run], windows=2), Request(space))).value == value
