"""Comparisons: cases, runs that are not repeated, and what is stored."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT, Command, Project
from rows import ROW

from scar_cp.errors import CrashError, InputError
from scar_cp.records.runs_csv import read_table
from scar_cp.studies import compare
from scar_cp.studies.compare import Store, plan, run
from scar_cp.studies.judged_rows import Row

QUICKSTART = ROOT / "instances/quickstart.yaml"
HEURISTICS = ["--solver", "scar", "--solver", "standalone", "--quiet", "-o", "table.csv"]

EXACT = replace(ROW, solver="cp-sat", value=100, bound=90)


def cells(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs in this process; which solvers were called."""
    solvers: list[str] = []

    def here(work: Callable[..., Row], job: compare.Job) -> Row:
        solvers.append(job.case.solver)
        return work(job)

    monkeypatch.setattr(compare, "in_fresh_process", here)
    return solvers


# --- the store ----------------------------------------------------------------------------------


def test_a_row_survives_the_store_and_is_judged_anew(tmp_path: Path) -> None:
    store = Store(tmp_path / "table.csv")
    store.add(replace(ROW, message='says "no", twice'))
    assert cells(store.path.read_text())[0]["ratio"] == "1.0"
    Store(store.path).add(EXACT)
    heuristic, exact = cells(store.path.read_text())
    assert (heuristic["ratio"], heuristic["gap"], exact["ratio"]) == ("1.2", "0.25", "1.0")
    assert heuristic["message"] == 'says "no", twice'


def test_two_comparisons_may_share_a_store(tmp_path: Path) -> None:
    one, other = Store(tmp_path / "table.csv"), Store(tmp_path / "table.csv")
    one.add(ROW)
    other.add(EXACT)
    assert len(cells(one.path.read_text())) == 2


@pytest.mark.parametrize("text", ["one line of notes\n", "scenario,package\nsc1,x\n"])
def test_a_file_that_is_no_table_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"must hold a table of scar-cp compare"):
        Store(path)
    assert path.read_text() == text


def test_what_is_stored_is_not_run_again(
    project: Project, command: Command, calls: list[str]
) -> None:
    arguments = ["compare", "instance.yaml", *HEURISTICS]
    first = command(*arguments)
    assert first.code == 0
    assert calls == ["scar", "standalone"]
    assert command(*arguments) == first
    assert len(calls) == 2

    command(*arguments, "--solver", "simba")
    assert calls[2:] == ["simba"]
    command(*arguments, "--seed", "1")
    assert calls[3:] == ["scar", "standalone"]


def test_a_result_that_is_to_be_kept_is_run_again_once_it_is_gone(
    project: Project, calls: list[str]
) -> None:
    (job,) = plan(["instance.yaml"], solvers=("standalone",))
    kept = replace(job, result=Path("result.json"))
    store = Store(Path("table.csv"))
    (row,) = run([kept], store)
    assert json.loads(Path("result.json").read_text())["value"] == row.value
    assert store.missing([job, kept]) == []
    Path("result.json").unlink()
    assert store.missing([job, kept]) == [kept]


def test_a_changed_input_is_run_again(project: Project, command: Command, calls: list[str]) -> None:
    arguments = ["compare", "instance.yaml", *HEURISTICS, "--format", "json"]
    before = json.loads(command(*arguments).out)["rows"]
    project.put("scenario.yaml", "models", 0, "batch", 8)
    after = json.loads(command(*arguments).out)["rows"]
    assert calls == ["scar", "standalone"] * 2
    assert {row["sha256"] for row in before}.isdisjoint(row["sha256"] for row in after)
    assert len(cells(Path("table.csv").read_text())) == 4


