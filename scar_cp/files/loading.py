"""Problems from files: an instance, compiled, or a problem that is compiled already."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scar_cp.errors import Fault, InputError
from scar_cp.files.format_faults import wrong_format
from scar_cp.files.instance_files import blame_overrides, resolve_instance, with_paths
from scar_cp.files.shipped import named_file
from scar_cp.inputs.instance import InstanceFile
from scar_cp.problem.compiled import Problem
from scar_cp.problem.compiler import compile_instance
from scar_cp.problem.hash import sha256_of
from scar_cp.problem.problem_faults import problem_faults
from scar_cp.problem.reconfig import reconfigure
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import is_stream, read_document, shown, to_record

__all__ = ["LoadedProblem", "load_problem", "read_problem"]

PROBLEM_SETTINGS = (
    "windows",
    "n_splits",
    "packing",
    "weight_policy",
    "overlap",
    "contention",
    "routing",
)
"""Settings of an instance that a compiled problem can still change."""


def read_problem(path: str | Path) -> Problem:
    """Read a compiled problem and check its cross-references.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return _checked_problem(read_document(Path(path)), str(path))


def _checked_problem(data: Any, file: str) -> Problem:
    problem = to_record(data, Problem, file)
    faults = problem_faults(problem, file)
    if faults:
        raise InputError(faults)
    return problem


@dataclass(frozen=True)
class LoadedProblem:
    """A problem, with what is known of where it came from."""

    problem: Problem
    settings: InstanceFile | None
    """The instance's settings; ``None`` for a compiled problem."""
    sha256: str
    """Hash of the problem file's bytes, or of those that ``compile`` would write."""
    files: tuple[Path, ...]
    """Every file that it was read from or that these refer to: nothing may be written there."""
    overrides: Mapping[str, Any]
    """Settings that replaced the file's; files as paths, but for shipped ones that were named."""


@reader
def load_problem(path: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedProblem:
    """Read an instance (and compile it) or a compiled problem, whichever the file holds.

    Parameters
    ----------
    path
        A file of format ``scar-cp/instance@1`` or ``scar-cp/problem@1``, or the name of a shipped
        instance.
    overrides
        Settings that replace those of the file, as in `read_instance`; a compiled problem can still
        change ``PROBLEM_SETTINGS``.

    Returns
    -------
    LoadedProblem
        Its ``problem`` is what solvers take.

    Raises
    ------
    InputError
        With every fault of every file.

    Examples
    --------
    >>> import scar_cp as sc
    >>> sc.load_problem("instances/quickstart.yaml", {"overlap": "full"}).problem
    <Problem quickstart: 2 models, 12 layers, 4 chiplets, at most 1 window(s)>
    >>> sc.load_problem("sc4", {"package": "het_cb_3x3", "windows": 2}).problem
    <Problem sc4_het_sides_3x3: 4 models, 329 layers, 9 chiplets, at most 2 window(s)>
    >>> sc.load_problem("instances/quickstart.yaml", {"windows": 0, "overlap": "some"})
    Traceback (most recent call last):
    scar_cp.errors.InputError: overlap: 'some': must be 'none' or 'full'
    windows: 0: must be greater than 0
    """
    with _growing():
        return _load(named_file(path, "instance"), overrides or {})


@contextmanager
def _growing() -> Iterator[None]:
    """Put off the search for cycles, which would look through all that is made again and again.

    It takes a third of the time of large models, and there are no cycles to be found.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(path: Path, overrides: Mapping[str, Any]) -> LoadedProblem:
    data = read_document(path)
    overrides = with_paths(path, data, overrides)
    kind = data.get("format") if isinstance(data, dict) else "scar-cp/instance@1"
    if kind == "scar-cp/problem@1":
        return _load_compiled(path, data, overrides)
    if kind != "scar-cp/instance@1":
        rule = "must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"
        raise InputError([wrong_format(str(path), kind, rule)])
    instance = resolve_instance(path, data, overrides)
    problem = compile_instance(instance)
    return LoadedProblem(problem, instance.settings, sha256_of(problem), instance.files, overrides)


def _load_compiled(path: Path, data: dict[str, Any], overrides: dict[str, Any]) -> LoadedProblem:
    rule = "a compiled problem cannot change this: give its instance instead"
    faults = [
        Fault(key, "", shown(value), rule, is_parameter=True)
        for key, value in overrides.items()
        if key not in PROBLEM_SETTINGS
    ]
    changes = {key: value for key, value in overrides.items() if key in PROBLEM_SETTINGS}
    windows = changes.pop("windows", None)
    splits, packing = changes.pop("n_splits", None), changes.pop("packing", None)
    if windows is not None:
        changes["max_windows"] = windows
        models = data.get("models")
        if isinstance(models, list):  # the old windows may not fit the new number
            changes["models"] = [_without_windows(model) for model in models]
    try:
        problem = _checked_problem(data | changes, str(path))
    except InputError as error:
        faults += blame_overrides(error.faults, str(path), overrides)
        raise InputError(faults) from error
    if splits is not None and not 0 <= splits < problem.max_windows:
        rule = f"must be at least 0 and below {problem.max_windows} windows"
        faults.append(Fault("n_splits", "", shown(splits), rule, is_parameter=True))
    if faults:
        raise InputError(faults)
    if any(setting is not None for setting in (windows, splits, packing)):
        problem = reconfigure(problem, splits, packing or "greedy")
    elif not overrides and not is_stream(path):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return LoadedProblem(problem, None, sha256, (path,), overrides)
    return LoadedProblem(problem, None, sha256_of(problem), (path,), overrides)


def _without_windows(model: Any) -> Any:
    if not isinstance(model, dict) or not isinstance(model.get("layers"), list):
        return model
    layers = [la | {"window": None} if isinstance(la, dict) else la for la in model["layers"]]
    return model | {"max_segments": None, "layers": layers}
