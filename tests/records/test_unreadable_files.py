"""Files that are no records, and where they stand."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Command, Project
from refusals import assert_refused, assert_refused_beginning

FORMATS = (
    "must be one of the formats scar-cp/NAME@1 with NAME in instance, problem, model, scenario, "
    "package, profile, chiplet, schedule, result, pareto, compare, sweep, codesign"
)


PACKAGE = "format: scar-cp/package@1\nname: x\nlayout: [[a]]\n"

TEXTS = [
    ("f.yaml", b"", "f.yaml: the file is empty"),
    ("f.json", b" \n", "f.json: the file is empty"),
    ("f.yaml", b"a: 1\nb: 2\na: 3\n", "f.yaml: line 3, column 1: malformed YAML: key 'a' stands twice"),
    ("f.yaml", b"a: " + b"[" * 100_000, "f.yaml: cannot be read: nested deeper than 100 levels"),
    ("f.json", b'{"a": 1, "a": 2}', "f.json: malformed JSON: key 'a' stands twice"),
    ("f.yaml", b"- 1\n- 2\n", f"f.yaml: format: {FORMATS}"),
    ("f.yaml", b"name: x\n", f"f.yaml: format: {FORMATS}"),
    ("f.yaml", b"format: scar-cp/pacage@1\n", f"f.yaml: format: 'scar-cp/pacage@1': {FORMATS}"),
    ("f.yaml", PACKAGE.encode() + b"1: 2\n", "f.yaml: [1]: 1: keys must be strings"),
    ("f.yaml", PACKAGE.replace("x", "2020-01-01").encode(), "f.yaml: name: datetime.date(2020, 1, 1): must be a valid string"),
    ("f.yaml", PACKAGE.replace("[[a]]", "&l [*l]").encode(), "f.yaml: layout[0][0]: [[[...]]]: must be a valid string"),
]  # fmt: skip

MALFORMED = [
    ("f.yaml", b"a: 1\n\tb: 2\n", "f.yaml: line 2, column 1: malformed YAML:"),
    ("f.yaml", b"a: [1, 2\n", "f.yaml: line 2, column 1: malformed YAML:"),
    ("f.yaml", b"a: *b\n", "f.yaml: line 1, column 4: malformed YAML:"),
    ("f.yaml", b"a: 1\n---\nb: 2\n", "f.yaml: line 2, column 1: malformed YAML:"),
    ("f.yaml", b"? [a]\n: b\n", "f.yaml: line 1, column 3: malformed YAML:"),
    ("f.yaml", b"a: \x00\n", "f.yaml: malformed YAML:"),
    ("f.yaml", b"a: 2020-13-45\n", "f.yaml: line 1, column 4: malformed YAML:"),
    ("f.yaml", b"a: 0x" + b"f" * 5000, "f.yaml: line 1, column 4: malformed YAML:"),
    ("f.yaml", b"\xff\xfe\x00", "f.yaml: cannot be read:"),
    ("f.json", b'{"a" 1}', "f.json: line 1, column 6: malformed JSON:"),
    ("f.json", b"[" * 1_000_000, "f.json: cannot be read: nested too"),
]  # fmt: skip
"""What a parser says of these texts is its own affair: all that stands before it."""


@pytest.mark.parametrize(("name", "content", "line"), TEXTS, ids=[line for _, _, line in TEXTS])
def test_a_file_that_is_no_record_is_named_with_the_reason(
    project: Project, command: Command, name: str, content: bytes, line: str
) -> None:
    (project.folder / name).write_bytes(content)
    assert_refused(project, command, ["check", name], line)


@pytest.mark.parametrize(
    ("name", "content", "start"),
    MALFORMED,
    ids=[f"{start} {content[:20]!r}" for _, content, start in MALFORMED],
)
def test_a_malformed_file_is_named_with_the_reason_of_its_parser(
    project: Project, command: Command, name: str, content: bytes, start: str
) -> None:
    (project.folder / name).write_bytes(content)
    assert_refused_beginning(project, command, ["check", name], f"{start} ")


def test_aliases_that_multiply_do_not_multiply_the_message(
    project: Project, command: Command
) -> None:
    rows = [
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(9 * ['*' + chr(97 + i)])}]" for i in range(12)
    ]
    text = "\n".join([PACKAGE + "a: &a [1, 2, 3]", *rows])
    (project.folder / "f.yaml").write_text(text)
    code, _, err = command("check", "f.yaml")
    assert code == 2
    assert len(err) < 2000


def test_files_that_are_not_there_are_named(project: Project, command: Command) -> None:
    (project.folder / "folder").mkdir()
    long = "x" * 300 + ".yaml"
    assert_refused(
        project,
        command,
        ["check", "absent.yaml", "folder", long],
        "absent.yaml: no such file",
        "folder: is a directory, not a file",
        f"{long}: cannot be read: File name too long",
    )


def test_good_files_are_reported_beside_bad_ones(project: Project, command: Command) -> None:
    code, out, err = command("check", "model.yaml", "absent.yaml", "scenario.yaml")
    assert (code, err) == (2, "absent.yaml: no such file\n")
    assert out == "model.yaml: ok: model net, 4 layers\nscenario.yaml: ok: scar-cp/scenario@1\n"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("package.yaml", "memory_ports", [9]), "memory_ports[0]: 9: must be a chiplet id below 4"),
        (("scenario.yaml", "models", 0, "minibatch", 5), "models[0].minibatch: 5: must be at most batch = 4"),
        (("profile.yaml", "domains", "desk", "big", "dataflow", "x"), "domains.desk.big.dataflow: x: must be a known dataflow: eyeriss, nvdla, shidiannao"),
    ],
)  # fmt: skip
def test_a_file_is_checked_alone_as_it_is_inside_an_instance(
    project: Project, command: Command, change: tuple[Any, ...], line: str
) -> None:
    project.put(*change)
    for file in (change[0], "instance.yaml"):
        assert_refused(project, command, ["check", file], f"{change[0]}: {line}")


def test_numbers_with_an_exponent_are_numbers(project: Project, command: Command) -> None:
    text = (project.folder / "package.yaml").read_text() + "clock_mhz: 1e3\n"
    (project.folder / "package.yaml").write_text(text)
    assert json.loads(command("compile", "instance.yaml").out)["clock_hz"] == 10**9
