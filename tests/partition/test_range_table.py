"""Tables of ranges: lower values below every placement, upper values attained up to hops."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from problems import layer, model, scaled, seeds, tiny_problem

from scar_cp.partition.program import NEVER
from scar_cp.partition.range_table import range_table
from scar_cp.partition.segment_costs import SegmentCosts, costs_by_start
from scar_cp.partition.table import Table

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
    table = Table(problem, 0, "range", first, end)
    open_ended = set(range(table.low.shape[1]))
    while open_ended:
        open_ended = {k for k in open_ended if table.refine(0, k)}
    return np.minimum(table.low[0], NEVER), np.minimum(table.up[0], NEVER)


@seeds(80, quick=4)
def test_values_of_ranges_enclose_the_exact_ones_and_no_placement_is_faster(seed):
    rng, problem = drawn(seed)
    n = problem.models[0].num_layers
    truth = Truth(problem)
    ranges = [(i, j) for i in range(n) for j in range(i + 1, n + 1)]
    least = {of: truth.least("range", *of, lambda cycles, _nj: cycles)[0] for of in ranges}
    known = {of: exact(problem, *of) for of in ranges}
    most = max(int(values[-1]) for values in least.values())
    for ratio in (1.01, 1.5, 3):
        for longest in (most, 3 * most + 1, max(1, most // 3), rng.randint(1, most + 1)):
            table = range_table(problem, 0, longest, ratio)
            for of in ranges:
                low, up = (np.minimum(x[of], NEVER) for x in (table.low, table.up))
                (exact_low, exact_up), truly = known[of], least[of]
                wanted = truly <= longest
                assert (low <= truly)[wanted].all()
                assert (low > longest)[~wanted & (low > truly)].all()
                # Where the model ends, the table still takes a write for a send if it is cheaper.
                assert of[1] == n or (up >= exact_low).all()
                assert (low <= exact_up)[exact_up <= longest].all()
                within = wanted & (up < NEVER)
                assert (low <= up).all()
                # One limit after the other: what lies between them is a ratio, or one cycle a pass.
                slack = truly * ratio + problem.models[0].passes
                assert (up < NEVER)[wanted].all()
                assert (low[within] <= slack[within]).all()
            assert not table.low[np.arange(n + 1), np.arange(n + 1)].any()


@seeds(40, quick=2)
def test_attained_values_are_those_of_some_partition(seed):
    _, problem = drawn(seed)
    run = problem.models[0]
    n = run.num_layers
    for i in range(n):
        costs = SegmentCosts.of(problem, 0, i, high_open=True)
        values = [{(0,) * len(problem.type_counts): {(0, 0)}}]
        values += [{} for _ in range(n - i)]
        for end in range(i + 1, n + 1):
            for first in range(i, end):
                for used, points in values[first - i].items():
                    for t, have in enumerate(problem.type_counts):
                        if used[t] == have:
                            continue
                        more = tuple(u + (s == t) for s, u in enumerate(used))
                        sums = int(costs.sum_cycles[t, first, end - 1])
                        one = int(costs.pass_cycles[t, first, end - 1])
                        into = values[end - i].setdefault(more, set())
                        into |= {(a + sums, max(b, one)) for a, b in points}
        table = range_table(problem, 0, 10**6 if seed % 2 else 2**52, 1.5)
        for j in range(i + 1, n + 1):
            for a, vector in enumerate(np.ndindex(*(c + 1 for c in problem.type_counts))):
                if table.up[i, j, a] >= NEVER:
                    continue
                crossing = int(costs.crossing_cycles[j])
                attained = {
                    sums + crossing + (run.passes - 1) * one
                    for used, points in values[j - i].items()
                    if all(u <= v for u, v in zip(used, vector, strict=True))
                    for sums, one in points
                }
                assert int(table.up[i, j, a]) in attained


@seeds(40, quick=3)
def test_more_layers_never_take_less_and_more_chiplets_never_more(seed):
    rng, problem = drawn(seed)
    longest = rng.choice([1, 30, 1_000, 2**50])
    low = range_table(problem, 0, longest, rng.choice([1.01, 3])).low
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
    for start, (sums, passes, crossing) in enumerate(costs_by_start(problem, 0)):
        costs = SegmentCosts.of(problem, 0, start, high_open=True)
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
        table = range_table(problem, 0, longest, 3)
        assert table.up[0, 1, 1] == latency
        assert table.low[0, 1, 1] <= latency
