"""Time windows and node counts, worked by hand (SPEC 7.1 and 7.2)."""

from __future__ import annotations

import pytest
from problems import ROW_OF_THREE, layer, model, tiny_problem

from scar_cp.problem.reconfig import (
    default_splits,
    expected_cycles,
    given_ranges,
    pack_windows,
    provision,
    reconfigure,
)


def chains(*cycles, windows=1, chiplets=2):
    """One model per list of layer cycles, on a row of equal chiplets."""
    links = [(c, c + 1) for c in range(chiplets - 1)]
    runs = [model([layer(n) for n in run]) for run in cycles]
    return tiny_problem(runs, types="a" * chiplets, links=links, windows=windows)


def test_expected_cycles_weigh_types_by_their_chiplets_and_count_passes() -> None:
    # Two chiplets of a (1 cycle), one of b (4 cycles), 3 passes: (2*1 + 1*4) * 3
    run = model([layer([1, 4])], batch=5, minibatch=2)
    problem = tiny_problem([run], types="aba", links=ROW_OF_THREE)
    assert expected_cycles(problem) == [[18]]


def test_a_layer_that_crosses_the_boundary_moves_on() -> None:
    # Horizon 12, two windows of 6.
    #   layer 0: 0-4, in window 0;  layer 1: would end at 8 > 6: window 1, clock 6, 6-10
    #   layer 2: last window takes it
    assert pack_windows(chains([4, 4, 4], windows=2), 1) == [[0, 1, 1]]


def test_a_layer_that_ends_on_the_boundary_stays() -> None:
    # Horizon 12, windows of 6: 0-3, 3-6 stay; 6-12 would end at 12 > 6.
    assert pack_windows(chains([3, 3, 6], windows=2), 1) == [[0, 0, 1]]


def test_boundaries_need_not_be_integers() -> None:
    # Horizon 10, boundaries 3 1/3 and 6 2/3.
    #   3 <= 3 1/3 stays; 4 > 3 1/3: window 1, 3 1/3 to 4 1/3; +6 = 10 1/3 > 6 2/3: window 2
    assert pack_windows(chains([3, 1, 6], windows=3), 2) == [[0, 1, 2]]


def test_a_layer_longer_than_a_window_stays_where_it_is_alone() -> None:
    # Horizon 12, windows of 4.
    #   layer 0: 0-10, alone in window 0;
    #   layer 1: would end at 11 > 4: window 1, clock max(4, 10) = 10, 10-11, alone: stays
    #   layer 2: would end at 12 > 8: window 2
    assert pack_windows(chains([10, 1, 1], windows=3), 2) == [[0, 1, 2]]


def test_a_window_may_end_later_than_its_boundary_says() -> None:
    # Horizon 12, windows of 4: layer 0 0-1; layer 1 would end at 10: window 1, 4-13, alone;
    # layer 2 (2 cycles) would end at 15 > 8: window 2.
    assert pack_windows(chains([1, 9, 2], windows=3), 2) == [[0, 1, 2]]


def test_a_shorter_model_keeps_to_the_windows_of_the_longest() -> None:
    # Horizon 12 of model 0, windows of 6; model 1 ends at 5, model 2 (2, 5) is cut.
    problem = chains([6, 6], [3, 2], [2, 5], windows=2, chiplets=3)
    assert pack_windows(problem, 1) == [[0, 1], [0, 0], [0, 1]]


def test_without_splits_everything_lies_in_one_window() -> None:
    assert pack_windows(chains([4, 4], [1], windows=3), 0) == [[0, 0], [0]]


def test_models_listed_last_move_on_from_a_window_that_is_too_full() -> None:
    # Two chiplets, five models in window 0: 2, 3, 4 move to 1, then 4 to 2.
    problem = chains([1], [1], [1], [1], [1], windows=3)
    assert pack_windows(problem, 0) == [[0], [0], [1], [1], [2]]


def test_a_model_that_moves_joins_its_own_later_layers() -> None:
    # One chiplet, windows of 5: model 1 (3, 3) is cut into windows 0 and 1; model 0 keeps 0.
    # Window 1 then has model 0's second layer too: model 1 moves on to window 2.
    problem = chains([5, 5], [3, 3], windows=3, chiplets=1)
    assert pack_windows(problem, 1) == [[0, 1], [2, 2]]
    # Alone in window 1 it stays there.
    problem = chains([6], [3, 1], windows=2, chiplets=1)
    assert pack_windows(problem, 1) == [[0], [1, 1]]


