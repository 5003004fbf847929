"""The points of a sweep: every combination of instances, settings, objectives and solvers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from scar_cp.errors import Fault, InputError, collecting
from scar_cp.files.loading import LoadedProblem, load_problem
from scar_cp.judge.validation import space_is_defined, undefined_space
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import SOLVERS, Request
from scar_cp.studies.fresh_process import code_fingerprint
from scar_cp.sweeps.sweep_file import SweepFile, read_sweep

__all__ = ["Plan", "Point", "check_sweep", "new_point", "plan_sweep"]


@dataclass(frozen=True)
class Point:
    """One solve of a sweep."""

    key: str
    """Hash of the problem, the request, the solver and the program: the same point, the same key.
    """
    parameters: Mapping[str, Any]
    """What distinguishes it from the other points, as the sweep has it."""
    problem_sha256: str
    request: Request
    solver: str

    def __str__(self) -> str:
        return " ".join(
            str(value) if name in _PLAIN else f"{name}={value}"
            for name, value in self.parameters.items()
        )


_PLAIN = {"instance", "package", "scenario", "objective", "space", "solver"}
"""Parameters whose values say what they are."""


@dataclass(frozen=True)
class Plan:
    """The points of a sweep, with the problems that they are about."""

    points: tuple[Point, ...]
    problems: Mapping[str, Problem]
    """By hash."""
    files: tuple[Path, ...] = ()
    """All that was read: nothing may be written there."""


def plan_sweep(sweep: SweepFile) -> Plan:
    """Compile every problem of a sweep, and ask every question about each.

    Parameters
    ----------
    sweep
        Paths in it are relative to the current folder.

    Returns
    -------
    Plan
        Each point once, in the order of the grid: the last setting changes fastest, and among equal
        settings the objective.

    Raises
    ------
    InputError
        With the faults of all instances and settings.

    Examples
    --------
    >>> sweep = SweepFile(format="scar-cp/sweep@1", instances=["quickstart"],
    ...                   grid={"windows": [1, 2]}, objectives=["latency", "edp"])
    >>> [str(point) for point in plan_sweep(sweep).points]
    ['windows=1 latency', 'windows=1 edp', 'windows=2 latency', 'windows=2 edp']
    """
    faults: list[Fault] = []
    points: dict[str, Point] = {}
    problems: dict[str, Problem] = {}
    files: dict[Path, None] = {}
    for instance, settings in _combinations(sweep):
        with collecting(faults):
            loaded = load_problem(instance, settings)
            problems[loaded.sha256] = loaded.problem
            files |= dict.fromkeys(loaded.files)
            for point in _questions(sweep, instance, settings, loaded):
                points.setdefault(point.key, point)
    if faults:
        raise InputError(faults)
    return Plan(tuple(points.values()), problems, tuple(files))


def check_sweep(path: Path) -> None:
    """Read a sweep and all that it refers to, with every combination of its settings.

    Raises
    ------
    InputError
        With the faults of all files; those of settings stand where the file has them.
    """
    sweep = read_sweep(path)
    faults = [
        Fault(str(path), f"solvers[{k}]", name, SOLVERS.rule)
        for k, name in enumerate(sweep.solvers)
        if name not in SOLVERS
    ]
    if faults:
        raise InputError(faults)
    try:
        plan_sweep(sweep)
    except InputError as error:
        raise InputError(_in_grid(fault, str(path)) for fault in error.faults) from error


def _in_grid(fault: Fault, path: str) -> Fault:
    if not fault.is_parameter:
        return fault
    return replace(fault, file=path, place=f"grid.{fault.file}", is_parameter=False)


def _combinations(sweep: SweepFile) -> Iterator[tuple[str, dict[str, Any]]]:
    grid = sweep.values
    for instance, *chosen in product(sweep.instances, *grid.values()):
        yield instance, dict(zip(grid, chosen, strict=True))


def _questions(
    sweep: SweepFile, instance: str, settings: Mapping[str, Any], loaded: LoadedProblem
) -> Iterator[Point]:
    own = loaded.settings.space if loaded.settings else "full"
    varied = {key: settings[key] for key, values in sweep.values.items() if len(values) > 1}
    varied = _told_apart("instance", sweep.instances, Path(instance).stem) | varied
    spaces = sweep.spaces or (own,)
    for space, objective, solver in product(spaces, sweep.objectives, sweep.solvers):
        if not space_is_defined(loaded.problem, space):
            raise InputError([undefined_space(space, Path(instance), None)])
        request = Request(
            space=space,
            objective=objective,
            time_limit_s=sweep.time_limit_s,
            gap=sweep.gap,
            workers=sweep.workers,
            seed=sweep.seed,
        )
        parameters = (
            varied
            | _told_apart("objective", sweep.objectives, objective)
            | _told_apart("space", spaces, space)
            | _told_apart("solver", sweep.solvers, solver)
        )
        parameters = parameters or {"instance": Path(instance).stem}
        yield new_point(parameters, loaded.sha256, request, solver)


def _told_apart(name: str, values: Sequence[str], value: str) -> dict[str, Any]:
    return {name: value} if len(values) > 1 else {}


def new_point(
    parameters: Mapping[str, Any], problem_sha256: str, request: Request, solver: str = "cp-sat"
) -> Point:
    """A point with its key."""
    program = code_fingerprint(), SOLVERS.version_of(solver)
    content = json.dumps([problem_sha256, asdict(request), solver, program], sort_keys=True)
    key = hashlib.sha256(content.encode()).hexdigest()
    return Point(key, parameters, problem_sha256, request, solver)
