"""The command that makes the papers' experiments again."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.folders import make_folder
from scar_cp.cli.runs import check_outputs, run_missing
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

if TYPE_CHECKING:
    from scar_cp.studies.compare import Store
    from scar_cp.studies.papers.cells import Cell
    from scar_cp.studies.papers.experiments import Experiment
    from scar_cp.studies.papers.jobs import Plan

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(papers)


class ExperimentName(StrEnum):
    """Names of `scar_cp.studies.papers.experiments.EXPERIMENTS`, their ranking, or everything."""

    table_iv = "table-iv"
    table_v = "table-v"
    table_vi = "table-vi"
    cross = "6x6"
    triangular = "triangular"
    splits = "splits"
    packing = "packing"
    provisioning = "provisioning"
    motivational = "motivational"
    predecessor = "predecessor"
    ranking = "ranking"
    all = "all"


class ProfileName(StrEnum):
    """Readings of the hardware."""

    physical = "physical"
    published = "published"
    both = "both"


def papers(
    context: typer.Context,
    name: Annotated[ExperimentName, typer.Argument(help="Which experiment.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder to keep the tables and runs.csv in."),
    ] = None,
    instances: Annotated[
        Path | None, typer.Option(help=r"Folder of the instances \[default: the shipped ones]")
    ] = None,
    profile: Annotated[
        ProfileName, typer.Option(help="Reading of the hardware.")
    ] = ProfileName.both,
    time_limit: o.TimeLimit = 20.0,
    gap: o.Gap = 0.01,
    workers: o.Workers = 1,
    seed: o.Seed = 0,
    quiet: o.Quiet = False,
) -> None:
    """Make the experiments of SCAR and its predecessor again: their figure, ours, the optimum.

    With a folder, every run is stored in its runs.csv when it is done, and shared by the
    experiments; the same command again does only what is missing, has changed or has failed.
    ``ranking`` says, from the tables of a folder alone, how often packages are ordered as in the
    papers.

    Exit code 0, 1 if a run failed, 2 for bad input.

    For example: scar-cp papers table-iv; scar-cp papers all --profile physical -o papers
    """
    from scar_cp.records.own_files import PAPERS, RESULT
    from scar_cp.records.yaml_json import write_text
    from scar_cp.show.text.papers_text import cells_text
    from scar_cp.studies.compare import Store
    from scar_cp.studies.papers.cells import cells_csv
    from scar_cp.studies.papers.experiments import EXPERIMENTS
    from scar_cp.studies.papers.jobs import Limits, plan_experiments

    o.check_request(time_limit, None, None, gap=gap)
    kept = output is not None
    if output is None:
        if name is ExperimentName.ranking:
            rule = "is required for the ranking: the folder with the tables of experiments"
            raise InputError([Fault("--output", "", None, rule)])
        output = Path(context.with_resource(TemporaryDirectory()))
    chosen = [experiment for experiment in EXPERIMENTS.values() if name in (experiment.name, "all")]
    profiles = ["physical", "published"] if profile is ProfileName.both else [profile.value]
    options = (
        f"--profile {profile} --time-limit {time_limit:g} --gap {gap:g} "
        f"--workers {workers} --seed {seed}"
    )
    failed = False
    if chosen:
        results = output / "results"
        limits = Limits(time_limit, gap, workers, seed)
        plans = plan_experiments(chosen, profiles, instances, limits, results)
        make_folder(results)
        store = Store(output / "runs.csv")
        tables = {experiment.name: output / f"{experiment.name}.csv" for experiment in chosen}
        planned = [job for of in plans.values() for job in of.values()]
        whole = [job.result for job in planned if job.result is not None]
        check_outputs(planned, store.path)
        check_outputs(planned, *tables.values(), replaces=PAPERS)
        check_outputs(planned, *whole, replaces=RESULT)
        for experiment in chosen:
            jobs = plans[experiment.name]
            run_missing(jobs.values(), store, quiet, kept)
            cells = _cells(experiment, profiles, jobs, store)
            command = f"scar-cp papers {experiment.name} {options}"
            write_text(tables[experiment.name], cells_csv(experiment, cells, command))
            print(f"{experiment.name}: {experiment.source}\n")
            print(cells_text(cells, experiment.by_window), flush=True)
            if kept:
                say_written(tables[experiment.name])
            failed |= any(row.status == "failed" for row in store.judged(jobs.values()))
    if name in ("ranking", "all"):
        _rank(output, kept)
    if failed:
        raise typer.Exit(1)


def _cells(experiment: Experiment, profiles: list[str], plan: Plan, store: Store) -> list[Cell]:
    from scar_cp.studies.papers.cells import cells_of
    from scar_cp.studies.papers.window_seconds import window_cells

    if experiment.by_window:
        return [cell for profile in profiles for cell in window_cells(experiment, profile, plan)]
    stored = {row.case: row for row in store.judged(plan.values())}
    rows = {ask: stored[job.case] for ask, job in plan.items()}
    return [cell for profile in profiles for cell in cells_of(experiment, profile, rows)]


def _rank(output: Path, kept: bool) -> None:
    from scar_cp.records.own_files import PAPERS
    from scar_cp.records.runs_csv import read_table, readable
    from scar_cp.records.yaml_json import check_writable, write_text
    from scar_cp.show.text.papers_text import ranking_text
    from scar_cp.studies.papers.cells import Cell
    from scar_cp.studies.papers.experiments import EXPERIMENTS
    from scar_cp.studies.papers.ranking import agreements_csv, disagreements_csv, rank

    agreements, disagreements = [], []
    tables = {name: output / f"{name}.csv" for name, of in EXPERIMENTS.items() if of.ranked}
    there = {name: path for name, path in tables.items() if path.is_file()}
    if not there:
        rule = f"must hold one of {', '.join(path.name for path in tables.values())}"
        raise InputError([Fault(str(output), "", None, rule)])
    for path in tables.values():
        if not path.is_file():
            print(f"without {path}, which does not exist", file=sys.stderr)
    for name, path in there.items():
        with readable(path, "a table of scar-cp papers"):
            cells = read_table(path, Cell)
        of, against = rank(name, cells)
        agreements += of
        disagreements += against
    command = "scar-cp papers ranking"
    texts = {
        output / "ranking.csv": agreements_csv(agreements, command),
        output / "disagreements.csv": disagreements_csv(disagreements, command),
    }
    for file in texts:
        check_writable(file, replaces=PAPERS)
    for file, text in texts.items():
        write_text(file, text)
    print(ranking_text(agreements))
    if kept:
        for file in texts:
            say_written(file)
