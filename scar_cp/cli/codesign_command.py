"""The command codesign: which chiplet types a package should have."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scar_cp.cli import options as o
from scar_cp.cli.runs import termination_as_interrupt
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

if TYPE_CHECKING:
    from scar_cp.codesign.design_file import DesignFile
    from scar_cp.codesign.design_search import Codesign
    from scar_cp.sweeps.point_store import PointRow
    from scar_cp.sweeps.points import Point

__all__ = ["register"]

_LIMIT_S = 1800.0


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(codesign)


def codesign(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="CODESIGN_OR_INSTANCE", help="A co-design file, or instances."),
    ],
    grid: Annotated[str, typer.Option(metavar="ROWSxCOLUMNS", help="Places for chiplets.")] = "3x3",
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="NAME", help="Chiplet type to choose from; again for more."),
    ] = None,
    objective: Annotated[o.UnweightedName, typer.Option(help="What to minimise.")] = (
        o.UnweightedName.edp
    ),
    windows: o.Windows = None,
    against: Annotated[
        str | None,
        typer.Option(help=r"Package to compare with \[default: each instance's own]"),
    ] = None,
    gap: Annotated[float, typer.Option(help="Stop at this certified gap, e.g. 0.01.")] = 0.01,
    time_limit: Annotated[
        float, typer.Option(help="Seconds; solves that have begun are finished.")
    ] = _LIMIT_S,
    workers: Annotated[int, typer.Option(min=1, max=1024, help="Threads of one solve.")] = 1,
    seed: o.Seed = 0,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=1024, help=r"Solves at a time \[default: one per core]")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="tcp://HOST:PORT", help="Dask scheduler that has the work done."),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Database; solves it holds are not repeated.")
    ] = Path("codesign.db"),
    picture: Annotated[
        Path | None, typer.Option(help="Draw the answer, .svg, .png or .pdf (extra plot).")
    ] = None,
    package: Annotated[
        Path | None, typer.Option(help="Write the best package as a package file.")
    ] = None,
    quiet: o.Quiet = False,
) -> None:
    """Choose the type of every chiplet of a package, together with the schedules on it.

    The answer is certified: a bound says how much better any package of the grid could be, for all
    layouts. Several instances count by the mean of their values, each relative to the package to
    compare with. The same command again goes on where it stopped.

    Exit code 0 with a package, 1 without one, 2 for bad input.

    For example:

    scar-cp codesign sc4 --type nvdla --type shidiannao --windows 2 --picture best.svg

    scar-cp codesign codesign.yaml --time-limit 3600
    """
    from scar_cp.cli.pictures import check_suffix
    from scar_cp.codesign.design_search import Codesign
    from scar_cp.records.own_files import PACKAGE, of_picture
    from scar_cp.records.yaml_json import check_writable
    from scar_cp.sweeps.point_store import PointStore

    design, *_ = o.together(
        lambda: _design(sources, grid, kind or (), objective.value, windows, against, gap),
        lambda: o.check_request(time_limit, None, None, gap=gap),
        lambda: check_suffix(picture),
        lambda: check_writable(output, *sources),
        lambda: check_writable(picture, *sources, replaces=of_picture(picture)),
        lambda: check_writable(package, *sources, replaces=PACKAGE),
    )
    for path in (output, picture, package):
        check_writable(path)  # beside all that has been read by now
    found = Codesign(design, PointStore(output), workers, seed)
    jobs = jobs or max(1, (os.cpu_count() or 1) // workers)
    try:
        _search(found, jobs, scheduler, time_limit, quiet)
    except KeyboardInterrupt:
        print(f"interrupted: the same command goes on with what {output} holds", file=sys.stderr)
    _answer(found, picture, package)
    say_written(output)
    if found.best is None:
        raise typer.Exit(1)


def _design(
    sources: Sequence[Path],
    grid: str,
    types: Sequence[str],
    objective: str,
    windows: int | None,
    against: str | None,
    gap: float,
) -> DesignFile:
    from scar_cp.codesign.design_file import DesignFile, read_design
    from scar_cp.files.shipped import named_file
    from scar_cp.records.yaml_json import read_document, to_record

    documents = [read_document(named_file(source, "instance")) for source in sources]
    if isinstance(documents[0], dict) and str(documents[0].get("format")).startswith(
        "scar-cp/codesign@"
    ):
        if len(sources) > 1:
            raise InputError([Fault(str(sources[0]), "", None, "a co-design file stands alone")])
        return read_design(sources[0])
    found = re.fullmatch(r"(\d{1,2})x(\d{1,2})", grid)
    faults = []
    if found is None:
        faults.append(Fault("--grid", "", grid, "must be ROWSxCOLUMNS, such as 3x3"))
    if not types:
        faults.append(Fault("--type", "", None, "is required: chiplet types to choose from"))
    if faults:
        raise InputError(faults)
    assert found is not None
    document: dict[str, Any] = {
        "format": "scar-cp/codesign@1",
        "instances": [{"instance": str(source)} for source in sources],
        "grid": [int(found[1]), int(found[2])],
        "types": {name: {} for name in types},
        "objective": objective,
        "windows": windows,
        "against": against,
        "gap": gap,
    }
    return to_record(document, DesignFile, "codesign")


def _search(
    found: Codesign, jobs: int, scheduler: str | None, time_limit: float, quiet: bool
) -> None:
    from scar_cp.show.text.live_progress import LiveStatus
    from scar_cp.show.text.summary import gap_text
    from scar_cp.show.text.sweep_text import point_line
    from scar_cp.sweeps.running import point_workers

    with (
        termination_as_interrupt(),
        LiveStatus("co-design", quiet) as status,
        point_workers(jobs, scheduler) as submit,
    ):

        def best() -> str:
            counts = "none yet" if found.best is None else found.counts_text(found.best.counts)
            return f"best {counts}, gap {gap_text(found.gap)}"

        def start(point: Point) -> None:
            left = f"{len(found.open)} counts open, no new solve after {time_limit:g} s"
            status.say(f"{_name(point)}; {best()}; {left}")

        for row in found.run(jobs, submit, time_limit, start):
            if row is not None:
                status.print(f"{point_line(row, _name(row))}; {best()}")


def _name(solve: Point | PointRow) -> str:
    return " ".join(map(str, solve.parameters.values()))


def _answer(found: Codesign, picture: Path | None, package: Path | None) -> None:
    from scar_cp.records.yaml_json import write_bytes, write_text
    from scar_cp.show.text.design_text import design_lines

    lines = design_lines(found)
    best = found.best
    if best is not None and picture is not None:
        from scar_cp.show.plots.design_plot import plot_design
        from scar_cp.show.plots.style import figure_bytes

        write_bytes(picture, figure_bytes(plot_design(found), picture.suffix))
    if best is not None and package is not None:
        write_text(package, found.package_text(package.stem))
    for line in lines:
        print(line)
    if best is not None:
        say_written(picture)
        say_written(package)
