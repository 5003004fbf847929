"""The evaluator, by hand and against a second one."""

from __future__ import annotations

from random import Random

import pytest
from problems import (
    ROW_OF_THREE,
    SQUARE,
    layer,
    model,
    random_problem,
    random_schedule,
    schedule,
    seeds,
    tensor,
    tiny_problem,
)
from reference_evaluator import reference

from scar_cp.judge.evaluation import ENERGY_PARTS, Charge, evaluate, itemise
from scar_cp.judge.objective import Objective
from scar_cp.judge.schedule import Segment
from scar_cp.judge.validation import validate
from scar_cp.problem.problem_faults import problem_faults

WEIGHTS = (10, 7, 3, 20, 2)  # bytes, cycles from DRAM, cycles over NoP, nJ from DRAM, nJ per hop


def chain_of_two(**kwargs):
    """Three passes of input -> layer 0 -> layer 1 -> output; layer 0 has weights.

    Chiplets 0 and 1 in a row, port at 0, hop 4 cycles, DRAM latency 5 cycles.
    """
    run = model(
        [layer(10, 100, WEIGHTS), layer(6, 50)],
        [
            tensor(None, [0], nop=2, nop_nj=1, dram=3, dram_nj=9),
            tensor(0, [1], nop=8, nop_nj=6, dram=11, dram_nj=30),
            tensor(1, [], nop=1, nop_nj=2, dram=2, dram_nj=8),
        ],
        batch=3,
    )
    return tiny_problem([run], hop=4, dram_latency=5, **kwargs)


