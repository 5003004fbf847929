"""Commands that measure: solves, the cost model's speed, its agreement with MAESTRO."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.folders import make_folder
from scar_cp.cli.runs import termination_as_interrupt
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError
from scar_cp.terms import WORKERS

if TYPE_CHECKING:
    from scar_cp.studies.bench import Row
    from scar_cp.studies.best import Best

__all__ = ["app"]

app = typer.Typer(
    help="Measure: certified gaps, the cost model's speed, its agreement with MAESTRO.",
    no_args_is_help=True,
)


class SuiteName(StrEnum):
    """Suites of `scar_cp.studies.bench.SUITES`."""

    scenarios = "scenarios"
    one_window = "one-window"
    two_windows = "two-windows"
    three_windows = "three-windows"
    five_windows = "five-windows"
    eight_windows = "eight-windows"
    cross = "6x6"
    ablation = "ablation"
    engine = "engine"
    scaling = "scaling"


@app.command()
def suite(
    names: Annotated[list[SuiteName], typer.Argument(help="Which suites to run, in turn.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Folder to keep the tables in, one NAME.csv per suite."
        ),
    ] = None,
    instances: Annotated[
        Path | None, typer.Option(help=r"Folder of the instances \[default: the shipped ones]")
    ] = None,
    workers: o.Workers = WORKERS,
    seed: o.Seed = 0,
    only: Annotated[
        str | None, typer.Option(help="Run only cases whose name holds this, e.g. 'sc4 '.")
    ] = None,
    best: Annotated[
        Path | None,
        typer.Option(help="Table of the best known values and bounds, to be improved."),
    ] = None,
) -> None:
    """Run suites; keep their tables in a folder, and say what got worse since those kept there.

    Examples: scar-cp bench suite scenarios; scar-cp bench suite one-window two-windows -o bench
    """
    from scar_cp.records.yaml_json import check_writable

    tables = {name.value: output / f"{name.value}.csv" if output else None for name in names}
    check_writable(best)
    _read_best(best)  # a table of something else is told before hours of measuring
    stored = {name: _stored(path, note=False) if path else [] for name, path in tables.items()}
    if output is not None:
        make_folder(output)
    for path in tables.values():
        check_writable(path)
    with termination_as_interrupt():
        _run_all(tables, stored, instances, workers, seed, only, best)


def _run_all(
    tables: Mapping[str, Path | None],
    stored: Mapping[str, list[Row]],
    instances: Path | None,
    workers: int,
    seed: int,
    only: str | None,
    best: Path | None,
) -> None:
    from importlib.metadata import version

    from scar_cp.studies.best import best_of

    for name, path in tables.items():
        rows = _run(name, path, stored[name], instances, workers, seed, only)
        if best:
            _improve(best, [best_of(row, version("scar-cp"), instances) for row in rows])


@app.command("plot")
def plot(
    table: Annotated[Path, typer.Argument(help="Table of the suite scaling.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="FILE.svg, .png or .pdf to write.")
    ] = Path("scaling.svg"),
) -> None:
    r"""Draw how time and memory grow with chiplets, models, layers and windows.

    Needs the extra: pip install 'scar-cp\[plot]'

    Example: scar-cp bench plot results/scaling/scaling.csv -o scaling.svg
    """
    from scar_cp.cli.pictures import check_suffix
    from scar_cp.records.own_files import of_picture
    from scar_cp.records.yaml_json import check_writable, write_bytes
    from scar_cp.show.plots.scaling_plot import plot_scaling
    from scar_cp.show.plots.style import figure_bytes

    check_writable(output, table, replaces=of_picture(output))
    check_suffix(output)
    rows = _stored(table)
    if not rows:
        raise InputError([Fault(str(table), "", None, "must hold rows of the suite scaling")])
    write_bytes(output, figure_bytes(plot_scaling(rows), output.suffix))
    say_written(output)


@app.command("best")
def best_known(
    tables: Annotated[list[Path], typer.Argument(help="Tables of suites.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Table of the best known values and bounds.")
    ],
    instances: Annotated[
        Path | None, typer.Option(help=r"Folder of the instances \[default: the shipped ones]")
    ] = None,
) -> None:
    """Improve the table of the best known values and bounds by what tables of suites hold.

    Nothing in it gets worse. A bound above a value is refused: one of them would be false.

    Example: scar-cp bench best results/bench/five-windows.csv -o best.csv
    """
    from scar_cp.records.runs_csv import version_of
    from scar_cp.records.yaml_json import check_writable
    from scar_cp.studies.best import best_of

    check_writable(output, *tables)
    _read_best(output)
    rows = [(path, _stored(path)) for path in tables]
    for path, found in rows:
        if not found:
            raise InputError([Fault(str(path), "", None, "must hold rows of a suite")])
    of = [best_of(row, version_of(path), instances) for path, found in rows for row in found]
    _improve(output, of)


def _read_best(path: Path | None) -> list[Best]:
    from scar_cp.records.runs_csv import readable
    from scar_cp.studies.best import read_best

    if path is None:
        return []
    with readable(path, "best known values"):
        return read_best(path)


def _improve(path: Path, found: list[Best]) -> None:
    from scar_cp.records.yaml_json import write_text
    from scar_cp.studies.best import best_text, merged

    table, news = merged(_read_best(path), found)
    if news:
        write_text(path, best_text(table))
    for line in news:
        print(f"better than known: {line}")
    if news:
        say_written(path)


def _stored(path: Path, *, note: bool = True) -> list[Row]:
    """The rows of the last run, if there was one."""
    from scar_cp.records.runs_csv import read_table, readable
    from scar_cp.studies.bench import Row

    if not path.is_file():
        return []
    with readable(path, "a table of this suite"):
        return read_table(path, Row, note=note)


def _run(
    name: str,
    path: Path | None,
    stored: list[Row],
    instances: Path | None,
    workers: int,
    seed: int,
    only: str | None,
) -> list[Row]:
    from scar_cp.records.yaml_json import write_text
    from scar_cp.show.text.console import plain_console
    from scar_cp.show.text.outputs_text import bench_lines
    from scar_cp.show.text.summary import gap_text
    from scar_cp.studies.bench import SUITES, method, regressions, run_suite, table_text

    cases = [
        case
        for case in SUITES[name]
        if only is None
        or only in f"{case.scenario} {case.package} {case.windows}w {case.objective} {case.space} "
    ]
    if not cases:
        rule = f"matches no case of the suite {name}"
        raise InputError([Fault("--only", "", only, rule)])
    rows: list[Row] = []
    write = only is None or not stored  # a part never replaces the stored whole
    console = plain_console(stderr=True)
    try:
        with console.status(f"{len(cases)} cases") as status:
            for k, row in enumerate(run_suite(cases, instances, workers, seed), start=1):
                rows.append(row)
                console.print(f"{row.name}: gap {gap_text(row.gap)}, {row.seconds:.1f} s")
                if path and write:  # what is measured stays, whatever happens to the rest
                    write_text(path, table_text(rows, method(name, workers, seed, only)))
                status.update(f"{k} of {len(cases)} cases done")
    except KeyboardInterrupt:
        where = f"are in {path}" if path and write else "were done and are not kept"
        print(f"interrupted: {len(rows)} of {len(cases)} cases {where}", file=sys.stderr)
        raise
    for line in bench_lines(rows):
        print(line)
    if path and write:
        say_written(path)
    for line in regressions(stored, rows):
        print(f"worse than the stored run: {line}")
    return rows


@app.command()
def cost(
    rows: Annotated[int, typer.Option(min=1, help="Layers per batch.")] = 50_000,
    models: Annotated[
        Path | None, typer.Option(help=r"Folder of the models \[default: the shipped ones]")
    ] = None,
    profile: Annotated[Path, typer.Option(help="Profile to take the types from.")] = Path(
        "physical"
    ),
) -> None:
    """Count the cost rows per second of the analytical model, on one thread.

    The layers of all models are repeated to one batch per chiplet type; best of three.

    Example: scar-cp bench cost
    """
    from scar_cp.cost.calibration import measure_rows_per_second
    from scar_cp.files.shipped import named_file, shipped_files
    from scar_cp.inputs.package import Profile
    from scar_cp.inputs.workload import Model
    from scar_cp.records.yaml_json import read_record

    files = sorted(models.glob("*.yaml")) if models else shipped_files("model").values()
    layers = [layer for path in files for layer in read_record(path, Model).layers]
    if not layers:
        raise InputError([Fault(str(models), "", None, "must be a folder with models (*.yaml)")])
    types = read_record(named_file(profile, "profile"), Profile).domains.get("datacenter")
    if types is None:
        raise InputError([Fault(str(profile), "domains.datacenter", None, "is required")])
    print(f"{len(layers)} layers repeated to {rows:,} rows per batch")
    for name, chiplet in types.items():
        plain = measure_rows_per_second(layers, chiplet.replace(gemm="rows"), rows)
        own = measure_rows_per_second(layers, chiplet, rows)
        print(f"{name:12} {plain:12,.0f} rows/s   with gemm: {chiplet.gemm} {own:12,.0f} rows/s")


@app.command()
def maestro(
    rows: Annotated[Path, typer.Argument(metavar="CSV", help="Rows measured with MAESTRO.")],
) -> None:
    """Compare the analytical model with MAESTRO, row by row.

    Rows with correctly counted MACs and unlimited off-chip bandwidth; errors are relative.

    Example: scar-cp bench maestro tests/cost/maestro_sample.csv
    """
    from scar_cp.cost.calibration import compare_with_maestro
    from scar_cp.records.runs_csv import readable

    with readable(rows, "rows of MAESTRO"):
        calibration = compare_with_maestro(rows)
    print(f"{'':24} {'runtime error %':>28} {'energy error %':>28}")
    print(
        f"{'dataflow':12} {'NoC lat':>7} {'rows':>4}" + 2 * f" {'median':>9} {'90th':>9} {'max':>8}"
    )
    for fit in calibration.fits:
        cells = "".join(
            f" {100 * e.median:9.3f} {100 * e.percentile_90:9.3f} {100 * e.maximum:8.2f}"
            for e in (fit.runtime, fit.energy)
        )
        print(f"{fit.dataflow:12} {fit.noc_latency_cycles:7} {fit.rows:4}{cells}")
    for p in calibration.preferences:
        print(
            f"NVDLA or ShiDianNao, NoC latency {p.noc_latency_cycles}: right on {p.right} of "
            f"{p.rows} layers ({p.right_share:.1%}), on {p.shidiannao_right} of the "
            f"{p.shidiannao_rows} that prefer ShiDianNao ({p.shidiannao_right_share:.1%})"
        )
