"""The dynamic programme over cuts and counts, against every cut."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from problems import seeds

from scar_cp.partition import program
from scar_cp.partition.program import NEVER, Piece, shortest_sums, trace
from scar_cp.partition.sum_kernels import least_sums

from .brute_force import cuts, typed


def random_costs(rng: Random, types: int, layers: int) -> tuple[np.ndarray, np.ndarray]:
    shape = (types, layers, layers)
    draw = np.array([rng.randint(0, 9) for _ in range(2 * types * layers * layers)])
    sums, passes = draw.reshape(2, *shape).astype(np.int64)
    return sums, passes.cumsum(axis=2)


def least(sums, passes, limit, counts, first, end) -> int:
    """Try every cut and every choice of types."""
    if first == end:
        return 0
    costs = [
        sum(int(sums[t, i, j]) for t, (i, j) in zip(types, cut, strict=True))
        for cut in cuts(first, end, sum(counts))
        for types in typed(cut, counts)
        if all(passes[t, i, j] <= limit for t, (i, j) in zip(types, cut, strict=True))
    ]
    return min(costs, default=NEVER)


@seeds(60, quick=4)
def test_it_finds_the_least_sum_for_every_end_count_and_limit(seed):
    rng = Random(seed)
    counts = [rng.randint(0, 2) for _ in range(rng.randint(1, 3))]
    layers, start = rng.randint(1, 5), 0
    if seed % 3 == 0:
        start = rng.randrange(layers)
    sums, passes = random_costs(rng, len(counts), layers)
    limit = rng.choice([0, 5, 10, 20, 10**6])
    found = shortest_sums(sums, passes, limit, counts, start)
    assert found.shape == (layers + 1, *(c + 1 for c in counts))
    for end in range(start, layers + 1):
        for left in np.ndindex(*(c + 1 for c in counts)):
            assert found[(end, *left)] == least(sums, passes, limit, left, start, end)


@seeds(40, quick=2)
def test_its_trace_is_a_partition_within_the_limit_that_costs_what_it_says(seed):
    rng = Random(seed)
    counts = [rng.randint(1, 2) for _ in range(rng.randint(1, 3))]
    layers = rng.randint(1, 6)
    sums, passes = random_costs(rng, len(counts), layers)
    limit = rng.choice([10, 20, 10**6])
    table = shortest_sums(sums, passes, limit, counts)
    for end in range(layers + 1):
        if table[(end, *counts)] >= NEVER:
            with pytest.raises(ValueError, match="no partition"):
                trace(sums, passes, limit, table, counts, end)
            continue
        pieces = trace(sums, passes, limit, table, counts, end)
        assert [i for p in pieces for i in range(p.first, p.last + 1)] == list(range(end))
        assert all(passes[p.type, p.first, p.last] <= limit for p in pieces)
        assert all([p.type for p in pieces].count(t) <= c for t, c in enumerate(counts))
        total = sum(int(sums[p.type, p.first, p.last]) for p in pieces)
        assert total == table[(end, *counts)]


def test_no_chiplets_run_no_layers() -> None:
    sums = passes = np.zeros((1, 2, 2), dtype=np.int64)
    assert shortest_sums(sums, passes, 9, [0]).ravel().tolist() == [0, NEVER, NEVER]


def test_two_layers_by_hand() -> None:
    # Apart they take 3 + 4, together 9; a limit of 4 on the slowest forbids the latter.
    sums = np.array([[[3, 9], [0, 4]]])
    assert shortest_sums(sums, sums, 9, [1])[2].tolist() == [NEVER, 9]
    assert shortest_sums(sums, sums, 9, [2])[2].tolist() == [NEVER, 9, 7]
    table = shortest_sums(sums, sums, 4, [2])
    assert table[2].tolist() == [NEVER, NEVER, 7]
    assert trace(sums, sums, 4, table, [2], 2) == [Piece(0, 0, 0), Piece(1, 1, 0)]


def test_compiled_sums_are_those_of_numpy() -> None:
    rng = np.random.default_rng(3)
    least = rng.integers(0, 1000, (7, 5, 4))
    for first, end in [(0, 1), (0, 6), (2, 5)]:
        added = rng.integers(0, 1000, end - first)
        expected = (least[first:end] + added[:, None, None]).min(axis=0)
        assert (least_sums(least, first, end, added) == expected).all()


@seeds(20, quick=6)
def test_many_counts_are_counted_as_few_are(seed, monkeypatch):
    rng = Random(f"many {seed}")
    sums, passes = random_costs(rng, 2, 5)
    few = shortest_sums(sums, passes, 30, (2, 3))
    monkeypatch.setattr(program, "_MANY_COUNTS", 0)
    assert (shortest_sums(sums, passes, 30, (2, 3)) == few).all()
