"""The starter: sound, solved at once, and never in the way of a user's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Command, fill_disk

from scar_cp.files.starter import STARTER_FILES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_starter_is_sound_and_solved_at_once(folder: Path, command: Command) -> None:
    code, out, err = command("init", "mine")
    written = [f"written: mine/{name}" for name in STARTER_FILES]
    assert (code, err) == (0, "")
    assert out.splitlines() == [*written, "next: scar-cp solve mine/instance.yaml"]
    assert {path.name for path in Path("mine").iterdir()} == set(STARTER_FILES)

    assert command("check", *(f"mine/{name}" for name in STARTER_FILES)).code == 0
    assert command("solve", "mine/instance.yaml", "--quiet", "-o", "result.json").code == 0
    assert json.loads(Path("result.json").read_text())["status"] == "optimal"


def test_the_folder_of_the_starter_is_the_current_one_by_default(
    folder: Path, command: Command
) -> None:
    assert command("init").out.splitlines()[-1] == "next: scar-cp solve instance.yaml"
    assert Path("instance.yaml").is_file()


def test_a_starter_replaces_nothing(folder: Path, command: Command) -> None:
    for name in ("model.yaml", "package.yaml"):
        Path(name).write_text("kept")
    rule = "exists already: the starter does not replace it"
    lines = f"model.yaml: {rule}\npackage.yaml: {rule}\n"
    assert command("init") == (2, "", lines)
    assert {p.name: p.read_text() for p in folder.iterdir()} == {
        "model.yaml": "kept",
        "package.yaml": "kept",
    }


def test_a_starter_needs_a_folder(folder: Path, command: Command) -> None:
    Path("file").write_text("")
    assert command("init", "file") == (2, "", "file: cannot be made: File exists\n")
    assert command("init", "a/b").err == "a/b: cannot be made: No such file or directory\n"


def test_a_starter_is_written_whole_or_not_at_all(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mine").mkdir()
    for made in ("new", "mine"):
        with monkeypatch.context() as patch:
            fill_disk(patch, after=2)
            code, out, err = command("init", made)
        assert (code, out) == (2, "")
        assert err.endswith(": cannot be written: No space left on device\n")
        assert err.count("\n") == 1
        assert [path.name for path in folder.rglob("*")] == ["mine"]
