"""Bounds never pass the optimum."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from problems import (
    layer,
    model,
    random_problem,
    random_schedule,
    schedule,
    seeds,
    tensor,
    tiny_problem,
)

from scar_cp.judge.bounds import (
    Bound,
    CpsatRun,
    Proof,
    best_bound,
    confirmed,
    least_completions,
    simple_bounds,
)
from scar_cp.judge.evaluation import evaluate
from scar_cp.problem.compiled import Problem
from scar_cp.problem.problem_faults import problem_faults
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import exhaustive


def test_the_bounds_of_one_model_by_hand() -> None:
    # Two layers, 4 passes, two chiplets; type a is the faster for layer 0, b for layer 1.
    #   serial S = 3 + 5 compute, input 2 + 6 latency, output 1 + 6: 23
    #   longest layer 5 < ceil(23 / 2) = 12: 23 + 3 * 12 = 59;  area ceil(4 * 23 / 2) = 46
    #   energy: 10 + 20 compute, 7 + 8 of input and output: 45
    run = model(
        [layer([3, 9], [10, 11]), layer([9, 5], [21, 20])],
        [
            tensor(None, [0], dram=2, dram_nj=7),
            tensor(0, [1], dram=9, dram_nj=9, nop=4, nop_nj=3),
            tensor(1, [], dram=1, dram_nj=8),
        ],
        batch=4,
    )
    problem = tiny_problem([run], types="ab", dram_latency=6)
    bounds = {b.source: b.value for b in simple_bounds(problem)}
    assert bounds == {
        "serial path": 59,
        "area": 46,
        "relaxed assignment": 45,
        "corner": 59 * 45,
    }
    assert least_completions(problem) == [59]
    proofs = {b.source: b.proof.by for b in simple_bounds(problem)}
    assert proofs.pop("corner") == "combination"
    assert set(proofs.values()) == {"relaxation"}


def heavy(**settings: Any) -> Problem:
    """Three passes of three layers on a row of eight chiplets; the first two share weights.

    25 + 30 + 4 cycles; weights 40 cycles and 20 nJ; input and output 2 + 1 cycles, each with 6 of
    latency, and 8 + 9 nJ; compute 18 nJ; a tensor inside costs nothing of necessity.
    """
    weights = (10, 40, 1, 20, 1)
    layers = [layer(25, 5, weights), layer(30, 6, weights) | {"weights_of": 0}, layer(4, 7)]
    moves = [
        tensor(None, [0], dram=2, dram_nj=8, nop_nj=1),
        tensor(0, [1], dram=9, dram_nj=30),
        tensor(2, [], dram=1, dram_nj=9, nop_nj=1),
    ]
    light = model([layer(1)], [tensor(None, [0], dram=4, dram_nj=1)])
    row = [(c, c + 1) for c in range(7)]
    return tiny_problem(
        [model(layers, moves, batch=3), light],
        types="a" * 8,
        links=row,
        dram_latency=6,
        **settings,
    )


@pytest.mark.parametrize(
    ("weight_policy", "overlap", "cycles"),
    [
        # serial 59 + 15 + 40 + 6 = 120, longest 25 + 40
        ("per_pass", "none", 120 + 2 * 65),
        # serial 59 + 15 = 74, longest 30; weights once
        ("resident", "none", 74 + 2 * 30 + 40),
        # serial 15 + 40 + 6 = 61 > 59, longest 40 of weights > 30
        ("per_pass", "full", 61 + 2 * 40),
        # serial 59, longest 30; weights may be loaded in passes, behind compute
        ("resident", "full", 59 + 2 * 30),
    ],
)
def test_the_least_completion_follows_the_settings(weight_policy, overlap, cycles):
    problem = heavy(weight_policy=weight_policy, overlap=overlap)
    assert least_completions(problem) == [cycles, 10 + (1 if overlap == "none" else 0)]


@pytest.mark.parametrize(("weight_policy", "loads"), [("per_pass", 3), ("resident", 1)])
def test_weights_are_loaded_in_every_pass_or_once(weight_policy, loads):
    problem = heavy(weight_policy=weight_policy, contention="dram")
    bounds = {b.source: b.value for b in simple_bounds(problem)}
    assert bounds["memory traffic"] == loads * 40 + 3 * (2 + 1) + 4
    assert bounds["relaxed assignment"] == 18 + 8 + 9 + loads * 20 + 1
    alone = {b.source for b in simple_bounds(heavy(weight_policy=weight_policy))}
    assert "memory traffic" not in alone  # without contention nobody waits for anyone


@seeds(120, quick=6)
def test_no_simple_bound_passes_the_optimum(seed):
    rng = Random(seed)
    problem = random_problem(rng, max_schedules=4_000)
    bounds = simple_bounds(problem)
    assert {b.objective for b in bounds} == {"latency", "energy", "edp"}
    for objective in ("latency", "energy", "edp"):
        search = Search(problem, Request("full", objective))
        exhaustive(search)
        best = best_bound(bounds, objective, "full")
        assert best is not None
        if search.value is not None:
            assert best.value <= search.value


@seeds(30, quick=2)
def test_no_model_completes_before_its_serial_path(seed):
    rng = Random(seed)
    for _ in range(10):
        problem = random_problem(rng, max_schedules=2_000_000)
        plan = random_schedule(rng, problem)
        if plan is not None:
            done = evaluate(problem, plan).completion_cycles
            least = least_completions(problem)
            assert all(a <= b for a, b in zip(least, done, strict=True))


def with_first(problem, table, **changes):
    """The problem with its first layer or tensor changed."""
    run = problem.models[0]
    first, *rest = getattr(run, table)
    return problem.replace(models=(run.replace(**{table: (first.replace(**changes), *rest)}),))


@pytest.mark.parametrize(
    ("table", "changes"),
    [("layers", {"weight_load_cycles": 5}), ("tensors", {"consumers": ()})],
)
def test_a_problem_file_whose_costs_never_occur_is_refused_or_bounded_without_them(table, changes):
    # The layer has no weight bytes, so its load is never paid; nobody reads the input.
    problem = tiny_problem([model([layer(1)], [tensor(None, [0], dram=9)])])
    problem = with_first(problem, table, **changes)
    value = evaluate(problem, schedule([(0, 0, 0, 0)])).latency_cycles
    bounds = [b.value for b in simple_bounds(problem) if b.objective == "latency"]
    assert problem_faults(problem, "file") or max(bounds) <= value


def test_a_bound_holds_in_its_space_and_every_smaller_one():
    bounds = [
        Bound(value=3, objective="latency", space="full", source="a"),
        Bound(value=5, objective="latency", space="adjacent", source="b"),
        Bound(value=9, objective="latency", space="scar", source="c"),
        Bound(value=99, objective="energy", space="full", source="d"),
    ]

    def best(space):
        found = best_bound(bounds, "latency", space)
        return found and found.source

    assert [best(s) for s in ("full", "adjacent", "windowed", "scar")] == ["a", "b", "b", "c"]
    assert best_bound(bounds, "edp", "scar") is None
    assert best_bound([bounds[2]], "latency", "full") is None


def test_a_proof_by_cp_sat_rests_on_one_run_until_a_second_confirms_it():
    once = Proof(by="cp-sat", run=CpsatRun(version="9.9", parameters={"random_seed": 1}))
    twice = confirmed(once, {"random_seed": 2})
    assert once.caveat == "OR-Tools 9.9, one run, not confirmed"
    assert twice.caveat == "OR-Tools 9.9, confirmed by a second solve"
    assert twice.run == once.run.replace(confirmed_by={"random_seed": 2})
    assert (once.is_confirmed, twice.is_confirmed) == (False, True)
    table = Proof(by="tables")
    assert (table.is_confirmed, table.caveat) == (True, "")
    unknown = Proof(by="cp-sat")
    assert (unknown.is_confirmed, unknown.caveat[:26]) == (False, "OR-Tools unknown version, ")
