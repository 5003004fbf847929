"""The command schema: JSON Schemas of the files that users write."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scar_cp.errors import Fault, InputError

__all__ = ["register"]


class SchemaName(StrEnum):
    """Which file the schema is of."""

    model = "model"
    package = "package"
    profile = "profile"
    scenario = "scenario"
    instance = "instance"


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(schema)


def schema(
    kind: Annotated[
        SchemaName | None, typer.Argument(help="Which file it is of; all where none is named.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FOLDER", help="Folder to write KIND.schema.json."),
    ] = None,
) -> None:
    """Print or write JSON Schemas, so that an editor completes and checks YAML files.

    A file names its schema in a comment: # yaml-language-server: $schema=PATH

    Example: scar-cp schema -o schemas
    """
    from scar_cp.inputs.schemas import schema_file, schema_text
    from scar_cp.records.own_files import SCHEMA
    from scar_cp.records.yaml_json import check_writable, write_text

    if output is None:
        if kind is None:
            rule = "name one of these, or a folder with -o for all"
            raise InputError([Fault("schema", "", ", ".join(SchemaName), rule)])
        sys.stdout.write(schema_text(kind.value))
        return
    kinds = list(SchemaName) if kind is None else [kind]
    targets = {one: output / schema_file(one.value) for one in kinds}
    for target in targets.values():
        check_writable(target, replaces=SCHEMA)
    for one, target in targets.items():
        write_text(target, schema_text(one.value))
