"""JSON Schemas of the files that users write, from the records that read them.

A schema knows keys, types and ranges, which is what an editor needs while a file is written. Rules
between keys and between files are those of ``scar-cp check`` alone.
"""

from __future__ import annotations

import json
from typing import Final, Literal

from scar_cp.inputs.instance import InstanceFile
from scar_cp.inputs.package import Package, Profile
from scar_cp.inputs.workload import Model, Scenario
from scar_cp.records.record import Record

__all__ = ["SCHEMAS", "SchemaKind", "schema_file", "schema_text"]

SchemaKind = Literal["model", "package", "profile", "scenario", "instance"]

SCHEMAS: Final[dict[SchemaKind, type[Record]]] = {
    "model": Model,
    "package": Package,
    "profile": Profile,
    "scenario": Scenario,
    "instance": InstanceFile,
}
"""The record behind each schema."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_file(kind: str) -> str:
    """Name of a schema's file."""
    return f"{kind}.schema.json"


def schema_text(record: type[Record]) -> str:
    """The schema of a file's record as JSON."""
    schema = {"$schema": _DIALECT} | record.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"
