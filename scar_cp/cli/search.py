"""Commands that search: solve and pareto."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from scar_cp.cli import options as o
from scar_cp.cli.interrupts import stop_on_signals
from scar_cp.cli.options import STANDARD
from scar_cp.cli.result_outputs import write_outputs
from scar_cp.cli.streams import say_written
from scar_cp.errors import InputError
from scar_cp.plugins import SOLVERS
from scar_cp.terms import MEMORY_LIMIT_GB, TIME_LIMIT_S, WORKERS

if TYPE_CHECKING:
    from scar_cp.files.loading import LoadedProblem
    from scar_cp.inputs.instance import InstanceFile
    from scar_cp.outcome.solving import Outcome
    from scar_cp.show.text.units import Units
    from scar_cp.terms import ObjectiveName, Space

__all__ = ["register"]

_LEAST_S = 20.0
"""For prices of problems that the search has closed in other ways."""


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.command()(solve)
    app.command()(pareto)


@o.with_settings
def solve(
    context: typer.Context,
    instance: o.Instance,
    solver: o.Solver = "cp-sat",
    objective: o.Objective = None,
    weights: o.Weights = None,
    space: o.Space = None,
    time_limit: o.TimeLimit = TIME_LIMIT_S,
    workers: o.Workers = WORKERS,
    seed: o.Seed = 0,
    gap: o.Gap = 0.0,
    memory_limit: o.MemoryLimit = MEMORY_LIMIT_GB,
    scar: o.Scar = None,
    output: o.Output = None,
    verify: Annotated[
        Path | None,
        typer.Option(metavar="RESULT", help="Do not search: recompute all that a result says."),
    ] = None,
    confirm: o.Confirm = True,
    certificate: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json[.gz]",
            help="Write a proof for verify-certificate, beyond the time limit; "
            "with --verify: read one.",
        ),
    ] = None,
    as_json: o.AsJson = False,
    raw: o.Raw = False,
    quiet: o.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Find a schedule, bound how far from optimal it can be, and print both.

    Exit code 0 with a schedule, 1 without one, 2 for bad input.

    For example:

    scar-cp solve quickstart

    scar-cp solve sc4 --package het_cb_3x3 --windows 2

    scar-cp solve mine/instance.yaml --package mine/package.yaml

    scar-cp solve problem.json --objective energy -o result.json

    scar-cp solve problem.json --verify result.json

    scar-cp solve problem.json --certificate certificate.json.gz

    scar-cp compile sc3 -o - | scar-cp solve - --json --quiet
    """
    from scar_cp.files.loading import load_problem
    from scar_cp.files.problem_of_result import origin_of
    from scar_cp.judge.validation import space_is_defined, undefined_space
    from scar_cp.outcome.solving import solve as run
    from scar_cp.records.own_files import CERTIFICATE, RESULT
    from scar_cp.records.yaml_json import check_writable, to_json
    from scar_cp.show.text.live_progress import Progress
    from scar_cp.show.text.summary import print_summary
    from scar_cp.show.text.units import Units
    from scar_cp.solvers import CpsatOptions, Request
    from scar_cp.solvers.scar.scar_options import parse_scar_options

    loaded, _, _, parsed_weights, scar_options, _ = o.together(
        lambda: load_problem(instance, settings),
        lambda: check_writable(output, instance),
        lambda: None if verify else check_writable(certificate, instance),
        lambda: o.check_request(time_limit, objective, weights, memory_limit, gap),
        lambda: parse_scar_options(scar or ""),
        lambda: o.known("--solver", SOLVERS, solver),
    )
    if verify is not None:
        _print_verification(loaded, verify, certificate)
        return
    check_writable(output, *loaded.files, replaces=RESULT)
    check_writable(certificate, *loaded.files, *filter(None, [output]), replaces=CERTIFICATE)
    request = Request(
        space=_space(space, loaded.settings),
        objective=_objective(objective, loaded.settings, parsed_weights),
        weights=parsed_weights,
        time_limit_s=time_limit,
        workers=workers,
        seed=seed,
        memory_limit_gb=memory_limit,
        gap=gap,
        # A joint search leaves no prices that prove its bound.
        cpsat=CpsatOptions(confirm=confirm, joint=certificate is None),
        scar=scar_options,
    )
    if not space_is_defined(loaded.problem, request.space):
        raise InputError([undefined_space(request.space, instance, space)])
    units = Units(None if raw else loaded.problem.clock_hz)
    with (
        Progress(loaded.problem.name, request, units, quiet, context.obj) as progress,
        SOLVERS.blaming(solver),
        stop_on_signals() as stop,
    ):
        outcome = run(
            loaded.problem,
            request,
            solver,
            progress.event,
            loaded.sha256,
            started=context.obj,
            stop=stop,
            on_stage=progress.stage,
        )
    given = instance != STANDARD
    origin = origin_of(instance, loaded.overrides, output or Path()) if given else None
    text = to_json(outcome.result.replace(origin=origin))
    is_shown = not write_outputs(output, as_json, text)
    if is_shown:
        print_summary(outcome, raw)
        say_written(output)
    if certificate is not None:
        _certify(outcome, certificate, units, quiet, is_shown)
    if outcome.result.schedule is None:
        raise typer.Exit(1)


