"""Pages about the database of a sweep or a co-design: its points as a table, and each of them."""

from __future__ import annotations

import json
from pathlib import Path

from scar_cp.errors import InputError
from scar_cp.outcome.result import Result, schedule_of
from scar_cp.records.record_faults import json_record
from scar_cp.show.page.page_tables import table_of
from scar_cp.show.page.sections import Section, section_of_result
from scar_cp.show.text.sweep_text import sweep_columns
from scar_cp.sweeps.point_store import PointRow, PointStore

__all__ = ["is_database", "point_section", "points_section"]

_MAGIC = b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Whether a file seems to be a database; it may be of another program still."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def points_section(store: PointStore, links: str) -> Section:
    """The points that are done by now, as a table that sorts.

    Parameters
    ----------
    store
        The database.
    links
        What stands before a point's key in the link to its page.
    """
    rows = store.rows()
    table = table_of("Points", sweep_columns(rows))
    table.links.extend(f"{links}{row.key}" if row.result else "" for row in rows)
    failed = [f"{_name(row)}: {row.message}" for row in rows if row.status == "failed"]
    return Section(f"{store.path.name}: {len(rows)} points", notes=failed, tables=[table])


def point_section(store: PointStore, key: str) -> Section | None:
    """The result of a point, with pictures where the database holds its problem.

    Returns
    -------
    Section or None
        None where there is no such point, or it has no result.
    """
    row = next((row for row in store.rows() if row.key == key and row.result), None)
    if row is None or row.result is None:
        return None
    result = json_record(json.loads(row.result), Result, str(store.path))
    title = f"{result.problem}: {_name(row)}"
    try:
        problem = store.problem(row.problem_sha256)
        schedule = None
        if result.schedule is not None:
            schedule = schedule_of(result, problem, store.path)
    except InputError as error:
        section = section_of_result(title, result, None, None)
        section.notes.append(f"no pictures: {error}")
        return section
    return section_of_result(title, result, problem, schedule)


def _name(row: PointRow) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.parameters.items())