def test_an_interrupted_comparison_goes_on_where_it_stopped(
    project: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def here(work: Callable[..., Row], job: compare.Job) -> Row:
        if len(done) == 1:
            done.append("interrupt")
            raise KeyboardInterrupt
        done.append(job.case.solver)
        return work(job)

    monkeypatch.setattr(compare, "in_fresh_process", here)
    arguments = ["compare", "instance.yaml", *HEURISTICS]
    assert command(*arguments) == (
        130,
        "",
        "interrupted: 1 of 2 runs are in table.csv; the same command again does the rest\n",
    )
    assert [row["solver"] for row in cells(Path("table.csv").read_text())] == ["scar"]
    assert command(*arguments).code == 0
    assert done == ["scar", "interrupt", "standalone"]


def test_a_run_that_fails_is_a_row_and_is_tried_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    def die(work: Callable[..., Row], job: compare.Job) -> Row:
        raise CrashError("the process died, exit code -9")

    arguments = ["compare", "instance.yaml", "--solver", "scar", "--quiet", "-o", "table.csv"]
    with monkeypatch.context() as patch:
        patch.setattr(compare, "in_fresh_process", die)
        code, out, err = command(*arguments)
    assert (code, err) == (1, "")
    assert "scar: the process died, exit code -9" in out
    (row,) = cells(Path("table.csv").read_text())
    assert (row["status"], row["value"], row["peak_mb"]) == ("failed", "", "")

    monkeypatch.setattr(compare, "in_fresh_process", lambda work, job: work(job))
    assert command(*arguments).code == 0
    (row,) = cells(Path("table.csv").read_text())
    assert row["status"] != "failed"


def test_an_infeasible_problem_is_a_row(
    project: Project, command: Command, calls: list[str]
) -> None:
    project.put("scenario.yaml", "models", 0, "deadline_ms", 1e-6)
    code, out, _ = command("compare", "instance.yaml", *HEURISTICS, "--format", "json")
    assert code == 0
    for row in json.loads(out)["rows"]:
        assert (row["status"], row["value"], row["ratio"]) == ("infeasible", None, None)
        assert "deadline: net[0] takes at least" in row["message"]


def test_a_problem_that_changes_meanwhile_is_refused(project: Project, calls: list[str]) -> None:
    jobs = plan(["instance.yaml"], solvers=("scar",))
    project.put("scenario.yaml", "models", 0, "batch", 8)
    with pytest.raises(InputError, match=r"instance.yaml: its problem has changed since"):
        list(run(jobs, Store(Path("table.csv"))))
    assert not Path("table.csv").exists()


# --- the cases ----------------------------------------------------------------------------------


def test_every_combination_is_a_case_once(project: Project) -> None:
    jobs = plan(
        ["instance.yaml", "instance.yaml"],
        packages=("package", "package.yaml"),
        windows=(1, 2),
        objectives=("latency", "edp"),
        spaces=("full", "scar"),
        solvers=("scar",),
    )
    assert len(jobs) == 2 * 2 * 2
    assert {(job.case.package, job.case.profile) for job in jobs} == {("package", "profile")}
    assert {job.case.windows for job in jobs} == {1, 2}


def test_instances_of_one_name_are_told_apart(project: Project) -> None:
    for folder in ("desk", "car"):
        Path(folder).mkdir()
        for name in ("instance", "scenario", "package", "profile", "model"):
            shutil.copy(f"{name}.yaml", folder)
    jobs = plan(["desk/instance.yaml", "car/instance.yaml", "car/../car/instance.yaml"])
    assert {job.case.scenario for job in jobs} == {"desk/instance", "car/instance"}
    assert {job.case.scenario for job in plan(["desk/instance.yaml"])} == {"instance"}


def test_a_case_has_the_names_that_were_given(project: Project) -> None:
    (job,) = plan(["quickstart"], packages=("het_2x2",), solvers=("scar",))
    assert (job.case.scenario, job.case.package) == ("quickstart", "het_2x2")
    assert {job.case.scenario for job in plan(["quickstart", QUICKSTART])} == {"quickstart"}


def test_a_compiled_problem_has_no_package_of_its_own(project: Project, command: Command) -> None:
    command("compile", "instance.yaml", "-o", "problem.json")
    (job,) = plan(["problem.json"], solvers=("scar",))
    assert (job.case.scenario, job.case.package, job.case.profile) == ("problem", "", "")


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (
            ["--package", "absent", "--package", "package", "--windows", "0", "--time-limit", "0"],
            [
                "--package: absent: no such file, and no shipped package of that name",
                "--time-limit: 0.0: must be a positive number of seconds",
                "--windows: 0: must be greater than 0",
            ],
        ),
        (["-o", "instance.yaml"], ["instance.yaml: must not be a file that is read"]),
        (
            ["-o", "model.yaml"],
            ["model.yaml: must hold a table of scar-cp compare: there is no column 'scenario'"],
        ),
        (["-o", "absent/t.csv"], ["absent/t.csv: its folder must exist and be writable"]),
        (
            ["absent.yaml", "--gap", "1"],
            ["--gap: 1.0: must be at least 0 and below 1", "absent.yaml: no such file"],
        ),
    ],
)
def test_bad_input_is_refused_before_anything_runs(
    project: Project, command: Command, calls: list[str], options: list[str], lines: list[str]
) -> None:
    before = {name: Path(name).read_bytes() for name in project.names()}
    code, out, err = command("compare", "instance.yaml", "-o", "table.csv", *options)
    assert (code, out, err.splitlines(), calls) == (2, "", lines, [])
    assert {name: Path(name).read_bytes() for name in project.names()} == before


def test_weights_cannot_be_compared(project: Project, command: Command) -> None:
    code, _, err = command("compare", "instance.yaml", "--objective", "weighted")
    assert code == 2
    assert err.startswith("scar-cp: ")
    assert "--objective" in err


@pytest.mark.slow
def test_the_quickstart_is_compared_from_end_to_end(project: Project, command: Command) -> None:
    arguments = ["compare", QUICKSTART, "--time-limit", "10", "-o", "table.csv"]
    code, out, err = command(*arguments, "--format", "csv")
    assert code == 0
    ended = [line for line in err.splitlines() if not line.startswith(" ")]
    assert [line.split(":")[0].split()[-1] for line in ended] == ["scar", "cp-sat"]
    assert cells(out) == cells(Path("table.csv").read_text())
    heuristic, exact = csv.DictReader(io.StringIO(out[out.index("scenario,") :]))
    assert (exact["status"], exact["ratio"], exact["gap"]) == ("optimal", "1.0", "0.0")
    assert int(exact["value"]) == int(exact["bound"]) <= int(heuristic["value"])
    value, bound = int(heuristic["value"]), int(exact["bound"])
    assert float(heuristic["gap"]) == pytest.approx((value - bound) / value)
    assert int(exact["peak_mb"]) > 0

    again = command(*arguments)
    assert again.err == "2 of 2 runs are stored already\n"
    assert "optimal" in again.out


RACER = """
import sys
from dataclasses import replace
from pathlib import Path
from rows import ROW
from scar_cp.studies.compare import Store
store = Store(Path("t.csv"))
print("ready", flush=True)
sys.stdin.readline()
for k in range(25):
    store.add(replace(ROW, scenario=f"{sys.argv[1]}-{k}"))
"""


@pytest.mark.slow
def test_two_that_write_one_table_lose_no_row(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, name],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in "ab"
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == b"ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()
    assert [racer.wait() for racer in racers] == [0, 0]
    for racer in racers:
        racer.stdout.close()
    found = {row.scenario for row in read_table(tmp_path / "t.csv", Row)}
    assert found == {f"{name}-{k}" for name in "ab" for k in range(25)}
