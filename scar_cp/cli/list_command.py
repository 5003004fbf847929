"""The command list: what is installed with the package."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["ShippedName", "register"]


class ShippedName(StrEnum):
    """Kinds of files that are installed: `scar_cp.files.shipped.KINDS`."""

    instance = "instance"
    scenario = "scenario"
    package = "package"
    profile = "profile"
    model = "model"


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command(name="list")(list_)


def list_(
    kind: Annotated[
        ShippedName | None, typer.Argument(help="Which files; all where none is named.")
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
