"""Commands of many runs: a table of them, and where the heuristic's gap comes from."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scar_cp.cli import options as o
from scar_cp.cli.runs import check_outputs, run_missing
from scar_cp.cli.streams import output_width, say_written
from scar_cp.plugins import SOLVERS
from scar_cp.terms import TIME_LIMIT_S, WORKERS

if TYPE_CHECKING:
    from scar_cp.studies.compare import Store
    from scar_cp.studies.judged_rows import JudgedRow

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.command()(compare)
    app.command()(gaps)


_WIDTH = 100
"""Columns that text takes where there is no terminal."""


class FormatName(StrEnum):
    """How the table is printed."""

    text = "text"
    md = "md"
    csv = "csv"
    json = "json"


class SplitFormatName(StrEnum):
    """How the split is printed."""

    text = "text"
    md = "md"


def compare(
    instances: o.Instances,
    solver: o.Solvers = ["scar", "cp-sat"],  # noqa: B006
    objective: o.Objectives = [o.UnweightedName.latency],  # noqa: B006
    space: o.Spaces = None,
    time_limit: o.TimeLimit = TIME_LIMIT_S,
    workers: o.Workers = WORKERS,
    seed: o.Seed = 0,
    gap: o.Gap = 0.0,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="CSV of all rows; runs it holds are not repeated."),
    ] = Path("compare.csv"),
    style: Annotated[FormatName, typer.Option("--format", help="What to print.")] = FormatName.text,
    raw: o.Raw = False,
    quiet: o.Quiet = False,
    package: o.Packages = None,
    profile: o.Profiles = None,
    windows: o.WindowCounts = None,
    set_: o.Grid = None,
    scar: o.Scar = None,
    n_splits: o.NSplits = None,
    packing: o.Packing = None,
) -> None:
    """Run every combination and print one table: values, ratios to the best, certified gaps.

    A row's gap is to the best bound that any row has for the same problem, space and objective,
    so a heuristic is certified by an exact solver. Each run is stored when it is done; the same
    command again does only what is missing, has changed or has failed.

    Exit code 0, 1 if a run failed, 2 for bad input.

    For example:

    scar-cp compare sc3 sc4 --time-limit 20 -o table.csv

    scar-cp compare sc4 --package het_sides_3x3 --package het_cb_3x3
    --objective latency --objective edp --format md
    """
    from scar_cp.studies.compare import plan

    chosen: dict[str, Any] = {
        "objectives": _plain(objective),
        "spaces": _plain(space),
    }
    _, _, store, jobs = o.together(
        lambda: o.check_request(time_limit, None, None, gap=gap),
        lambda: o.known("--solver", SOLVERS, *solver),
        lambda: _store(output, instances),
        lambda: plan(
            instances,
            package or (),
            profile or (),
            windows or (),
            **chosen,
            solvers=solver,
            time_limit_s=time_limit,
            gap=gap,
            workers=workers,
            seed=seed,
            scar=scar or "",
            settings=o.given(n_splits=n_splits, packing=packing),
            grid=o.parse_grid(set_ or ()),
        ),
    )
    check_outputs(jobs, output)
    run_missing(jobs, store, quiet)
    rows = store.judged(jobs)
    sys.stdout.write(_formatted(rows, style, raw))
    if any(row.status == "failed" for row in rows):
        raise typer.Exit(1)


def gaps(
    instances: o.Instances,
    objective: o.Objectives = [o.UnweightedName.latency],  # noqa: B006
    time_limit: o.TimeLimit = TIME_LIMIT_S,
    workers: o.Workers = WORKERS,
    seed: o.Seed = 0,
    gap: o.Gap = 0.0,
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="CSV of the split; its runs go to NAME.runs.csv."),
    ] = Path("gaps.csv"),
    style: Annotated[
        SplitFormatName, typer.Option("--format", help="What to print.")
    ] = SplitFormatName.text,
    quiet: o.Quiet = False,
    package: o.Packages = None,
    profile: o.Profiles = None,
    windows: o.WindowCounts = None,
) -> None:
    """Split the heuristic's gap into what each of its decisions costs.

    The heuristic keeps to its own windows and node counts; the exact solver works in the nested
    spaces scar, windowed, adjacent and full. What the optimum of the next space gains is what the
    decision behind it costs: segmentation and placement, provisioning, window packing, adjacency.
    Where an optimum is not proven, the share is an interval.

    Example: scar-cp gaps sc3 --windows 5 --objective latency --objective edp
    """
    from scar_cp.records.yaml_json import check_writable, write_text
    from scar_cp.show.text.gaps_text import gaps_csv, gaps_markdown, gaps_text
    from scar_cp.studies.gap_splits import check_replaceable, plan_gaps, split_gaps

    objectives: Any = _plain(objective)
    _, _, store, jobs = o.together(
        lambda: o.check_request(time_limit, None, None, gap=gap),
        lambda: check_writable(output, *instances),
        lambda: _store(output.with_suffix(".runs.csv"), instances),
        lambda: plan_gaps(
            instances,
            package or (),
            profile or (),
            windows or (),
            objectives,
            time_limit_s=time_limit,
            gap=gap,
            workers=workers,
            seed=seed,
        ),
    )
    check_outputs(jobs, output, store.path)
    check_replaceable(output)
    run_missing(jobs, store, quiet)
    splits = split_gaps(store.judged(jobs))
    write_text(output, gaps_csv(splits))
    text = {SplitFormatName.text: gaps_text, SplitFormatName.md: gaps_markdown}[style](splits)
    sys.stdout.write(text)
    say_written(output)


def _store(output: Path, instances: list[Path]) -> Store:
    from scar_cp.records.yaml_json import check_writable
    from scar_cp.studies.compare import Store

    check_writable(output, *instances)
    return Store(output)


def _plain(names: list[Any] | None) -> list[str]:
    return [name.value for name in names or ()]


def _formatted(rows: list[JudgedRow], style: FormatName, raw: bool) -> str:
    from scar_cp.show.text.comparison_text import (
        comparison_json,
        comparison_markdown,
        comparison_text,
    )
    from scar_cp.studies.judged_rows import table_text

    if style is FormatName.text:
        width = output_width(_WIDTH)
        return comparison_text(rows, width, raw)
    if style is FormatName.md:
        return comparison_markdown(rows, raw)
    return {FormatName.csv: table_text, FormatName.json: comparison_json}[style](rows)
