"""Commands that show a result: plot and trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.result_problems import InstanceOfResult, find_problem
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

if TYPE_CHECKING:
    from scar_cp.files.loading import LoadedProblem
    from scar_cp.judge.schedule import Schedule
    from scar_cp.outcome.result import Result
    from scar_cp.show.output_files import Output
    from scar_cp.show.plots import Figure

__all__ = ["register"]

_SUFFIXES = (".png", ".svg", ".pdf")


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.command()(plot)
    app.command()(trace)


class KindName(StrEnum):
    """What to draw."""

    gantt = "gantt"
    map = "map"
    bounds = "bounds"
    front = "front"
    gaps = "gaps"
    values = "values"


_OF_A_SCHEDULE = (KindName.gantt, KindName.map)

_Result = Annotated[Path, typer.Argument(metavar="RESULT", help="A result file of solve.")]
_Source = Annotated[
    Path,
    typer.Argument(
        metavar="RESULT",
        help="A result of solve, a front of pareto, or a table of compare or gaps.",
    ),
]


def plot(
    result: _Source,
    instance: InstanceOfResult = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help=r"FILE.png, .svg or .pdf \[default: RESULT.KIND.png]"),
    ] = None,
    kind: Annotated[
        KindName | None,
        typer.Option(help=r"What to draw \[default: by RESULT: gantt, front or gaps]"),
    ] = None,
) -> None:
    r"""Draw a schedule over time or in space, how value and bound met, a front, or a table of runs.

    gantt: chiplets over time. map: layers and traffic on the package, per window. bounds: best
    value and bound over the search. front: the latency-energy front and what is proven empty.
    gaps: bars of a table of compare or gaps. values: what the runs of compare attain, beside the
    certified bounds. Needs the extra: pip install 'scar-cp\[plot]'

    For example:

    scar-cp plot result.json -o schedule.svg

    scar-cp plot result.json --kind map

    scar-cp plot table.csv --kind values -o values.pdf
    """
    from scar_cp.records.own_files import of_picture
    from scar_cp.records.yaml_json import check_writable, write_bytes
    from scar_cp.show.plots.style import figure_bytes

    sources = [source for source in (result, instance) if source is not None]
    (kind, draw, files), _, _ = o.together(
        lambda: _drawing(kind, result, instance),
        lambda: check_writable(output, *sources),
        lambda: check_suffix(output),
    )
    path = output or Path(f"{result.stem}.{kind.value}.png")
    check_writable(path, *sources, *files, replaces=of_picture(path))
    write_bytes(path, figure_bytes(draw(), path.suffix))
    say_written(path)


def trace(
    result: _Result,
    instance: InstanceOfResult = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")] = Path(
        "trace.json"
    ),
    max_passes: Annotated[
        int,
        typer.Option(min=1, help="Passes of a segment with a slice each; one stands for the rest."),
    ] = 64,
) -> None:
    """Write a schedule as trace events for ui.perfetto.dev: chiplets, links, DRAM, windows.

    Example: scar-cp trace result.json -o trace.json
    """
    from scar_cp.outcome.result import Result
    from scar_cp.records.own_files import TRACE
    from scar_cp.records.yaml_json import check_writable, read_json_record, write_text
    from scar_cp.show.trace import trace_document

    sources = [source for source in (result, instance) if source is not None]
    (loaded, schedule), _ = o.together(
        lambda: _scheduled(read_json_record(result, Result), result, instance),
        lambda: check_writable(output, *sources),
    )
    check_writable(output, *loaded.files, replaces=TRACE)
    document = trace_document(loaded.problem, schedule, max_passes)
    write_text(output, json.dumps(document) + "\n")
    for name in document["otherData"]["cut_off"]:
        print(f"cut off: {name} in one slice")
    say_written(output)


def _scheduled(result: Result, path: Path, instance: Path | None) -> tuple[LoadedProblem, Schedule]:
    """The problem and the schedule of a file's result."""
    from scar_cp.outcome.result import schedule_of

    loaded = find_problem(result, path, instance)
    return loaded, schedule_of(result, loaded.problem, path)


def check_suffix(path: Path | None) -> None:
    if path is not None and path.suffix not in _SUFFIXES:
        rule = f"must end in {' or '.join(_SUFFIXES)}"
        raise InputError([Fault("--output", "", str(path), rule)])


def _drawing(
    kind: KindName | None, path: Path, instance: Path | None
) -> tuple[KindName, Callable[[], Figure], tuple[Path, ...]]:
    """The kind of the picture, what draws it once all is read, and files of the problem."""
    from scar_cp.show.output_files import read_output

    output = read_output(path)
    kinds = _kinds_of(output, path)
    if kind is None:
        kind = kinds[0]
    if kind not in kinds:
        rule = f"{path} can be drawn as {', '.join(kinds)}"
        raise InputError([Fault("--kind", "", kind.value, rule)])
    if instance is not None and kind not in _OF_A_SCHEDULE:
        rule = f"--kind {kind.value} shows what the file holds, and takes no problem"
        raise InputError([Fault("--instance", "", None, rule)])
    return kind, *_figure(kind, output, path, instance)


def _kinds_of(output: Output, path: Path) -> tuple[KindName, ...]:
    """How an output can be drawn; first what it is drawn as if nobody says."""
    from scar_cp.outcome.pareto import Front
    from scar_cp.outcome.result import Result
    from scar_cp.show.output_files import Benchmark, Comparison

    if isinstance(output, Benchmark):
        rule = "is a table of bench, which scar-cp bench plot draws"
        raise InputError([Fault(str(path), "", None, rule)])
    if isinstance(output, Result):
        return (*_OF_A_SCHEDULE, KindName.bounds)
    if isinstance(output, Front):
        return (KindName.front,)
    return (KindName.gaps, KindName.values) if isinstance(output, Comparison) else (KindName.gaps,)


def _figure(
    kind: KindName, output: Output, path: Path, instance: Path | None
) -> tuple[Callable[[], Figure], tuple[Path, ...]]:
    from scar_cp.outcome.pareto import Front
    from scar_cp.outcome.result import Result
    from scar_cp.show.output_files import Comparison, Splits
    from scar_cp.show.plots.bounds_plot import plot_bounds
    from scar_cp.show.plots.front_plot import plot_front
    from scar_cp.show.plots.gantt_plot import plot_gantt
    from scar_cp.show.plots.gaps_plot import plot_gaps, plot_losses
    from scar_cp.show.plots.map_plot import plot_map
    from scar_cp.show.plots.values_plot import plot_values
    from scar_cp.show.text.summary import problem_text

    if isinstance(output, Result):
        if kind is KindName.bounds:
            if not output.log:
                raise InputError([Fault(str(path), "log", "[]", "there is nothing to draw")])
            return partial(plot_bounds, output), ()
        plot = plot_gantt if kind is KindName.gantt else plot_map
        loaded, schedule = _scheduled(output, path, instance)
        named = loaded.problem.replace(name=problem_text(output))
        return partial(plot, named, schedule), loaded.files
    if isinstance(output, Front):
        if not output.points:
            raise InputError([Fault(str(path), "points", "[]", "there is nothing to draw")])
        return partial(plot_front, output), ()
    if isinstance(output, Comparison):
        return partial(plot_gaps if kind is KindName.gaps else plot_values, output.rows), ()
    assert isinstance(output, Splits)
    return partial(plot_losses, output.splits), ()
