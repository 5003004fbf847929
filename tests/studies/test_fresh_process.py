"""Work in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scar_cp.errors import CrashError, ScarError
from scar_cp.studies.fresh_process import in_fresh_process, peak_memory_mb


def end_without_a_word() -> None:
    os._exit(3)


def refuse(reason: str) -> None:
    raise ScarError(reason)


@pytest.mark.slow
def test_a_fresh_process_answers_raises_or_dies() -> None:
    assert in_fresh_process(abs, -2) == 2
    with pytest.raises(ScarError, match="too large"):
        in_fresh_process(refuse, "too large")
    with pytest.raises(CrashError, match="exit code 3"):
        in_fresh_process(end_without_a_word)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_a_process_does_not_count_the_memory_of_its_parent() -> None:
    ballast = bytearray(os.urandom(1024) * 1024 * 200)
    assert peak_memory_mb() > len(ballast) >> 20 > in_fresh_process(peak_memory_mb)


PARENT = """
import os, sys, time
from pathlib import Path
from scar_cp.studies.fresh_process import in_fresh_process

def work():
    Path("child").write_text(str(os.getpid()))
    while True:  # as busy as a solver that holds the interpreter
        pass

if __name__ == "__main__":
    in_fresh_process(work)
"""


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_ends_with_its_parent_however_that_ends(tmp_path: Path, number: int) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    with subprocess.Popen([sys.executable, "parent.py"], cwd=tmp_path) as parent:
        child = tmp_path / "child"
        until(lambda: child.exists() and child.read_text() != "")
        pid = int(child.read_text())
        assert is_running(pid)
        parent.send_signal(number)
    until(lambda: not is_running(pid))


def until(holds: Callable[[], bool]) -> None:
    """Wait, on a busy machine for long, until something holds."""
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")
