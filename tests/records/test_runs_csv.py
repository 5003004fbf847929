"""Tables of measured runs, as they are read again."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rows import ROW

from scar_cp.errors import InputError
from scar_cp.records.runs_csv import read_table
from scar_cp.studies.compare import Store
from scar_cp.studies.judged_rows import COLUMNS, JudgedRow, Row, judge, table_text


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text(table_text(judge([ROW, replace(ROW, solver="cp-sat")])))
    return path


def changed(table: Path, **cells: str) -> None:
    """Put cells into the second row."""
    lines = table.read_text().splitlines(keepends=True)
    *head, last = lines
    (row,) = csv.reader([last])
    for name, cell in cells.items():
        row[COLUMNS.index(name)] = cell
    table.write_text("".join(head) + ",".join(row) + "\n")


def test_a_table_is_read_as_it_was_written(table: Path) -> None:
    assert read_table(table, Row) == [ROW, replace(ROW, solver="cp-sat")]


@pytest.mark.parametrize(
    "name", ["=1+1", "+x", "-x", "@x", "'tis", "\tx", "a,b", 'a"b', "a\nb", "-5"]
)
def test_a_name_is_kept_and_computed_by_no_spreadsheet(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table_text(judge([replace(ROW, scenario=name)])), newline="")
    assert read_table(path, Row)[0].scenario == name
    with path.open(newline="") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))
    assert rows[1][0][:1] not in ("=", "+", "-", "@", "\t")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("value", "-5"), ("value", "9" * 400), ("value", "1_0"), ("value", "1e5x")),
        *(("seconds", "nan"), ("seconds", "-1"), ("seconds", "inf"), ("seconds", "1e999")),
        *(("status", "bogus"), ("stopped", "bored"), ("windows", "0"), ("workers", "")),
        *(("gap", "1.5"), ("ratio", "0.5"), ("time_limit_s", "nan"), ("clock_hz", "0")),
        *(("space", "outer"), ("objective", "beauty"), ("seed", "1.5")),
    ],
)
def test_a_value_that_no_run_can_have_is_told_with_row_and_column(
    table: Path, column: str, cell: str
) -> None:
    changed(table, **{column: cell})
    number = table.read_text().count("\n")
    with pytest.raises(InputError) as refused:
        read_table(table, JudgedRow)
    assert {fault.place for fault in refused.value.faults} == {f"row {number}, column {column}"}


def test_a_bound_above_a_value_is_a_contradiction(table: Path) -> None:
    changed(table, value="5")
    with pytest.raises(InputError, match="contradict"):
        Store(table)


@pytest.mark.parametrize(
    ("cut", "rule"), [(1, "is cut"), (10, "is cut"), (0, "must have"), (None, "no line of column")]
)
def test_a_table_that_was_cut_is_refused(table: Path, cut: Any, rule: str) -> None:
    text = table.read_text()
    if cut is None:
        table.write_text("# notes of mine\n")
    elif cut:
        table.write_text(text[:-cut])
    else:
        table.write_text(text[: text.rindex(",")] + "\n")
    with pytest.raises(InputError, match=rule):
        Store(table)


def test_an_empty_table_has_no_rows(table: Path) -> None:
    table.write_text("")
    assert Store(table).judged([]) == []