def test_per_pass_weights_are_paid_by_every_pass() -> None:
    # Segment 0 on chiplet 1 (1 hop to the port), layer 0:
    #   compute 10; weights 7 + 5 + 1*4 = 16; read input 3 + 5 + 1*4 = 12
    #   send to chiplet 0: 8 + 1*4 = 12            pass = 10 + 16 + 12 + 12 = 50
    # Segment 1 on chiplet 0 (the port), layer 1:
    #   compute 6; write output 2 + 5 + 0 = 7      pass = 13
    # T = 50 + 13 + 2 * max(50, 13) = 163
    # Energy: compute 100 + 50; weights 3 loads * (20 + 2*1) = 66; read 9 + 1*1 = 10;
    #   send 6*1 = 6; write 8 + 2*0 = 8            total 240
    found = evaluate(chain_of_two(), schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert found.latency_cycles == 163
    assert found.energy_nj == 240
    assert found.edp == 163 * 240
    assert found.energy_parts == {
        "compute": 150,
        "weights": 66,
        "reads": 10,
        "sends": 6,
        "writes": 8,
    }
    assert [s.pass_cycles for s in found.windows[0].segments] == [50, 13]
    assert [s.once_cycles for s in found.windows[0].segments] == [0, 0]


def test_resident_weights_are_paid_once_where_they_fit() -> None:
    # As above, but the 16 cycles of weights leave the pass: pass 34, and are added once.
    # T = 34 + 13 + 2*34 + 16 = 131; weights' energy 1 * 22 instead of 66: 240 - 44 = 196
    problem = chain_of_two(weight_policy="resident", buffers={"a": 10})
    found = evaluate(problem, schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert (found.latency_cycles, found.energy_nj) == (131, 196)
    assert [s.pass_cycles for s in found.windows[0].segments] == [34, 13]
    assert [s.once_cycles for s in found.windows[0].segments] == [16, 0]


def test_resident_weights_that_do_not_fit_are_paid_by_every_pass() -> None:
    # One byte too few: as per_pass.
    problem = chain_of_two(weight_policy="resident", buffers={"a": 9})
    found = evaluate(problem, schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert (found.latency_cycles, found.energy_nj) == (163, 240)


def same_weights_twice(**kwargs):
    """Two passes of layers 0, 1, 2; the first and the last have the same weights."""
    rows = [layer(10, 0, WEIGHTS), layer(6, 0, (3, 1, 1, 5, 0)), layer(4, 0, WEIGHTS)]
    rows[2]["weights_of"] = 0
    free = [tensor(0, [1]), tensor(1, [2])]
    return tiny_problem([model(rows, free, batch=2)], hop=4, dram_latency=5, **kwargs)


def test_a_segment_loads_shared_weights_once() -> None:
    # All on the port's chiplet: 20 + weights 7 + 1 + 5 = 33 a pass, two passes;
    # energy 2 * (20 + 5)
    found = evaluate(same_weights_twice(), schedule([(0, 0, 2, 0)]))
    assert (found.latency_cycles, found.energy_nj) == (66, 50)


def test_every_segment_loads_shared_weights_for_itself() -> None:
    # Chiplet 0: 16 + 7 + 1 + 5, and 4 to the next = 33; chiplet 1, a hop away: 4 + 7 + 5 + 4 = 20;
    # T = 33 + 20 + 33
    # Energy: 2 * (20 + 5) + 2 * (20 + 2)
    found = evaluate(same_weights_twice(), schedule([(0, 0, 1, 0), (0, 2, 2, 1)]))
    assert (found.latency_cycles, found.energy_nj) == (86, 94)


def test_shared_weights_take_one_place_in_the_buffer() -> None:
    # 10 + 3 bytes: they stay where there is room for 13: 20 + 20 + 13 once
    one = schedule([(0, 0, 2, 0)])
    fits = same_weights_twice(weight_policy="resident", buffers={"a": 13})
    assert evaluate(fits, one).latency_cycles == 53
    does_not = same_weights_twice(weight_policy="resident", buffers={"a": 12})
    assert evaluate(does_not, one).latency_cycles == 66


def test_overlap_hides_the_shorter_of_compute_and_transfers() -> None:
    # Segment 0: max(10, 16 + 12 + 12) = 40; segment 1: max(6, 7) = 7
    # T = 40 + 7 + 2*40 = 127; energy does not change
    found = evaluate(chain_of_two(overlap="full"), schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert (found.latency_cycles, found.energy_nj) == (127, 240)


def test_resident_weights_are_not_hidden_by_overlap() -> None:
    # Segment 0: max(10, 12 + 12) = 24, once 16; T = 24 + 7 + 2*24 + 16 = 95
    problem = chain_of_two(overlap="full", weight_policy="resident", buffers={"a": 10})
    found = evaluate(problem, schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert found.latency_cycles == 95


def test_a_tensor_crosses_windows_through_dram() -> None:
    # Window 0, layer 0 on chiplet 1: 10 + weights 16 + read 12 + write 11 + 5 + 4 = 58
    #   T = 58 * 3 = 174
    # Window 1, layer 1 on chiplet 1: 6 + read 11 + 5 + 4 = 20, write 2 + 5 + 4 = 11: 37
    #   T = 37 * 3 = 111
    # Energy: compute 150; weights 66; reads (9 + 1) + (30 + 6) = 46; writes 36 + (8 + 2) = 46
    problem = chain_of_two(windows=2)
    found = evaluate(problem, schedule([(0, 0, 0, 1)], [(0, 1, 1, 1)]))
    assert [w.latency_cycles for w in found.windows] == [174, 111]
    assert found.latency_cycles == 285
    assert found.completion_cycles == (285,)
    assert found.energy_parts == {
        "compute": 150,
        "weights": 66,
        "reads": 46,
        "sends": 0,
        "writes": 46,
    }


def test_an_empty_window_in_the_middle_costs_nothing_and_keeps_its_place() -> None:
    problem = chain_of_two(windows=3)
    found = evaluate(problem, schedule([(0, 0, 0, 1)], [], [(0, 1, 1, 1)]))
    without = evaluate(problem, schedule([(0, 0, 0, 1)], [(0, 1, 1, 1)]))
    assert [w.latency_cycles for w in found.windows] == [174, 0, 111]
    assert found.windows[1].segments == ()
    assert found.completion_cycles == without.completion_cycles == (285,)
    assert found.energy_parts == without.energy_parts


def branching(**kwargs):
    """Layer 0 feeds 1, 2 and 3 with one tensor and 3 with another, which is an output too."""
    run = model(
        [layer(1), layer(2), layer(3), layer(4)],
        [
            tensor(None, [0, 2], nop=1, nop_nj=1, dram=10, dram_nj=100),
            tensor(0, [1, 2, 3], nop=5, nop_nj=7, dram=20, dram_nj=200),
            tensor(0, [3], nop=6, nop_nj=9, dram=30, dram_nj=300, output=True),
            tensor(3, [], nop=1, nop_nj=1, dram=40, dram_nj=400),
        ],
    )
    return tiny_problem([run], types="aaa", links=ROW_OF_THREE, hop=2, dram_latency=1, **kwargs)


def test_every_other_segment_that_reads_a_tensor_gets_its_own_copy() -> None:
    # Chiplets 0-1-2, port 0. Segments: layer 0 on 1, layers 1-2 on 0, layer 3 on 2.
    # Segment 0 on 1: compute 1; read input 10 + 1 + 2 = 13
    #   sends: first tensor to 0 (once, though layers 1 and 2 read it) 5 + 2, to 2: 5 + 2;
    #   second tensor to 2: 6 + 2                                       = 22
    #   write second tensor, an output: 30 + 1 + 2 = 33                 pass 69
    # Segment 1 on 0: compute 5; read input 10 + 1 + 0 = 11             pass 16
    # Segment 2 on 2: compute 4; write 40 + 1 + 2*2 = 45                pass 49
    # T = 69 + 16 + 49 = 134 (one pass)
    # Energy: reads (100 + 1) + (100 + 0) = 201; sends 7 + 7 + 9 = 23;
    #   writes (300 + 9) + (400 + 2*1) = 711
    found = evaluate(branching(), schedule([(0, 0, 0, 1), (0, 1, 2, 0), (0, 3, 3, 2)]))
    assert [s.pass_cycles for s in found.windows[0].segments] == [69, 16, 49]
    assert [s.send_cycles for s in found.windows[0].segments] == [22, 0, 0]
    assert found.latency_cycles == 134
    assert found.energy_parts == {
        "compute": 0,
        "weights": 0,
        "reads": 201,
        "sends": 23,
        "writes": 711,
    }


def test_a_tensor_is_sent_within_the_window_and_read_by_each_segment_of_later_ones() -> None:
    # Window 0: layers 0-1 on 0; window 1: layer 2 on 1, layer 3 on 0.
    # Segment (0-1) on 0, 0 hops: compute 3; read 11; no sends;
    #   writes: first tensor (read later) 21, second tensor (output and read later, once) 31
    #   pass 3 + 11 + 52 = 66
    # Segment (2) on 1, 1 hop = 2 cycles: compute 3; read input 13, first tensor 23: pass 39
    # Segment (3) on 0: compute 4; reads 21 + 31 = 52; write 41: pass 97
    # T = 66, then 39 + 97 = 136: 202
    # Energy: reads 100 + (101 + 207) + (200 + 300) = 908; writes 200 + 300 + 400 = 900
    problem = branching(windows=2)
    found = evaluate(problem, schedule([(0, 0, 1, 0)], [(0, 2, 2, 1), (0, 3, 3, 0)]))
    assert [s.pass_cycles for w in found.windows for s in w.segments] == [66, 39, 97]
    assert found.latency_cycles == 202
    assert found.energy_parts == {
        "compute": 0,
        "weights": 0,
        "reads": 908,
        "sends": 0,
        "writes": 900,
    }


def sharing(**kwargs):
    """Two models of one layer on a 2x2 mesh, port 0: everything passes through DRAM."""
    runs = [
        model(
            [layer(1, 0, weights)],
            [
                tensor(None, [0], nop=20, dram=10),
                tensor(0, [], nop=30, dram=5),
            ],
            batch=2,
        )
        for weights in ((4, 8, 6, 0, 0), (0, 0, 0, 0, 0))
    ]
    cells = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return tiny_problem(runs, types="aaaa", links=SQUARE, cells=cells, **kwargs)


def test_without_contention_models_do_not_see_each_other() -> None:
    # Model 0: 2 passes of 1 + 8 + 10 + 5 = 24: 48. Model 1: 2 * (1 + 10 + 5) = 32.
    found = evaluate(sharing(), schedule([(0, 0, 0, 3), (1, 0, 0, 1)]))
    assert found.latency_cycles == 48
    assert found.completion_cycles == (48, 32)


def test_dram_contention_adds_up_what_all_models_move() -> None:
    # Model 0: 2 * (8 + 10 + 5) = 46; model 1: 2 * (10 + 5) = 30: busy 76, and both models
    # complete with the window.
    found = evaluate(sharing(contention="dram"), schedule([(0, 0, 0, 3), (1, 0, 0, 1)]))
    assert found.windows[0].models == {0: 48, 1: 32}
    assert found.latency_cycles == 76
    assert found.completion_cycles == (76, 76)


def test_dram_contention_counts_resident_weights_once() -> None:
    # 8 + 2 * (10 + 5) + 2 * (10 + 5) = 68
    problem = sharing(contention="dram", weight_policy="resident", buffers={"a": 4})
    found = evaluate(problem, schedule([(0, 0, 0, 3), (1, 0, 0, 1)]))
    assert found.latency_cycles == 68


def test_link_contention_with_xy_routes_changes_the_column_first() -> None:
    # Mesh 0 1 / 2 3. Model 0 on 3: in 0>1>3, weights too: 2 * (6 + 20) = 52; out 3>2>0: 60.
    # Model 1 on 1: in 0>1: 2 * 20 = 40; out 1>0: 60.
    # 0>1: 92, 1>3: 52, 3>2: 60, 2>0: 60, 1>0: 60. Longest 92 > DRAM 76 > 48.
    problem = sharing(contention="links", routing="xy")
    found = evaluate(problem, schedule([(0, 0, 0, 3), (1, 0, 0, 1)]))
    links = {"0>1": 92, "1>3": 52, "3>2": 60, "2>0": 60, "1>0": 60}
    assert found.windows[0].link_busy_cycles == links
    assert found.latency_cycles == 92


def test_link_contention_with_shortest_routes_takes_the_smallest_ids() -> None:
    # Model 0 on 3: in 0>1>3: 52; out 3>1>0 (1 before 2): 60. Model 1: 0>1 40; 1>0 60.
    # 0>1: 92, 1>3: 52, 3>1: 60, 1>0: 120.
    problem = sharing(contention="links", routing="shortest")
    found = evaluate(problem, schedule([(0, 0, 0, 3), (1, 0, 0, 1)]))
    links = {"0>1": 92, "1>3": 52, "3>1": 60, "1>0": 120}
    assert found.windows[0].link_busy_cycles == links
    assert found.latency_cycles == 120


def test_a_model_completes_in_its_last_window_not_with_the_schedule() -> None:
    # Model 0 (10 cycles) and model 1 (7, then 20): window 0 lasts 10, window 1 lasts 20.
    runs = [model([layer(10)], deadline=10), model([layer(7), layer(20)], deadline=30)]
    problem = tiny_problem(runs, windows=2)
    plan = schedule([(0, 0, 0, 0), (1, 0, 0, 1)], [(1, 1, 1, 1)])
    assert evaluate(problem, plan).completion_cycles == (10, 30)
    assert validate(problem, plan) == []


def test_every_charge_names_who_pays_when_and_for_what() -> None:
    # As in the first test: chiplet 1 is a hop from the port, and sends to the port's chiplet.
    first = Segment(model=0, first=0, last=0, chiplet=1)
    second = Segment(model=0, first=1, last=1, chiplet=0)
    _, charges = itemise(chain_of_two(), schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert charges == [
        Charge(0, first, "reads", 10, 3, 3, 2, ((0, 1),)),
        Charge(0, first, "sends", 6, 3, 0, 8, ((1, 0),)),
        Charge(0, second, "writes", 8, 3, 2, 1, ()),
        Charge(0, first, "compute", 100),
        Charge(0, first, "weights", 66, 3, 7, 3, ((0, 1),)),
        Charge(0, second, "compute", 50),
        Charge(0, second, "weights", 0, 3, 0, 0, ()),
    ]


def test_what_segments_send_each_other_fills_links_and_not_the_memory() -> None:
    # Three passes. Links: 1>0 sends 3 * 8 = 24; 0>1 weights and input, 3 * (3 + 2) = 15.
    # DRAM: 3 * (7 + 3 + 2) = 36.
    problem = chain_of_two(contention="links")
    window = evaluate(problem, schedule([(0, 0, 0, 1), (0, 1, 1, 0)])).windows[0]
    assert window.link_busy_cycles == {"0>1": 15, "1>0": 24}
    assert window.dram_busy_cycles == 36


def test_a_window_is_a_set_of_segments_in_any_order() -> None:
    plan = schedule([(0, 0, 0, 1), (0, 1, 2, 0), (0, 3, 3, 2)])
    forward = evaluate(branching(), plan)
    turned = evaluate(branching(), plan.replace(windows=(plan.windows[0][::-1],)))
    assert turned.windows[0].segments == forward.windows[0].segments[::-1]
    changed = {"windows": forward.windows}
    assert turned.replace(**changed) == forward


def test_a_single_byte_of_weights_goes_all_the_way() -> None:
    # Compute 1; weights 2 cycles, and 5 of latency.
    problem = tiny_problem([model([layer(1, 0, (1, 2, 0, 0, 0))])], dram_latency=5)
    assert evaluate(problem, schedule([(0, 0, 0, 0)])).latency_cycles == 8


def test_seconds_and_joules_follow_from_cycles_and_nanojoules() -> None:
    # 163 cycles at 2 GHz are 81.5 ns; 240 nJ.
    problem = chain_of_two().replace(clock_hz=2e9)
    found = evaluate(problem, schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert found.latency_s == pytest.approx(81.5e-9, rel=1e-14, abs=0)
    assert found.energy_j == pytest.approx(240e-9, rel=1e-14, abs=0)
    assert found.edp_js == pytest.approx(81.5e-9 * 240e-9, rel=1e-14, abs=0)


def test_edp_is_exact_beyond_64_bits() -> None:
    # 3*10^12 cycles x 7*10^12 nJ = 21*10^24, odd digits kept: 2^63 is about 9.2*10^18
    problem = tiny_problem([model([layer(3 * 10**12 + 1, 7 * 10**12 + 1)])])
    found = evaluate(problem, schedule([(0, 0, 0, 0)]))
    assert found.edp == 21 * 10**24 + 10**13 + 1
    assert Objective("edp").of(found) == found.edp
    assert type(found.edp) is int


def test_the_weighted_objective_is_the_weighted_sum() -> None:
    found = evaluate(chain_of_two(), schedule([(0, 0, 0, 1), (0, 1, 1, 0)]))
    assert Objective("weighted", (2, 3)).of(found) == 2 * 163 + 3 * 240


def test_a_tensor_that_nobody_reads_is_an_output_or_refused() -> None:
    problem = tiny_problem([model([layer(1)], [tensor(0, [], dram=9)])])
    assert problem.models[0].tensors[0].is_output
    assert evaluate(problem, schedule([(0, 0, 0, 0)])).latency_cycles == 1 + 9
    unmarked = problem.models[0].tensors[0].replace(is_output=False)
    problem = problem.replace(models=(problem.models[0].replace(tensors=(unmarked,)),))
    assert [fault.rule for fault in problem_faults(problem, "file")] == [
        "a tensor that nobody reads is a model output"
    ]


@seeds(40, quick=3)
def test_two_evaluators_agree_to_the_integer(seed):
    rng = Random(seed)
    compared = 0
    while compared < 15:
        problem = random_problem(rng, max_schedules=2_000_000)
        plan = random_schedule(rng, problem)
        if plan is None:
            continue
        compared += 1
        ours, theirs = evaluate(problem, plan), reference(problem, plan)
        assert ours.latency_cycles == theirs.latency
        assert ours.energy_nj == theirs.energy == sum(ours.energy_parts.values())
        assert ours.edp == theirs.edp
        assert list(ours.completion_cycles) == theirs.completions
        assert [w.latency_cycles for w in ours.windows] == theirs.window_latencies
        assert [w.models for w in ours.windows] == theirs.model_latencies
        assert ours.energy_parts == theirs.parts
        assert tuple(ours.energy_parts) == ENERGY_PARTS
        for window, segments in zip(ours.windows, theirs.segments, strict=True):
            for s in window.segments:
                expected = segments[s.model, s.first, s.last, s.chiplet]
                assert {key: getattr(s, key) for key in expected} == expected
