"""Tables of measured runs: a comment head that states the method, then CSV."""

from __future__ import annotations

import csv
import io
import multiprocessing
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import dropwhile
from pathlib import Path
from typing import Any, TypeVar

from scar_cp.errors import Fault, InputError

__all__ = ["column_names", "comment_head", "read_table", "readable", "to_csv", "version_of"]

R = TypeVar("R")


def comment_head(*lines: str) -> str:
    """The lines and, after them, the date, the versions and the machine, as comments."""
    here = (
        f"date: {datetime.now(UTC):%Y-%m-%d}; scar-cp {version('scar-cp')}, "
        f"ortools {version('ortools')}, python {platform.python_version()}",
        f"machine: {multiprocessing.cpu_count()} cores, {platform.machine()}, {platform.system()}",
    )
    return "".join(f"# {line}\n" for line in (*lines, *here))


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]], head: str) -> str:
    """The rows under their head."""
    out = io.StringIO()
    out.write(head)
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


_CONVERT: dict[str, Callable[[str], object]] = {
    "int": int,
    "int | None": lambda cell: int(cell) if cell else None,
    "float": float,
    "float | None": lambda cell: float(cell) if cell else None,
}
"""Values of cells by the type of a field; all others are text."""


def read_table(path: Path, row_type: Callable[..., R]) -> list[R]:
    """The rows of a table as records of a dataclass; columns that are no field are left out.

    Raises
    ------
    KeyError
        If a column is missing whose field has no default, even of a table without rows.
    """
    with path.open(encoding="utf-8", newline="") as file:
        table = _below_head(file)
        known = fields(row_type)  # type: ignore[arg-type]
        there = table.fieldnames or [f.name for f in known]
        missing = [f.name for f in known if f.name not in there and f.default is MISSING]
        if missing:
            raise KeyError(missing[0])
        types: dict[str, Any] = {f.name: f.type for f in known if f.name in there}
        return [
            row_type(**{name: _CONVERT.get(kind, str)(cells[name]) for name, kind in types.items()})
            for cells in table
        ]


def column_names(path: Path) -> list[str]:
    """The columns of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(_below_head(file).fieldnames or ())


def version_of(path: Path) -> str:
    """The version of scar-cp in the head of a table; empty if there is none."""
    head = path.read_text(encoding="utf-8").splitlines()
    stated = (re.search(r"scar-cp (\d[^,;]*), ortools", line) for line in head if line[:1] == "#")
    return next((found[1] for found in stated if found), "")


def _below_head(file: Iterable[str]) -> csv.DictReader[str]:
    return csv.DictReader(dropwhile(lambda line: line.startswith("#"), file))


@contextmanager
def readable(path: Path, what: str) -> Iterator[None]:
    """Turn what a table of other contents makes a reader raise into a fault."""
    try:
        yield
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise InputError([Fault(str(path), "", None, rule)]) from error
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        fault = f"there is no column {error}" if isinstance(error, KeyError) else error
        rule = f"must hold {what}: {fault}"
        raise InputError([Fault(str(path), "", None, rule)]) from error
