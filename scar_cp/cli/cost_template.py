"""The command cost-template: the table that gives an instance costs of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.streams import say_written

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(cost_template)


def cost_template(
    instance: Annotated[Path, typer.Argument(metavar="INSTANCE", help="An instance (YAML).")],
    output: o.Output = None,
    filled: Annotated[
        bool, typer.Option("--filled", help="With the analytical model's costs.")
    ] = False,
) -> None:
    """Write the table of costs to fill in: a row per model, layer and chiplet type.

    Cycles are whole cycles and energy_nj is decimal nJ, both of one sample, compute only: DRAM and
    transfers are the schedule's. Then say cost_table: costs.csv in the instance.

    Example: scar-cp cost-template sc4 --filled -o costs.csv
    """
    from scar_cp.cost.instance_costs import template
    from scar_cp.files.instance_files import read_instance
    from scar_cp.records.own_files import COSTS
    from scar_cp.records.yaml_json import check_writable, write_text

    # The table it names need not be there yet: it may be the one that is to be written.
    read, _ = o.together(
        lambda: read_instance(instance, {"cost_table": None}),
        lambda: check_writable(output, instance),
    )
    check_writable(output, *read.files, replaces=COSTS)
    text = template(read, filled)
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)
        say_written(output)
