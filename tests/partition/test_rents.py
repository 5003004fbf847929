"""Rents of places near memory: whatever they are, no schedule costs less than they say."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from problems import layer, model, random_problem, random_schedule, seeds, tensor, tiny_problem

from scar_cp.judge.evaluation import evaluate
from scar_cp.partition.rents import Rents, rents_for
from scar_cp.partition.segment_costs import SegmentCosts
from scar_cp.partition.table import range_programmes
from scar_cp.partition.trade_off import budget_tables, trade_off_one_window
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search
from scar_cp.solvers.cpsat import partition_stage
from scar_cp.solvers.exhaustive import exhaustive

from .brute_force import points

WEIGHTS = (10, 7, 3, 20, 2)  # bytes, cycles from DRAM, cycles over NoP, nJ from DRAM, nJ per hop


def drawn_rents(rng: Random, problem: Problem) -> Rents:
    most = rng.choice([0, 5, 100, 10**6])
    places = Rents.none(problem).places
    return Rents(places, tuple(tuple(rng.randint(0, most) for _ in of) for of in places))


def in_a_row(count: int) -> Problem:
    """Models of one layer each on a row of chiplets, the port at one end."""
    run = model([layer(5, 3, WEIGHTS)], batch=2)
    links = [(c, c + 1) for c in range(count - 1)]
    return tiny_problem([run] * count, types="a" * count, links=links, ports=(0,), hop=1)


@seeds(120, quick=10)
def test_with_any_rents_no_window_costs_less(seed):
    rng = Random(f"rents {seed}")
    problem = random_problem(rng, windows=1, max_chiplets=5, max_schedules=10**9)
    costs: dict[int, SegmentCosts] = {}
    rents = drawn_rents(rng, problem)
    for m in range(len(problem.models)):
        costs[m] = SegmentCosts.of(problem, m, rents=rents)
    for _ in range(20):
        plan = random_schedule(rng, problem)
        if plan is None:
            return
        said = sum(
            int(costs[s.model].energy_nj[problem.chiplet_types[s.chiplet], s.first, s.last])
            for s in plan.windows[0]
        )
        assert said - rents.total_nj <= evaluate(problem, plan).energy_nj


@seeds(60, quick=6)
def test_what_moves_by_the_hop_is_told_by_two_distances(seed):
    """A hop more from memory costs every segment ``hop_nj`` more."""
    rng = Random(f"hops {seed}")
    problem = random_problem(rng, windows=1, max_chiplets=5, max_schedules=10**9)
    near = Rents.none(problem)
    far = Rents(tuple(tuple((d + 1, n) for d, n in of) for of in near.places), near.nj)
    for m, run in enumerate(problem.models):
        costs, more = (SegmentCosts.of(problem, m, rents=rents) for rents in (near, far))
        inside = np.triu(np.ones((run.num_layers, run.num_layers), dtype=bool))
        told = (more.energy_nj - costs.energy_nj)[:, inside]
        assert (told == costs.hop_nj[:, inside]).all()


def test_rents_are_what_the_last_one_at_each_distance_would_pay_to_be_nearer() -> None:
    # Distances 0, 1, 2, 3; who moves 9 sits at 0, 5 at 1, 2 at 2; the last place is empty.
    problem = in_a_row(4)
    rents = rents_for(problem, [[2, 9, 5]])
    assert rents.places == (((0, 1), (1, 1), (2, 1), (3, 1)),)
    assert rents.nj == ((7, 2, 0, 0),)
    # Each pays what it costs there, hops and rent, and nowhere less.
    least = rents.least_nj(np.array([[9, 5, 2]]))
    assert least.tolist() == [[7, 5 + 2, 2 * 2]]
    assert int(least.sum()) - rents.total_nj == 9 * 0 + 5 * 1 + 2 * 2


def test_with_rents_a_full_package_costs_what_it_costs() -> None:
    # Four models on four chiplets: whoever is where, 0 + 1 + 2 + 3 hops of 2 loads x 2 nJ.
    problem = in_a_row(4)
    rents = rents_for(problem, [[4] * 4])
    energy = [int(SegmentCosts.of(problem, m, rents=rents).energy_nj[0, 0, 0]) for m in range(4)]
    search = Search(problem, Request("full", "energy"))
    assert exhaustive(search).exhausted
    assert sum(energy) - rents.total_nj == search.value


def test_equal_distances_ask_for_no_rent() -> None:
    problem = tiny_problem([model([layer(5, 3, WEIGHTS)])], types="ab", ports=(0, 1))
    assert not Rents.none(problem).may_differ
    assert rents_for(problem, [[2], [5]]).are_idle


@pytest.mark.parametrize("objective", ["edp", "energy", "weighted"])
@seeds(40, quick=3)
def test_no_bound_with_rents_passes_the_optimum(seed, objective):
    rng = Random(f"rents and bounds {seed} {objective}")
    values = {
        "edp": lambda cycles, nj: cycles * nj,
        "energy": lambda _cycles, nj: nj,
        "weighted": lambda cycles, nj: 3 * cycles + 2 * nj,
    }
    value = values[objective]
    while not (found := points(problem := random_problem(rng, windows=1, max_schedules=1_000))):
        pass
    best = min(value(*point) for point in found)
    rents = drawn_rents(rng, problem)
    ranges = {m: (0, run.num_layers) for m, run in enumerate(problem.models)}
    bounds: list[int] = []

    def on_plan(plan):
        bounds.append(plan.bound)
        return best

    steps = iter(range(500))
    trade_off_one_window(
        problem,
        ranges,
        value,
        0,
        2 * max(cycles for cycles, _ in found),
        on_plan,
        lambda: next(steps, None) is not None,
        tables=budget_tables(range_programmes(problem, ranges, rents)),
        rents_nj=rents.total_nj,
        hops_tolerance=rng.choice([0.0, 0.1]),
    )
    assert bounds
    assert all(bound <= best for bound in bounds)


@pytest.mark.parametrize("objective", ["edp", "energy"])
@seeds(30, quick=3)
def test_the_stage_with_rents_stays_below_the_optimum(seed, objective, monkeypatch):
    monkeypatch.setattr(partition_stage, "_COUNTS_ONE", 0)  # distances are not told apart
    rng = Random(f"rents in the stage {seed} {objective}")
    problem = random_problem(rng, windows=1, max_schedules=2_000, contention="none")
    request = Request("full", objective, time_limit_s=20, workers=1)
    truth, search = Search(problem, request), Search(problem, request)
    assert exhaustive(truth).exhausted
    if truth.schedule is None:
        return
    search.offer(truth.schedule, "brute force")
    partition_stage.partition(search)
    assert search.value == truth.value
    assert all(
        bound.value <= truth.value for bound in search.bounds if bound.objective == objective
    )


def test_a_row_of_chiplets_is_certified_by_rents(monkeypatch) -> None:
    monkeypatch.setattr(partition_stage, "_COUNTS_ONE", 0)
    problem = in_a_row(4)
    search = Search(problem, Request("full", "energy", time_limit_s=20, workers=1))
    truth = Search(problem, Request("full", "energy"))
    exhaustive(truth)
    assert truth.schedule is not None
    search.offer(truth.schedule, "brute force")
    partition_stage.partition(search)
    assert search.bound == truth.value


def test_where_nobody_pays_rent_the_best_plan_is_found_all_the_same(monkeypatch) -> None:
    # One model on a row of two: the far chiplet stays empty, its types trade time for energy.
    monkeypatch.setattr(partition_stage, "_COUNTS_ONE", 0)
    monkeypatch.setattr(partition_stage, "_FIRST_TOLERANCE", 10.0)
    rows = [layer([5 + i, 30 - i], [40 - 3 * i, 9 + i], WEIGHTS) for i in range(5)]
    chain = [tensor(i, [i + 1], nop=2, nop_nj=1, dram=3, dram_nj=2) for i in range(4)]
    links = [(0, 1), (1, 2), (2, 3)]
    problem = tiny_problem([model(rows, chain, batch=3)], types="abab", links=links, ports=(0, 1))
    search = Search(problem, Request("full", "edp", time_limit_s=20, workers=1))
    truth = Search(problem, Request("full", "edp"))
    assert exhaustive(truth).exhausted
    assert truth.schedule is not None
    search.offer(truth.schedule, "brute force")
    bounds: list[int] = []
    whole = trade_off_one_window

    def watched(*given, **options):
        whole(*given, **options)
        bounds.append(search.bound or 0)

    monkeypatch.setattr(partition_stage, "trade_off_one_window", watched)
    partition_stage.partition(search)
    assert len(bounds) >= 2
    assert bounds[0] < bounds[-1] <= truth.value
