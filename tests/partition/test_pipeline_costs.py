"""The numpy restatement of one model's pipeline, held to the evaluator."""

from __future__ import annotations

from itertools import permutations
from random import Random

import numpy as np
import pytest
from problems import layer, model, random_problem, seeds, tensor, tiny_problem

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.partition.pipeline_costs import CutCosts, RangeCosts
from scar_cp.problem.compiled import Problem


def random_range(rng: Random, problem: Problem) -> tuple[int, int]:
    """First and last layer of a middle window."""
    low = rng.randrange(problem.models[0].num_layers)
    return low, rng.randrange(low, problem.models[0].num_layers)


def random_cut(rng: Random, low: int, high: int, most: int) -> list[tuple[int, int]]:
    """Consecutive segments of a range."""
    parts = rng.randint(1, min(most, high - low + 1))
    firsts = [low, *sorted(rng.sample(range(low + 1, high + 1), parts - 1))]
    lasts = [*(f - 1 for f in firsts[1:]), high]
    return list(zip(firsts, lasts, strict=True))


def in_three_windows(problem, cuts, paths):
    """The layers before a range, the range, and those after it, each in its own window."""
    windows = [
        [
            Segment(model=0, first=first, last=last, chiplet=c)
            for (first, last), c in zip(cut, path, strict=True)
        ]
        for cut, path in zip(cuts, paths, strict=True)
    ]
    return evaluate(problem, Schedule.of(problem.name, windows))


@seeds(30, quick=1)
def test_a_cut_on_any_placement_costs_what_the_evaluator_says(seed):
    rng = Random(seed)
    problem = random_problem(
        rng, max_models=1, max_layers=6, windows=3, max_schedules=2_000_000, contention="none"
    )
    count, chiplets = problem.models[0].num_layers, problem.num_chiplets
    low, high = random_range(rng, problem)
    cuts = [
        random_cut(rng, first, last, chiplets) if first <= last else []
        for first, last in ((0, low - 1), (low, high), (high + 1, count - 1))
    ]
    paths = [rng.sample(range(chiplets), len(cut)) for cut in cuts]
    every_path = list(permutations(range(chiplets), len(cuts[1])))
    latency, energy = CutCosts(problem, 0, cuts[1])(np.array(every_path))
    outside = sum(
        int(CutCosts(problem, 0, cut)(np.array([path]))[1][0])
        for cut, path in ((cuts[0], paths[0]), (cuts[2], paths[2]))
        if cut
    )
    for k, path in enumerate(every_path):
        found = in_three_windows(problem, cuts, [paths[0], path, paths[2]])
        assert latency[k] == found.windows[1].models[0]
        assert energy[k] + outside == found.energy_nj


@pytest.mark.parametrize("contention", ["none", "dram", "links"])
@seeds(15, quick=1)
def test_a_cut_keeps_shared_resources_as_busy_as_the_evaluator_says(seed, contention):
    rng = Random(seed)
    problem = random_problem(
        rng, max_models=1, max_layers=6, windows=3, max_schedules=2_000_000, contention=contention
    )
    count, chiplets = problem.models[0].num_layers, problem.num_chiplets
    low, high = random_range(rng, problem)
    cuts = [
        random_cut(rng, first, last, chiplets) if first <= last else []
        for first, last in ((0, low - 1), (low, high), (high + 1, count - 1))
    ]
    paths = [rng.sample(range(chiplets), len(cut)) for cut in cuts]
    every_path = list(permutations(range(chiplets), len(cuts[1])))
    busy = CutCosts(problem, 0, cuts[1]).busy(np.array(every_path))
    links = [f"{c}>{d}" for c, near in enumerate(problem.neighbours) for d in near]
    assert busy.shape[1] == {"none": 0, "dram": 1, "links": 1 + len(links)}[contention]
    for found, path in zip(busy.tolist(), every_path, strict=True):
        window = in_three_windows(problem, cuts, [paths[0], path, paths[2]]).windows[1]
        expected = [window.dram_busy_cycles, *(window.link_busy_cycles.get(k, 0) for k in links)]
        assert found == expected[: len(found)]


def test_layers_still_to_come_in_the_window_are_not_charged_for() -> None:
    # Layer 0 sends to layer 1 of this window and writes for layer 2 of the next (5 from DRAM).
    moves = [tensor(0, [1], nop=3, dram=7), tensor(0, [2], dram=5), tensor(2, [])]
    problem = tiny_problem([model([layer(10), layer(20), layer(30)], moves)], windows=2)
    alone = np.array([[0]])
    assert CutCosts(problem, 0, [(0, 0)], window_end=1)(alone)[0] == 10 + 5
    assert CutCosts(problem, 0, [(0, 0)])(alone)[0] == 10 + 7 + 5
    assert CutCosts(problem, 0, [(0, 1)])(alone)[0] == 10 + 20 + 5


def transfers(problem, costs, first, last, chiplet, send_hops):
    """Cycles and nJ of a segment's reads, writes and sends, priced at given distances."""
    at = first - costs.low, last - costs.low
    port_hops = problem.port_hops[chiplet]
    cycles = costs.transfer_cycles[at] + problem.hop_cycles * (
        costs.port_crossings[at] * port_hops + costs.send_count[at] * send_hops
    )
    energy = (
        costs.transfer_energy_nj[at]
        + costs.port_energy_nj_per_hop[at] * port_hops
        + costs.send_energy_nj_per_hop[at] * send_hops
    )
    return int(cycles), int(energy)


@pytest.mark.parametrize("chain", [False, True])
@seeds(25, quick=1)
def test_a_segment_of_a_range_costs_at_most_what_the_evaluator_says_and_chains_exactly(seed, chain):
    rng = Random(seed)
    problem = random_problem(
        rng,
        max_models=1,
        max_layers=6,
        windows=3,
        max_schedules=2_000_000,
        contention="none",
        chain=chain,
    )
    count, chiplets = problem.models[0].num_layers, problem.num_chiplets
    low, high = random_range(rng, problem)
    ranges = [(0, low - 1), (low, high), (high + 1, count - 1)]
    costs = [RangeCosts.of(problem, 0, *r) if r[0] <= r[1] else None for r in ranges]
    for _ in range(20):
        cuts = [random_cut(rng, *r, chiplets) if r[0] <= r[1] else [] for r in ranges]
        paths = [rng.sample(range(chiplets), len(cut)) for cut in cuts]
        found = in_three_windows(problem, cuts, paths)
        moved = 0
        for w, window in enumerate(found.windows):
            for k, s in enumerate(window.segments):
                # in a chain a segment sends to the next one only
                follows = k + 1 < len(paths[w])
                distance = problem.hops[s.chiplet][paths[w][k + 1]] if follows else 0
                hops = distance if chain else 1
                cycles, energy = transfers(problem, costs[w], s.first, s.last, s.chiplet, hops)
                moved += energy
                evaluated = s.read_cycles + s.send_cycles + s.write_cycles
                assert cycles == evaluated if chain else cycles <= evaluated
        parts = found.energy_parts
        evaluated = parts["reads"] + parts["sends"] + parts["writes"]
        assert moved == evaluated if chain else moved <= evaluated
