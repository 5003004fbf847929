"""Instances, problems and schedules from files, with everything they refer to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from scar_cp.cost.instance_costs import table_faults
from scar_cp.errors import Fault, InputError, collecting
from scar_cp.files.shipped import KINDS, file_of, is_name, named_file, shipped_files, unknown_name
from scar_cp.inputs.cost_table import CostTable, read_cost_table
from scar_cp.inputs.graph import model_faults
from scar_cp.inputs.instance import Instance, InstanceFile
from scar_cp.inputs.package import ChipletFile, ChipletType, Package, Profile
from scar_cp.inputs.rules import (
    instance_faults,
    package_faults,
    profile_faults,
    scenario_faults,
    type_faults,
)
from scar_cp.inputs.schemas import SchemaKind
from scar_cp.inputs.workload import Model, Scenario
from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem, problem_faults
from scar_cp.problem.compiler import compile_instance
from scar_cp.problem.hash import sha256_of
from scar_cp.problem.reconfig import reconfigure
from scar_cp.records.record import Record
from scar_cp.records.yaml_json import read_document, read_json_record, read_record, shown, to_record
from scar_cp.terms import Granularity

__all__ = [
    "REFERENCES",
    "LoadedProblem",
    "check_file",
    "load_problem",
    "read_chiplet",
    "read_instance",
    "read_problem",
    "read_schedule",
    "referred_file",
]

R = TypeVar("R", bound=Record)

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


REFERENCES: tuple[SchemaKind, ...] = ("scenario", "package", "profile")
"""Keys of an instance that name files which may be shipped ones."""


class _Collector:
    """Reads files and keeps their faults, so that all are reported together."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.files: list[Path] = []
        """What was read, or could be without the settings that replace it."""

    def validate(self, data: Any, cls: type[R], file: str) -> R | None:
        with collecting(self.faults):
            return to_record(data, cls, file)
        return None

    def read(self, path: Path, cls: type[R], referred_by: Fault, *kinds: SchemaKind) -> R | None:
        if not os.path.isfile(path):
            self.faults.append(_no_file(path, referred_by, *kinds))
            return None
        self.files.append(path)
        with collecting(self.faults):
            return read_record(path, cls)
        return None


