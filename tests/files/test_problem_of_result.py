"""A result leads to its problem."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused

from scar_cp.errors import InputError
from scar_cp.files.problem_of_result import load_problem_of
from scar_cp.outcome.result import Result
from scar_cp.records.yaml_json import read_json_record

SETTINGS = ("--windows", "2", "--package", "package.yaml")


@pytest.fixture
def solved(project: Project, command: Command) -> Path:
    """A result in a folder of its own, found with other settings than the instance's."""
    Path("out").mkdir()
    command("solve", "instance.yaml", *SETTINGS, "--solver", "scar", "-o", "out/result.json")
    return Path("out/result.json")


def found(path: Path, source: Path | None = None) -> bool:
    result = read_json_record(path, Result)
    return load_problem_of(result, path, source).sha256 == result.problem_sha256


def test_a_result_says_where_its_problem_is(solved: Path) -> None:
    origin = json.loads(solved.read_text())["origin"]
    settings = {"windows": 2, "package": "../package.yaml"}
    assert origin == {"file": "../instance.yaml", "settings": settings}
    assert found(solved)


def test_it_is_found_from_any_folder(solved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = solved.resolve()
    monkeypatch.chdir("/")
    assert found(path)


def test_project_and_result_move_together(project: Project, solved: Path) -> None:
    names = project.names()
    Path("moved").mkdir()
    for name in names:
        Path(name).rename(Path("moved") / name)
    assert found(Path("moved/out/result.json"))


def test_a_result_that_moved_alone_needs_an_instance(
    project: Project, solved: Path, command: Command
) -> None:
    command("compile", "instance.yaml", *SETTINGS, "-o", "problem.json")
    path = solved.rename("result.json")
    with pytest.raises(InputError) as error:
        found(path)
    gone = Path("../instance.yaml")
    assert str(error.value) == (
        f"result.json: origin.file: {gone}: {gone} is not there: name the instance where it is"
    )
    assert found(path, Path("instance.yaml")), "the package is still beside its instance"
    Path("package.yaml").rename("other.yaml")
    project.put("instance.yaml", "package", "other.yaml")
    rule = r"result\.json: origin\.settings\.package: \.\./package\.yaml: must be a file"
    with pytest.raises(InputError, match=rule):
        found(path, Path("instance.yaml"))
    assert found(path, Path("problem.json")), "its settings are compiled into it"
    command("compile", "instance.yaml", "-o", "problem.json")
    with pytest.raises(
        InputError, match="a result of another problem, or of other settings, than problem"
    ):
        found(path, Path("problem.json"))


@pytest.mark.parametrize("name", ["plot", "trace", "report"])
def test_another_problem_is_refused(
    project: Project, solved: Path, command: Command, name: str
) -> None:
    claimed = json.loads(solved.read_text())["problem_sha256"]
    project.put("scenario.yaml", "models", [{"model": "model.yaml", "batch": 1}])
    code, out, err = command(name, solved, "--instance", "instance.yaml")
    assert (code, out) == (2, "")
    assert err == (
        f"out/result.json: problem_sha256: {claimed}: is a result of another problem, or of other "
        "settings, than instance.yaml is now: name with --instance the instance, or its compiled "
        "problem, as it was\n"
    )


@pytest.mark.parametrize("name", ["plot", "trace"])
def test_a_result_without_an_origin_needs_an_instance(
    project: Project, solved: Path, command: Command, name: str
) -> None:
    document = json.loads(solved.read_text()) | {"origin": None}
    solved.write_text(json.dumps(document))
    line = (
        "out/result.json: origin: does not say which problem the result is about: "
        "name with --instance the instance"
    )
    assert_refused(project, command, [name, str(solved)], line)
