"""Tables of measured runs: a comment head that states the method, then CSV."""

from __future__ import annotations

import csv
import io
import multiprocessing
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from scar_cp.errors import Fault, InputError
from scar_cp.plain import from_cell, plain_text, to_cell
from scar_cp.records.limits import MOST_CSV_BYTES
from scar_cp.records.reading import read_bytes
from scar_cp.records.record_faults import rule_of, shown
from scar_cp.records.user_csv import csv_lines

__all__ = ["column_names", "comment_head", "read_table", "readable", "to_csv", "version_of"]

R = TypeVar("R")


def comment_head(*lines: str) -> str:
    """The lines and, after them, the date, the versions and the machine, as comments."""
    here = (
        f"date: {datetime.now(UTC):%Y-%m-%d}; scar-cp {version('scar-cp')}, "
        f"ortools {version('ortools')}, python {platform.python_version()}",
        f"machine: {multiprocessing.cpu_count()} cores, {platform.machine()}, {platform.system()}",
    )
    return "".join(f"# {' '.join(plain_text(line).splitlines())}\n" for line in (*lines, *here))


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]], head: str) -> str:
    """The rows under their head."""
    out = io.StringIO()
    out.write(head)
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: to_cell(cell) if isinstance(cell, str) else cell for name, cell in row.items()}
        for row in rows
    )
    return out.getvalue()


_NUMBER = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?(e[-+]?[0-9]{1,3})?")


def read_table(path: Path, row_type: type[R], *, note: bool = True) -> list[R]:
    """The rows of a table as records of a dataclass; columns that are no field are left out.

    Parameters
    ----------
    path
        The table.
    row_type
        A dataclass whose types say what the cells may hold.
    note
        Whether the table must not be written to.

    Raises
    ------
    InputError
        With every cell that no run can have; if a row was cut, or a limit is passed.
    KeyError
        If a column is missing whose field has no default, even of a table without rows.
    OSError, ValueError
        If the file cannot be read, or holds no text.
    """
    names, lines = _table(path, note)
    known = fields(row_type)  # type: ignore[arg-type]
    if names is None:
        return []
    missing = [f.name for f in known if f.name not in names and f.default is MISSING]
    if missing:
        raise KeyError(missing[0])
    hints = get_type_hints(row_type, include_extras=True)
    types = {f.name: _kinds(hints[f.name]) for f in known if f.name in names}
    adapter = TypeAdapter(row_type)
    rows: list[R] = []
    faults: list[Fault] = []
    for number, line in lines:
        cells = dict(zip(names, line, strict=False))
        if len(line) != len(names):
            rule = f"must have {len(names)} cells, as the header"
            faults.append(Fault(str(path), f"row {number}", f"{len(line)} cells", rule))
            continue
        try:
            found = {name: _value(cells[name], kinds) for name, kinds in types.items()}
            rows.append(adapter.validate_python(found))
        except ValidationError as error:
            for details in error.errors(include_url=False):
                place = f"row {number}, column {details['loc'][0]}"
                rule = rule_of(details)
                faults.append(Fault(str(path), place, shown(details["input"]), rule))
    if faults:
        raise InputError(faults)
    return rows


def _kinds(of: Any) -> set[Any]:
    """The plain types behind a field's type."""
    if get_origin(of) is Annotated:
        return _kinds(get_args(of)[0])
    if get_origin(of) is Literal:
        return {type(value) for value in get_args(of)}
    return set().union(*map(_kinds, get_args(of))) if get_args(of) else {of}


class _Unread:
    """A cell that is no number: nothing takes it for one."""

    def __init__(self, cell: str) -> None:
        self._cell = cell

    def __repr__(self) -> str:
        return repr(self._cell)


def _value(cell: str, kinds: set[Any]) -> object:
    """What a cell says; pydantic alone would take more for numbers than we write."""
    if str in kinds:
        return from_cell(cell)
    if not cell and type(None) in kinds:
        return None
    if not _NUMBER.fullmatch(cell):
        return _Unread(cell)
    return int(cell) if int in kinds and "." not in cell and "e" not in cell else float(cell)


def column_names(path: Path) -> list[str]:
    """The columns of a table.

    Raises
    ------
    InputError
        If a limit is passed.
    OSError, ValueError
        If the file cannot be read, or holds no text.
    """
    names, _ = _table(path, note=True)
    return names or []


def version_of(path: Path) -> str:
    """The version of scar-cp in the head of a table; empty if there is none."""
    head = read_bytes(path, MOST_CSV_BYTES).decode().splitlines()
    stated = (re.search(r"scar-cp (\d[^,;]*), ortools", line) for line in head if line[:1] == "#")
    return next((found[1] for found in stated if found), "")


def _table(path: Path, note: bool) -> tuple[list[str] | None, Iterator[tuple[int, list[str]]]]:
    """The columns below the head, none of an empty file, and the rows with their numbers."""
    text = read_bytes(path, MOST_CSV_BYTES, note=note).decode()
    if text.strip() and not text.endswith("\n"):
        raise InputError([Fault(str(path), "", None, "its last row is cut: it has no end of line")])
    head = re.match(r"(#[^\n]*\n)*", text)
    above = head[0].count("\n") if head else 0
    lines = csv_lines(text[head.end() if head else 0 :], str(path))
    numbered = ((above + number, cells) for number, cells in lines if cells)
    first = next(numbered, None)
    if first is None and text.strip():
        raise InputError([Fault(str(path), "", None, "has no line of column names")])
    return None if first is None else first[1], numbered


@contextmanager
def readable(path: Path, what: str) -> Iterator[None]:
    """Turn what a table of other contents makes a reader raise into a fault."""
    try:
        yield
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise InputError([Fault(str(path), "", None, rule)]) from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        fault = f"there is no column {error}" if isinstance(error, KeyError) else error
        rule = f"must hold {what}: {fault}"
        raise InputError([Fault(str(path), "", None, rule)]) from error
