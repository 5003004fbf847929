"""The command import costs: results of other cost models as a cost table."""

from __future__ import annotations

import sys
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.errors import Fault, InputError

__all__ = ["import_costs", "register"]


class CostFormatName(StrEnum):
    """Who wrote the results."""

    maestro = "maestro"
    timeloop = "timeloop"
    zigzag = "zigzag"


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("costs")(import_costs)


def import_costs(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Result files.")],
    format_: Annotated[CostFormatName, typer.Option("--format", help="Who wrote them.")],
    chiplet_type: Annotated[
        str, typer.Option(metavar="NAME", help="The chiplet type that they are about.")
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The model; MAESTRO's rows name their network."),
    ] = None,
    energy_unit_pj: Annotated[
        float | None,
        typer.Option(metavar="PJ", help="pJ of one multiply-accumulate, MAESTRO's unit."),
    ] = None,
    output: o.Output = None,
) -> None:
    """Turn results of MAESTRO, Timeloop or ZigZag into a table for an instance's cost_table.

    Layers keep their names: of MAESTRO's rows, of ZigZag's files, and for Timeloop of the file, or
    of the folder that holds a timeloop-mapper.stats.txt. Tables of other types and models are
    appended without their first line.

    Example: scar-cp import costs run/*/timeloop-mapper.stats.txt --format timeloop --model net
    --chiplet-type nvdla -o costs.csv
    """
    from scar_cp.cost_import import import_costs as read
    from scar_cp.cost_table import to_csv
    from scar_cp.documents import check_writable, write_text

    def table() -> str:
        _check_options(format_, model, energy_unit_pj)
        return to_csv(read(files, format_.value, chiplet_type, model, energy_unit_pj).items())

    text, _ = o.together(table, lambda: check_writable(output, *files))
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)


def _check_options(
    cost_format: CostFormatName, model: str | None, energy_unit_pj: float | None
) -> None:
    of_maestro = cost_format is CostFormatName.maestro
    option = "--energy-unit-pj"
    faults = []
    if model is None and not of_maestro:
        rule = f"is required with --format {cost_format.value}"
        faults.append(Fault("--model", "", None, rule))
    if energy_unit_pj is None and of_maestro:
        rule = "is required with --format maestro, which counts energy in multiply-accumulates"
        faults.append(Fault(option, "", None, rule))
    elif energy_unit_pj is not None and not of_maestro:
        faults.append(Fault(option, "", str(energy_unit_pj), "needs --format maestro"))
    elif energy_unit_pj is not None and not (isfinite(energy_unit_pj) and energy_unit_pj > 0):
        faults.append(Fault(option, "", str(energy_unit_pj), "must be a positive number of pJ"))
    if faults:
        raise InputError(faults)
