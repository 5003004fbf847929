"""The table of best known values and bounds: it only gets better, and refuses contradictions."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest
from conftest import Command

from scar_cp.errors import ClaimError
from scar_cp.records.runs_csv import comment_head
from scar_cp.studies.bench import Row, table_text
from scar_cp.studies.best import Best, best_of, best_text, merged, read_best

OLD = Best(
    *("sc1", "het_sides_3x3", 5, "full", "edp"),
    value=1000,
    value_by="0.1",
    bound=900,
    bound_by="0.1",
    gap=0.1,
    sha256="abc",
)
ROW = Row(
    *("quickstart", "het_2x2", 1, "latency", "full", ""),
    heuristic=None,
    value=2_000_000,
    bound=1_000_000,
    gap=0.5,
    status="feasible",
    author="cp-sat",
    first_s=0.1,
    best_s=0.5,
    seconds=1.0,
    peak_mb=100,
)


def test_each_of_value_and_bound_is_the_better_one() -> None:
    new = replace(OLD, value=1100, value_by="0.2", bound=950, bound_by="0.2")
    table, news = merged([OLD], [new])
    assert table == [replace(OLD, bound=950, bound_by="0.2", gap=0.05)]
    assert len(news) == 1
    new = replace(OLD, value=800, value_by="0.3", bound=None)
    table, _ = merged([replace(OLD, bound=800)], [new])
    assert (table[0].value, table[0].value_by, table[0].bound, table[0].gap) == (800, "0.3", 800, 0)


def test_nothing_new_is_no_news_and_what_is_unknown_is_added() -> None:
    worse = replace(OLD, value=None, bound=1)
    assert merged([OLD], [OLD, worse]) == ([OLD], [])
    other = replace(OLD, sha256="def")
    table, news = merged([OLD], [other])
    assert table == [OLD, other]
    assert len(news) == 1
    assert len(merged([OLD], [replace(OLD, objective="latency")])[0]) == 2


@pytest.mark.parametrize(
    "new",
    [replace(OLD, bound=1001), replace(OLD, value=899), replace(OLD, sha256="new", bound=1001)],
)
def test_a_bound_above_a_value_is_refused(new: Best) -> None:
    with pytest.raises(ClaimError, match="above"):
        merged([OLD], [new])


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "best.csv"
    assert read_best(path) == []
    table = [OLD, replace(OLD, sha256="def", value=None, gap=None)]
    path.write_text(best_text(table))
    assert read_best(path) == table


def test_tables_of_suites_improve_it(tmp_path: Path, command: Command) -> None:
    suite, best = tmp_path / "suite.csv", tmp_path / "best.csv"
    head = comment_head("a suite")
    suite.write_text(table_text([ROW], head))
    assert "better than known" in command("bench", "best", suite, "-o", best).out
    assert read_best(best) == [best_of(ROW, version("scar-cp"))]
    before = best.read_text()
    assert command("bench", "best", suite, "-o", best).out == ""
    assert best.read_text() == before
    suite.write_text(table_text([replace(ROW, value=1_500_000)], head))
    assert "2,000,000 -> 1,500,000" in command("bench", "best", suite, "-o", best).out
    assert read_best(best)[0].gap == pytest.approx(1 / 3)


def test_other_tables_are_refused_and_nothing_is_lost(tmp_path: Path, command: Command) -> None:
    suite, best = tmp_path / "suite.csv", tmp_path / "best.csv"
    suite.write_text(table_text([ROW], "# a suite\n"))
    best.write_text("a,b\n1,2\n")
    new = tmp_path / "new.csv"
    for args in ((suite, "-o", best), (best, "-o", new), (tmp_path / "none", "-o", new)):
        result = command("bench", "best", *args)
        assert result.code == 2
        assert result.err.count("\n") == 1
    assert best.read_text() == "a,b\n1,2\n"
    assert not new.exists()
