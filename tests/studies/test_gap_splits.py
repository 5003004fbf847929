"""The split of the heuristic's gap: arithmetic by hand, and a run of a tiny instance."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from rows import ROW

from scar_cp.show.text.gaps_text import gaps_markdown, gaps_text
from scar_cp.studies.gap_splits import plan_gaps, split_gaps

ROOT = Path(__file__).parents[2]
QUICKSTART = ROOT / "instances" / "quickstart.yaml"

HEURISTIC = replace(ROW, space="scar", windows=2, value=200)


def exact(space, value, bound):
    return replace(HEURISTIC, solver="cp-sat", space=space, value=value, bound=bound)


def losses(*rows):
    (split,) = split_gaps([HEURISTIC, *rows])
    return split, [(loss.least, loss.most) for loss in split.losses]


def test_proven_optima_give_one_share_each() -> None:
    # 200 -> 180 -> 150 -> 150 -> 100: 10, 15, 0 and 25 % of 200.
    rows = [exact("scar", 180, 180), exact("windowed", 150, 150), exact("adjacent", 150, 150)]
    split, shares = losses(*rows, exact("full", 100, 100))
    assert shares == [(0.1, 0.1), (0.15, 0.15), (0, 0), (0.25, 0.25)]
    assert split.total == (0.5, 0.5)
    assert all(loss.proven for loss in split.losses)


def test_an_open_optimum_makes_both_its_neighbours_intervals() -> None:
    # windowed between 140 and 160: provisioning costs 20 to 40, packing 10 to 30.
    rows = [exact("scar", 180, 180), exact("windowed", 160, 140), exact("adjacent", 130, 130)]
    _, shares = losses(*rows, exact("full", 130, 130))
    assert shares == [(0.1, 0.1), (0.1, 0.2), (0.05, 0.15), (0, 0)]


def test_a_schedule_of_a_smaller_space_counts_in_the_larger_one() -> None:
    # adjacent found 170 only, but windowed found 150.
    rows = [exact("scar", 180, 180), exact("windowed", 150, 150), exact("adjacent", 170, 120)]
    split, _ = losses(*rows, exact("full", 160, 100))
    assert [loss.value for loss in split.losses] == [180, 150, 150, 150]


def test_a_bound_of_a_larger_space_holds_in_the_smaller_one() -> None:
    rows = [exact("scar", 180, 90), exact("windowed", 150, 95), exact("adjacent", 150, 60)]
    split, _ = losses(*rows, exact("full", 150, 100))
    assert [loss.bound for loss in split.losses] == [100, 100, 100, 100]


def test_without_the_heuristic_there_is_nothing_to_split() -> None:
    assert split_gaps([replace(HEURISTIC, value=None), exact("scar", 180, 180)]) == []


def test_a_space_without_an_answer_leaves_its_share_open() -> None:
    rows = [replace(exact("scar", None, None), status="unknown")]
    split, shares = losses(*rows)
    assert shares[0] == (0, 0.75)  # its own value and bound
    assert split.losses[1].bound is None
    assert shares[1] == (0, None)


def test_texts_give_one_number_where_the_optima_are_known() -> None:
    rows = [exact("scar", 180, 180), exact("windowed", 160, 140), exact("adjacent", 130, 130)]
    splits = split_gaps([HEURISTIC, *rows, exact("full", 100, 100)])
    line = gaps_text(splits).splitlines()[-1]
    assert line.split("  ")[-1] == "50.0 %"
    assert "10.0-20.0 %" in line
    assert gaps_markdown(splits).splitlines()[-1].count("|") == 12


def test_the_heuristic_runs_in_its_own_space_and_the_exact_solver_in_all() -> None:
    jobs = plan_gaps([QUICKSTART], objectives=["latency", "edp"])
    assert [(j.case.solver, j.case.space) for j in jobs if j.case.objective == "edp"] == [
        ("scar", "scar"), ("cp-sat", "scar"), ("cp-sat", "windowed"), ("cp-sat", "adjacent"),
        ("cp-sat", "full"),
    ]  # fmt: skip
    assert len(jobs) == 10


@pytest.mark.slow
def test_a_small_instance_is_split_and_proven(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = command(
        "gaps", QUICKSTART, "--windows", "2", "--time-limit", "20", "--quiet", "-o", "gaps.csv"
    )
    assert code == 0
    assert out.splitlines()[-1] == "written: gaps.csv"
    lines = [x for x in Path("gaps.csv").read_text().splitlines() if not x.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [row["space"] for row in rows] == ["scar", "windowed", "adjacent", "full"]
    values = [int(row["heuristic"]) for row in rows[:1]] + [int(row["value"]) for row in rows]
    assert values == sorted(values, reverse=True)
    shares = sum(float(row["least"]) for row in rows)
    assert shares == pytest.approx(1 - values[-1] / values[0])
    assert Path("gaps.runs.csv").is_file()
