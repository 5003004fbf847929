"""The command deadlines: whether all can be kept, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from scar_cp.cli import options as o
from scar_cp.cli.interrupts import stop_on_signals
from scar_cp.cli.result_outputs import write_outputs
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError
from scar_cp.terms import TIME_LIMIT_S, WORKERS

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(deadlines)


@o.with_settings
def deadlines(
    context: typer.Context,
    instance: o.Instance,
    time_limit: o.TimeLimit = TIME_LIMIT_S,
    workers: o.Workers = WORKERS,
    seed: o.Seed = 0,
    gap: o.Gap = 0.001,
    output: o.Output = None,
    as_json: o.AsJson = False,
    quiet: o.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Say whether all deadlines can be kept: the slack of each, or how late it gets at least.

    If all can be kept, the search goes on for the least energy that keeps them; otherwise it says
    which model's deadlines would be enough to give up. Frames of a model (fps, frames) have a
    deadline each.

    Exit code 0 if all are kept, 1 if not, 2 for bad input.

    For example:

    scar-cp deadlines sc8_rt

    scar-cp deadlines mine.yaml --set scenario.models.eyecod.deadline_ms=20
    """
    from scar_cp.files.loading import load_problem
    from scar_cp.files.problem_of_result import origin_of
    from scar_cp.records.own_files import RESULT
    from scar_cp.records.yaml_json import check_writable, to_json
    from scar_cp.show.text.live_progress import LiveStatus
    from scar_cp.show.text.tardiness_text import tardiness_lines
    from scar_cp.solvers import Event, Request
    from scar_cp.studies.tardiness import least_tardiness

    loaded, *_ = o.together(
        lambda: load_problem(instance, settings),
        lambda: check_writable(output, instance),
        lambda: o.check_request(time_limit, None, None, gap=gap),
    )
    check_writable(output, *loaded.files, replaces=RESULT)
    problem = loaded.problem
    if all(run.deadline_cycles is None for run in problem.models):
        rule = "has no deadline: deadline_ms or fps of a scenario's models"
        raise InputError([Fault(str(instance), "", None, rule)])
    request = Request(time_limit_s=time_limit, workers=workers, seed=seed, gap=gap)
    with LiveStatus(f"deadlines of {problem.name}", quiet) as status, stop_on_signals() as stop:

        def say(stage: str, event: Event | None) -> None:
            if event is None:
                status.print(stage)
            else:
                status.say(f"{stage}: {event.seconds:.1f} s")

        found = least_tardiness(problem, request, say, stop, context.obj)
    is_told = False
    if found.energy is not None:
        origin = origin_of(instance, loaded.overrides, output or Path())
        text = to_json(found.energy.result.replace(origin=origin))
        is_told = write_outputs(output, as_json, text)
    if not is_told:
        for line in tardiness_lines(found):
            print(line)
    if found.energy is not None:
        say_written(output)
    if found.most_cycles != 0:
        raise typer.Exit(1)
