"""Files that are written: whole, where they were asked for, and never over what is read."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from conftest import Command, Project, fill_disk
from refusals import assert_refused


def test_a_failing_command_leaves_an_older_output_as_it_was(
    project: Project, command: Command
) -> None:
    Path("problem.json").write_text("kept")
    project.put("package.yaml", "memory_ports", [])
    assert command("compile", "instance.yaml", "-o", "problem.json").code == 2
    assert Path("problem.json").read_text() == "kept"


def test_an_output_is_readable_as_the_umask_says_and_leaves_nothing_beside_it(
    project: Project, command: Command
) -> None:
    before = project.names()
    assert command("compile", "instance.yaml", "-o", "problem.json").code == 0
    umask = os.umask(0)
    os.umask(umask)
    assert Path("problem.json").stat().st_mode & 0o777 == 0o666 & ~umask
    assert project.names() == before | {"problem.json"}


def test_writing_through_a_link_keeps_the_link(project: Project, command: Command) -> None:
    Path("link.json").symlink_to("target.json")
    assert command("compile", "instance.yaml", "-o", "link.json").code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("target.json").read_text())["format"] == "scar-cp/problem@1"


def test_a_device_is_written_to_and_not_replaced(project: Project, command: Command) -> None:
    assert command("compile", "instance.yaml", "-o", os.devnull).code == 0
    assert not Path(os.devnull).is_file()


WRITERS = {
    "solve": "solve instance.yaml --quiet --solver standalone",
    "pareto": "pareto instance.yaml --quiet",
    "compile": "compile instance.yaml",
    "cost-template": "cost-template instance.yaml",
    "compare": "compare instance.yaml --solver standalone --quiet",
    "gaps": "gaps instance.yaml --quiet",
    "trace": "trace result.json",
    "report": "report result.json",
    "report of a folder": "report .",
    "plot": "plot result.json",
}
READ = ("instance.yaml", "scenario.yaml", "package.yaml", "profile.yaml", "model.yaml", "costs.csv")


@pytest.fixture
def solved(project: Project, command: Command) -> Project:
    """The project with costs of its own and a result, solved with other settings than its own."""
    assert command("cost-template", "instance.yaml", "--filled", "-o", "costs.csv").code == 0
    project.put("instance.yaml", "cost_table", "costs.csv")
    Path("other.yaml").write_bytes(Path("package.yaml").read_bytes())
    options = ["--package", "other.yaml", "-o", "result.json"]
    assert command(*WRITERS["solve"].split(), *options).code == 0
    return project


@pytest.mark.slow
@pytest.mark.parametrize("file", READ)
@pytest.mark.parametrize("writer", WRITERS)
def test_no_file_that_the_input_refers_to_is_written_to(
    solved: Project, command: Command, writer: str, file: str
) -> None:
    link = Path("link.svg")  # a picture's suffix is checked, too
    link.symlink_to(file)
    for output in {link, Path(file)} if writer != "plot" else {link}:
        code, out, err = command(*WRITERS[writer].split(), "-o", output)
        assert (code, out) == (2, "")
        rules = "must not be a file that is read", "must hold a table of scar-cp compare: .*"
        assert re.fullmatch(f"{output}: ({'|'.join(rules)})\n", err)
        assert link.is_symlink()
        solved_again = command("solve", "instance.yaml", "--solver", "standalone", "--quiet")
        assert solved_again.code == 0


@pytest.mark.parametrize("writer", ["solve", "trace"])
def test_what_a_setting_replaces_is_kept_as_what_replaces_it(
    solved: Project, command: Command, writer: str
) -> None:
    settings = ["--package", "other.yaml"] if writer == "solve" else []
    for file in ("other.yaml", "package.yaml"):
        line = f"{file}: must not be a file that is read"
        assert_refused(solved, command, [*WRITERS[writer].split(), *settings, "-o", file], line)


def test_a_model_that_the_profile_replaces_is_kept(project: Project, command: Command) -> None:
    Path("small.yaml").write_bytes(Path("model.yaml").read_bytes())
    project.put("profile.yaml", "models", {"model": "small"})
    for file in ("model.yaml", "small.yaml"):
        line = f"{file}: must not be a file that is read"
        assert_refused(project, command, ["compile", "instance.yaml", "-o", file], line)


def test_a_page_does_not_replace_a_result_that_it_shows(solved: Project, command: Command) -> None:
    line = "result.json: must not be a file that is read"
    assert_refused(solved, command, ["report", ".", "-o", "result.json"], line)


def test_a_cost_table_that_is_not_there_yet_may_be_written(
    project: Project, command: Command
) -> None:
    project.put("instance.yaml", "cost_table", "costs.csv")
    assert command("cost-template", "instance.yaml", "--filled", "-o", "costs.csv").code == 0
    assert command("check", "instance.yaml").code == 0


def test_gaps_replaces_no_table_of_something_else(project: Project, command: Command) -> None:
    Path("layers.csv").write_text("op,K\ngemm,1\n")
    line = "layers.csv: must hold a table of scar-cp gaps: there is no column 'decision'"
    assert_refused(project, command, [*WRITERS["gaps"].split(), "-o", "layers.csv"], line)


def test_a_place_that_cannot_be_written_is_refused_before_the_search(
    project: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("one").symlink_to("two")
    Path("two").symlink_to("one")
    line = "one: cannot be written: Too many levels of symbolic links"
    assert_refused(project, command, [*WRITERS["solve"].split(), "-o", "one"], line)
    instance = str(project.folder / "instance.yaml")
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    (project.folder / "gone").rmdir()
    line = "r.json: cannot be written: No such file or directory\n"
    assert command("solve", instance, "--quiet", "-o", "r.json") == (2, "", line)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_result_that_finds_no_room_is_printed(project: Project, command: Command) -> None:
    arguments = [*WRITERS["solve"].split(), "-o", "/dev/full"]
    code, out, err = command(*arguments)
    assert code == 2
    assert json.loads(out)["format"] == "scar-cp/result@1"
    assert err.startswith("/dev/full: cannot be written: ")


@pytest.mark.slow
def test_what_finds_no_room_leaves_what_was_there(
    solved: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes: in one line, with nothing begun beside it."""
    outputs = {name: f"{name}.json".replace(" ", "-") for name in WRITERS}
    outputs |= {"compare": "table.csv", "gaps": "gaps.csv", "plot": "plot.svg"}
    for name in ("compare", "trace", "plot", "pareto", "compile"):
        assert command(*WRITERS[name].split(), "-o", outputs[name]).code == 0
    before = {path: path.read_bytes() for path in Path().iterdir()}
    for name, output in outputs.items():
        again = [] if name != "compare" else ["--windows", "2"]
        with monkeypatch.context() as patch:
            fill_disk(patch)
            code, _, err = command(*WRITERS[name].split(), *again, "-o", output)
        assert code == 2, name
        assert re.fullmatch(r"\S+: cannot be written: No space left on device\n", err), name
        assert {path: path.read_bytes() for path in Path().iterdir()} == before, name
