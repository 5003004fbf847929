"""Least energy within a budget of cycles: below the truth for every budget."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from problems import ROW_OF_THREE, layer, model, seeds, tensor, tiny_problem

from scar_cp.partition.budget import BudgetTable
from scar_cp.partition.program import NEVER
from scar_cp.partition.table import Programme

from .brute_force import Truth, one_model, range_of


def least_energies(truth, kind, cycles):
    """By brute force, in the shape of the table: (rows, counts)."""
    return truth.least(kind, 0, truth.num_layers, lambda t, e: e if t <= cycles else NEVER)


def budgets(rng, truth):
    """Too short, in between, exactly attained, and more than enough."""
    counts = truth.problem.type_counts
    latencies = sorted({t for t, _ in truth.within(0, truth.num_layers, counts)})
    chosen = {latencies[0] - 1, latencies[0], rng.choice(latencies), 2 * latencies[-1] + 9}
    return sorted(c for c in chosen if c >= 0)


@seeds(70, quick=6)
def test_energies_never_pass_the_truth_while_they_are_refined(seed):
    rng = Random(seed)
    problem = one_model(seed)
    truth = Truth(problem)
    for kind in ("range", "prefix", "suffix"):
        table = BudgetTable(Programme(problem, 0, kind))
        for cycles in budgets(rng, truth):
            least = least_energies(truth, kind, cycles)
            assert (table.energy_within(cycles) <= least).all()
            for _ in range(40):
                bounded = table.energy_within(cycles)
                open_ended = np.argwhere((bounded < least) & (bounded < NEVER))
                if not len(open_ended):
                    break
                row, k = rng.choice(open_ended.tolist())
                before = int(bounded[row, k])
                if not table.refine(row, k, cycles):
                    continue
                assert table.energy_within(cycles)[row, k] >= before
                assert (table.energy_within(cycles) <= least).all()


@seeds(50, quick=3)
def test_a_partition_keeps_its_budget_and_costs_no_less_than_the_bound(seed):
    rng = Random(seed)
    problem = one_model(seed)
    layers, truth = problem.models[0].num_layers, Truth(problem)
    for kind in ("range", "prefix", "suffix"):
        table = BudgetTable(Programme(problem, 0, kind))
        for cycles in budgets(rng, truth):
            bounded = table.energy_within(cycles)
            for row, k in np.argwhere(bounded < NEVER).tolist():
                found = table.partition(row, k, cycles)
                if found is None:
                    continue
                pieces, used, energy = found
                first, end = range_of(kind, row, 0, layers)
                assert [i for p in pieces for i in range(p.first, p.last + 1)] == list(
                    range(first, end)
                )
                assert used <= cycles
                assert energy >= bounded[row, k]


def test_a_longer_window_never_costs_more_energy() -> None:
    # Five layers, each 5 cycles and 9 nJ on a, 9 cycles and 5 nJ on b.
    run = model([layer([5, 9], [9, 5])] * 5, batch=3)
    table = BudgetTable(Programme(tiny_problem([run], types="aab", links=ROW_OF_THREE), 0, "range"))
    last = table.energy_within(70).shape[1] - 1  # the whole package
    for _ in range(30):
        table.refine(0, last, 70)
    energies = [int(table.energy_within(cycles)[0, last]) for cycles in range(0, 200, 3)]
    assert energies == sorted(energies, reverse=True)


def test_the_budget_decides_between_fast_and_thrifty_chiplets() -> None:
    # Alone on a: 20 cycles, 40 nJ; on b: 60 cycles, 10 nJ.
    run = model([layer([20, 60], [40, 10])])
    table = BudgetTable(Programme(tiny_problem([run], types="ab"), 0, "range"))
    both = 3  # counts (1, 1)
    assert [int(table.energy_within(c)[0, both]) for c in (19, 60)] == [NEVER, 10]
    while table.refine(0, both, 59):
        pass
    # What is left is the gap between the two points and the line through them: 10 + 30/40.
    assert table.energy_within(59)[0, both] == 11
    found = table.partition(0, both, 59)
    assert found is not None
    assert found[1:] == (20, 40)


@pytest.mark.parametrize("cycles", [0, 19, 100])
def test_where_there_is_no_way_there_is_nothing_to_refine(cycles):
    # Neither without a chiplet nor within too few cycles; intervals may be split before.
    table = BudgetTable(
        Programme(tiny_problem([model([layer(20), layer(30)], batch=5)]), 0, "range")
    )
    for k in range(3):
        for _ in range(20):
            assert table.energy_within(cycles)[0, k] == NEVER
            if not table.refine(0, k, cycles):
                break
        else:
            raise AssertionError("refining does not end")


@pytest.mark.parametrize("kind", ["range", "prefix", "suffix"])
def test_a_model_that_costs_no_cycles_needs_no_budget(kind):
    free = model([layer(0, 5), layer(0, 3)], [tensor(0, [1])], batch=2)
    table = BudgetTable(Programme(tiny_problem([free], windows=2), 0, kind))
    table.spread(100, 8)
    assert table.energy_within(0).max() == NEVER  # without a chiplet
    assert table.energy_within(0)[:, 1:].max() == 8


@pytest.mark.parametrize("scale", [2**36, 2**46])
def test_costs_near_the_limit_of_a_problem_do_not_overflow(scale):
    # Prices multiply cycles: with 64-bit integers they leave little room at 2^50.
    run = model([layer([scale, 3 * scale], [5 * scale, 2 * scale]), layer([2 * scale, scale], 1)])
    problem = tiny_problem([run], types="ab", windows=2)
    truth, table = Truth(problem), BudgetTable(Programme(problem, 0, "range"))
    for cycles in (2 * scale, 3 * scale, 5 * scale, 9 * scale):
        least = least_energies(truth, "range", cycles)
        for _ in range(60):
            assert (table.energy_within(cycles) <= least).all()
            k = int(np.argmax((table.energy_within(cycles) < least)[0]))
            if table.energy_within(cycles)[0, k] >= NEVER or not table.refine(0, k, cycles):
                break
