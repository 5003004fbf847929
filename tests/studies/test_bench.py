"""What a bench says got worse since the stored run, and what it leaves alone."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

import scar_cp.studies.bench
from scar_cp.files.named_records import read_record
from scar_cp.files.shipped import shipped_files
from scar_cp.inputs.workload import Model
from scar_cp.records.runs_csv import read_table
from scar_cp.studies.bench import SUITES, Case, Row, method, regressions, table_text

PROVEN = Row(
    *("sc1", "het_sides_3x3", 1, "latency", "full", ""),
    heuristic=1500,
    value=1000,
    bound=1000,
    gap=0.0,
    status="optimal",
    author="cp-sat",
    first_s=0.1,
    best_s=0.5,
    seconds=1.0,
    peak_mb=100,
)
OPEN = replace(PROVEN, scenario="sc8", bound=900, gap=0.1, status="feasible")
NOTHING = replace(OPEN, value=None, bound=None, gap=None, status="unknown")
NAME = "sc8 het_sides_3x3 1w latency full"


def test_a_run_like_the_stored_one_is_no_regression() -> None:
    assert regressions([PROVEN, OPEN, NOTHING], [PROVEN, OPEN, NOTHING]) == []


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (OPEN, replace(OPEN, bound=850, gap=0.15), [f"{NAME}: gap 10.0000% -> 15.0000%"]),
        (
            OPEN,
            replace(OPEN, value=1010, bound=909, gap=0.1),
            [f"{NAME}: value 1,000 -> 1,010"],
        ),
        (
            replace(OPEN, value=900, gap=0.0, status="optimal"),
            replace(OPEN, value=900, bound=891, gap=0.01),
            [f"{NAME}: gap 0.0000% -> 1.0000%"],
        ),
        (
            OPEN,
            replace(OPEN, value=1_001_000, bound=600_600, gap=0.4),
            [f"{NAME}: value 1,000 -> 1,001,000", f"{NAME}: gap 10.0000% -> 40.0000%"],
        ),
        (OPEN, NOTHING, [f"{NAME}: value 1,000 -> none", f"{NAME}: gap 10.0000% -> none"]),
        (OPEN, replace(OPEN, bound=None, gap=None), [f"{NAME}: gap 10.0000% -> none"]),
    ],
    ids=["larger gap", "worse value", "lost proof", "both", "no schedule", "no bound"],
)
def test_a_larger_gap_or_value_at_the_same_limit_is_a_regression(
    before: Row, after: Row, lines: list[str]
) -> None:
    assert regressions([PROVEN, before], [PROVEN, after]) == lines


@pytest.mark.parametrize(
    "after",
    [
        replace(OPEN, value=990, bound=891),
        replace(OPEN, bound=950, gap=0.05),
        replace(OPEN, value=900, gap=0.0, status="optimal"),
        replace(OPEN, gap=0.1 + 1e-9),
        replace(OPEN, seconds=100.0, peak_mb=999, heuristic=2000, first_s=None, author="scar"),
    ],
    ids=["better value", "smaller gap", "proof", "last digit", "slower"],
)
def test_what_is_better_or_only_slower_is_none(after: Row) -> None:
    assert regressions([OPEN], [after]) == []


def test_what_had_nothing_cannot_get_worse() -> None:
    assert regressions([NOTHING], [OPEN]) == []


@pytest.mark.parametrize(
    "change",
    [
        {"scenario": "sc9"},
        {"package": "het_cb_3x3"},
        {"windows": 2},
        {"objective": "edp"},
        {"space": "adjacent"},
        {"without": "tables"},
    ],
)
def test_only_equal_cases_are_compared(change: dict[str, Any]) -> None:
    worse = replace(OPEN, value=2000, gap=0.55)
    assert regressions([OPEN], [worse])
    assert regressions([OPEN], [replace(worse, **change)]) == []
    assert regressions([OPEN], []) == regressions([], [worse]) == []


def test_a_case_without_some_ideas_is_named_with_them() -> None:
    before = replace(OPEN, without="tables+cuts")
    (line,) = regressions([before], [replace(before, gap=0.2)])
    assert line.startswith(f"{NAME} without tables+cuts: ")


@pytest.fixture
def rerun(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: Command) -> Any:
    """Runs the suite of scenarios over a stored table; each case ends with the row given."""
    table = tmp_path / "scenarios.csv"

    def run(stored: Row, found: Row, *options: str) -> tuple[list[str], list[Row]]:
        table.write_text(table_text([stored], method("scenarios", 2, 0)))
        monkeypatch.setattr(
            scar_cp.studies.bench,
            "run_suite",
            lambda cases, *_: (replace(found, scenario=case.scenario) for case in cases),
        )
        code, out, _ = command("bench", "suite", "scenarios", "-o", str(tmp_path), *options)
        assert code == 0
        worse = [line for line in out.splitlines() if line.startswith("worse than the stored run")]
        return worse, read_table(table, Row)

    return run


def test_running_a_suite_again_says_what_got_worse_and_stores_the_run(rerun: Any) -> None:
    found = replace(OPEN, gap=0.2)
    worse, stored = rerun(OPEN, found)
    assert worse == [f"worse than the stored run: {NAME}: gap 10.0000% -> 20.0000%"]
    assert stored == [replace(found, scenario=case.scenario) for case in SUITES["scenarios"]]


def test_running_a_part_again_says_so_too_and_keeps_the_stored_whole(rerun: Any) -> None:
    worse, stored = rerun(OPEN, replace(OPEN, gap=0.2), "--only", "sc8 ")
    assert len(worse) == 1
    assert stored == [OPEN]


def test_a_suite_runs_from_shipped_names_and_writes_only_where_it_is_told_to(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    case = Case("quickstart", "mixed_2x2", 1, "latency", 10)
    monkeypatch.setitem(SUITES, "scenarios", [case])
    monkeypatch.setattr(
        scar_cp.studies.bench, "in_fresh_process", lambda work, *arguments: work(*arguments)
    )
    code, out, err = command("bench", "suite", "scenarios")
    assert (code, list(tmp_path.iterdir())) == (0, [])
    assert "written" not in out
    assert err.splitlines()[-1].startswith("quickstart mixed_2x2 1w latency full: gap 0 %, ")
    code, out, _ = command("bench", "suite", "scenarios", "-o", ".")
    assert (code, out.splitlines()[-1]) == (0, "written: scenarios.csv")
    (row,) = read_table(Path("scenarios.csv"), Row)
    assert (row.scenario, row.package, row.status) == ("quickstart", "mixed_2x2", "optimal")
    assert row.value == row.bound


def test_the_cost_model_is_timed_with_the_shipped_models(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = command("bench", "cost", "--rows", "2000")
    assert code == 0
    count = sum(len(read_record(path, Model).layers) for path in shipped_files("model").values())
    assert out.startswith(f"{count} layers repeated to 2,000 rows per batch\n")
    line = "absent: must be a folder with models (*.yaml)\n"
    assert command("bench", "cost", "--models", "absent") == (2, "", line)


def test_a_suite_that_is_terminated_keeps_its_rows_and_says_so(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def two_and_a_signal(cases: list[Case], *_: object) -> Iterator[Row]:
        for case in cases[:2]:
            yield replace(OPEN, scenario=case.scenario)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(scar_cp.studies.bench, "run_suite", two_and_a_signal)
    table = tmp_path / "scenarios.csv"
    code, _, err = command("bench", "suite", "scenarios", "ablation", "-o", str(tmp_path))
    assert code == 130
    assert err.splitlines()[-1] == f"interrupted: 2 of 10 cases are in {table}"
    assert len(read_table(table, Row)) == 2
    assert not (tmp_path / "ablation.csv").exists()
