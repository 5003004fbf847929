"""Tables of ranges: lower values below every placement, upper values attained up to hops."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from problems import layer, model, scaled, seeds, tiny_problem

from scar_cp.partition import range_table as module
from scar_cp.partition.program import NEVER
from scar_cp.partition.range_table import range_table, starts_of
from scar_cp.partition.segment_costs import SegmentCosts, costs_by_start
from scar_cp.partition.table import Programme, Table

from .brute_force import Truth, one_model


def drawn(seed):
    """One model in all settings; costs may be huge or zero."""
    rng = Random(f"ranges {seed}")
    settings = {
        "weight_policy": ["per_pass", "resident"][seed % 2],
        "overlap": ["none", "full"][seed // 2 % 2],
    }
    problem = one_model(rng.randrange(10_000), **settings)
    if rng.random() < 0.3:
        problem = problem.replace(hop_cycles=0)
    if rng.random() < 0.3:
        problem = scaled(problem, rng.choice([0, 1_000, 2**31 + 1, 2**33 + 3]), 1)
    return rng, problem


def exact(problem, first, end):
    """The least latency up to hops of a range, for every count."""
    table = Table(Programme(problem, 0, "range", first, end))
    open_ended = set(range(table.low.shape[1]))
    while open_ended:
        open_ended = {k for k in open_ended if table.refine(0, k)}
    return np.minimum(table.low[0], NEVER), np.minimum(table.up[0], NEVER)


@seeds(80, quick=4)
def test_values_of_ranges_are_the_exact_ones_and_no_placement_is_faster(seed):
    rng, problem = drawn(seed)
    n = problem.models[0].num_layers
    truth = Truth(problem)
    ranges = [(i, j) for i in range(n) for j in range(i + 1, n + 1)]
    truly = {of: truth.least("range", *of, lambda cycles, _nj: cycles)[0] for of in ranges}
    known = {of: exact(problem, *of) for of in ranges}
    most = max(int(values[-1]) for values in truly.values())
    for longest in (most, 3 * most + 1, max(1, most // 3), rng.randint(1, most + 1)):
        table = range_table(problem, 0, longest)
        for of in ranges:
            low, least = (np.minimum(x[of], NEVER) for x in (table.low, table.least))
            exact_low, exact_up = known[of]
            wanted = truly[of] <= longest
            assert (low <= truly[of])[wanted].all()
            assert (low > longest)[~wanted & (low > truly[of])].all()
            assert (low <= least).all()
            assert (low <= exact_up)[exact_up <= longest].all()
            within = least <= longest
            assert within[wanted].all()
            assert (least >= exact_low)[within].all()
            assert (least <= exact_up)[within].all()
        assert not table.low[np.arange(n + 1), np.arange(n + 1)].any()


def cut_in_all_ways(problem, costs, start):
    """Per end and counts, sum and slowest pass of every partition from a start."""
    n = problem.models[0].num_layers
    ways: dict[int, dict[tuple[int, ...], set[tuple[int, int]]]]
    ways = {end: {} for end in range(start, n + 1)}
    ways[start][(0,) * len(problem.type_counts)] = {(0, 0)}
    for end in range(start + 1, n + 1):
        for first, (t, most) in product(range(start, end), enumerate(problem.type_counts)):
            sums = int(costs.sum_cycles[t, first, end - 1])
            one = int(costs.pass_cycles[t, first, end - 1])
            for used, points in ways[first].items():
                if used[t] < most:
                    more = tuple(u + (s == t) for s, u in enumerate(used))
                    longer = {(a + sums, max(b, one)) for a, b in points}
                    ways[end].setdefault(more, set()).update(longer)
    return ways


@seeds(40, quick=2)
def test_the_least_value_is_that_of_the_best_of_all_partitions(seed):
    _, problem = drawn(seed)
    run = problem.models[0]
    n = run.num_layers
    longest = 10**6 if seed % 2 else 2**52
    table = range_table(problem, 0, longest)
    for i in range(n):
        anywhere, at_the_end = (SegmentCosts.of(problem, 0, i, open_) for open_ in (True, False))
        for costs, ends in ((anywhere, range(i + 1, n)), (at_the_end, [n])):
            ways = cut_in_all_ways(problem, costs, i)
            for j, (a, vector) in product(
                ends, enumerate(np.ndindex(*(c + 1 for c in problem.type_counts)))
            ):
                attained = {
                    sums + int(costs.crossing_cycles[j]) + (run.passes - 1) * one
                    for used, points in ways[j].items()
                    if all(u <= v for u, v in zip(used, vector, strict=True))
                    for sums, one in points
                }
                best = min(attained, default=NEVER)
                assert table.least[i, j, a] == best or best > longest < table.least[i, j, a]


@seeds(40, quick=3)
def test_more_layers_never_take_less_and_more_chiplets_never_more(seed):
    rng, problem = drawn(seed)
    longest = rng.choice([1, 30, 1_000, 2**50])
    low = range_table(problem, 0, longest).low
    assert (np.diff(low, axis=0) <= 0).all()
    assert (np.diff(low, axis=1) >= 0).all()
    vectors = list(np.ndindex(*(c + 1 for c in problem.type_counts)))
    for a, fewer in enumerate(vectors):
        for b, more in enumerate(vectors):
            if all(x <= y for x, y in zip(fewer, more, strict=True)):
                assert (low[..., b] <= low[..., a]).all()


@seeds(60, quick=6)
def test_costs_of_one_start_after_the_other_are_those_of_each_start(seed):
    _, problem = drawn(seed)
    inside = np.triu_indices(problem.models[0].num_layers)
    high_open = seed % 3 > 0
    for start, (sums, passes, crossing) in enumerate(costs_by_start(problem, 0, high_open)):
        costs = SegmentCosts.of(problem, 0, start, high_open)
        known = inside[0] >= start
        at = (slice(None), inside[0][known], inside[1][known])
        assert (sums[at] == costs.sum_cycles[at]).all()
        assert (passes[at] == costs.pass_cycles[at]).all()
        assert (crossing[start + 1 :] == costs.crossing_cycles[start + 1 :]).all()
    assert start == problem.models[0].num_layers - 1


@pytest.mark.parametrize("cycles", [2**50, 2**50 - 1, 2**49 + 1])
def test_the_slowest_pass_may_be_exactly_what_the_longest_latency_allows(cycles):
    problem = tiny_problem([model([layer(cycles // 2)], batch=2)], types="a", links=[])
    latency = cycles // 2 * 2
    for longest in (latency, latency + 1):
        table = range_table(problem, 0, longest)
        assert table.least[0, 1, 1] == latency
        assert table.low[0, 1, 1] == latency


@seeds(40, quick=3)
def test_long_models_have_fewer_starts_and_lower_values(seed, monkeypatch):
    rng, problem = drawn(seed)
    n = problem.models[0].num_layers
    whole = range_table(problem, 0, 2**50)
    monkeypatch.setattr(module, "_ALL_STARTS", 0)
    monkeypatch.setattr(module, "_STARTS", rng.choice([1, 2, 3]))
    starts = starts_of(problem, 0).tolist()
    assert starts[0] == 0
    table = range_table(problem, 0, 2**50)
    assert (table.low <= whole.low).all()
    assert (np.diff(table.low, axis=1) >= 0).all()
    assert (np.diff(table.low, axis=0) <= 0).all()
    for start in range(n):
        exact = table.least[start] == whole.least[start]
        assert exact.all() if start in starts else (table.least[start, start + 1 :] >= NEVER).all()


def test_starts_of_a_long_model_lie_at_equal_work_apart(monkeypatch):
    monkeypatch.setattr(module, "_ALL_STARTS", 5)
    monkeypatch.setattr(module, "_STARTS", 4)
    problem = tiny_problem([model([layer(c) for c in (10, 1, 1, 8, 10, 5, 5)])], windows=2)
    assert starts_of(problem, 0).tolist() == [0, 1, 4, 5]
    assert starts_of(problem.replace(max_windows=1), 0).tolist() == [0]
    monkeypatch.setattr(module, "_ALL_STARTS", 7)
    assert starts_of(problem, 0).tolist() == list(range(7))
