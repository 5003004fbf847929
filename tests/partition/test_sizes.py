"""What is small enough for which search."""

from __future__ import annotations

import pytest
from problems import layer, model, tiny_problem

from scar_cp.partition.sizes import is_joint_small


@pytest.mark.parametrize(("models", "small"), [(1, True), (3, True), (4, False)])
def test_more_than_three_models_are_too_many(models, small):
    problem = tiny_problem([model([layer(3)])] * models, windows=5)
    assert is_joint_small(problem) is small


@pytest.mark.parametrize(("windows", "small"), [(3, True), (9, False)])
def test_states_of_all_borders_count(windows, small):
    models = [model([layer(3)] * 200)] * 3
    problem = tiny_problem(models, windows=windows)
    assert is_joint_small(problem) is small


@pytest.mark.parametrize(("chiplets", "small"), [(43, True), (44, False)])
def test_ways_to_share_out_chiplets_count(chiplets, small):
    models = [model([layer(3)])] * 3
    row = [(c, c + 1) for c in range(chiplets - 1)]
    problem = tiny_problem(models, types="a" * chiplets, links=row, windows=3)
    assert is_joint_small(problem) is small  # comb(chiplets + 2, 2) ways
