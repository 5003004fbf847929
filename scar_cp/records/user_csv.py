"""CSV that a user wrote: the rows with their numbers, and what is wrong with their shape."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from scar_cp.errors import Fault, InputError
from scar_cp.records.limits import MOST_COLUMNS, MOST_CSV_BYTES, MOST_ROWS
from scar_cp.records.reading import read_bytes

__all__ = ["Row", "any_text", "csv_lines", "read_rows", "read_text"]


class Row(NamedTuple):
    """One row: its number as an editor counts lines, and its cells by column."""

    number: int
    cells: dict[str, str]


def read_text(path: Path) -> str:
    """The text of a file that is not empty.

    Raises
    ------
    InputError
        If it cannot be read, is empty or too large.
    """
    text = any_text(path, MOST_CSV_BYTES)
    if not text.strip():
        raise InputError([Fault(str(path), "", None, "the file is empty")])
    return text


def any_text(path: Path, most_bytes: int) -> str:
    """The text of a file.

    Raises
    ------
    InputError
        If it cannot be read or is too large.
    """
    try:
        return read_bytes(path, most_bytes).decode("utf-8-sig")
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise InputError([Fault(str(path), "", None, rule)]) from error
    except UnicodeDecodeError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be read: {error}")]) from error


def csv_lines(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """The lines of CSV with their numbers, one after the other.

    Raises
    ------
    InputError
        At a line that is none, or beyond a limit of `scar_cp.records.limits`.
    """
    reader = csv.reader(io.StringIO(text, newline=""))

    def fail(rule: str) -> InputError:
        return InputError([Fault(file, f"row {reader.line_num}", None, rule)])

    try:
        for number, cells in enumerate(reader):
            if number > MOST_ROWS:
                raise fail(f"must have at most {MOST_ROWS} rows")
            if len(cells) > MOST_COLUMNS:
                raise fail(f"must have at most {MOST_COLUMNS} cells")
            yield reader.line_num, cells
    except csv.Error as error:
        raise fail(f"malformed CSV: {error}") from error


def read_rows(
    path: Path, required: Sequence[str], known: Collection[str] | None = None, what: str = "rows"
) -> tuple[list[Row], list[Fault]]:
    """Read a table whose first row names the columns.

    Parameters
    ----------
    path
        The file.
    required
        Columns that must be there.
    known
        All columns that may be there; by default any.
    what
        What the rows are, for the message where there are none.

    Returns
    -------
    rows : list of Row
        Those that have as many cells as the header.
    faults : list of Fault
        One for each other row.

    Raises
    ------
    InputError
        If the file or its header cannot be made sense of.
    """
    file = str(path)
    lines = csv_lines(read_text(path), file)
    _, columns = next(lines)
    numbered = [(number, cells) for number, cells in lines if cells]
    faults = [
        Fault(file, "row 1", name, "a column of this name is required")
        for name in required
        if name not in columns
    ]
    faults += [
        Fault(file, "row 1", name, "the column stands twice")
        for name, count in Counter(columns).items()
        if count > 1
    ]
    if known is not None and set(known) & set(columns):  # without any, it may be anybody's file
        faults += [
            Fault(file, "row 1", name, _unknown(name, known))
            for name in columns
            if name not in known
        ]
    if faults:
        raise InputError(faults)
    if not numbered:
        raise InputError([Fault(file, "", None, f"has no {what}")])
    rule = f"must have {len(columns)} cells, as the header"
    faults = [
        Fault(file, f"row {number}", f"{len(cells)} cells", rule)
        for number, cells in numbered
        if len(cells) != len(columns)
    ]
    rows = [
        Row(number, dict(zip(columns, cells, strict=True)))
        for number, cells in numbered
        if len(cells) == len(columns)
    ]
    return rows, faults


def _unknown(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"unknown column, did you mean {close[0]}?" if close else "unknown column"
