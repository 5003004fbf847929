"""CSV that a user wrote: the rows with their numbers, and what is wrong with their shape."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from scar_cp.errors import Fault, InputError

__all__ = ["Row", "read_rows", "read_text"]


class Row(NamedTuple):
    """One row: its number as an editor counts lines, and its cells by column."""

    number: int
    cells: dict[str, str]


def read_text(path: Path) -> str:
    """The text of a file that is not empty.

    Raises
    ------
    InputError
        If it cannot be read or is empty.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise InputError([Fault(str(path), "", None, rule)]) from error
    except UnicodeDecodeError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be read: {error}")]) from error
    if not text.strip():
        raise InputError([Fault(str(path), "", None, "the file is empty")])
    return text


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
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    try:
        columns = next(reader)
        numbered = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as error:
        rule = f"malformed CSV: {error}"
        raise InputError([Fault(file, f"row {reader.line_num}", None, rule)]) from error
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
    if known is not None:
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
