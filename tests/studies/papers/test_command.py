"""``scar-cp papers`` from end to end, on the smallest experiments."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT, Command

from scar_cp.files.loading import load_problem
from scar_cp.outcome.solving import solve
from scar_cp.solvers import Request
from scar_cp.studies import compare
from scar_cp.studies.judged_rows import Row
from scar_cp.studies.papers.window_seconds import MODELS, window_seconds

FOLDERS = ["--instances", ROOT / "instances", "-o", "out"]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Runs in this process and an empty folder; which solvers were called."""
    solvers: list[str] = []

    def here(work: Callable[..., Row], job: compare.Job) -> Row:
        solvers.append(job.case.solver)
        return work(job)

    monkeypatch.setattr(compare, "in_fresh_process", here)
    monkeypatch.chdir(tmp_path)
    return solvers


def rows(path: str) -> list[dict[str, str]]:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_the_motivational_example_is_made_once(command: Command, calls: list[str]) -> None:
    arguments = ["papers", "motivational", *FOLDERS, "--profile", "physical", "--time-limit", "5"]
    code, out, err = command(*arguments)
    assert code == 0
    assert "physical, edp search: edp relative to NN-baton\n" in out
    assert len(calls) == len(err.splitlines()) == len(rows("out/runs.csv")) == 9
    ratios = {
        row["strategy"]: row
        for row in rows("out/motivational.csv")
        if row["relative_to"] and row["quantity"] == "edp"
    }
    assert [row["published"] for row in ratios.values()] == ["0.3", "0.28", "0.78", "0.52"]
    for row in ratios.values():
        assert float(row["heuristic"]) > 0
    two = ratios["two windows"]
    assert 0 < float(two["optimum_least"]) <= float(two["optimum"]) <= float(two["heuristic"]) < 1

    assert command(*arguments) == (0, out, "9 of 9 runs are stored already\n")
    assert len(calls) == 9


@pytest.mark.slow
def test_windows_are_shown_model_by_model() -> None:
    problem = load_problem(ROOT / "instances/sc4.yaml", {"windows": 2}).problem
    result = solve(problem, Request(objective="edp", time_limit_s=5), "scar").result
    shown = window_seconds(result)
    assert result.evaluation is not None
    assert shown["window", "total"] == pytest.approx(result.evaluation.latency_s)
    for w in range(len(result.evaluation.windows)):
        assert shown["window", f"W{w}"] == max(shown[name, f"W{w}"] for name in MODELS)
    for model, name in zip(problem.models, MODELS, strict=True):
        assert shown[name, "layers"] == model.num_layers
        assert shown[name, "ideal"] <= shown[name, "total"] <= shown["window", "total"]


def test_without_a_folder_nothing_is_left_behind(
    command: Command, calls: list[str], tmp_path: Path
) -> None:
    code, out, err = command("papers", "motivational", "--profile", "physical", "--time-limit", "5")
    assert (code, len(calls), len(err.splitlines())) == (0, 9, 9)
    assert "physical, edp search: edp relative to NN-baton\n" in out
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_does_not_claim_that_runs_are_kept(
    command: Command, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> Row:
        raise KeyboardInterrupt

    monkeypatch.setattr(compare, "in_fresh_process", interrupted)
    code, out, err = command("papers", "motivational", "--profile", "physical", "--quiet")
    assert (code, out) == (130, "")
    assert err == "interrupted: 0 of 9 runs were done; with -o FOLDER they would be kept\n"


def test_a_ranking_needs_a_folder(command: Command) -> None:
    line = "--output: is required for the ranking: the folder with the tables of experiments\n"
    assert command("papers", "ranking") == (2, "", line)


def test_the_ranking_needs_only_the_stored_tables(command: Command, calls: list[str]) -> None:
    Path("out").mkdir()
    columns = (
        "profile,scenario,search,strategy,package,relative_to,quantity,unit,published,heuristic,"
        "optimum,optimum_least,optimum_most,gap"
    )
    Path("out/6x6.csv").write_text(
        f"{columns}\n"
        "physical,sc4,edp,Simba(Shi),shi,Het-Cross,edp,,2.3,3,2,,,\n"
        "physical,sc4,edp,Simba(NVD),nvd,Het-Cross,edp,,1.9,0.5,0.5,,,\n"
        "physical,sc4,edp,Het-Cross,cross,Het-Cross,edp,,1,1,1,,,\n",
        encoding="utf-8",
    )
    code, out, err = command("papers", "ranking", *FOLDERS)
    assert (code, calls) == (0, [])
    assert out.splitlines()[1:] == [
        "experiment  profile   search  quantity  way        sc4  all",
        "6x6         physical  edp     edp       heuristic  2/3  67%",
        "6x6         physical  edp     edp       optimum    2/3  67%",
        "",
        "written: out/ranking.csv",
        "written: out/disagreements.csv",
    ]
    assert err.splitlines() == [
        f"without out/{name}.csv, which does not exist"
        for name in ("table-iv", "table-v", "triangular")
    ]
    assert [row["agreeing"] for row in rows("out/ranking.csv")] == ["2", "2"]
    wrong = [
        (row["first"], row["second"], row["our_ratio"]) for row in rows("out/disagreements.csv")
    ]
    assert wrong == [("Simba(NVD)", "Het-Cross", "0.5"), ("nvd", "cross", "0.5")]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["ranking"], "out: must hold one of table-iv.csv, table-v.csv, 6x6.csv, triangular.csv"),
        (
            ["packing", "--time-limit", "0"],
            "--time-limit: 0.0: must be a positive number of seconds",
        ),
        (["packing", "--instances", "absent"], "absent/sc4.yaml: no such file"),
        (["packing", "-o", "file"], "file/results: cannot be made: Not a directory"),
    ],
)
def test_faults_take_one_line(
    command: Command, calls: list[str], arguments: list[str], line: str
) -> None:
    Path("file").write_text("mine", encoding="utf-8")
    code, out, err = command("papers", *(arguments[:1]), *FOLDERS, *arguments[1:])
    assert (code, out, err.splitlines(), calls) == (2, "", [line], [])
    assert Path("file").read_text(encoding="utf-8") == "mine"
    assert not Path("out").exists()


def test_a_table_of_something_else_is_refused(command: Command, calls: list[str]) -> None:
    Path("out").mkdir()
    Path("out/6x6.csv").write_text("notes\n1\n", encoding="utf-8")
    code, _, err = command("papers", "ranking", *FOLDERS)
    assert code == 2
    assert err.splitlines()[-1] == (
        "out/6x6.csv: must hold a table of scar-cp papers: there is no column 'profile'"
    )
