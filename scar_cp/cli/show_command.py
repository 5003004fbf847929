"""The command show: a file as a table or a map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.result_problems import InstanceOfResult, find_problem
from scar_cp.cli.streams import output_width
from scar_cp.errors import InputError

__all__ = ["register"]

_WIDTH = 100
"""Columns that a table of runs takes where there is no terminal."""


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(show)


def show(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A model, package, profile, scenario or instance, or a name; a problem, a result,"
            " a front, or a table of compare, gaps or bench.",
        ),
    ],
    instance: InstanceOfResult = None,
    raw: o.Raw = False,
) -> None:
    """Print a file as a table: a model's layers, a package's map, what an instance runs on what.

    A result is printed as solve does; where its problem is not found, with numbers for names.

    Example: scar-cp show het_sides_3x3; scar-cp show result.json
    """
    from scar_cp.files.shipped import KINDS, named_file
    from scar_cp.outcome.result import Result
    from scar_cp.show.output_files import is_output, read_output
    from scar_cp.show.text.inputs_text import show_lines
    from scar_cp.show.text.outputs_text import output_lines

    path = named_file(file, *KINDS)
    if not is_output(path) and path.suffix != ".csv":
        lines = show_lines(path)
    else:
        output = read_output(path)
        problem, notes = None, list[str]()
        if isinstance(output, Result):
            try:
                problem = find_problem(output, path, instance).problem
            except InputError as error:
                if instance is not None:
                    raise
                notes = [f"note: models and chiplets are numbers: {f}" for f in error.faults]
        width = output_width(_WIDTH)
        lines = [*output_lines(output, width, raw, problem), *notes]
    for line in lines:
        print(line)
