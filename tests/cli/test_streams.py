"""Printing: a result is never lost by it, no text stops it, and names are printed as they stand."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Command, Project, Ran
from rows import ROW
from show.plots import examples

from scar_cp.judge.evaluation import evaluate
from scar_cp.show.text.live_progress import Progress, RunsProgress
from scar_cp.show.text.summary import print_evaluation
from scar_cp.show.text.units import Units
from scar_cp.solvers import Event, Request

pytestmark = pytest.mark.slow  # each test is a program of its own

SOLVE = ("solve", "instance.yaml", "--solver", "standalone", "-o", "result.json")


PROGRESS = ("  ", "minimising ")
"""How its lines begin."""


def shell(redirection: str, *arguments: str, **environment: str) -> Ran:
    """Run a command in a process of its own; its errors are without progress."""
    script = f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}'
    program = [sys.executable, "-c", "from scar_cp.cli import main; main()", *arguments]
    ran = subprocess.run(
        ["bash", "-c", script, "bash", *program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    lines = ran.stderr.splitlines(keepends=True)
    errors = "".join(line for line in lines if not line.startswith(PROGRESS))
    return Ran(ran.returncode, ran.stdout, errors)


needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


FULL = "scar-cp: standard output: No space left on device\n"


@pytest.mark.parametrize(
    ("redirection", "code", "line"),
    [
        ("| true", 1, ""),
        (">&-", 1, "scar-cp: standard output: Bad file descriptor\n"),
        pytest.param("> /dev/full", 1, FULL, marks=needs_full),
        ("2>&-", 0, ""),
        pytest.param("2> /dev/full", 0, "", marks=needs_full),
        ("2> >(true)", 0, ""),
        (">&- 2>&-", 1, ""),
    ],
)
def test_a_result_is_written_whether_or_not_it_can_be_printed(
    project: Project, redirection: str, code: int, line: str
) -> None:
    ran = shell(redirection, *SOLVE)
    assert (ran.code, ran.err) == (code, line)
    assert (ran.out != "") == (code == 0)
    assert json.loads(Path("result.json").read_text())["format"] == "scar-cp/result@1"


@needs_full
@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ("pareto instance.yaml -o front.json", "front.json"),
        ("compare instance.yaml --solver standalone -o table.csv", "table.csv"),
        ("import csv layers.csv -o net.yaml", "net.yaml"),
        ("init new", "new/model.yaml"),
    ],
)
def test_every_command_writes_before_it_prints(project: Project, arguments: str, file: str) -> None:
    Path("layers.csv").write_text("op,K,C,Y,X\nconv,4,4,8,8\n")
    ran = shell("> /dev/full", *arguments.split())
    assert (ran.code, ran.err.splitlines(keepends=True)[-1]) == (1, FULL)
    assert Path(file).stat().st_size > 0


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["encoding", "locale"],
)
def test_characters_that_cannot_be_printed_are_replaced(
    project: Project, environment: dict[str, str]
) -> None:
    project.put("model.yaml", "name", "n·t")
    ran = shell("", *SOLVE, **environment)
    assert (ran.code, ran.err) == (0, "")
    assert "n\\xb7t" in ran.out
    assert "J\\xb7s" in ran.out
    assert ran.out.endswith("written: result.json\n")
    ran = shell("", "check", "ü.yaml", **environment)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


@needs_full
@pytest.mark.parametrize("arguments", ["compile instance.yaml", "check instance.yaml", "--help"])
def test_what_is_only_printed_fails_in_one_line(project: Project, arguments: str) -> None:
    assert shell("> /dev/full", *arguments.split()) == (1, "", FULL)


def test_a_closed_stream_is_not_taken_by_a_file(project: Project) -> None:
    """Files get the lowest free number: one with a stream's would get all that is printed."""
    code, _, _ = shell(">&- 2>&-", "compile", "instance.yaml", "-o", "problem.json")
    assert code == 1, "that it is written cannot be said"
    assert json.loads(Path("problem.json").read_text())["format"] == "scar-cp/problem@1"


# --- names ---------------------------------------------------------------------------------------


