"""Points in a database: each is stored once it is done, whatever happens to the others.

Several processes may work on one database: whoever begins a point claims it, and a claim ends with
the process that made it, or when it is not renewed.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from scar_cp.errors import Fault, InputError
from scar_cp.problem.compiled import Problem
from scar_cp.records.limits import MOST_JSON_BYTES, MOST_ROWS
from scar_cp.records.reading import unpacked
from scar_cp.records.record import NonNegativeInt, PositiveInt
from scar_cp.records.yaml_json import rule_of, shown, to_json
from scar_cp.studies.judged_rows import Seconds, Share
from scar_cp.sweeps.points import Plan, Point
from scar_cp.terms import ObjectiveName, Space, Status, StopReason

__all__ = ["PointRow", "PointStore"]

_APPLICATION = 0x5CA2C9
"""Marks the database as one of ours, whatever its name."""
_LEASE_S = 60.0
"""How long a claim holds that is not renewed; a process of this machine that is gone holds none."""
_SCHEMA = """
create table problems (sha256 text primary key, content blob not null);
create table claims (key text primary key, owner text not null, until real not null);
create table points (
    key text primary key, parameters text not null, problem_sha256 text not null,
    objective text not null, space text not null, solver text not null,
    time_limit_s real not null, stop_gap real not null, workers integer not null,
    seed integer not null,
    status text not null, stopped text not null, value text, bound text,
    latency_cycles integer, energy_nj integer, clock_hz real not null,
    seconds real not null, message text not null, result text
) without rowid;
"""


@dataclass(frozen=True)
class PointRow:
    """What a point ended with."""

    key: str
    parameters: Mapping[str, Any]
    problem_sha256: str
    objective: ObjectiveName
    space: Space
    solver: str
    time_limit_s: Seconds
    stop_gap: Share
    workers: PositiveInt
    seed: NonNegativeInt
    status: Literal[Status, "failed"]
    """The solver's last word, or ``failed``: then the message says how."""
    stopped: Literal[StopReason, ""]
    value: NonNegativeInt | None
    bound: NonNegativeInt | None
    latency_cycles: NonNegativeInt | None
    energy_nj: NonNegativeInt | None
    clock_hz: Seconds
    """0 where the point's process died."""
    seconds: Seconds
    message: str
    result: str | None
    """The whole result, as JSON."""


_ROW = TypeAdapter(PointRow)
_COLUMNS = tuple(f.name for f in fields(PointRow))
_BIG = ("value", "bound")
"""Integers beyond 64 bits: kept as text."""


