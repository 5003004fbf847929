"""The command schema: JSON Schemas of the files that users write."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli.folders import make_folder
from scar_cp.cli.streams import say_written

if TYPE_CHECKING:
    from scar_cp.records.record import Record

__all__ = ["SchemaName", "register", "written_files"]


class SchemaName(StrEnum):
    """Which file the schema is of."""

    model = "model"
    package = "package"
    profile = "profile"
    scenario = "scenario"
    instance = "instance"
    sweep = "sweep"
    codesign = "codesign"


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
    Without a kind and a folder all are printed as one document, by kind.

    Example: scar-cp schema -o schemas
    """
    from scar_cp.inputs.schemas import schema_file, schema_text
    from scar_cp.records.own_files import SCHEMA
    from scar_cp.records.yaml_json import check_writable, write_text

    records = written_files()
    texts = {one: schema_text(records[one]) for one in ([kind] if kind else SchemaName)}
    if output is None:
        every = {one.value: json.loads(text) for one, text in texts.items()}
        sys.stdout.write(texts[kind] if kind else json.dumps(every, indent=2) + "\n")
        return
    make_folder(output)
    targets = {output / schema_file(one.value): text for one, text in texts.items()}
    for target in targets:
        check_writable(target, replaces=SCHEMA)
    for target, text in targets.items():
        write_text(target, text)
        say_written(target)


def written_files() -> dict[SchemaName, type[Record]]:
    """The record of every kind of file that users write."""
    from scar_cp.codesign.design_file import DesignFile
    from scar_cp.inputs.schemas import SCHEMAS
    from scar_cp.sweeps.sweep_file import SweepFile

    records: dict[SchemaName, type[Record]] = {SchemaName(kind): of for kind, of in SCHEMAS.items()}
    return records | {SchemaName.sweep: SweepFile, SchemaName.codesign: DesignFile}
