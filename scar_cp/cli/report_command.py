"""The command report: results and tables as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.result_problems import InstanceOfResult, naming_instance
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(report)


def report(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT|FOLDER...",
            help="Results of solve, fronts of pareto, tables of compare or gaps; folders of them.",
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path(
        "report.html"
    ),
    instance: InstanceOfResult = None,
) -> None:
    r"""Write one HTML file with everything to see: it needs no other file and no network.

    Schedules over time to zoom into, maps of the package with traffic, what energy and time go
    into, certificates with their bounds, tables that sort; of two to six results also what differs
    from the first. Needs the extra:
    pip install 'scar-cp\[report]'

    For example:

    scar-cp report result.json -o report.html

    scar-cp report before.json after.json -o comparison.html

    scar-cp report results -o all.html
    """
    from scar_cp.records.own_files import REPORT
    from scar_cp.records.yaml_json import check_writable, write_text
    from scar_cp.show.page.document import page, read_sources

    with naming_instance():
        found, _ = o.together(
            lambda: read_sources(sources, instance),
            lambda: check_writable(output, *sources, *filter(None, [instance])),
        )
    if not found:
        rule = "holds no result, front or table of scar-cp"
        raise InputError([Fault(str(source), "", None, rule) for source in sources])
    files = (file for source in found for file in (source.path, *source.files))
    check_writable(output, *files, replaces=REPORT)
    write_text(output, page(found))
    say_written(output)
