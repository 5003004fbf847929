"""Fixtures: the command line in this process, and a small project to break."""

from __future__ import annotations

import copy
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from scar_cp.cli import main

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the suite."""
    parser.addoption("--mutants", action="store_true", help="try every mutant of the checker")
    parser.addoption("--certificates", action="store_true", help="check all stored certificates")
    parser.addoption("--fuzz", type=int, default=150, help="broken files that are read")
    parser.addoption("--draws", type=int, default=300, help="random problems of a long profile")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes ``one_of_draws`` runs for each of them; but for the first, it is slow."""
    if "one_of_draws" in metafunc.fixturenames:
        draws = range(metafunc.config.getoption("--draws"))
        late = [pytest.param(draw, marks=pytest.mark.slow) for draw in draws[6:]]
        metafunc.parametrize("one_of_draws", [*draws[:6], *late])


class Ran(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No width of a terminal, which libraries of the test runner hand on to its processes."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs ``scar-cp ARGUMENTS`` in this process."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["scar-cp", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ran(end.value.code, out, err)

    return run


def fill_disk(patch: pytest.MonkeyPatch, after: int = 0) -> None:
    """Let the disk have no room but for so many files; which some systems say as late as here."""
    before, room = os.fsync, iter(range(after))

    def fsync(descriptor: int) -> None:
        if next(room, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        before(descriptor)

    patch.setattr(os, "fsync", fsync)


PROJECT: dict[str, dict[str, Any]] = {
    "instance.yaml": {
        "format": "scar-cp/instance@1",
        "scenario": "scenario.yaml",
        "package": "package.yaml",
        "profile": "profile.yaml",
    },
    "scenario.yaml": {
        "format": "scar-cp/scenario@1",
        "name": "pair",
        "domain": "desk",
        "models": [{"model": "model.yaml", "batch": 4}, {"model": "model.yaml", "batch": 2}],
    },
    "package.yaml": {
        "format": "scar-cp/package@1",
        "name": "square",
        "layout": [["big", "big"], ["big", "small"]],
    },
    "profile.yaml": {
        "format": "scar-cp/profile@1",
        "name": "desk",
        "domains": {
            "desk": {
                "big": {"dataflow": "nvdla", "array": [8, 8], "noc_elements_per_cycle": 16},
                "small": {"dataflow": "shidiannao", "array": [4, 4], "noc_elements_per_cycle": 8},
            }
        },
    },
    "model.yaml": {
        "format": "scar-cp/model@1",
        "name": "net",
        "layers": [
            {"name": "a", "op": "conv", "K": 16, "C": 8, "Y": 8, "X": 8, "inputs": ["in0"]},
            {"name": "b", "op": "conv", "K": 16, "C": 16, "Y": 8, "X": 8, "inputs": ["a"]},
            {"name": "sum", "op": "add", "K": 16, "C": 16, "Y": 8, "X": 8, "inputs": ["a", "b"]},
            {"name": "c", "op": "gemm", "K": 10, "C": 1024, "inputs": ["sum"]},
        ],
    },
}
"""Two runs of one small model on four chiplets, file by file."""

GONE = object()
"""Put in place of a value to remove its key."""


class Project:
    """The files of `PROJECT` in a folder of their own, the current one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = copy.deepcopy(PROJECT)
        for name in self.data:
            self._write(name)

    def put(self, file: str, *place_and_value: Any) -> None:
        """Replace the value at a place, as in ``put("model.yaml", "layers", 0, "K", -1)``."""
        *place, key, value = place_and_value
        inside: Any = self.data[file]
        for part in place:
            inside = inside[part]
        if value is GONE:
            del inside[key]
        else:
            inside[key] = value
        self._write(file)

    def names(self) -> set[str]:
        """The files that are there."""
        return {path.name for path in self.folder.iterdir()}

    def _write(self, file: str) -> None:
        text = yaml.safe_dump(self.data[file], sort_keys=False)
        (self.folder / file).write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A sound project in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
