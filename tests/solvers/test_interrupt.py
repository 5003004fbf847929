"""Ctrl-C and SIGTERM end a search; what it knows by then is written, with exit code 0."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

INSTANCE = "sc9.yaml"
"""Its latency with two windows is not proven in seconds."""
ROOT = Path(__file__).parents[2]

SCRIPT = """
import os, sys
from scar_cp.cli import main
from scar_cp.solvers import exact
from scar_cp.solvers.base import Search

number, author, *arguments = sys.argv[1:]
note, sent = Search._note, []

def note_and_signal(self, source):
    note(self, source)
    if source == author and self.value is not None and not sent:
        sent.append(True)
        os.kill(os.getpid(), int(number))

Search._note = note_and_signal
if author == "cp-sat":
    exact.partition = lambda search: None
sys.argv = ["scar-cp", *arguments]
main()
"""
"""Runs the command; the first news from a stage of the search sends the signal."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("author", ["scar", "pipeline partitions", "cp-sat"])
def test_a_signal_ends_the_search_with_a_result(tmp_path, number, author):
    output = tmp_path / "result.json"
    command = ["solve", str(ROOT / "instances" / INSTANCE), "--windows", "2"]
    command += ["--time-limit", "600", "--workers", "1", "--quiet", "-o", str(output)]
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(int(number)), author, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,  # a signal that is lost shows as this
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    result = json.loads(output.read_text(encoding="utf-8"))
    assert result["schedule"] is not None
    assert result["status"] == "feasible"
    assert result["bounds"]
    assert 0 < result["gap"] < 1
    assert "Traceback" not in ran.stderr
