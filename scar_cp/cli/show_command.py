"""The command show: a file as a table or a map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(show)


def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A model, package, profile, scenario or instance, or a name."
        ),
    ],
) -> None:
    """Print a file as a table: a model's layers, a package's map, what an instance runs on what.

    Example: scar-cp show het_sides_3x3
    """
    from scar_cp.show.text.inputs_text import show_lines

    for line in show_lines(file):
        print(line)
