"""The command sweep: a grid of settings, and what became of it as tables and pictures."""

from __future__ import annotations

import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from scar_cp.cli import options as o
from scar_cp.cli.runs import termination_as_interrupt
from scar_cp.cli.streams import output_width, say_written
from scar_cp.errors import Fault, InputError
from scar_cp.plugins import SOLVERS
from scar_cp.terms import TIME_LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scar_cp.sweeps.point_store import PointRow, PointStore
    from scar_cp.sweeps.points import Plan
    from scar_cp.sweeps.sweep_file import SweepFile

__all__ = ["app"]


class _RunByDefault(TyperGroup):
    """A group whose first command need not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command before arguments that name none."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunByDefault,
    help="Solve a grid of settings (sweep FILE or INSTANCE --set KEY=A,B), and show it.",
    no_args_is_help=True,
)

_WIDTH = 1000
"""Columns that a table takes where there is no terminal."""
_MOST_LINES = 60
"""Of a table that is printed unasked."""

Database = Annotated[Path, typer.Argument(metavar="DATABASE", help="What sweep wrote.")]
Where = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="Only points with this value; again for more."),
]

AsRows = Annotated[
    bool, typer.Option("--json", help="Print the rows as JSON, as export has them, and no table.")
]


class MeasureName(StrEnum):
    """Columns that pictures show."""

    latency_ms = "latency_ms"
    energy_mj = "energy_mj"
    edp_j_s = "edp_j_s"
    gap = "gap"
    seconds = "seconds"


@app.command()
def run(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="SWEEP_OR_INSTANCE", help="A sweep file, or instances."),
    ],
    set_: o.Grid = None,
    objective: Annotated[
        list[o.UnweightedName] | None, typer.Option(help="What to minimise; again for more.")
    ] = None,
    space: o.Spaces = None,
    solver: Annotated[list[str] | None, o.name_of(SOLVERS, "Who searches; again for more:")] = None,
    time_limit: Annotated[
        float | None, typer.Option(help=rf"Seconds of one point \[default: {TIME_LIMIT_S:g}]")
    ] = None,
    gap: Annotated[
        float | None, typer.Option(help="Certified gap at which a point may stop, e.g. 0.01.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help=r"Threads of one point \[default: 1]")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Random seed.")] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Database; points it holds are not repeated.")
    ] = Path("sweep.db"),
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help=r"Points at a time \[default: one per core]"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="tcp://HOST:PORT", help="Dask scheduler that has the work done."),
    ] = None,
    as_json: AsRows = False,
    quiet: o.Quiet = False,
) -> None:
    """Solve every point of a grid and store each one at once; the same command goes on.

    Exit code 0, 1 if a point failed, 2 for bad input.

    For example:

    scar-cp sweep sc4 --set package.dram.gb_per_s=16,32,64,128 --gap 0.01 -o bandwidth.db

    scar-cp sweep sweep.yaml -o sweep.db; scar-cp sweep report sweep.db
    """
    from scar_cp.records.yaml_json import check_writable
    from scar_cp.sweeps.point_store import PointStore
    from scar_cp.sweeps.points import plan_sweep

    sweep, *_ = o.together(
        lambda: _sweep(
            sources,
            grid=o.parse_grid(set_ or ()),
            objectives=objective,
            spaces=space,
            solvers=solver,
            time_limit_s=time_limit,
            gap=gap,
            workers=workers,
            seed=seed,
        ),
        lambda: o.check_request(time_limit or TIME_LIMIT_S, None, None, gap=gap or 0.0),
        lambda: o.known("--solver", SOLVERS, *(solver or ())),
        lambda: check_writable(output, *sources),
    )
    o.known("solvers", SOLVERS, *sweep.solvers)
    plan = plan_sweep(sweep)
    check_writable(output, *plan.files)
    store = PointStore(output)
    jobs = jobs or max(1, (os.cpu_count() or 1) // sweep.workers)
    _run_missing(plan, store, jobs, scheduler, quiet)
    _print_rows(store, store.rows(plan.points), as_json)


def _sweep(sources: Sequence[Path], grid: Mapping[str, list[Any]], **given: Any) -> SweepFile:
    """The sweep of a file, or of instances, with what options say instead."""
    from scar_cp.files.shipped import named_file
    from scar_cp.records.yaml_json import read_document
    from scar_cp.sweeps.sweep_file import SweepFile, read_sweep

    chosen = {
        key: tuple(o.given(one=item).get("one") for item in value)
        if isinstance(value, list)
        else value
        for key, value in given.items()
        if value is not None
    }
    documents = {source: read_document(named_file(source, "instance")) for source in sources}
    files = [source for source, document in documents.items() if _is_sweep(document)]
    if files and len(sources) > 1:
        raise InputError([Fault(str(files[0]), "", None, "a sweep file stands alone")])
    if files:
        sweep = read_sweep(files[0])
        return sweep.replace(grid=sweep.grid | dict(grid), **chosen)
    instances = tuple(map(str, sources))
    return SweepFile(format="scar-cp/sweep@1", instances=instances, grid=dict(grid)).replace(
        **chosen
    )


def _is_sweep(document: Any) -> bool:
    kind = document.get("format") if isinstance(document, dict) else None
    return isinstance(kind, str) and kind.startswith("scar-cp/sweep@")


def _run_missing(
    plan: Plan, store: PointStore, jobs: int, scheduler: str | None, quiet: bool
) -> None:
    from scar_cp.show.text.live_progress import RunsProgress
    from scar_cp.show.text.sweep_text import point_line
    from scar_cp.sweeps.running import point_workers, run_points

    points = plan.points
    names = {point.key: str(point) for point in points}
    todo = len(store.missing(points))
    try:
        with (
            termination_as_interrupt(),
            RunsProgress(len(points) - todo, len(points), quiet) as progress,
            point_workers(jobs, scheduler) as submit,
        ):
            for row in run_points(
                plan,
                store,
                jobs,
                submit,
                lambda point: progress.start(point, point.request.time_limit_s),
            ):
                if row is not None:
                    progress.done(point_line(row, names[row.key]))
    except KeyboardInterrupt:
        done = len(points) - len(store.missing(points))
        where = f"are in {store.path}; the same command again does the rest"
        print(f"interrupted: {done} of {len(points)} points {where}", file=sys.stderr)
        raise


def _print_rows(store: PointStore, rows: Sequence[PointRow], as_json: bool) -> None:
    if as_json:
        _print_json(rows)
    else:
        _print_table(store, rows)
    if any(row.status == "failed" for row in rows):
        raise typer.Exit(1)


def _print_table(store: PointStore, rows: Sequence[PointRow]) -> None:
    from scar_cp.show.text.sweep_text import sweep_lines

    lines, notes = sweep_lines(rows, output_width(_WIDTH))
    for line in (*lines[: _MOST_LINES + 1], *notes):
        print(line)
    if len(lines) > _MOST_LINES + 1:
        print(f"... and {len(lines) - _MOST_LINES - 1} more: scar-cp sweep export {store.path}")
    print(f"written: {store.path}; a picture: scar-cp sweep report {store.path}")


def _print_json(rows: Sequence[PointRow]) -> None:
    from scar_cp.sweeps.sweep_table import flat_rows

    print(json.dumps(flat_rows(rows), indent=1, allow_nan=False))


@app.command()
def report(
    database: Database,
    x: Annotated[
        str | None,
        typer.Option("-x", help=r"Parameter along the axis \[default: one with numbers]"),
    ] = None,
    y: Annotated[
        MeasureName | None, typer.Option("-y", help=r"Column to show \[default: the objective's]")
    ] = None,
    heat: Annotated[
        str | None, typer.Option(help="Second parameter: draw a map instead of lines.")
    ] = None,
    where: Where = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=r".svg, .png or .pdf \[default: DATABASE's name .svg]"),
    ] = None,
) -> None:
    r"""Draw a sweep: lines or a map over its parameters, certified intervals as error bars.

    Needs the extra: pip install 'scar-cp\[plot]'

    For example:

    scar-cp sweep report sweep.db -x package.dram.gb_per_s

    scar-cp sweep report sweep.db -x windows --heat package -o map.svg
    """
    from scar_cp.cli.pictures import check_suffix
    from scar_cp.records.own_files import of_picture
    from scar_cp.records.yaml_json import check_writable, write_bytes
    from scar_cp.show.plots.style import figure_bytes
    from scar_cp.show.plots.sweep_plot import SweepPanel, plot_sweep_lines, plot_sweep_map
    from scar_cp.sweeps.sweep_table import COLUMN_OF, flat_rows, parameters_of

    path = output or database.with_suffix(".svg")
    rows, *_ = o.together(
        lambda: _chosen(database, where or ()),
        lambda: check_writable(path, database, replaces=of_picture(path)),
        lambda: check_suffix(path),
    )
    names = [name for name in parameters_of(rows) if name != "objective"]
    varied = [n for n in names if len({str(row.parameters.get(n)) for row in rows}) > 1] or names
    faults = [
        Fault(option, "", name, f"must be one of {', '.join(names)}")
        for option, name in (("-x", x), ("--heat", heat))
        if name is not None and name not in names
    ]
    if faults:
        raise InputError(faults)
    flat = flat_rows(rows)
    x = x or next((n for n in varied if n != heat and _are_numbers(flat, n)), varied[0])
    others = [name for name in varied if name not in (x, heat)]
    panels: dict[str, SweepPanel] = {}
    for row in flat:
        column = y.value if y else COLUMN_OF[row["objective"]]
        told = [f"{name} {row[name]}" for name in others] if heat else []
        title = ", ".join([f"least {row['objective']}", *told])
        before = panels.get(title, SweepPanel(title, column, ()))
        panels[title] = SweepPanel(title, column, (*before.rows, row))
    shown = tuple(panels.values())
    title = f"Sweep of {', '.join(_problems(rows))}\nvaried: {', '.join(varied)}"
    figure = (
        plot_sweep_map(shown, x, heat, title) if heat else plot_sweep_lines(shown, x, others, title)
    )
    write_bytes(path, figure_bytes(figure, path.suffix))
    say_written(path)


@app.command()
def export(
    database: Database,
    where: Where = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=r".csv or .parquet \[default: DATABASE's name .csv]"),
    ] = None,
) -> None:
    r"""Write a sweep as one table: parameters, ms, mJ and J·s, bounds, gaps.

    Parquet needs the extra: pip install 'scar-cp\[parquet]'

    Example: scar-cp sweep export sweep.db -o sweep.parquet
    """
    from scar_cp.records.own_files import SWEEP_TABLE
    from scar_cp.records.yaml_json import check_writable
    from scar_cp.sweeps.sweep_table import flat_rows, write_table

    path = output or database.with_suffix(".csv")
    rows, _ = o.together(
        lambda: _chosen(database, where or ()),
        lambda: check_writable(path, database, replaces=SWEEP_TABLE),
    )
    write_table(path, flat_rows(rows))
    say_written(path)


@app.command()
def show(database: Database, where: Where = None, as_json: AsRows = False) -> None:
    """Print a sweep as a table.

    Example: scar-cp sweep show sweep.db --where package=het_cb_3x3
    """
    from scar_cp.show.text.sweep_text import sweep_lines

    rows = _chosen(database, where or ())
    if as_json:
        _print_json(rows)
        return
    lines, notes = sweep_lines(rows, output_width(_WIDTH))
    for line in (*lines, *notes):
        print(line)


def _chosen(database: Path, where: Sequence[str]) -> list[Any]:
    """The rows of a database whose parameters are as asked for."""
    from scar_cp.sweeps.point_store import PointStore

    if not database.is_file():
        raise InputError([Fault(str(database), "", None, "no such file")])
    wanted = o.parse_grid(where)
    rows = [
        row
        for row in PointStore(database, is_there=True).rows()
        if all(row.parameters.get(key) in values for key, values in wanted.items())
    ]
    if not rows:
        raise InputError([Fault(str(database), "", None, "there is no such point in it")])
    return rows


def _problems(rows: Sequence[PointRow]) -> list[str]:
    """Names of the problems, as the results say; settings that were varied are no part of them."""
    return list(dict.fromkeys(json.loads(row.result)["problem"] for row in rows if row.result))


def _are_numbers(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return all(isinstance(row[name], int | float) for row in rows)