def test_too_many_models_for_all_windows_have_no_packing() -> None:
    problem = chains([1], [1], [1], [1], [1], windows=2)
    assert pack_windows(problem, 0) is None
    filled = reconfigure(problem)
    assert all(la.window is None for run in filled.models for la in run.layers)
    assert all(run.max_segments is None for run in filled.models)


@pytest.mark.parametrize(("windows", "splits"), [(1, 0), (2, 1), (5, 4), (6, 4), (20, 4)])
def test_the_default_is_four_splits_where_windows_allow(windows, splits):
    assert default_splits(windows) == splits


@pytest.mark.parametrize(
    ("targets", "chiplets", "nodes"),
    [
        ([1, 1], 4, [2, 2]),
        ([3, 1], 4, [3, 1]),
        # 2.5, 1.25, 1.25: the half goes up, and the sum fits
        ([10, 5, 5], 5, [3, 1, 1]),
        # 1.5 and 1.5 go up to 2 and 2, one too many: of equals the last gives
        ([1, 1], 3, [2, 1]),
        # 1.5 -> 2, 2.5 -> 3, one too many: the largest gives
        ([3, 5], 4, [2, 2]),
        # 1 1/3 each: nobody gets the last chiplet
        ([7, 7, 7], 4, [1, 1, 1]),
        # 3.88 -> 4, and three times 0.04 -> at least 1: the largest gives three times
        ([100, 1, 1, 1], 4, [1, 1, 1, 1]),
        # nothing expected of anyone: equal shares
        ([0, 0], 4, [2, 2]),
        # 0 -> 1, 3 -> 3: the largest gives
        ([0, 5], 3, [1, 2]),
        ([9], 4, [4]),
        ([], 4, []),
        # exact beyond floats: a hair below one half more stays down
        ([10**17 - 1, 10**17 + 1], 3, [1, 2]),
    ],
)
def test_node_counts_follow_shares(targets, chiplets, nodes):
    assert provision(targets, chiplets) == nodes


def test_every_window_gets_its_own_node_counts_and_0_where_a_model_is_absent() -> None:
    # Three chiplets, two windows of 6. Window 0: model 0 has 6, model 1 has 3: 2 and 1.
    # Window 1: model 0 alone: 3. A window beyond the splits: nobody.
    problem = reconfigure(chains([6, 6], [3], windows=3, chiplets=3), 1)
    assert [[la.window for la in run.layers] for run in problem.models] == [[0, 1], [0]]
    assert [run.max_segments for run in problem.models] == [(2, 3, 0), (1, 0, 0)]


def test_uniform_packing_shares_layers_out_by_number() -> None:
    # Five layers over three windows: 0, 3/5, 6/5, 9/5, 12/5; two layers: 0, 3/2.
    problem = chains([9, 1, 1, 1, 1], [1, 1], windows=3)
    assert pack_windows(problem, 2, "uniform") == [[0, 0, 1, 1, 2], [0, 1]]


def test_a_uniform_window_too_full_spills_like_a_greedy_one() -> None:
    assert pack_windows(chains([1], [1], windows=2, chiplets=1), 1, "uniform") == [[0], [1]]


@pytest.mark.parametrize(
    ("target", "nodes"),
    [
        # Shares of four chiplets: cycles 6 and 2, energies 1 and 7, products 6 and 14.
        ("latency", [(3,), (1,)]),
        ("energy", [(1,), (3,)]),  # 1/2 goes up to 1, 3 1/2 to 4, one too many: the largest gives
        ("edp", [(1,), (3,)]),  # 1.2 and 2.8
    ],
)
def test_node_counts_may_follow_another_metric(target, nodes):
    runs = [model([layer(6, 1)]), model([layer(2, 7)])]
    problem = tiny_problem(runs, types="aaaa", links=((0, 1), (1, 2), (2, 3)))
    filled = reconfigure(problem, target=target)
    assert [run.max_segments for run in filled.models] == nodes


def test_ranges_are_read_from_the_layers_windows() -> None:
    runs = [model([layer(1, window=w) for w in windows]) for windows in ((0, 0, 2), (2,))]
    assert given_ranges(tiny_problem(runs, windows=3)) == [{0: (0, 1)}, {}, {0: (2, 2), 1: (0, 0)}]
