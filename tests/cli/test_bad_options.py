"""Bad options are blamed by their own names."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused, assert_refused_beginning

OPTIONS = [
    (["--windows", "0"], "--windows: 0: must be greater than 0"),
    (["--n-splits", "9"], "--n-splits: 9: must be below 1 windows"),
    (["--n-splits", "-1"], "--n-splits: -1: must be greater than or equal to 0"),
    (["--time-limit", "nan"], "--time-limit: nan: must be a positive number of seconds"),
    (["--time-limit", "inf"], "--time-limit: inf: must be a positive number of seconds"),
    (["--time-limit", "0"], "--time-limit: 0.0: must be a positive number of seconds"),
    (["--solver", "magic"], "--solver: magic: must be a known solver: cp-sat, scar, simba, standalone, nn-baton, heft, random, evolutionary, exhaustive"),
    (["--objective", "weighted"], "--weights: is required with --objective weighted"),
    (["--weights", "latency=1,nj=2"], "--weights: latency=1,nj=2: must be latency=A,energy=B with integers from 0 to 1000000, not both 0"),
    (["--package", "absent.yaml"], "--package: absent.yaml: must be a file, but absent.yaml does not exist"),
    (["--package", "."], "--package: .: must be a file, but . is a directory"),
    (["-o", "absent/result.json"], "absent/result.json: its folder must exist and be writable"),
    (["-o", "."], ".: is a directory, not a file"),
    (["-o", "instance.yaml"], "instance.yaml: must not be a file that is read"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "line"), OPTIONS, ids=[" ".join(o) for o, _ in OPTIONS])
def test_an_option_is_blamed_by_its_own_name(
    project: Project, command: Command, options: list[str], line: str
) -> None:
    assert_refused(project, command, ["solve", "instance.yaml", *options], line)


@pytest.mark.parametrize(
    "options",
    [
        ["--windows", "x"],
        ["--seed", "-1"],
        ["--workers", "0"],
        ["--objective", "speed"],
        ["--nonsense"],
    ],
)
def test_what_no_option_takes_is_one_line_that_names_the_option(
    project: Project, command: Command, options: list[str]
) -> None:
    arguments = ["solve", "instance.yaml", *options]
    assert_refused_beginning(project, command, arguments, "scar-cp: ")
    assert options[0] in command(*arguments).err


def test_xy_routing_needs_a_mesh(project: Project, command: Command) -> None:
    project.put("package.yaml", "nop", {"topology": "triangular"})
    project.put("package.yaml", "memory_ports", [0])
    line = "--routing: xy: needs a package whose links form a mesh"
    assert_refused(project, command, ["compile", "instance.yaml", "--routing", "xy"], line)


def test_an_undefined_space_is_a_fault_of_whoever_asked_for_it(
    project: Project, command: Command
) -> None:
    project.put("scenario.yaml", "models", [{"model": "model.yaml"}] * 8)
    project.put("instance.yaml", "windows", 2)
    command("compile", "instance.yaml", "-o", "problem.json")
    document = json.loads(Path("problem.json").read_text())
    document["models"][0]["max_segments"] = None
    Path("problem.json").write_text(json.dumps(document))
    rule = "the problem has no windows from the greedy packing, so the space is undefined"
    arguments = ["solve", "problem.json", "--space", "scar"]
    assert_refused(project, command, arguments, f"--space: scar: {rule}")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["check"], ["show"], ["solve"], ["compare"], ["cost", "x.csv"], ["evaluate", "x"]),
        *(["cost-template"], ["import", "costs", "x.csv", "--format", "maestro"]),
    ],
)
def test_a_missing_argument_is_one_line(command: Command, arguments: list[str]) -> None:
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("scar-cp: ")
