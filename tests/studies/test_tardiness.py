"""Deadlines: frames have one each; what is proven late is late, and what is said to be kept is."""

from __future__ import annotations

from random import Random

import pytest
from conftest import Command
from partition.test_deadline_windows import due
from problems import seeds
from random_problems import random_problem

import scar_cp as sc
from scar_cp.inputs.workload import ModelRun, Scenario
from scar_cp.judge.validation import validate
from scar_cp.studies.tardiness import least_tardiness


def test_each_frame_is_a_run_with_a_deadline_of_its_own() -> None:
    run = ModelRun(model="../a/net.yaml", batch=2, fps=50.0, frames=3, deadline_ms=15.0)
    frames = list(run.unrolled())
    assert [(one.name, one.deadline_ms, one.batch) for one in frames] == [
        ("net#1", 15.0, 2),
        ("net#2", 35.0, 2),
        ("net#3", 55.0, 2),
    ]
    by_period = ModelRun(model="net", name="eyes", period_ms=20.0, frames=2)
    assert [(one.name, one.deadline_ms) for one in by_period.unrolled()] == [
        ("eyes#1", 20.0),
        ("eyes#2", 40.0),
    ]
    plain = ModelRun(model="net", deadline_ms=5.0)
    assert list(plain.unrolled()) == [plain]


def test_frames_become_models_of_the_problem() -> None:
    problem = sc.load_problem("sc8_rt").problem
    assert [(run.name, run.deadline_cycles) for run in problem.models] == [
        ("d2go#1", 16_666_666),
        ("d2go#2", 33_333_333),
        ("d2go#3", 50_000_000),
        ("emformer#1", 166_666_666),
    ]


@pytest.mark.parametrize(
    ("run", "key", "rule"),
    [
        ({"fps": 30.0, "period_ms": 5.0}, "period_ms", "fps says this already"),
        ({"frames": 3}, "frames", "needs fps or period_ms"),
        ({"fps": 1.0, "frames": 5000}, "frames", "must be at most 1000"),
        ({"batch": 2, "minibatch": 3}, "minibatch", "must be at most batch = 2"),
    ],
)
def test_wrong_frames_are_refused(run, key, rule) -> None:
    (broken,) = ModelRun(model="net", **run).broken_rules()
    assert (broken[0], broken[2]) == (key, rule)
    scenario = Scenario(
        format="scar-cp/scenario@1", name="s", domain="d", models=(ModelRun(model="net", **run),)
    )
    assert scenario.models[0].broken_rules()


@seeds(40, quick=8)
def test_what_is_proven_late_is_late(seed) -> None:
    rng = Random(f"late {seed}")
    problem = due(random_problem(rng), rng)
    found = least_tardiness(problem, sc.Request(time_limit_s=2, workers=1))
    if found.most_cycles == 0:
        assert not validate(problem, found.schedule)
    try:
        truth = sc.solve(problem, sc.Request(time_limit_s=20), "exhaustive").result.status
    except sc.ScarError:  # too many schedules to look at
        return
    if found.least_cycles:
        assert truth == "infeasible"
    if truth == "infeasible":
        assert found.most_cycles != 0
    if found.most_cycles is not None:
        assert found.least_cycles <= found.most_cycles


def test_a_solve_keeps_deadlines_that_windows_can_keep() -> None:
    problem = sc.load_problem("sc8_rt").problem
    result = sc.solve(problem, sc.Request(time_limit_s=5, workers=1, objective="energy")).result
    assert result.schedule is not None
    assert not validate(problem, result.schedule)


def test_the_command_says_what_is_kept_and_what_to_relax(command: Command, tmp_path) -> None:
    file = tmp_path / "r.json"
    limit = "--time-limit", "20", "--workers", "1"
    kept = command("deadlines", "sc8_rt", *limit, "-o", file)
    assert kept.code == 0
    assert "schedulable: every deadline is kept" in kept.out
    assert kept.out.count("kept\n") == 4 + 1
    assert command("solve", "sc8_rt", "--verify", file).code == 0
    late = command("deadlines", "quickstart", "--set", "scenario.models.0.deadline_ms=0.5", *limit)
    assert late.code == 1
    assert "not schedulable, proven: some deadline is missed by at least" in late.out
    assert "enough to relax, any one of: resnet50_block" in late.out
    none = command("deadlines", "quickstart")
    assert (none.code, none.err.count("\n")) == (2, 1)
