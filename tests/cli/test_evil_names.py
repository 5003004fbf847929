"""Names that terminals, spreadsheets, pages and pictures would obey are shown as names."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project, Ran

EVIL = "=cmd|'/C x'!A0 [/x][red] \x1b]0;owned\x07\x1b[2J <script>alert(1)</script> $x_{$ \u202e"
"""For spreadsheets, consoles, terminals, pages and mathematics."""


@pytest.fixture
def evil(project: Project) -> Project:
    """The project with such a name wherever there is one."""
    project.put("scenario.yaml", "name", EVIL)
    project.put("scenario.yaml", "models", 0, "name", EVIL + "of a run")
    project.put("model.yaml", "name", EVIL)
    for k, layer in enumerate(project.data["model.yaml"]["layers"]):
        renamed = [EVIL + name if not name.startswith("in") else name for name in layer["inputs"]]
        named = {"name": EVIL + layer["name"], "inputs": renamed}
        project.put("model.yaml", "layers", k, layer | named)
    project.put("package.yaml", "name", EVIL)
    types = project.data["profile.yaml"]["domains"]["desk"]
    project.put("profile.yaml", "domains", "desk", {EVIL + key: of for key, of in types.items()})
    layout = project.data["package.yaml"]["layout"]
    project.put("package.yaml", "layout", [[EVIL + name for name in row] for row in layout])
    project.put("profile.yaml", "name", EVIL)
    return project


def assert_obeyed_by_no_terminal(ran: Ran, code: int = 0) -> None:
    assert ran.code == code, ran
    for text in (ran.out, ran.err):
        assert not {"\x1b", "\x07", "\u202e"} & set(text)


QUICK = ["--solver", "scar", "--time-limit", "20"]

COMMANDS: dict[str, list[str]] = {
    "check": ["check", "instance.yaml", "model.yaml", "package.yaml", "profile.yaml"],
    "show": ["show", "instance.yaml"],
    "show model": ["show", "model.yaml"],
    "show package": ["show", "package.yaml"],
    "compile": ["compile", "instance.yaml"],
    "cost-template": ["cost-template", "instance.yaml", "--filled"],
    "solve": ["solve", "instance.yaml", *QUICK],
    "solve as JSON": ["solve", "instance.yaml", *QUICK, "--json"],
    "evaluate": ["evaluate", "instance.yaml", "result.json"],
    "verify": ["solve", "instance.yaml", "--verify", "result.json"],
    "trace": ["trace", "result.json", "--max-passes", "1"],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_no_command_prints_what_a_terminal_obeys(
    evil: Project, command: Command, arguments: list[str]
) -> None:
    assert command("solve", "instance.yaml", *QUICK, "-o", "result.json").code == 0
    ran = command(*arguments)
    assert_obeyed_by_no_terminal(ran)
    if arguments[0] in ("show", "solve", "evaluate") and "--json" not in arguments:
        assert "[/x][red]" in ran.out + ran.err or "--verify" in arguments


def test_faults_quote_names_that_are_shown(evil: Project, command: Command) -> None:
    evil.put("scenario.yaml", "domain", EVIL)
    assert_obeyed_by_no_terminal(command("check", "instance.yaml"), code=2)
    assert_obeyed_by_no_terminal(command("check", EVIL), code=2)


@pytest.mark.slow
def test_a_comparison_shows_names_and_computes_none(evil: Project, command: Command) -> None:
    for name in ("instance.yaml", "package.yaml"):
        Path(f"=1+1 [x] \x1b[2J{name}").write_bytes(Path(name).read_bytes())
    arguments = ["compare", "=1+1 [x] \x1b[2Jinstance.yaml", "--solver", "standalone"]
    for style in ("text", "md", "json", "csv"):  # the first run is stored
        assert_obeyed_by_no_terminal(command(*arguments, "--format", style))
    rows = [line for line in Path("compare.csv").read_text().splitlines() if line[:1] != "#"]
    assert next(csv.reader(rows[1:]))[0].startswith("'=1+1")


def test_a_cost_table_computes_nothing_and_is_read_again(evil: Project, command: Command) -> None:
    assert command("cost-template", "instance.yaml", "--filled", "-o", "costs.csv").code == 0
    with Path("costs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert all(cell[0] == "'" for row in rows[1:] for cell in row[:3])
    evil.put("instance.yaml", "cost_table", "costs.csv")
    assert command("check", "instance.yaml").code == 0


@pytest.mark.slow
def test_pages_and_pictures_show_names(evil: Project, command: Command) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    pytest.importorskip("plotly", reason="pages need plotly: the extra report")
    assert command("solve", "instance.yaml", *QUICK, "-o", "result.json").code == 0
    for kind in ("gantt", "map", "bounds"):
        ran: Any = command("plot", "result.json", "--kind", kind, "-o", f"{kind}.svg")
        assert_obeyed_by_no_terminal(ran)
        assert "<script" not in Path(f"{kind}.svg").read_text(encoding="utf-8")
    assert_obeyed_by_no_terminal(command("report", "result.json", "-o", "r.html"))
    assert "<script>alert" not in Path("r.html").read_text(encoding="utf-8")
