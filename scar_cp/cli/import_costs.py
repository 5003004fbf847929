"""The command import costs: results of other cost models as a cost table."""

from __future__ import annotations

import sys
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError
from scar_cp.plugins import COST_SOURCES

if TYPE_CHECKING:
    from scar_cp.cost_sources import CostSource

__all__ = ["import_costs", "register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command("costs")(import_costs)


def import_costs(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Result files.")],
    format_: Annotated[str, o.name_of(COST_SOURCES, "Who wrote them:", "--format")],
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
    """Turn results of another cost model into a table for an instance's cost_table.

    Layers keep their names: of MAESTRO's rows, of ZigZag's files, and for Timeloop of the file, or
    of the folder that holds a timeloop-mapper.stats.txt. Tables of other types and models are
    appended without their first line.

    Example: scar-cp import costs run/*/timeloop-mapper.stats.txt --format timeloop --model net
    --chiplet-type nvdla -o costs.csv
    """
    from scar_cp.cost_sources.imported_costs import get_cost_source
    from scar_cp.cost_sources.imported_costs import import_costs as read
    from scar_cp.inputs.cost_table import to_csv
    from scar_cp.records.own_files import COSTS
    from scar_cp.records.yaml_json import check_writable, write_text

    def table() -> str:
        o.known("--format", COST_SOURCES, format_)
        source = get_cost_source(format_)
        _check_options(format_, source, chiplet_type, model, energy_unit_pj)
        return to_csv(read(files, source, chiplet_type, model, energy_unit_pj).items())

    text, _ = o.together(table, lambda: check_writable(output, *files, replaces=COSTS))
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)
        say_written(output)


def _check_options(
    name: str,
    source: CostSource,
    chiplet_type: str,
    model: str | None,
    energy_unit_pj: float | None,
) -> None:
    """Refuse a result without a chiplet type, model or unit, and one with two units."""
    asks_unit = source.energy_unit_pj is None
    option = "--energy-unit-pj"
    faults = []
    if not chiplet_type:
        faults.append(Fault("--chiplet-type", "", "''", "must be a name"))
    if model is None and not source.names_model:
        faults.append(Fault("--model", "", None, f"is required with --format {name}"))
    if energy_unit_pj is None and asks_unit:
        rule = f"is required with --format {name}, whose energies have no unit of their own"
        faults.append(Fault(option, "", None, rule))
    elif energy_unit_pj is not None and not asks_unit:
        rule = f"must not be given with --format {name}, whose energies have their unit"
        faults.append(Fault(option, "", str(energy_unit_pj), rule))
    elif energy_unit_pj is not None and not (isfinite(energy_unit_pj) and energy_unit_pj > 0):
        faults.append(Fault(option, "", str(energy_unit_pj), "must be a positive number of pJ"))
    if faults:
        raise InputError(faults)