@o.with_settings
def pareto(
    context: typer.Context,
    instance: o.Instance,
    epsilon: Annotated[
        int, typer.Option(min=0, max=1000, help="Latency budgets to look between the points.")
    ] = 0,
    space: o.Space = None,
    time_limit: o.TimeLimit = 120.0,
    workers: o.Workers = WORKERS,
    seed: o.Seed = 0,
    output: o.Output = None,
    as_json: o.AsJson = False,
    raw: o.Raw = False,
    quiet: o.Quiet = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Print the latency-energy front, with a bound on what may lie between its points.

    Supported points minimise a weighted sum; --epsilon minimises the energy within latency
    budgets as well. The time limit is for all of it.

    Example: scar-cp pareto instances/sc3.yaml --epsilon 4 -o front.json
    """
    from scar_cp.files.loading import load_problem
    from scar_cp.judge.validation import space_is_defined, undefined_space
    from scar_cp.outcome.pareto import pareto_front
    from scar_cp.records.own_files import FRONT
    from scar_cp.records.yaml_json import check_writable, to_json
    from scar_cp.show.text.live_progress import FrontProgress
    from scar_cp.show.text.summary import print_front
    from scar_cp.solvers import Request

    loaded, *_ = o.together(
        lambda: load_problem(instance, settings),
        lambda: check_writable(output, instance),
        lambda: o.check_request(time_limit, None, None),
    )
    check_writable(output, *loaded.files, replaces=FRONT)
    name = _space(space, loaded.settings)
    if not space_is_defined(loaded.problem, name):
        raise InputError([undefined_space(name, instance, space)])
    request = Request(space=name, time_limit_s=time_limit, workers=workers, seed=seed)
    with FrontProgress(time_limit, quiet, context.obj) as progress, stop_on_signals() as stop:
        front = pareto_front(
            loaded.problem,
            request,
            epsilon,
            on_event=progress.event,
            started=context.obj,
            stop=stop,
        )
    if front is None:
        print("no schedule was found")
        raise typer.Exit(1)
    if not write_outputs(output, as_json, to_json(front)):
        print_front(front, raw)
        say_written(output)


def _space(given: StrEnum | None, settings: InstanceFile | None) -> Space:
    """The space asked for: by option, by the instance, or full."""
    if given is not None:
        return cast("Space", given.value)
    return settings.space if settings else "full"


def _objective(
    given: StrEnum | None, settings: InstanceFile | None, weights: tuple[int, int] | None
) -> ObjectiveName:
    """The objective asked for: by option, by weights, by the instance, or latency."""
    if given is not None:
        return cast("ObjectiveName", given.value)
    if weights is not None:
        return "weighted"
    return settings.objective if settings else "latency"


def _certify(outcome: Outcome, path: Path, units: Units, quiet: bool, is_shown: bool) -> None:
    """Write a certificate, and say what it proves."""
    from scar_cp.certificates.certificate import write_certificate
    from scar_cp.certificates.certifying import certify
    from scar_cp.show.text.live_progress import LiveStatus
    from scar_cp.show.text.summary import print_certificate

    left_s = outcome.result.time_limit_s - outcome.result.seconds
    with (
        LiveStatus(f"certifying {outcome.problem.name}", quiet),
        stop_on_signals() as stop,
    ):
        certificate = certify(outcome, max(_LEAST_S, left_s), stop)
    write_certificate(path, certificate)
    if is_shown:
        print_certificate(outcome.result, certificate, units)
        say_written(path)


def _print_verification(loaded: LoadedProblem, path: Path, certificate: Path | None) -> None:
    from scar_cp.certificates.checker import proven_by
    from scar_cp.outcome.verify import verify

    certified = None if certificate is None else proven_by(certificate, loaded)
    found = verify(loaded.problem, loaded.sha256, path, certified)
    for line in found.confirmed:
        print(f"confirmed: {line}")
    for line in found.open_claims:
        print(f"open: {line}")
