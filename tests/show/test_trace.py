"""Traces: every track is as busy as the evaluator says, and nothing on it overlaps."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Command, Project
from judge.test_timeline import SETTINGS, drawn
from problems import seeds

import scar_cp.cli.pictures as pictures
from scar_cp.files.loading import load_problem
from scar_cp.judge.evaluation import evaluate
from scar_cp.outcome.solving import solve
from scar_cp.show.trace import MAX_PASSES, trace_document
from scar_cp.solvers import Request

QUICKSTART = ROOT / "instances/quickstart.yaml"


def busy_by_track(document):
    """Slices by the group and name of their track, and their sums of busy cycles."""
    names = {}
    for event in document["traceEvents"]:
        if event["name"] in ("process_name", "thread_name"):
            names[event["pid"], event.get("tid")] = event["args"]["name"]
    tracks: dict[Any, Any] = {}
    for event in document["traceEvents"]:
        if event["ph"] == "X":
            where = names[event["pid"], None], names[event["pid"], event["tid"]]
            tracks.setdefault(where, []).append(event)
    sums = {
        where: sum(event["args"]["busy_cycles"] for event in events)
        for where, events in tracks.items()
    }
    return tracks, sums


def assert_as_evaluated(problem, schedule, max_passes):
    document = trace_document(problem, schedule, max_passes)
    assert json.loads(json.dumps(document)) == document
    tracks, sums = busy_by_track(document)
    for events in tracks.values():
        cycles = [(e["args"]["start_cycle"], e["args"]["end_cycle"]) for e in events]
        for (start, end), (next_start, _) in pairwise(cycles):
            assert start < end <= next_start
        for event in events:
            last = event["args"]["end_cycle"] - event["args"]["start_cycle"]
            assert event["args"]["busy_cycles"] <= last
            assert event["dur"] == pytest.approx(1e6 * last / problem.clock_hz, abs=1e-3)

    expected: Counter[tuple[str, str]] = Counter()
    evaluation = evaluate(problem, schedule)
    for window in evaluation.windows:
        expected["windows", "windows"] += window.latency_cycles
        expected["DRAM", "DRAM"] += window.dram_busy_cycles
        for link, busy in window.link_busy_cycles.items():
            expected["links", link] += busy
        for s in window.segments:
            name = f"{s.chiplet} {problem.chiplets[s.chiplet].type}"
            passes = problem.models[s.model].passes
            expected["chiplets", name] += passes * s.pass_cycles + s.once_cycles
    assert sums == {where: busy for where, busy in expected.items() if busy}
    return document


@seeds(36, quick=2)
def test_every_track_is_as_busy_as_the_evaluator_says(seed):
    max_passes = [1, 7, 5000][seed // len(SETTINGS) % 3]
    problem, schedule = drawn(seed)
    document = assert_as_evaluated(problem, schedule, max_passes)
    assert max_passes < 5000 or document["otherData"]["cut_off"] == []


def test_a_shipped_instance_is_as_busy_as_the_evaluator_says() -> None:
    problem = load_problem(ROOT / "instances/sc4.yaml", {"contention": "links"}).problem
    schedule = solve(problem, Request(), "standalone").result.schedule
    document = assert_as_evaluated(problem, schedule, 10)
    cut = [name.split()[0] for name in document["otherData"]["cut_off"]]
    assert cut == ["bert_l_12x5", "resnet50"]  # the others have 8 passes, and 1


def test_the_command_writes_the_trace_and_says_what_it_cut(
    project: Project, command: Command
) -> None:
    command("solve", QUICKSTART, "--solver", "scar", "--quiet", "-o", "result.json")
    arguments = ["trace", "result.json", "-o", "trace.json"]
    code, out, err = command(*arguments)
    assert (code, out, err) == (0, "written: trace.json\n", "")
    whole = json.loads(Path("trace.json").read_text())
    assert any("pass 3" in event["name"] for event in whole["traceEvents"])
    out = command(*arguments, "--max-passes", "2").out
    assert out.startswith("cut off: resnet50_block")
    assert "2 more passes" in out


def test_the_command_offers_the_librarys_default() -> None:
    """It is written out there, so that help needs none of the library."""
    assert inspect.signature(pictures.trace).parameters["max_passes"].default == MAX_PASSES
