"""The problem of a result file, for commands that show it: where the result says, or an option."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.errors import InputError

if TYPE_CHECKING:
    from scar_cp.files.loading import LoadedProblem
    from scar_cp.outcome.result import Result

__all__ = ["InstanceOfResult", "find_problem", "naming_instance"]

InstanceOfResult = Annotated[
    Path | None,
    typer.Option(
        "--instance",
        metavar="INSTANCE",
        help="The instance or problem.json, if it is not where the result says.",
    ),
]


def find_problem(result: Result, path: Path, instance: Path | None) -> LoadedProblem:
    """The problem that a file's result is about."""
    from scar_cp.files.problem_of_result import load_problem_of

    with naming_instance():
        return load_problem_of(result, path, instance)


@contextmanager
def naming_instance() -> Iterator[None]:
    """Let faults that ask for an instance say by which option."""
    try:
        yield
    except InputError as error:
        raise InputError(
            replace(fault, rule=fault.rule.replace(": name the", ": name with --instance the"))
            for fault in error.faults
        ) from error
