"""Annealing and prices as a stage: bounds and schedules of every objective, against brute force."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from partition.priced import drawn_problem, optimum
from problems import layer, model, scaled, schedule, seeds, tensor, tiny_problem

from scar_cp.clock import look
from scar_cp.partition import annealing, many_windows, sum_bounds
from scar_cp.partition import prices as prices_module
from scar_cp.solvers import CpsatOptions, Request, Search
from scar_cp.solvers.cpsat import windows_stage
from scar_cp.solvers.cpsat.partition_stage import partition


@pytest.fixture
def eager(monkeypatch):
    """The stage for problems of any size, with short climbs."""
    monkeypatch.setattr(windows_stage, "_FEW_PLACES", 0)
    monkeypatch.setattr(windows_stage, "_LEAST_S", 0.0)
    monkeypatch.setattr(annealing, "_IN_VAIN", 2)
    levels = sum_bounds._LEVELS
    short = tuple(replace(level, sweeps=2, steps=10) for level in levels)
    monkeypatch.setattr(sum_bounds, "_LEVELS", short)
    monkeypatch.setattr(prices_module, "_TARIFFS_EVERY", 2)
    monkeypatch.setattr(sum_bounds, "_LATER", short[2:])


WEIGHTS = {"weighted": [(1, 0), (1, 1), (7, 2), (1, 50), (3, 10**6)]}


@pytest.mark.parametrize("objective", ["latency", "edp", "weighted"])
@seeds(30, quick=2)
def test_bounds_of_all_objectives_stay_below_the_optimum(seed, objective, eager):
    rng = Random(f"windows stage {seed} {objective}")
    problem = drawn_problem(rng, most=1_000).replace(max_windows=rng.choice([3, 3, 4]))
    if rng.random() < 0.3:
        problem = scaled(problem, 1, rng.choice([0, 1, 10**6, 2**40]))
    weights = rng.choice(WEIGHTS.get(objective, [None]))
    best = optimum(problem, objective, weights)
    ideas: dict[str, Any] = {}
    if rng.random() < 0.5:
        names = ("annealing", "climbs", "slots", "joint", "tariffs")
        ideas = {name: rng.random() < 0.5 for name in names}
    options = CpsatOptions(**ideas)
    request = Request("full", objective, weights, time_limit_s=60, workers=1, cpsat=options)
    search = Search(problem, request)
    partition(search)
    if best is None:
        assert search.value is None
        return
    assert search.value is None or search.value >= best
    for bound in search.bounds:
        if bound.objective == objective:
            assert bound.value <= best, bound


def test_two_windows_take_over_where_tables_take_too_long(eager, monkeypatch):
    def never_ready(*_: Any) -> None:
        while True:
            look()

    monkeypatch.setattr(many_windows, "range_tables", never_ready)
    monkeypatch.setattr(windows_stage, "_TABLES_SHARE", 0.001)
    # Two models on one chiplet: whatever is found has two windows.
    run = model([layer(5), layer(7)], [tensor(0, [1])])
    problem = tiny_problem([run, run], types="a", links=[], windows=3)
    search = Search(problem, Request("full", "latency", time_limit_s=20, workers=1))
    search.offer(schedule([(0, 0, 0, 0)], [(0, 1, 1, 0)], [(1, 0, 1, 0)]), "by hand")
    stages: list[str] = []
    monkeypatch.setattr(Search, "enter", lambda _, stage: stages.append(stage))
    partition(search)
    assert stages[-2:] == ["tables of ranges", "two windows"]
