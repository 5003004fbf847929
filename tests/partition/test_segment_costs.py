"""What a segment costs at least, against what the evaluator says it costs."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from problems import layer, model, random_schedule, seeds, tensor, tiny_problem

from scar_cp.judge.evaluation import evaluate
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.partition.segment_costs import SegmentCosts

from .brute_force import one_model


def window_costs(problem, first, end):
    """Costs of a window that begins and ends there, by everything that may be known of it."""
    last = problem.models[0].num_layers
    known = {"both ends": SegmentCosts.of(problem, 0, first, end < last)}
    if end == last:
        known["end"] = SegmentCosts.of(problem, 0, "open", False)
    if first == 0:
        known["begin"] = SegmentCosts.of(problem, 0, 0, True)
    return known


@seeds(150, quick=10)
def test_no_segment_costs_less_than_its_least(seed):
    rng = Random(seed)
    problem = one_model(seed)
    for _ in range(20):
        plan = random_schedule(rng, problem)
        assert plan is not None
        for w, window in enumerate(plan.windows):
            if not window:
                continue
            segments = sorted(window, key=lambda s: s.first)
            first, end = segments[0].first, segments[-1].last + 1
            real = {s.chiplet: s for s in evaluate(problem, plan).windows[w].segments}
            at = [(problem.chiplet_types[s.chiplet], s.first, s.last) for s in segments]
            spent = sum(s.pass_cycles + s.once_cycles for s in real.values())
            cut = CutCosts(problem, 0, [(s.first, s.last) for s in segments])
            energy = int(cut(np.array([[s.chiplet for s in segments]]))[1][0])
            for known, costs in window_costs(problem, first, end).items():
                border = first if known == "end" else end
                for s, key in zip(segments, at, strict=True):
                    assert costs.pass_cycles[key] <= real[s.chiplet].pass_cycles
                sums = sum(int(costs.sum_cycles[key]) for key in at)
                assert sums + int(costs.crossing_cycles[border]) <= spent
                least_nj = sum(int(costs.energy_nj[key]) for key in at)
                assert least_nj + int(costs.crossing_energy_nj[border]) <= energy


@pytest.mark.parametrize("seed", range(0, 150, 3))  # chains
@pytest.mark.parametrize("overlap", ["none", "full"])
def test_a_chain_in_one_window_without_hop_latency_costs_exactly_its_least(seed, overlap):
    rng = Random(seed)
    problem = one_model(seed, overlap=overlap, contention="none")
    problem = problem.replace(max_windows=1, hop_cycles=0)
    costs = SegmentCosts.of(problem, 0)
    for _ in range(10):
        plan = random_schedule(rng, problem)
        assert plan is not None
        evaluation = evaluate(problem, plan)
        for s in evaluation.windows[0].segments:
            key = problem.chiplet_types[s.chiplet], s.first, s.last
            assert costs.pass_cycles[key] == s.pass_cycles
        keys = [(problem.chiplet_types[s.chiplet], s.first, s.last) for s in plan.windows[0]]
        sums = sum(int(costs.sum_cycles[key]) for key in keys)
        worst = max(int(costs.pass_cycles[key]) for key in keys)
        assert sums + (costs.passes - 1) * worst == evaluation.latency_cycles


def test_a_tensor_with_two_readers_by_hand() -> None:
    # Layer 0 sends its tensor (nop 10, hop 1) to layers 1 and 2, unless they share a segment.
    run = model(
        [layer(100), layer(200), layer(300)],
        [tensor(0, [1, 2], nop=10, nop_nj=5, dram=40, dram_nj=7), tensor(2, [], dram=8)],
        batch=2,
    )
    problem = tiny_problem([run], types="aaa", links=[(0, 1), (1, 2)], hop=1, dram_latency=2)
    costs = SegmentCosts.of(problem, 0)
    # The producer pays in every pass: one send is certain.
    assert costs.pass_cycles[0, 0, 0] == 100 + 11
    assert costs.pass_cycles[0, 0, 2] == 600 + 8 + 2
    # The sum counts sends at the readers: one for 1..2 together, one for each apart.
    assert costs.sum_cycles[0, 0, 0] == 100
    assert costs.sum_cycles[0, 1, 2] == 500 + 11 + 10
    assert costs.sum_cycles[0, 1, 1] + costs.sum_cycles[0, 2, 2] == 500 + 2 * 11 + 10
    # With the window's begin unknown a reader may read instead, if that is cheaper.
    later = SegmentCosts.of(problem, 0, "open", False)
    assert later.sum_cycles[0, 1, 1] == 200 + 11
    assert later.crossing_cycles.tolist() == [0, 42 - 11, 42 - 11, 0]
    assert later.crossing_energy_nj.tolist() == [0, 2, 2, 0]
    # A window that ends between them writes, and may not send at all.
    sooner = SegmentCosts.of(problem, 0, 0, True)
    assert sooner.crossing_cycles.tolist() == [0, 42, 42, 0]
    assert SegmentCosts.of(problem, 0, 1, False).sum_cycles[0, 2, 2] == 300 + 42 + 10


def test_weights_that_stay_leave_the_pass_and_count_once() -> None:
    weights = (50, 9, 0, 4, 1)
    run = model([layer(10, 1, weights), layer(20, 1, weights)], [tensor(1, [])], batch=3)
    problem = tiny_problem([run], buffers={"a": 60}, dram_latency=1, weight_policy="resident")
    costs = SegmentCosts.of(problem, 0)
    assert costs.pass_cycles[0, 0, 0] == 10
    assert costs.sum_cycles[0, 0, 0] == 10 + 10
    assert costs.energy_nj[0, 0, 0] == 1 + 4
    # Together they do not fit: 18 cycles and the latency, in each of 3 passes; 1 to write.
    assert costs.pass_cycles[0, 0, 1] == 30 + 19 + 1
    assert costs.energy_nj[0, 0, 1] == 2 + 3 * 8
