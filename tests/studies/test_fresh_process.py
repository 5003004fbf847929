"""Work in a process of its own."""

from __future__ import annotations

import os
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
