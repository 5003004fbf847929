"""Comparison schedules on problems small enough to do by hand."""

from __future__ import annotations

import pytest
from problems import layer, model, schedule, tiny_problem

from scar_cp.solvers import Request, Search
from scar_cp.solvers.rivals.baselines import nn_baton


def two_models(windows: int):
    """Types a and b: model 0 takes 3 passes of 4 or 2 cycles, model 1 one of 5 or 9.

    Energy of the whole batch in nJ: model 0 takes 1 or 6, model 1 takes 2 or 3.
    """
    runs = [model([layer([3, 1], [1, 2]), layer([1, 1], [0, 4])], batch=3)]
    runs.append(model([layer([5, 9], [2, 3])]))
    return tiny_problem(runs, types="ab", windows=windows)


@pytest.mark.parametrize(
    ("objective", "chiplet", "value"),
    [
        ("latency", 1, 15),  # a: 3*4 + 5 = 17, b: 3*2 + 9 = 15
        ("energy", 0, 3),  # a: 1 + 2 = 3, b: 6 + 3 = 9
        ("edp", 0, 51),  # a: 17*3 = 51, b: 15*9 = 135
    ],
)
def test_nn_baton_runs_all_models_on_the_best_starting_chiplet(objective, chiplet, value):
    search = Search(two_models(windows=2), Request(objective=objective))
    claim = nn_baton(search)
    assert claim.schedule == schedule([(0, 0, 1, chiplet)], [(1, 0, 0, chiplet)])
    assert (claim.value, claim.notes) == (value, ())


def test_nn_baton_needs_a_window_for_every_model() -> None:
    claim = nn_baton(Search(two_models(windows=1), Request()))
    assert claim.schedule is None
    assert claim.notes == ("not in the space full: windows: windows: 2 windows, at most 1 allowed",)


def test_nn_baton_is_of_the_given_windows_only_if_they_are_one_model_each() -> None:
    one_each = [model([layer(3, window=w)], max_segments=(1, 1)) for w in (0, 1)]
    assert nn_baton(Search(tiny_problem(one_each, windows=2), Request("scar"))).value == 6
    together = [model([layer(3, window=0)], max_segments=(1, 0)) for _ in range(2)]
    claim = nn_baton(Search(tiny_problem(together, windows=2), Request("windowed")))
    assert claim.schedule is None
    assert any(": windowed: " in note for note in claim.notes)
