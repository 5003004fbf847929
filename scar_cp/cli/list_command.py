"""The command list: what is installed with the package."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from scar_cp.cli.schema import SchemaName

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command(name="list")(list_)


def list_(
    kind: Annotated[
        SchemaName | None, typer.Argument(help="Which files; all where none is named.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the instances, scenarios, packages, profiles and models that a name stands for.

    A path that exists wins over a name, for commands as in files.

    Example: scar-cp list package
    """
    from scar_cp.files.shipped import KINDS
    from scar_cp.show.text.shipped_text import shipped_lines, shipped_rows

    rows = shipped_rows(KINDS if kind is None else [kind.value])
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    for line in shipped_lines(rows):
        print(line)
