"""What is installed with the package, a line for each file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from scar_cp.files.shipped import shipped_files
from scar_cp.inputs.instance import InstanceFile
from scar_cp.inputs.package import Package, Profile
from scar_cp.inputs.schemas import SCHEMAS, SchemaKind
from scar_cp.inputs.workload import Model, Scenario
from scar_cp.records.record import Record
from scar_cp.records.yaml_json import read_record
from scar_cp.show.text.inputs_text import model_size
from scar_cp.show.text.tables import Columns, by_numbers, plain_table

__all__ = ["shipped_lines", "shipped_rows"]


def shipped_rows(kinds: Iterable[SchemaKind]) -> list[dict[str, str]]:
    """Kind, name and what it is, of every shipped file of these kinds."""
    return [
        {"kind": kind, "name": name, "what": _what(read_record(files[name], SCHEMAS[kind]))}
        for kind in kinds
        for files in [shipped_files(kind)]
        for name in sorted(files, key=by_numbers)
    ]


def shipped_lines(rows: Sequence[dict[str, str]]) -> list[str]:
    """The rows as a table."""
    headings = ("kind", "name", "what")
    columns: Columns = {heading: [row[heading] for row in rows] for heading in headings}
    return plain_table(columns, left=headings)


def _what(record: Record) -> str:
    if isinstance(record, Model):
        return model_size(record)
    if isinstance(record, Package):
        return record.counts_text
    if isinstance(record, Profile):
        return record.domains_text
    if isinstance(record, Scenario):
        return ", ".join(f"{PurePath(run.model).stem} x{run.batch}" for run in record.models)
    assert isinstance(record, InstanceFile)
    files = (record.scenario, record.package, record.profile or "none")
    return "{} on {}, profile {}".format(*(PurePath(file).stem for file in files))
