"""What a bug report needs."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

from conftest import Command


def test_the_version_is_one_word(command: Command) -> None:
    assert command("--version") == (0, f"{version('scar-cp')}\n", "")


def test_the_whole_installation_is_told_without_paths(command: Command) -> None:
    code, out, err = command("--version", "--verbose")
    assert (code, err) == (0, "")
    told = dict(line.split(" ", 1) for line in out.splitlines())
    assert told["scar-cp"] == version("scar-cp")
    assert told["ortools"] == version("ortools")
    assert told["python"].startswith(platform.python_version())
    assert told["cores"].startswith(str(os.cpu_count()))
    assert {"numpy", "numba", "system"} <= set(told)
    assert "/" not in out
    assert command("-V").out == out


def test_no_command_is_no_version(command: Command) -> None:
    assert command("--verbose") == (2, "", "scar-cp: Missing command.\n")
