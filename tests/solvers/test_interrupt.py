"""Ctrl-C and SIGTERM end a search; what it knows by then is written, with exit code 0."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SCRIPT = """
import os, sys
from threading import Timer
from scar_cp.cli import main
from scar_cp.solvers.cpsat import solver as exact
from scar_cp.solvers.base import Search
from scar_cp.solvers.cpsat.model import CpsatModel

number, stage, *arguments = sys.argv[1:]
note, solve, sent = Search._note, CpsatModel.solve, []

def send():
    if not sent:
        sent.append(True)
        os.kill(os.getpid(), int(number))

def note_and_signal(self, source):
    note(self, source)
    if source == stage and self.value is not None:
        send()

def signal_and_solve(self, *args, **kwargs):
    if sent:
        sys.exit("CP-SAT was started again after the signal")
    timer = Timer(1, send)
    timer.daemon = True
    timer.start()
    return solve(self, *args, **kwargs)

Search._note = note_and_signal
if stage == "cp-sat":
    exact.partition = lambda search: exact.TableReport()
    CpsatModel.solve = signal_and_solve
sys.argv = ["scar-cp", *arguments]
main()
"""
"""Runs the command. The signal is sent at the first news from a stage, or inside of CP-SAT: there
nothing may happen for long that would give Python a chance to look at signals."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "windows", "objective", "number"),
    [
        ("scar", 1, "latency", signal.SIGTERM),
        ("pipeline partitions", 2, "latency", signal.SIGINT),  # one window is soon proven
        ("cp-sat", 1, "latency", signal.SIGINT),
        ("cp-sat", 1, "latency", signal.SIGTERM),
        ("cp-sat", 1, "edp", signal.SIGINT),  # many solves; none may start after the signal
    ],
)
def test_a_signal_ends_the_search_with_a_result(tmp_path, stage, windows, objective, number):
    output = tmp_path / "result.json"
    command = ["solve", str(ROOT / "instances" / "sc8.yaml"), "--windows", str(windows)]
    command += ["--objective", objective, "--time-limit", "600", "--workers", "1", "--quiet"]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(int(number)), stage, *command, "-o", str(output)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,  # a signal that is lost shows as this
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    result = json.loads(output.read_text(encoding="utf-8"))
    assert result["schedule"] is not None
    assert result["status"] == "feasible"
    assert any(b["objective"] == objective for b in result["bounds"])
    assert 0 < result["gap"] < 1


@pytest.mark.slow
def test_a_signal_ends_a_front_with_the_points_it_has(tmp_path):
    output = tmp_path / "front.json"
    command = ["pareto", str(ROOT / "instances" / "sc8.yaml"), "--time-limit", "3000"]
    command += ["--windows", "2", "-o", str(output)]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(int(signal.SIGINT)), "scar", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(output.read_text(encoding="utf-8"))["points"]
