"""What searches wrote and users write, shown and checked: every format, by path or name."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import GONE, Command, Project
from refusals import assert_refused
from show.plots import examples

from scar_cp.records.runs_csv import to_csv
from scar_cp.records.yaml_json import to_json
from scar_cp.show.text.gaps_text import gaps_csv, gaps_text
from scar_cp.studies.bench import Row
from scar_cp.studies.judged_rows import table_text

SOLVE = ("solve", "instance.yaml", "--solver", "scar", "--quiet")


def put(name: str, **document: Any) -> None:
    Path(name).write_text(yaml.safe_dump(document))


def test_a_result_is_shown_as_it_was_solved(project: Project, command: Command) -> None:
    said = command(*SOLVE, "-o", "result.json").out.removesuffix("written: result.json\n")
    assert command("show", "result.json") == (0, said, "")
    raw = command(*SOLVE, "--raw").out
    assert command("show", "result.json", "--raw").out.splitlines()[0] == raw.splitlines()[0]


def test_a_result_without_its_problem_has_numbers_for_names(
    project: Project, command: Command
) -> None:
    said = command(*SOLVE, "-o", "result.json").out
    command("compile", "instance.yaml", "-o", "problem.json")
    Path("instance.yaml").rename("moved.yaml")
    code, out, _ = command("show", "result.json")
    assert code == 0
    bound = next(line for line in said.splitlines() if line.startswith("bound"))
    assert bound in out, "in the same units: the evaluation says the clock"
    assert "net" not in out
    *_, note = out.splitlines()
    assert note.startswith("note: models and chiplets are numbers: result.json: origin.file")
    assert command("show", "result.json", "--instance", "problem.json").out in said
    line = "absent.yaml: no such file"
    assert_refused(project, command, ["show", "result.json", "--instance", "absent.yaml"], line)


def test_a_problem_a_front_and_tables_are_shown(project: Project, command: Command) -> None:
    command("compile", "instance.yaml", "-o", "problem.json")
    out = command("show", "problem.json").out
    assert "net [0]      4" in out
    assert "net [1]      2" in out
    assert "3 big, 1 small" in out
    front = examples.FRONT.replace(clock_hz=1e9)
    Path("front.json").write_text(to_json(front))
    out = command("show", "front.json").out
    assert [line.split()[:2] for line in out.splitlines()[3:]] == [
        ["1", "ms"],
        ["2", "ms"],
        ["4", "ms"],
    ]
    Path("table.csv").write_text(table_text(examples.COMPARISON))
    assert command("compare", "--help").code == 0
    assert "median gap" in command("show", "table.csv").out
    Path("split.csv").write_text(gaps_csv(examples.SPLITS))
    assert command("show", "split.csv").out == gaps_text(examples.SPLITS)


def test_a_table_of_a_suite_is_shown_and_is_drawn_by_its_own_command(
    project: Project, command: Command
) -> None:
    row = Row(
        *("sc1", "square", 1, "latency", "full", ""),
        heuristic=3_000_000,
        value=2_000_000,
        bound=1_000_000,
        gap=0.5,
        status="feasible",
        author="",
        first_s=None,
        best_s=None,
        seconds=1.0,
        peak_mb=7,
        clock_hz=1e9,
    )
    Path("bench.csv").write_text(to_csv(list(asdict(row)), [asdict(row)], ""))
    _, line = command("show", "bench.csv").out.splitlines()
    assert line.split() == [
        "sc1",
        "square",
        "1",
        "latency",
        "3",
        "ms",
        "2",
        "ms",
        "1",
        "ms",
        "50.00",
        "%",
        "1.0",
        "7",
    ]
    rule = "bench.csv: is a table of bench, which scar-cp bench plot draws"
    assert_refused(project, command, ["plot", "bench.csv"], rule)
    assert command("check", "bench.csv").out == "bench.csv: ok: a table of runs\n"


def test_evaluate_refuses_the_result_of_another_problem(project: Project, command: Command) -> None:
    command(*SOLVE, "--windows", "2", "-o", "result.json")
    assert command("evaluate", "instance.yaml", "result.json", "--windows", "2").code == 0
    claimed = json.loads(Path("result.json").read_text())["problem_sha256"]
    code, out, err = command("evaluate", "instance.yaml", "result.json")
    assert (code, out, err.count("\n")) == (2, "", 1)
    start = f"result.json: problem_sha256: {claimed}: is a result of another problem, or of other "
    assert err.startswith(start)


def test_no_profile_is_needed_where_the_package_has_all_types(
    project: Project, command: Command
) -> None:
    with_profile = command("compile", "instance.yaml").out
    types = project.data["profile.yaml"]["domains"]["desk"]
    project.put("package.yaml", "chiplet_types", types)
    project.put("instance.yaml", "profile", GONE)
    assert command("compile", "instance.yaml").out == with_profile
    assert "profile" not in command("show", "instance.yaml").out
    compared = command("compare", "instance.yaml", "--solver", "standalone", "--quiet")
    assert compared.code == 0
    project.put("package.yaml", "chiplet_types", {"big": types["big"]})
    rule = "must be a chiplet type of the package or profile: big"
    line = f"package.yaml: layout[1][1]: small: {rule}"
    assert_refused(project, command, ["check", "instance.yaml"], line)
    setting = ["check", "instance.yaml"]
    assert command(*setting).code == 2
    line = "--set profile.dram_pj_per_bit: 3: there is no such place in the files of this instance"
    project.put("package.yaml", "chiplet_types", types)
    arguments = ["compile", "instance.yaml", "--set", "profile.dram_pj_per_bit=3"]
    assert_refused(project, command, arguments, line)


def test_sweeps_are_checked_with_all_that_they_name(project: Project, command: Command) -> None:
    known = {"format": "scar-cp/sweep@1", "instances": ["instance.yaml", "quickstart"]}
    put("sweep.yaml", **known, grid={"windows": [1, 2]})
    assert command("check", "sweep.yaml") == (0, "sweep.yaml: ok: scar-cp/sweep@1\n", "")
    put("sweep.yaml", **known, solvers=["scarr"])
    assert command("check", "sweep.yaml").err.startswith("sweep.yaml: solvers[0]: scarr: ")
    put("sweep.yaml", **known, grid={"package": "het_bc_3x3", "windows": [1, 0]})
    found = command("check", "sweep.yaml").err.splitlines()
    assert found == [
        "sweep.yaml: grid.package: het_bc_3x3: no such file, and no shipped package of that name; "
        "did you mean het_cb_3x3?",
        "sweep.yaml: grid.windows: 0: must be greater than 0",
    ]


def test_codesigns_are_checked_with_all_that_they_name(project: Project, command: Command) -> None:
    known = {
        "format": "scar-cp/codesign@1",
        "instances": [{"instance": "instance.yaml"}],
        "grid": [1, 2],
    }
    put("design.yaml", **known, types={"big": {}, "small": {}})
    assert command("check", "design.yaml") == (0, "design.yaml: ok: scar-cp/codesign@1\n", "")
    put("design.yaml", **known, types={"big": {}}, against="het_bc_3x3")
    assert command("check", "design.yaml").err == (
        "design.yaml: against: het_bc_3x3: no such file, and no shipped package of that name; "
        "did you mean het_cb_3x3?\n"
    )
    put("design.yaml", **known, types={"huge": {}})
    assert "huge" in command("check", "design.yaml").err


@pytest.mark.parametrize(
    "arguments",
    [
        ["compile", "instance.yaml", "-o", "FILE"],
        ["cost-template", "instance.yaml", "-o", "FILE"],
        ["cost", "layers.csv", "--chiplet", "profile.yaml#desk.big", "-o", "FILE"],
        ["solve", "instance.yaml", "--solver", "scar", "--quiet", "-o", "FILE"],
        ["pareto", "instance.yaml", "--quiet", "-o", "FILE"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_is_written_is_told_and_folders_of_files_must_be_there(
    project: Project, command: Command, arguments: list[str]
) -> None:
    Path("layers.csv").write_text("op,K,C\ngemm,4,4\n")
    *_, last = command(*arguments[:-1], "out.file").out.splitlines()
    assert last == "written: out.file"
    rule = "absent/out.file: its folder must exist and be writable"
    assert_refused(project, command, [*arguments[:-1], "absent/out.file"], rule)
