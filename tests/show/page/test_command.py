"""``scar-cp report``: what it writes, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused, assert_refused_beginning

from scar_cp.records.yaml_json import to_json
from scar_cp.show.text.gaps_text import gaps_csv
from scar_cp.studies.judged_rows import table_text
from show.plots import examples


@pytest.fixture
def files(project: Project, command: Command) -> Project:
    """A folder with one output of each kind, and files that are none."""
    Path("out").mkdir()
    command("solve", "instance.yaml", "--solver", "scar", "--quiet", "-o", "out/result.json")
    command("compile", "instance.yaml", "-o", "out/problem.json")
    Path("out/front.json").write_text(to_json(examples.FRONT))
    Path("out/nothing.json").write_text(to_json(examples.FRONT.replace(points=())))
    Path("out/table.csv").write_text(table_text(examples.COMPARISON))
    Path("out/split.csv").write_text(gaps_csv(examples.SPLITS))
    Path("out/other.csv").write_text("a,b\n1,2\n")
    Path("out/broken.json").write_text("{")
    return project


def test_a_folder_becomes_one_page_of_all_that_searches_wrote(
    files: Project, command: Command
) -> None:
    pytest.importorskip("plotly", reason="a page needs plotly: the extra report")
    assert command("report", "out") == (0, "written: report.html\n", "")
    text = Path("report.html").read_text(encoding="utf-8")
    for name in ("front.json", "nothing.json", "result.json", "split.csv", "table.csv"):
        assert f"{name}" in text
    for name in ("other.csv", "broken.json", "problem.json"):
        assert name not in text


def test_a_page_says_which_settings_replaced_a_files_and_why_there_is_no_schedule(
    files: Project, command: Command
) -> None:
    pytest.importorskip("plotly", reason="a page needs plotly: the extra report")
    options = ("--package", "package.yaml", "--windows", "2")
    command("solve", "instance.yaml", *options, "--solver", "scar", "-o", "out/two.json")
    files.put("scenario.yaml", "models", 0, "deadline_ms", 1e-6)
    command("solve", "instance.yaml", "-o", "out/late.json")
    command("report", "out")
    text = Path("report.html").read_text("utf-8")
    assert "<td class=words>package package, windows 2</td>" in text
    assert "with package package, windows 2, sha256" in text
    assert "note: deadline: net[0] takes at least" in text


def test_a_page_is_the_same_every_time(files: Project, command: Command) -> None:
    pytest.importorskip("plotly", reason="a page needs plotly: the extra report")
    command("report", "out", "-o", "one.html")
    command("report", "out", "-o", "two.html")
    assert Path("one.html").read_bytes() == Path("two.html").read_bytes()


def test_in_a_folder_a_result_without_its_problem_says_so(files: Project, command: Command) -> None:
    pytest.importorskip("plotly", reason="a page needs plotly: the extra report")
    Path("instance.yaml").rename("elsewhere.yaml")
    rule = "origin.file: ../instance.yaml: instance.yaml is not there: name the instance where"
    assert command("report", "out").code == 0
    assert f"no pictures: out/result.json: {rule}" in Path("report.html").read_text("utf-8")
    asked = rule.replace("name the", "name with --instance the")
    line = f"out/result.json: {asked} it is"
    assert_refused(files, command, ["report", "out/result.json", "-o", "page.html"], line)


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["absent.json", "absent.csv"],
            ["absent.csv: cannot be read: No such file or directory", "absent.json: no such file"],
        ),
        (["."], [".: holds no result, front or table of scar-cp"]),
        (
            ["out/problem.json"],
            [
                "out/problem.json: format: scar-cp/problem@1: must be a .csv, or of one of the "
                "formats scar-cp/result@1, scar-cp/pareto@1, scar-cp/compare@1"
            ],
        ),
        (["out", "-o", "gone/r.html"], ["gone/r.html: its folder must exist and be writable"]),
    ],
)
def test_what_cannot_be_shown_is_refused(
    files: Project, command: Command, arguments: list[str], lines: list[str]
) -> None:
    assert_refused(files, command, ["report", *arguments], *lines)


def test_a_broken_result_is_refused_at_its_place(files: Project, command: Command) -> None:
    start = "out/broken.json: line 1, column 2: malformed JSON: "
    assert_refused_beginning(files, command, ["report", "out/broken.json"], start)


@pytest.mark.parametrize("library", ["plotly", "jinja2"])
def test_without_the_libraries_the_extra_is_named(
    files: Project, command: Command, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    line = f"scar-cp: reports need {library}: pip install 'scar-cp[report]'"
    assert_refused(files, command, ["report", "out"], line)