NAMES = ["[/x]", "[red]", ":smile:", "a\\[b]"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("terminal", [False, True])
def test_names_are_printed_as_they_stand(
    project: Project,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    terminal: bool,
) -> None:
    if terminal:  # progress is then drawn, over and over
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
    project.put("instance.yaml", "name", name)
    project.put("model.yaml", "name", name)
    project.put("package.yaml", "name", name)
    types = project.data["profile.yaml"]["domains"]["desk"]
    project.put("profile.yaml", "domains", "desk", types | {name: types["big"]})
    project.put("package.yaml", "layout", [[name, name], ["small", "big"]])
    shutil.copy("instance.yaml", "[x].yaml")

    ran = command(*SOLVE)
    assert ran.code == 0
    assert f" {name} [0] x4 " in ran.out
    assert f"0 {name} " in ran.out
    assert f"{name} [0] x4" in command("evaluate", "instance.yaml", "result.json").out
    assert f"instance {name}\n" in command("show", "instance.yaml").out
    assert f"package {name}:" in command("show", "instance.yaml").out
    assert command("check", "instance.yaml").code == 0
    ran = command("compare", "[x].yaml", "--solver", "standalone", "-o", "c.csv")
    assert ran.code == 0
    assert "[x] package profile 1w full latency standalone: " in ran.err
    assert command("pareto", "instance.yaml", "--time-limit", "5").code == 0
    assert json.loads(Path("result.json").read_text())["problem"] == name


@pytest.mark.parametrize("name", NAMES)
def test_live_lines_have_names_as_they_stand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    request, units = Request(), Units(1e9)
    with Progress(name, request, units):
        pass
    assert f"solving {name}" in capsys.readouterr().err
    with Progress("", request, units) as progress:
        progress.event(Event(0.0, None, None, name))
    assert f"  {name}\x1b" in capsys.readouterr().err.replace("\n", "\x1b")
    row = replace(ROW, scenario=name)
    with RunsProgress(0, 1) as runs:
        runs.start(row.case, 1)
    assert str(row.case) in capsys.readouterr().err


def test_a_hyphen_is_standard_input_and_output(
    project: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = command("compile", "instance.yaml", "-o", "-").out
    assert command("compile", "instance.yaml").out == compiled
    for options in (("--json",), ("-o", "-"), ("-o", "result.json", "--json")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(compiled))
        ran = command("solve", "-", "--solver", "standalone", "--quiet", *options)
        assert (ran.code, ran.err) == (0, "")
        result = json.loads(ran.out)
        assert (result["format"], result["origin"]) == ("scar-cp/result@1", None)
    assert json.loads(Path("result.json").read_text()) == result
    assert not Path("-").exists()
    monkeypatch.setattr(sys, "stdin", io.StringIO(" "))
    ran = command("solve", "-")
    assert (ran.code, ran.err) == (2, "-: the file is empty\n")


def test_costs_are_told_in_units_of_people_or_raw(project: Project, command: Command) -> None:
    assert "cycles" not in command(*SOLVE).out
    raw = command(*SOLVE, "--raw").out
    value = json.loads(Path("result.json").read_text())["value"]
    assert f"latency {value:,} cycles, found by standalone" in raw
    assert "cycles" not in command("evaluate", "instance.yaml", "result.json").out
    assert f"{value:,} cycles" in command("evaluate", "instance.yaml", "result.json", "--raw").out


@pytest.mark.parametrize("columns", [80, 120])
def test_a_summary_is_as_wide_as_the_terminal_at_most(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    problem, plan = examples.example()
    models = tuple(run.replace(name=run.name + "x" * 20) for run in problem.models)
    problem = problem.replace(models=models)
    print_evaluation(problem, evaluate(problem, plan), ())
    whole = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", str(columns))
    print_evaluation(problem, evaluate(problem, plan), ())
    shown = capsys.readouterr().out
    assert max(map(len, whole.splitlines())) > 80
    assert ("not shown, too wide: compute" in shown) == (columns == 80)
    table = shown.partition("latency ")[0].splitlines()
    assert max(len(re.sub(r"\x1b\[[\d;]*m", "", line)) for line in table) <= columns


@pytest.mark.parametrize("limit_s", [7, 77])
def test_the_status_has_a_clock_from_the_first_word_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], limit_s: float
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("scar_cp.show.text.live_progress._CLOCK_S", 60)
    with RunsProgress(0, 2) as runs:
        runs.start("here", limit_s)
    assert re.search(rf"\d\.\d s here; 0 of 2 done; limit {limit_s} s", capsys.readouterr().err)


def test_without_a_move_a_line_says_where_the_search_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scar_cp.show.text.live_progress._BEAT_S", 0.0)
    monkeypatch.setattr("scar_cp.show.text.live_progress._CLOCK_S", 0.01)
    request = Request(time_limit_s=77, gap=0.01)
    with Progress("p", request, Units(1e9)) as progress:
        progress.event(Event(0.0, 2_000_000, 1_000_000, "x"))
        progress.stage("window prices")
        time.sleep(0.1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].split() == ["elapsed", "value", "ms", "bound", "ms", "gap", "moved", "by"]
    last = "2                1  50.00 %  at window prices; limit 77 s or a gap of 1.00 %"
    assert lines[-1].endswith(last)
