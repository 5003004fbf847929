"""The command init: a first project to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scar_cp.cli.streams import say_written

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to write it.")] = Path(),
) -> None:
    """Write a small project with comments: instance, scenario, package, profile and model.

    Example: scar-cp init mine && scar-cp solve mine/instance.yaml
    """
    from scar_cp.files.starter import write_starter

    for file in write_starter(folder):
        say_written(file)
    print(f"next: scar-cp solve {folder / 'instance.yaml'}")