def read_instance(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Instance:
    """Read an instance and every file it refers to.

    Parameters
    ----------
    path
        An instance file, or the name of a shipped one.
    overrides
        Settings that replace those of the file; paths among them (``scenario``, ``package``,
        ``profile``) are relative to the current folder, and a name stands for a file beside the
        instance's own or for a shipped one.

    Returns
    -------
    Instance
        For `scar_cp.problem.compiler.compile_instance`.

    Raises
    ------
    InputError
        With every fault of every file.

    Examples
    --------
    >>> import scar_cp as sc
    >>> instance = sc.read_instance("instances/quickstart.yaml", {"windows": 2})
    >>> instance
    <Instance quickstart: 2 models on mixed_2x2>
    >>> instance.settings.windows, [run.batch for run in instance.scenario.models]
    (2, [4, 2])
    """
    path = named_file(path, "instance")
    data = read_document(path)
    return _resolve(path, data, _placed(path, data, overrides or {}))


def referred_file(referring: Path, target: str, *kinds: SchemaKind) -> Path:
    """The file that another one refers to, by a path relative to itself or by a name.

    Parameters
    ----------
    referring
        The file that refers.
    target
        What it says.
    *kinds
        What may be named.

    Returns
    -------
    Path
    """
    return file_of(_relative(referring, target), target, *kinds)


def _placed(path: Path, data: Any, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, with the paths of files that are named as they stand beside the instance's."""
    placed = dict(overrides)
    for key in REFERENCES:
        name, own = placed.get(key), data.get(key) if isinstance(data, dict) else None
        if not isinstance(name, str) or not isinstance(own, str):
            continue
        if is_name(name) and not os.path.lexists(name):
            beside = referred_file(path, own, key).with_name(f"{name}.yaml")
            if os.path.isfile(beside) and beside != shipped_files(key).get(name):
                placed[key] = str(beside)
    return placed


def _resolve(path: Path, data: Any, overrides: Mapping[str, Any]) -> Instance:
    file = str(path)
    if not isinstance(data, dict):
        to_record(data, InstanceFile, file)
    collector = _Collector()
    collector.files.append(path)
    collector.files += [
        referred_file(path, data[key], key) for key in REFERENCES if isinstance(data.get(key), str)
    ]
    if isinstance(data.get("cost_table"), str):
        collector.files.append(_relative(path, data["cost_table"]))
    data = data | dict(overrides)
    settings = collector.validate(data, InstanceFile, file)

    def refer(key: SchemaKind, cls: type[R]) -> tuple[str, R | None]:
        target = data.get(key)
        if not isinstance(target, str):  # reported above
            return "", None
        if key in overrides:
            place = file_of(Path(target), target, key)
        else:
            place = referred_file(path, target, key)
        return str(place), collector.read(place, cls, Fault(file, key, target, ""), key)

    scenario_file, scenario = refer("scenario", Scenario)
    package_file, package = refer("package", Package)
    profile_file, profile = refer("profile", Profile)
    broken_package = package_faults(package, package_file) if package is not None else []
    collector.faults += broken_package
    if profile is not None:
        collector.faults += profile_faults(profile, profile_file)
    table, table_found = _read_costs(path, data.get("cost_table"))
    models: list[Model] = []
    if scenario is not None:
        granularity = settings.granularity if settings else "all"
        models = _read_scenario(
            collector, scenario, scenario_file, profile, profile_file, granularity
        )
    # A faulty model or chiplet type does not hide what is wrong between the files.
    if settings and scenario and package and profile and not broken_package:
        files = {"instance": file, "scenario": scenario_file, "package": package_file}
        collector.faults += instance_faults(settings, scenario, package, profile, files)
        if not collector.faults:
            instance = Instance.of(file, settings, scenario, tuple(models), package, profile)
            if table is not None:
                table_found += table_faults(instance, table)
            if not table_found:
                there = dict.fromkeys(path for path in collector.files if path.is_file())
                return replace(instance, cost_table=table, files=tuple(there))
    collector.faults += table_found
    raise InputError(_blame_options(collector.faults, file, overrides))


def _read_costs(instance: Path, target: Any) -> tuple[CostTable | None, list[Fault]]:
    """The table that an instance names, if it names one, and the faults of its rows."""
    if not isinstance(target, str):
        return None, []
    path = _relative(instance, target)
    if not os.path.isfile(path):
        return None, [_no_file(path, Fault(str(instance), "cost_table", target, ""))]
    try:
        return read_cost_table(path)
    except InputError as error:
        return None, list(error.faults)


def _no_file(path: Path, referred_by: Fault, *kinds: SchemaKind) -> Fault:
    name = referred_by.value or ""
    if kinds and is_name(name) and not os.path.lexists(path):
        return replace(referred_by, rule=unknown_name(name, *kinds))
    state = "is a directory" if os.path.isdir(path) else "does not exist"
    return replace(referred_by, rule=f"must be a file, but {path} {state}")


def _blame_options(
    faults: Iterable[Fault], file: str, overrides: Mapping[str, Any]
) -> Iterator[Fault]:
    """Name the option where a setting came from the command line and not from the file."""
    for fault in faults:
        key = fault.place.removeprefix("max_")
        if fault.file == file and key in overrides:
            fault = replace(fault, file=f"--{key.replace('_', '-')}", place="")
        yield fault


def _read_scenario(
    collector: _Collector,
    scenario: Scenario,
    file: str,
    profile: Profile | None,
    profile_file: str,
    granularity: Granularity,
) -> list[Model]:
    """The models of a scenario, after the profile's replacements."""
    collector.faults += scenario_faults(scenario, file)
    seen: dict[Path, Model | None] = {}
    models: list[Model | None] = []
    for i, run in enumerate(scenario.models):
        path = referred_file(Path(file), run.model, "model")
        at = Fault(file, f"models[{i}].model", run.model, "")
        if profile is not None and path.stem in profile.models:
            collector.files.append(path)
            new = profile.models[path.stem]
            at = Fault(profile_file, f"models.{path.stem}", new, "")
            path = file_of(path.parent / f"{new}{path.suffix}", new, "model")
        if path not in seen:
            model = seen[path] = collector.read(path, Model, at, "model")
            if model is not None:
                collector.faults += model_faults(model, str(path), granularity)
        models.append(seen[path])
    return [model for model in models if model is not None]


def _relative(referring: Path, target: str) -> Path:
    return Path(os.path.normpath(referring.parent / target))


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
    scar_cp.errors.InputError: --overlap: 'some': must be 'none' or 'full'
    --windows: 0: must be greater than 0
    """
    path = named_file(path, "instance")
    data = read_document(path)
    overrides = _placed(path, data, overrides or {})
    kind = data.get("format") if isinstance(data, dict) else "scar-cp/instance@1"
    if kind == "scar-cp/problem@1":
        return _load_compiled(path, data, overrides)
    if kind != "scar-cp/instance@1":
        rule = "must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"
        raise InputError([_wrong_format(str(path), kind, rule)])
    instance = _resolve(path, data, overrides)
    problem = compile_instance(instance)
    return LoadedProblem(problem, instance.settings, sha256_of(problem), instance.files, overrides)


def _wrong_format(file: str, kind: object, rule: str) -> Fault:
    return Fault(file, "format", None if kind is None else shown(kind), rule)


def _load_compiled(path: Path, data: dict[str, Any], overrides: dict[str, Any]) -> LoadedProblem:
    rule = "a compiled problem cannot change this: give its instance instead"
    faults = [
        Fault(f"--{key}", "", shown(value), rule)
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
        faults += _blame_options(error.faults, str(path), overrides)
        raise InputError(faults) from error
    if splits is not None and not 0 <= splits < problem.max_windows:
        rule = f"must be at least 0 and below {problem.max_windows} windows"
        faults.append(Fault("--n-splits", "", shown(splits), rule))
    if faults:
        raise InputError(faults)
    if any(setting is not None for setting in (windows, splits, packing)):
        problem = reconfigure(problem, splits, packing or "greedy")
    elif not overrides:
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return LoadedProblem(problem, None, sha256, (path,), overrides)
    return LoadedProblem(problem, None, sha256_of(problem), (path,), overrides)


def _without_windows(model: Any) -> Any:
    if not isinstance(model, dict) or not isinstance(model.get("layers"), list):
        return model
    layers = [la | {"window": None} if isinstance(la, dict) else la for la in model["layers"]]
    return model | {"max_segments": None, "layers": layers}


def read_schedule(path: str | Path) -> Schedule:
    """Read a schedule, on its own or inside a result file.

    Parameters
    ----------
    path
        A file of format ``scar-cp/schedule@1`` or ``scar-cp/result@1``.

    Returns
    -------
    Schedule
        Of what its file says; `scar_cp.judge.validation.validate` says whether it fits a problem.

    Raises
    ------
    InputError
        With every fault of the file, or if its result has no schedule.

    Examples
    --------
    >>> from pathlib import Path
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> result = sc.solve(problem).result
    >>> _ = Path("result.json").write_text(sc.to_json(result))
    >>> sc.read_schedule("result.json") == result.schedule
    True
    """
    data = read_document(Path(path))
    file = str(path)
    kind = data.get("format") if isinstance(data, dict) else "scar-cp/schedule@1"
    if kind == "scar-cp/schedule@1":
        return to_record(data, Schedule, file)
    if kind != "scar-cp/result@1":
        rule = "must be 'scar-cp/schedule@1' or 'scar-cp/result@1'"
        raise InputError([_wrong_format(file, kind, rule)])
    if data.get("schedule") is None:
        raise InputError([Fault(file, "schedule", None, "the result has no schedule")])
    try:
        return to_record(data["schedule"], Schedule, file)
    except InputError as error:
        raise InputError(
            replace(fault, place=f"schedule.{fault.place}".rstrip(".")) for fault in error.faults
        ) from error


def read_chiplet(reference: str) -> ChipletType:
    """Read a chiplet type: a file of its own, or ``PROFILE#domain.type`` with a file or name.

    Raises
    ------
    InputError
        With every fault of the file, or if the profile has no such type.
    """
    file, _, inside = reference.partition("#")
    if not inside:
        chiplet = read_record(file, ChipletFile)
        return _checked_type(chiplet.type, file, "type")
    profile = read_record(named_file(file, "profile"), Profile)
    domain, _, name = inside.partition(".")
    known = [f"{d}.{t}" for d, types in profile.domains.items() for t in types]
    if f"{domain}.{name}" not in known:
        rule = f"the profile has no such type: choose from {', '.join(known)}"
        raise InputError([Fault(file, "", inside, rule)])
    return _checked_type(profile.domains[domain][name], file, f"domains.{inside}")


def _checked_type(chiplet_type: ChipletType, file: str, at: str) -> ChipletType:
    parent, _, name = at.rpartition(".")
    faults = type_faults({name: chiplet_type}, file, parent)
    if faults:
        raise InputError(faults)
    return chiplet_type


def check_file(path: str | Path, outputs: Mapping[str, type[Record]] | None = None) -> str:
    """Check a file of any format, and what it refers to.

    Parameters
    ----------
    path
        The file, or the name of a shipped one.
    outputs
        Records of further formats, of what solvers write.

    Returns
    -------
    str
        What it is, in a few words.

    Raises
    ------
    InputError
        With every fault.
    """
    path = named_file(path, *KINDS)
    file = str(path)
    data = read_document(path)
    kind = data.get("format") if isinstance(data, dict) else None
    if kind in ("scar-cp/instance@1", "scar-cp/problem@1"):
        problem = load_problem(path).problem
        layers = sum(m.num_layers for m in problem.models)
        return f"{len(problem.models)} models, {layers} layers, {problem.num_chiplets} chiplets"
    collector = _Collector()
    if kind == "scar-cp/model@1":
        model = to_record(data, Model, file)
        collector.faults += model_faults(model, file)
        kind = f"model {model.name}, {len(model.layers)} layers"
    elif kind == "scar-cp/scenario@1":
        scenario = to_record(data, Scenario, file)
        _read_scenario(collector, scenario, file, None, "", "all")
    elif kind == "scar-cp/package@1":
        collector.faults += package_faults(to_record(data, Package, file), file)
    elif kind == "scar-cp/profile@1":
        collector.faults += profile_faults(to_record(data, Profile, file), file)
    elif kind == "scar-cp/chiplet@1":
        read_chiplet(file)
    elif kind == "scar-cp/schedule@1":
        read_schedule(path)
    elif kind in (outputs or {}):
        read_json_record(path, (outputs or {})[str(kind)])
    else:
        kinds = "instance problem model scenario package profile chiplet schedule result pareto"
        formats = ", ".join(kinds.split())
        rule = f"must be one of the formats scar-cp/NAME@1 with NAME in {formats}"
        raise InputError([_wrong_format(file, kind, rule)])
    if collector.faults:
        raise InputError(collector.faults)
    return str(kind)
