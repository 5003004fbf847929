"""One table in four formats."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
from rows import ROW

from scar_cp.show.text.comparison_text import (
    comparison_json,
    comparison_markdown,
    comparison_notes,
    comparison_text,
    ratio_text,
)
from scar_cp.studies.judged_rows import COLUMNS, judge, table_text

EXACT = replace(ROW, solver="cp-sat", value=100, bound=90)


def cells(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, "-"), (1.0, "1"), (1.00004, "1 + 4.0e-05"), (1.5, "1.5000")],
)
def test_a_ratio_reads_as_1_only_where_it_is(ratio: float | None, text: str) -> None:
    assert ratio_text(ratio) == text


FAILED = replace(
    EXACT, sha256="b" * 64, package="a|b", value=None, bound=None, status="failed", message="why"
)
JUDGED = judge([ROW, EXACT, replace(ROW, sha256="b" * 64, package="a|b", value=10**18), FAILED])


def test_the_four_formats_agree() -> None:
    records = json.loads(comparison_json(JUDGED))
    assert records["format"] == "scar-cp/compare@1"
    assert [tuple(record) for record in records["rows"]] == [COLUMNS] * 4
    as_text = [
        {name: "" if value is None else str(value) for name, value in record.items()}
        for record in records["rows"]
    ]
    assert cells(table_text(JUDGED)) == as_text

    shown = [f"{r['value']:,}" if r["value"] else "-" for r in records["rows"]]
    pipes = [
        [cell.strip() for cell in line.strip("|").replace("\\|", "/").split("|")]
        for line in comparison_markdown(JUDGED).split("\n\n")[1].splitlines()
    ]
    assert len({len(line) for line in pipes}) == 1
    assert [line[pipes[0].index("value")] for line in pipes[2:]] == shown
    table = comparison_text(JUDGED).split("\n\n")[1].splitlines()
    assert [line.split()[table[0].split().index("value")] for line in table[1:5]] == shown


def test_text_folds_what_all_rows_share_and_explains_what_failed() -> None:
    text = comparison_text(JUDGED)
    header = text.partition("\n\n")[0]
    for shared in ("profile physical", "windows 1", "space full", "seed 0", "time limit 60 s"):
        assert shared in header
    assert "sc1 a|b physical 1w full latency cp-sat: why" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_reason_that_many_rows_share_is_told_once() -> None:
    rows = [replace(row, value=None, gap=None, message="late") for row in JUDGED[:3]]
    other = replace(JUDGED[0], value=None, gap=None, message="early")
    notes = comparison_notes([*rows, other])
    assert notes == [f"{rows[0]} and 2 more: late", f"{other}: early"]


def test_text_that_is_too_wide_says_what_it_leaves_out() -> None:
    wide = [replace(row, package=f"{i}{'p' * 24}") for i, row in enumerate(JUDGED)]
    text = comparison_text(wide)
    assert "not shown, too wide: sha256" in text
    assert max(len(line) for line in text.splitlines() if ": why" not in line) <= 100
    assert "not shown" not in comparison_text(wide, width=200)
