"""Tables of latencies: below the truth at every moment, exact in the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from problems import layer, model, seeds, tensor, tiny_problem

from scar_cp.partition.program import NEVER
from scar_cp.partition.segment_costs import SegmentCosts
from scar_cp.partition.table import Programme, Table

from .brute_force import Truth, cuts, one_model, range_of, typed


def latency(cycles, _energy):
    return cycles


def ranges_of(seed, layers):
    """All kinds, and a range in the middle."""
    first = seed % layers
    end = first + 1 + (seed // 7) % (layers - first)
    middle = ("range", first, end)
    return [*((kind, 0, layers) for kind in ("range", "prefix", "suffix")), middle]


def refined(table):
    """Refine all entries in turn, until none can be, and yield after every step."""
    rows, columns = table.low.shape
    open_ended = {(row, k) for row in range(rows) for k in range(columns)}
    while open_ended:
        for row, k in sorted(open_ended):
            if table.refine(row, k):
                yield
            else:
                open_ended.discard((row, k))


@seeds(70, quick=4)
def test_lower_values_never_pass_the_truth_and_refining_never_lowers_them(seed):
    problem = one_model(seed)
    layers = problem.models[0].num_layers
    truth = Truth(problem)
    for kind, first, end in ranges_of(seed, layers):
        table = Table(Programme(problem, 0, kind, first, end))
        least = truth.least(kind, first, end, latency)
        # Where there is no way, both are at least NEVER.
        low, up = table.low, table.up
        assert (np.minimum(low, NEVER) <= least).all()
        assert (low <= up).all()
        for _ in refined(table):
            assert (table.low >= low).all()
            assert (table.up <= up).all()
            low, up = table.low, table.up
            assert (np.minimum(low, NEVER) <= least).all()
        assert (low == up)[least < NEVER].all()


@seeds(40, quick=2)
def test_refined_to_the_end_a_table_is_the_least_over_all_cuts_and_types(seed):
    problem = one_model(seed)
    layers, passes = problem.models[0].num_layers, problem.models[0].passes
    costs = SegmentCosts.of(problem, 0)
    table = Table(Programme(problem, 0, "range"))
    for _ in refined(table):
        pass
    for k, counts in enumerate(np.ndindex(*table.shape)):
        values = []
        for cut in cuts(0, layers, sum(counts)):
            for types in typed(cut, counts):
                keys = [(t, i, j) for t, (i, j) in zip(types, cut, strict=True)]
                worst = max(int(costs.pass_cycles[key]) for key in keys)
                sums = sum(int(costs.sum_cycles[key]) for key in keys)
                values.append(sums + (passes - 1) * worst)
        if values:
            assert table.low[0, k] == min(values)
        else:
            assert table.low[0, k] >= NEVER


@pytest.mark.parametrize("seed", range(0, 90, 3))  # chains
def test_a_chain_in_one_window_without_hop_latency_is_exact(seed):
    problem = one_model(seed).replace(hop_cycles=0)
    layers = problem.models[0].num_layers
    table = Table(Programme(problem, 0, "range"))
    for _ in refined(table):
        pass
    least = Truth(problem).least("range", 0, layers, latency)
    assert (np.minimum(table.low, NEVER) == least).all()


@seeds(40, quick=2)
def test_pieces_cover_their_layers_within_their_counts_and_attain_the_upper_value(seed):
    problem = one_model(seed)
    layers, passes = problem.models[0].num_layers, problem.models[0].passes
    for kind in ("range", "prefix", "suffix"):
        table = Table(Programme(problem, 0, kind))
        table.spread(int(table.up[table.up < NEVER].max()) + 1, 3)
        known: tuple[Any, bool] = {
            "range": (0, False),
            "prefix": (0, True),
            "suffix": ("open", False),
        }[kind]
        costs = SegmentCosts.of(problem, 0, *known)
        for row in range(table.up.shape[0]):
            first, end = range_of(kind, row, 0, layers)
            for k, counts in enumerate(np.ndindex(*table.shape)):
                if table.up[row, k] >= NEVER or first == end:
                    continue
                pieces = table.pieces(row, k)
                inside = [i for p in pieces for i in range(p.first, p.last + 1)]
                assert inside == list(range(first, end))
                types = [p.type for p in pieces]
                assert all(types.count(t) <= c for t, c in enumerate(counts))
                keys = [(p.type, p.first, p.last) for p in pieces]
                sums = sum(int(costs.sum_cycles[key]) for key in keys)
                worst = max(int(costs.pass_cycles[key]) for key in keys)
                border = 0 if kind == "range" else int(costs.crossing_cycles[row])
                assert sums + border + (passes - 1) * worst <= table.up[row, k]


@pytest.mark.parametrize("kind", ["range", "prefix", "suffix"])
def test_a_model_that_costs_no_cycles_takes_none(kind):
    free = model([layer(0, 5), layer(0, 3)], [tensor(0, [1])], batch=2)
    table = Table(Programme(tiny_problem([free], windows=2), 0, kind))
    table.spread(100, 8)
    assert (table.low[:, 1:] == 0).all()


def test_the_limits_between_layers_matter_on_the_worse_type_too() -> None:
    # One chiplet of each type; the second layer is slow on both, slower on the worse.
    run = model([layer([5, 50]), layer([20, 30])], batch=10)
    table = Table(Programme(tiny_problem([run], types="ab"), 0, "range"))
    for _ in refined(table):
        pass
    # Counts (0,0) (0,1) (1,0) (1,1): all on b, all on a, or a pipeline 5 + 30 + 9 * 30.
    assert table.low[0, 1:].tolist() == [800, 250, 250]
