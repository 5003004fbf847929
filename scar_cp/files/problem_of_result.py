"""Find the problem that a result file is about: a result says where it came from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from scar_cp.errors import Fault, InputError
from scar_cp.files.instance_files import REFERENCES
from scar_cp.files.loading import LoadedProblem, load_problem
from scar_cp.files.shipped import file_of, named_file
from scar_cp.inputs.schemas import SchemaKind
from scar_cp.outcome.result import Origin, Result

__all__ = ["load_problem_of", "origin_of"]


def origin_of(source: str | Path, settings: Mapping[str, Any], result: str | Path) -> Origin:
    """What a result that is written to a file says of its problem.

    Parameters
    ----------
    source
        The instance or compiled problem; relative to the current folder, as all paths here.
    settings
        What replaced settings of that file: `LoadedProblem.overrides`.
    result
        The file that the result is written to.

    Returns
    -------
    Origin
        Its paths are relative to the result's folder, so that both can move together; names of
        shipped files stay names.
    """
    folder = os.path.dirname(result) or "."

    def from_folder(given: str, kind: SchemaKind) -> str:
        if file_of(Path(given), given, kind) != Path(given):
            return given
        return Path(os.path.relpath(given, folder)).as_posix()

    origin = from_folder(str(source), "instance")
    return Origin(file=origin, settings=_moved(settings, from_folder))


def load_problem_of(
    result: Result, path: str | Path, source: str | Path | None = None
) -> LoadedProblem:
    """Read the problem that a result is about.

    Parameters
    ----------
    result
        What the result file says.
    path
        The result file.
    source
        The instance or compiled problem, where it is not where the result says; files of the
        result's settings may have moved with it.

    Returns
    -------
    LoadedProblem
        With the hash that the result names.

    Raises
    ------
    InputError
        If there is no such file, if it is faulty, or if it is another problem.
    """
    origin = result.origin
    folder = os.path.dirname(path)
    settings: dict[str, Any] = {}
    if source is not None:
        source = named_file(source, "instance")
    if origin is not None:
        settings = _moved(origin.settings, partial(_file_of, origin, folder, source))
    if source is None:
        if origin is None:
            rule = "does not say which problem the result is about: name the instance"
            raise InputError([Fault(str(path), "origin", None, rule)])
        place = os.path.normpath(os.path.join(folder, origin.file))
        source = file_of(Path(place), origin.file, "instance")
        if not os.path.isfile(source):
            rule = f"{source} is not there: name the instance where it is"
            raise InputError([Fault(str(path), "origin.file", origin.file, rule)])
    try:
        loaded = load_problem(source, settings)
    except InputError as error:
        loaded = load_problem(source)  # the settings may have been compiled into it since
        if loaded.settings is not None and loaded.sha256 != result.problem_sha256:
            raise InputError(_in_result(fault, str(path)) for fault in error.faults) from error
    if result.problem_sha256 != loaded.sha256:
        rule = (
            f"is a result of another problem, or of other settings, than {source} is now: "
            "name the instance, or its compiled problem, as it was"
        )
        raise InputError([Fault(str(path), "problem_sha256", result.problem_sha256, rule)])
    return loaded


def _file_of(
    origin: Origin, folder: str, source: str | Path | None, target: str, kind: SchemaKind
) -> str:
    """Where a file of the settings is: where the result says, or where it moved with its instance.

    Parameters
    ----------
    origin
        Says where file and instance were, both from the result's folder.
    folder
        The result's folder.
    source
        The instance, where it is not where the result says.
    target
        The file of the settings.
    kind
        What it holds.
    """
    place = str(file_of(Path(folder, target), target, kind))
    if source is None or os.path.isfile(place) or os.path.isabs(target):
        return place
    from_instance = os.path.relpath(target, os.path.dirname(origin.file) or ".")
    beside = os.path.join(os.path.dirname(source), from_instance)
    return beside if os.path.isfile(beside) else place


def _in_result(fault: Fault, path: str) -> Fault:
    """A fault of a setting where it stands: in the result."""
    if not fault.is_parameter:
        return fault
    return replace(fault, file=path, place=f"origin.settings.{fault.file}", is_parameter=False)


def _moved(settings: Mapping[str, Any], move: Callable[[str, SchemaKind], str]) -> dict[str, Any]:
    """The settings with what they say of files changed."""
    files: dict[str, str] = {
        kind: move(str(settings[kind]), kind) for kind in REFERENCES if kind in settings
    }
    return {**settings, **files}
