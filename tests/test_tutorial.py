"""The tutorial, block by block: it runs, and it prints what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

import scar_cp
from scar_cp.cli import app

SOURCE = Path(scar_cp.__file__).parent
MEASURED = re.compile(r"\d+\.\d s\b|\d+\.\d( +\d+)?$|OR-Tools [\d.]+")
"""Seconds, also with the megabytes after them at the end of a row; and a library's version."""


class Block(NamedTuple):
    """Code of the tutorial, and the lines that it shows as its output."""

    language: str
    code: str
    shown: list[str]


def blocks() -> list[Block]:
    """All code, with the block without a language that may follow it."""
    text = (SOURCE / "TUTORIAL.md").read_text(encoding="utf-8")
    found: list[Block] = []
    for language, code in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if language:
            found.append(Block(language, code, []))
        else:
            found[-1].shown.extend(code.splitlines())
    return found


def stable(line: str) -> str:
    """A line without measured figures, and without the spaces that depend on their widths."""
    return " ".join(MEASURED.sub("measured", line).split())


def commands_of(code: str) -> set[str]:
    """The commands of scar-cp that a block runs."""
    return set(re.findall(r"^scar-cp (\w+)", code, re.MULTILINE))


def run(block: Block, folder: Path) -> list[str]:
    """The lines that a block prints, errors included."""
    interpreter = {"sh": ["bash", "-eu"], "python": [sys.executable, "-"]}[block.language]
    environment = os.environ | {
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(SOURCE.parent),
    }
    ran = subprocess.run(
        interpreter,
        input=block.code,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{block.code}\n{ran.stdout}"
    return [stable(line) for line in ran.stdout.splitlines()]


@pytest.mark.slow
def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the tutorial imports a model: the extra onnx")
    pytest.importorskip("matplotlib", reason="the tutorial draws a picture: the extra plot")
    script = tmp_path / "bin" / "scar-cp"
    script.parent.mkdir()
    script.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from scar_cp.cli import main; main()' \"$@\"\n"
    )
    script.chmod(0o755)
    commands: Any = typer.main.get_command(app)
    known = set(commands.commands)
    for block in blocks():
        if "report" in commands_of(block.code) - known:
            continue  # the command is still to come
        printed = iter(run(block, tmp_path))
        for line in map(stable, block.shown):
            # Each in its turn: what is not found uses up all that was printed.
            assert line == "..." or line in printed, f"{block.code}\nhas not printed: {line}"
