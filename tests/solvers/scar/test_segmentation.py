"""SEG: cuts and their scores, worked by hand; the evolutionary search."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from problems import layer, model, tensor, tiny_problem

from scar_cp.solvers import Request
from scar_cp.solvers.scar.cut_evolution import evolve
from scar_cp.solvers.scar.scoring import WindowScore
from scar_cp.solvers.scar.segmentation import CutScores, as_cut, segmentations

LATENCY = WindowScore(Request())


def chain(cycles, batch=1, nop=0):
    layers = [layer(c) for c in cycles]
    tensors = [tensor(i, [i + 1], nop=nop) for i in range(len(cycles) - 1)]
    tensors.append(tensor(len(cycles) - 1, []))
    return tiny_problem([model(layers, tensors, batch=batch)], types="aa")


def cuts(problem, nodes, top_k=None, max_cuts=None, notes=None):
    last = problem.models[0].num_layers - 1
    found = set() if notes is None else notes
    return segmentations(problem, 0, 0, last, nodes, LATENCY, top_k, max_cuts, found)


def test_a_cut_is_its_segments():
    assert as_cut(3, 7, [1, 4]) == ((3, 3), (4, 6), (7, 7))
    assert as_cut(3, 7, []) == ((3, 7),)


def test_all_cuts_up_to_the_node_count():
    # Five layers have four places to cut: C(4, parts - 1) ways each.
    assert len(cuts(chain([1] * 5), 3)) == 1 + comb(4, 1) + comb(4, 2)


def test_a_cut_is_scored_by_its_pipeline():
    # Layers 4, 2, 6 with 3 passes, sends of 1 cycle: [4+2 | 6] 7 + 6 + 2 * 7 = 27,
    # [4 | 2+6] 5 + 8 + 2 * 8 = 29.
    problem = chain([4, 2, 6], batch=3, nop=1)
    scores = CutScores(problem, 0, 0, 2, LATENCY)
    assert scores(np.array([[2], [1]])).round(6).tolist() == [27, 29]
    assert cuts(problem, 2, top_k=1) == [((0, 2),), ((0, 1), (2, 2))]


def test_compute_counts_at_its_mean_over_chiplets():
    # Two chiplets of a (3 cycles), one of b (9): (2 * 3 + 9) / 3 = 5.
    problem = tiny_problem([model([layer([3, 9])])], types="aba", links=((0, 1), (1, 2)))
    empty = np.zeros((1, 0), dtype=np.int64)
    assert CutScores(problem, 0, 0, 0, LATENCY)(empty).round(6).tolist() == [5]


def test_small_layers_are_merged_where_cuts_are_too_many():
    notes = set()
    # 7 places and 3 segments: C(7, 2) = 21 > 10; with 5 places C(5, 2) = 10.
    found = cuts(chain([1] * 8), 3, max_cuts=10, notes=notes)
    assert notes == {"cuts into 3 segments were limited to merged layers"}
    assert len([cut for cut in found if len(cut) == 3]) == 10


def test_the_evolutionary_search_finds_a_hidden_cut():
    # Fitness: distance of the only cut place from 7, two models alike; one place to find among 39.
    ranges = [(0, 39, 2), (0, 39, 2)]

    def distance(individual):
        return sum(abs(cut[1][0] - 7) if len(cut) == 2 else 50 for cut in individual)

    seen = []

    def fitness(individual):
        seen.append(individual)
        return distance(individual)

    best = evolve(ranges, [], fitness, 30, 40, np.random.default_rng(1))
    assert distance(best) <= 2
    assert distance(best) == min(map(distance, seen))
    assert len(set(seen)) == len(seen), "an individual is rated once"


@pytest.mark.parametrize("generations", [0, 3])
def test_the_evolutionary_search_is_never_worse_than_what_it_begins_with(generations):
    start = (as_cut(0, 9, [5]),)
    found = evolve(
        [(0, 9, 4)], [start], lambda cuts: 0 if cuts == start else 1, 6, generations,
        np.random.default_rng(0),
    )  # fmt: skip
    assert found == start


def test_every_individual_keeps_to_its_layers_and_node_count():
    ranges = [(2, 6, 3), (0, 0, 4), (1, 3, 9)]

    def fitness(individual):
        for cut, (low, high, nodes) in zip(individual, ranges, strict=True):
            assert 1 <= len(cut) <= nodes
            assert [i for a, b in cut for i in range(a, b + 1)] == list(range(low, high + 1))
        return len(individual[0])

    evolve(ranges, [], fitness, 12, 12, np.random.default_rng(3))
