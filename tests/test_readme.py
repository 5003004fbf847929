"""What the README and the page of figures promise is what the tool does."""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import pytest

from scar_cp.cli import main
from scar_cp.records.runs_csv import read_table
from scar_cp.show.text.summary import gap_text
from scar_cp.studies.judged_rows import Row, judge, summarise

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIGURES = (ROOT / "docs/figures.md").read_text(encoding="utf-8")


def test_the_first_command_prints_what_the_readme_shows(monkeypatch, capsys):
    command = re.search(r"\.venv/bin/scar-cp (solve .*)\n", README).group(1)
    shown = re.search(r"moved by\n(.*?)```", README, re.DOTALL).group(1).splitlines()
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["scar-cp", *command.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    promised = [line for line in shown if line != "..." and not re.match(r" +[\d.]+ s ", line)]

    assert ended.value.code == 0
    assert len(promised) > 8
    assert [line for line in promised if line not in printed] == []


def test_the_table_of_scenarios_is_the_stored_run() -> None:
    lines = (ROOT / "results/bench/scenarios.csv").read_text().splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [row["scenario"] for row in rows] == [f"sc{i}" for i in range(1, 11)]
    for row in rows:
        cells = [f"{int(row[name]):,}" for name in ("heuristic", "value", "bound")]
        assert f"| {row['scenario']} | {' | '.join(cells)} |" in FIGURES


def test_the_summary_of_the_comparison_is_the_stored_one() -> None:
    summaries = summarise(judge(read_table(ROOT / "results/compare.csv", Row)))
    shown = [s for s in summaries if s.objective != "energy"]
    assert len(shown) == 14
    for s in shown:
        gaps = f"{gap_text(s.median_gap)} | {gap_text(s.worst_gap)}"
        assert f"| {s.objective} | `{s.solver}` | {s.best} of {s.cases} | {gaps} |" in FIGURES


def test_every_file_the_readme_names_exists() -> None:
    folders = "instances|models|results|tests|scar_cp|docs"
    names = re.findall(rf"(?:{folders})/[\w./-]+\w(?![\w{{*])", README)
    assert len(names) > 8
    assert [name for name in names if not (ROOT / name).exists()] == []
