"""``scar-cp plot``: what it writes, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Command, Project
from refusals import assert_refused

from scar_cp.records.yaml_json import to_json
from scar_cp.show.text.comparison_text import comparison_json
from scar_cp.show.text.gaps_text import gaps_csv
from scar_cp.studies.judged_rows import table_text
from show.plots import examples

QUICKSTART = ROOT / "instances/quickstart.yaml"


@pytest.fixture
def files(project: Project, command: Command) -> Project:
    """One file of each sort that can be drawn, in the current folder."""
    command("solve", "instance.yaml", "--solver", "scar", "--quiet", "-o", "result.json")
    Path("front.json").write_text(to_json(examples.FRONT))
    Path("nothing.json").write_text(to_json(examples.FRONT.replace(points=())))
    Path("late.json").write_text(to_json(examples.RESULT.replace(log=())))
    Path("table.csv").write_text(table_text(examples.COMPARISON))
    Path("table.json").write_text(comparison_json(examples.COMPARISON))
    Path("split.csv").write_text(gaps_csv(examples.SPLITS))
    return project


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (["result.json"], "result.gantt.png"),
        (["result.json", "--instance", "instance.yaml", "--kind", "map"], "result.map.png"),
        (["result.json", "--kind", "bounds", "-o", "b.svg"], "b.svg"),
        (["front.json"], "front.front.png"),
        (["table.csv"], "table.gaps.png"),
        (["table.json", "-o", "t.png"], "t.png"),
        (["table.csv", "--kind", "values"], "table.values.png"),
        (["split.csv", "-o", "s.svg"], "s.svg"),
    ],
)
def test_every_kind_is_written(
    files: Project, command: Command, arguments: list[str], written: str
) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    before = files.names()
    assert command("plot", *arguments) == (0, f"written: {written}\n", "")
    assert files.names() == before | {written}
    head = Path(written).read_bytes()[:8]
    assert head == (b"\x89PNG\r\n\x1a\n" if written.endswith("png") else b"<?xml ve")


def test_a_title_says_what_replaced_settings_of_the_instance(
    files: Project, command: Command
) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    solve = ["solve", "instance.yaml", "--windows", "2", "--solver", "scar", "--quiet"]
    command(*solve, "-o", "two.json")
    for kind in ("gantt", "map", "bounds"):
        command("plot", "two.json", "--kind", kind, "-o", "two.svg")
        assert "with windows 2" in Path("two.svg").read_text(), kind  # as a comment
        command("plot", "result.json", "--kind", kind, "-o", "one.svg")
        assert "with windows" not in Path("one.svg").read_text(), kind


def test_a_table_is_the_same_as_csv_and_as_json(files: Project, command: Command) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    for name in ("table.csv", "table.json"):
        command("plot", name, "-o", f"{name}.png")
    assert Path("table.csv.png").read_bytes() == Path("table.json.png").read_bytes()


INSTANCE = ["--instance", "instance.yaml"]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["front.json", *INSTANCE],
            ["--instance: --kind front shows what the file holds, and takes no problem"],
        ),
        (
            ["front.json", "--kind", "map", *INSTANCE],
            ["--kind: map: front.json can be drawn as front"],
        ),
        (
            ["result.json", "--kind", "gaps"],
            ["--kind: gaps: result.json can be drawn as gantt, map, bounds"],
        ),
        (
            ["model.yaml"],
            [
                "model.yaml: format: scar-cp/model@1: must be a .csv, or of one of the formats "
                "scar-cp/result@1, scar-cp/pareto@1, scar-cp/compare@1"
            ],
        ),
        (
            ["absent.json", "--kind", "gantt", "--instance", "absent.yaml", "-o", "a.gif"],
            ["--output: a.gif: must end in .png or .svg or .pdf", "absent.json: no such file"],
        ),
        (["result.json", "--instance", "absent.yaml"], ["absent.yaml: no such file"]),
        (
            ["front.json", "--kind", "bounds"],
            ["--kind: bounds: front.json can be drawn as front"],
        ),
        (
            ["late.json", "--kind", "bounds"],
            ["late.json: log: []: there is nothing to draw"],
        ),
        (["nothing.json"], ["nothing.json: points: []: there is nothing to draw"]),
        (["absent.csv"], ["absent.csv: cannot be read: No such file or directory"]),
        (
            ["result.json", "-o", "schedule.gif"],
            ["--output: schedule.gif: must end in .png or .svg or .pdf"],
        ),
        (
            ["result.json", "-o", "absent/a.png"],
            ["absent/a.png: its folder must exist and be writable"],
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    files: Project, command: Command, arguments: list[str], lines: list[str]
) -> None:
    assert_refused(files, command, ["plot", *arguments], *lines)


@pytest.mark.parametrize("name", ["plot", "trace"])
def test_a_result_with_a_broken_schedule_is_refused(
    files: Project, command: Command, name: str
) -> None:
    document = json.loads(Path("result.json").read_text())
    document["schedule"]["windows"][0][0]["chiplet"] = 7
    Path("result.json").write_text(json.dumps(document))
    line = "result.json: schedule: range: windows[0][0]: chiplet 7 does not exist: there are 4"
    assert_refused(files, command, [name, "result.json"], line)


def test_without_matplotlib_the_extra_is_named(
    files: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    line = "scar-cp: pictures need matplotlib: pip install 'scar-cp[plot]'"
    assert_refused(files, command, ["plot", "result.json"], line)
