"""Counts of chiplets: every vector, its place in the padded order, and every way to split it."""

from __future__ import annotations

from itertools import product

import pytest

from scar_cp.partition.counts import Counts

PACKAGES = [(0,), (1,), (4,), (1, 1), (3, 0), (2, 3), (1, 2, 1), (2, 1, 1, 2)]


@pytest.mark.parametrize("most", PACKAGES)
def test_every_vector_is_there_once_and_the_whole_package_is_the_last(most):
    counts = Counts(most)
    assert counts.vectors == sorted(set(product(*(range(c + 1) for c in most))))
    assert counts.size == len(counts.vectors)
    assert counts.vectors[-1] == most
    assert not any(counts.vectors[0])


@pytest.mark.parametrize("most", PACKAGES)
def test_one_chiplet_less_is_a_step_back_and_what_has_none_lands_in_padding(most):
    counts = Counts(most)
    at = dict(zip(counts.vectors, counts.padded.tolist(), strict=True))
    padding = set(counts.padding.tolist())
    assert padding | set(at.values()) == set(range(counts.padded_size))
    assert not padding & set(at.values())
    for vector, place in at.items():
        for t, step in enumerate(counts.steps.tolist()):
            fewer = tuple(c - (s == t) for s, c in enumerate(vector))
            assert place - step in padding if vector[t] == 0 else place - step == at[fewer]


@pytest.mark.parametrize("most", PACKAGES)
def test_splits_are_all_pairs_that_add_up(most):
    counts = Counts(most)
    offsets, parts, rests = counts.splits
    assert len(offsets) == counts.size + 1
    for s, whole in enumerate(counts.vectors):
        pairs = {
            (int(parts[q]), int(rests[q])) for q in range(int(offsets[s]), int(offsets[s + 1]))
        }
        assert len(pairs) == offsets[s + 1] - offsets[s]
        assert pairs == {
            (a, b)
            for (a, x), (b, y) in product(enumerate(counts.vectors), repeat=2)
            if tuple(i + j for i, j in zip(x, y, strict=True)) == whole
        }
