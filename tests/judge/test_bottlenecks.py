"""Where the time of a schedule goes: parts add up, and twice of a resource is evaluated."""

from __future__ import annotations

from random import Random

import pytest
from problems import seeds
from random_problems import random_problem, random_schedule

import scar_cp as sc
from scar_cp.judge.bottlenecks import (
    RESOURCES,
    at_work_cycles,
    bottlenecks,
    latency_with_twice,
)
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.timeline import timeline


def drawn(seed):
    rng = Random(f"bottlenecks {seed}")
    problem = random_problem(rng, max_chiplets=5, max_schedules=10**9)
    return problem, random_schedule(rng, problem)


@seeds(100, quick=10)
def test_the_parts_of_a_window_add_up_to_its_latency(seed):
    problem, schedule = drawn(seed)
    if schedule is None:
        return
    evaluation = evaluate(problem, schedule)
    found = bottlenecks(problem, evaluation)
    assert [b.latency_cycles for b in found] == [w.latency_cycles for w in evaluation.windows]
    for b in found:
        parts = b.compute_cycles + b.dram_cycles + b.nop_cycles + b.load_cycles
        assert parts + b.fill_cycles + b.shared_cycles == b.latency_cycles
        assert (b.model is not None) == (b.shared_cycles == 0 and b.latency_cycles > 0) or not (
            evaluation.windows[b.window].segments
        )


@seeds(60, quick=5)
def test_chiplets_work_as_long_as_their_stages_are_busy(seed):
    problem, schedule = drawn(seed)
    if schedule is None:
        return
    evaluation = evaluate(problem, schedule)
    busy = [0] * problem.num_chiplets
    for window in timeline(problem, evaluation):
        for stage in window.stages:
            s = stage.segment
            busy[s.chiplet] += stage.passes * s.pass_cycles + s.once_cycles
    assert [works for _, works in at_work_cycles(problem, evaluation)] == busy
    assert all(
        computes <= works <= evaluation.latency_cycles
        for computes, works in at_work_cycles(problem, evaluation)
    )


@pytest.mark.parametrize("name", RESOURCES)
def test_twice_of_a_resource_is_what_a_package_with_it_takes(name):
    key = {"DRAM bandwidth": "package.dram.gb_per_s", "NoP bandwidth": "package.nop.gb_per_s"}
    problem = sc.load_problem("sc3").problem
    schedule = sc.solve(problem, solver="simba").result.schedule
    before = evaluate(problem, schedule).latency_cycles
    found = latency_with_twice(problem, schedule)[name]
    assert found <= before
    if name in key:
        other = sc.load_problem("sc3", {key[name]: 128 if "DRAM" in name else 200}).problem
        exact = evaluate(other, schedule).latency_cycles
        assert abs(found - exact) <= 1e-3 * exact, "up to how costs are rounded"