class PointStore:
    """Rows, claims and problems in a SQLite database.

    Parameters
    ----------
    path
        The database; made where there is none.
    is_there
        Whether it must be there; it is only read then.

    Raises
    ------
    InputError
        If it is something else, or cannot be opened.
    """

    def __init__(self, path: Path, is_there: bool = False) -> None:
        self.path = path
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"
        with self._open(to_write=not is_there) as db:
            (mark,) = db.execute("pragma application_id").fetchone()
            (tables,) = db.execute("select count(*) from sqlite_master").fetchone()
            if mark != _APPLICATION and (tables or mark):
                raise self._refused("must be a database of scar-cp sweep")
            if not tables and is_there:
                raise self._refused("is empty: must be a database of scar-cp sweep")
            if not tables:
                db.execute(f"pragma application_id = {_APPLICATION}")
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)

    def _refused(self, rule: str) -> InputError:
        return InputError([Fault(str(self.path), "", None, rule)])

    @contextmanager
    def _open(self, to_write: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes in; one that only reads mends no damaged file."""
        try:
            with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as db:
                db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_JSON_BYTES)
                db.execute("begin immediate" if to_write else "begin")
                yield db
                db.commit()
        except (sqlite3.Error, UnicodeError) as error:
            raise self._refused(f"cannot be used as a database: {error}") from error

    def rows(self, points: Iterable[Point] | None = None) -> list[PointRow]:
        """The rows of points that are done, or of all, in the order of their parameters."""
        with self._open(to_write=False) as db:
            points_sql = f"select {', '.join(_COLUMNS)} from points limit {MOST_ROWS + 1}"
            found = db.execute(points_sql).fetchall()
        if len(found) > MOST_ROWS:
            raise self._refused(f"must have at most {MOST_ROWS} points")
        wanted = None if points is None else {point.key for point in points}
        rows = [self._row(cells) for cells in found if wanted is None or cells[0] in wanted]
        return sorted(rows, key=lambda row: _order(row.parameters))

    def _row(self, cells: tuple[Any, ...]) -> PointRow:
        of = dict(zip(_COLUMNS, cells, strict=True))
        try:
            of["parameters"] = json.loads(of["parameters"])
            of |= {name: int(of[name]) for name in _BIG if of[name] is not None}
            return _ROW.validate_python(of)
        except ValidationError as error:
            raise InputError(
                Fault(
                    str(self.path),
                    f"point {of['key']}, {details['loc'][0]}",
                    shown(details["input"]),
                    rule_of(details),
                )
                for details in error.errors(include_url=False)
            ) from error
        except (TypeError, ValueError) as error:
            raise self._refused(f"point {of['key']} cannot be read: {error}") from error

    def missing(self, points: Iterable[Point]) -> list[Point]:
        """The points without a row, and those that failed."""
        with self._open(to_write=False) as db:
            done = db.execute("select key from points where status != 'failed'").fetchall()
        keys = {key for (key,) in done}
        return [point for point in points if point.key not in keys]

    def keep_problems(self, plan: Plan) -> None:
        """Keep the problems of a plan, for whoever works on its points or reads their results."""
        with self._open() as db:
            for sha256, problem in plan.problems.items():
                content = gzip.compress(to_json(problem).encode(), mtime=0)
                db.execute("insert or ignore into problems values (?, ?)", (sha256, content))

    def packed_problem(self, sha256: str) -> bytes:
        """The JSON of a problem, gzipped.

        Raises
        ------
        InputError
            If it is not kept.
        """
        with self._open(to_write=False) as db:
            found = db.execute("select content from problems where sha256 = ?", (sha256,))
            row = found.fetchone()
        if row is None:
            raise self._refused(f"holds no problem with the hash {sha256}")
        return bytes(row[0])

    def problem(self, sha256: str) -> Problem:
        """A problem that was kept."""
        content = unpacked(self.packed_problem(sha256), MOST_JSON_BYTES, self.path)
        return Problem.model_validate_json(content)

    def claim(self, point: Point, again: bool = False) -> bool:
        """Whether a point is this process's now: nobody has done it or is at it.

        Parameters
        ----------
        point
            Which.
        again
            Whether it may have failed before.
        """
        now = time.time()
        with self._open() as db:
            done = db.execute("select status from points where key = ?", (point.key,)).fetchone()
            if done is not None and (done[0] != "failed" or not again):
                return False
            held = db.execute("select owner, until from claims where key = ?", (point.key,))
            other = held.fetchone()
            if other and other[0] != self._owner and _holds(other[0], other[1], now):
                return False
            claim = point.key, self._owner, now + _LEASE_S
            db.execute("insert or replace into claims values (?, ?, ?)", claim)
        return True

    def renew(self) -> None:
        """Hold all claims of this process for longer."""
        with self._open() as db:
            until = time.time() + _LEASE_S
            db.execute("update claims set until = ? where owner = ?", (until, self._owner))

    def release(self) -> None:
        """Give up all claims of this process."""
        with self._open() as db:
            db.execute("delete from claims where owner = ?", (self._owner,))

    def add(self, row: PointRow) -> None:
        """Keep a row; its claim ends."""
        cells = asdict(row) | {"parameters": json.dumps(row.parameters)}
        cells |= {name: None if cells[name] is None else str(cells[name]) for name in _BIG}
        marks = ", ".join(f":{name}" for name in _COLUMNS)
        with self._open() as db:
            names = ", ".join(_COLUMNS)
            db.execute(f"insert or replace into points ({names}) values ({marks})", cells)
            db.execute("delete from claims where key = ?", (row.key,))


def _order(parameters: Mapping[str, Any]) -> list[tuple[str, float, str]]:
    """Numbers as numbers."""
    return [
        (name, value, "") if isinstance(value, int | float) else (name, 0.0, str(value))
        for name, value in parameters.items()
    ]


def _holds(owner: str, until: float, now: float) -> bool:
    """Whether a claim still stands."""
    host, pid, started = owner.rsplit(":", 2)
    if host == socket.gethostname() and _started(int(pid)) != started:
        return False
    return until > now


def _started(pid: int) -> str:
    """When a process of this machine began, in the system's ticks; empty if there is none."""
    try:  # the name of the program, in brackets, may hold anything
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return status.rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        try:
            os.kill(pid, 0)
        except OSError:
            return ""
        return "alive"
