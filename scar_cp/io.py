"""Files in, records out, and back: the only module that knows YAML and JSON."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from scar_cp.compile import compile_instance, instance_faults
from scar_cp.errors import Fault, InputError
from scar_cp.graph import model_faults
from scar_cp.instance import Instance, InstanceFile
from scar_cp.package import ChipletFile, ChipletType, Package, Profile
from scar_cp.problem import Problem, problem_faults
from scar_cp.reconfig import reconfigure
from scar_cp.record import Record
from scar_cp.schedule import Schedule
from scar_cp.workload import Model, Scenario

__all__ = [
    "LoadedProblem",
    "check_file",
    "check_writable",
    "load_problem",
    "read_chiplet",
    "read_instance",
    "read_problem",
    "read_record",
    "read_schedule",
    "sha256_of",
    "to_json",
    "write_text",
]

R = TypeVar("R", bound=Record)

PROBLEM_SETTINGS = ("windows", "n_splits", "weight_policy", "overlap", "contention", "routing")
"""Settings of an instance that a compiled problem can still change."""


class _UniqueKeyLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader, which by itself lets the last of two equal keys win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for i, (key, _) in enumerate(node.value):
            if key.value in keys[:i]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value!r} stands twice", key.start_mark
                )
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _parse(path: Path) -> Any:
    """The data of a YAML or JSON file; raises `InputError` with one fault."""

    def fail(rule: str, place: str = "", value: str | None = None) -> InputError:
        return InputError([Fault(str(path), place, value, rule)])

    if not path.exists():
        raise fail("no such file")
    if path.is_dir():
        raise fail("is a directory, not a file")
    try:
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            raise fail("the file is empty")
        if path.suffix == ".json":
            return json.loads(text)
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise fail(f"malformed JSON: {error.msg}", place) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise fail(f"malformed YAML: {problem}", place) from error
    except (UnicodeDecodeError, OSError, RecursionError) as error:
        raise fail(f"cannot be read: {error}") from error


def _validate(data: Any, cls: type[R], file: str) -> R:
    if not isinstance(data, dict):
        rule = f"must be a mapping with the keys of {cls.__name__}"
        raise InputError([Fault(file, "", _shown(data), rule)])
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        raise InputError(_fault(file, cls, details) for details in error.errors()) from error


def _fault(file: str, cls: type[Record], details: Any) -> Fault:
    place = ""
    for part in details["loc"]:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part != "[key]":
            place += f".{part}" if place else str(part)
    kind = details["type"]
    if kind == "missing":
        return Fault(file, place, None, "is required")
    if kind == "extra_forbidden":
        return Fault(file, place, _shown(details["input"]), "unknown key")
    rule = details["msg"].removeprefix("Input ").removeprefix("should ")
    return Fault(file, place, _shown(details["input"]), f"should {rule}")


def _shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def read_record(path: str | Path, cls: type[R]) -> R:
    """Read one file into a record.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return _validate(_parse(Path(path)), cls, str(path))


class _Collector:
    """Reads files and keeps their faults, so that all are reported together."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def read(self, path: Path, cls: type[R], referred_by: Fault | None = None) -> R | None:
        if referred_by is not None and not path.is_file():
            state = "is a directory" if path.is_dir() else "does not exist"
            rule = f"must be a file, but {path} {state}"
            self.faults.append(Fault(referred_by.file, referred_by.place, referred_by.value, rule))
            return None
        try:
            return read_record(path, cls)
        except InputError as error:
            self.faults += error.faults
            return None


def read_instance(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Instance:
    """Read an instance and every file it refers to.

    Parameters
    ----------
    path
        An instance file.
    overrides
        Settings that replace those of the file; paths among them (``scenario``, ``package``,
        ``profile``) are relative to the current folder.

    Raises
    ------
    InputError
        With every fault of every file.
    """
    path = Path(path)
    return _resolve(path, _parse(path), overrides or {})


def _resolve(path: Path, data: Any, overrides: Mapping[str, Any]) -> Instance:
    settings = _validate(
        data | dict(overrides) if isinstance(data, dict) else data, InstanceFile, str(path)
    )
    collector = _Collector()

    def locate(key: str) -> tuple[Path, Fault]:
        value = getattr(settings, key)
        if key in overrides:
            return Path(value), Fault(f"--{key}", "", value, "")
        return _relative(path, value), Fault(str(path), key, value, "")

    scenario_path, at = locate("scenario")
    scenario = collector.read(scenario_path, Scenario, at)
    package_path, at = locate("package")
    package = collector.read(package_path, Package, at)
    profile_path, at = locate("profile")
    profile = collector.read(profile_path, Profile, at)

    models: list[Model] = []
    seen: dict[Path, Model | None] = {}
    for i, run in enumerate(scenario.models if scenario else ()):
        model_path = _relative(scenario_path, run.model)
        if profile and model_path.stem in profile.models:
            model_path = model_path.with_stem(profile.models[model_path.stem])
        if model_path not in seen:
            at = Fault(str(scenario_path), f"models[{i}].model", run.model, "")
            model = collector.read(model_path, Model, at)
            if model is not None:
                collector.faults += model_faults(model, str(model_path))
            seen[model_path] = model
        found = seen[model_path]
        if found is not None:
            models.append(found)

    files = {
        "instance": str(path),
        "scenario": str(scenario_path),
        "package": str(package_path),
        "profile": str(profile_path),
    }
    if scenario and package and profile:
        collector.faults += instance_faults(settings, scenario, package, profile, files)
    if collector.faults or not (scenario and package and profile):
        raise InputError(collector.faults)
    return Instance.of(path.stem, settings, scenario, tuple(models), package, profile)


def _relative(referring: Path, target: str) -> Path:
    return Path(os.path.normpath(referring.parent / target))


def read_problem(path: str | Path) -> Problem:
    """Read a compiled problem and check its cross-references.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return _checked_problem(_parse(Path(path)), str(path))


def _checked_problem(data: Any, file: str) -> Problem:
    problem = _validate(data, Problem, file)
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


def load_problem(path: str | Path, overrides: Mapping[str, Any] | None = None) -> LoadedProblem:
    """Read an instance (and compile it) or a compiled problem, whichever the file holds.

    Parameters
    ----------
    path
        A file of format ``scar-cp/instance@1`` or ``scar-cp/problem@1``.
    overrides
        Settings that replace those of the file; a compiled problem can still change
        `PROBLEM_SETTINGS`.

    Returns
    -------
    LoadedProblem

    Raises
    ------
    InputError
        With every fault of every file.
    """
    path = Path(path)
    overrides = dict(overrides or {})
    data = _parse(path)
    if isinstance(data, dict) and data.get("format") == "scar-cp/problem@1":
        fixed = [key for key in overrides if key not in PROBLEM_SETTINGS]
        if fixed:
            rule = "a compiled problem cannot change this: give its instance instead"
            raise InputError(Fault(f"--{k}", "", _shown(overrides[k]), rule) for k in fixed)
        windows = overrides.pop("windows", None)
        splits = overrides.pop("n_splits", None)
        if windows is not None:
            data = data | {"max_windows": windows}
            models = data.get("models")
            if isinstance(models, list):  # the old windows may not fit the new number
                data["models"] = [
                    m | {"max_segments": None} if isinstance(m, dict) else m for m in models
                ]
        problem = _checked_problem(data | overrides, str(path))
        if windows is not None or splits is not None:
            problem = reconfigure(problem, splits)
        elif not overrides:
            return LoadedProblem(problem, None, hashlib.sha256(path.read_bytes()).hexdigest())
        return LoadedProblem(problem, None, sha256_of(problem))
    instance = _resolve(path, data, overrides)
    problem = compile_instance(instance)
    return LoadedProblem(problem, instance.settings, sha256_of(problem))


def sha256_of(problem: Problem) -> str:
    """Hash of the bytes that `to_json` writes for a problem."""
    return hashlib.sha256(to_json(problem).encode()).hexdigest()


def read_schedule(path: str | Path) -> Schedule:
    """Read a schedule, on its own or inside a result file.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    data = _parse(Path(path))
    if isinstance(data, dict) and data.get("format") == "scar-cp/result@1":
        data = data.get("schedule")
        if data is None:
            raise InputError([Fault(str(path), "schedule", "None", "the result has no schedule")])
    return _validate(data, Schedule, str(path))


def read_chiplet(reference: str) -> ChipletType:
    """Read a chiplet type: a file of its own, or ``PROFILE#domain.type``.

    Raises
    ------
    InputError
        With every fault of the file, or if the profile has no such type.
    """
    file, _, inside = reference.partition("#")
    if not inside:
        return read_record(file, ChipletFile).type
    profile = read_record(file, Profile)
    domain, _, name = inside.partition(".")
    known = [f"{d}.{t}" for d, types in profile.domains.items() for t in types]
    if f"{domain}.{name}" not in known:
        rule = f"the profile has no such type: choose from {', '.join(known)}"
        raise InputError([Fault(file, "", inside, rule)])
    return profile.domains[domain][name]


def check_file(path: str | Path) -> str:
    """Check a file of any format, and what it refers to.

    Returns
    -------
    str
        What it is, in a few words.

    Raises
    ------
    InputError
        With every fault.
    """
    path = Path(path)
    data = _parse(path)
    kind = data.get("format") if isinstance(data, dict) else None
    if kind in ("scar-cp/instance@1", "scar-cp/problem@1"):
        problem = load_problem(path).problem
        layers = sum(m.num_layers for m in problem.models)
        return f"{len(problem.models)} models, {layers} layers, {problem.num_chiplets} chiplets"
    if kind == "scar-cp/model@1":
        model = _validate(data, Model, str(path))
        faults = model_faults(model, str(path))
        if faults:
            raise InputError(faults)
        return f"model {model.name}, {len(model.layers)} layers"
    records: dict[object, type[Record]] = {
        "scar-cp/scenario@1": Scenario,
        "scar-cp/package@1": Package,
        "scar-cp/profile@1": Profile,
        "scar-cp/chiplet@1": ChipletFile,
        "scar-cp/schedule@1": Schedule,
    }
    if kind == "scar-cp/result@1":
        read_schedule(path)
    elif kind in records:
        _validate(data, records[kind], str(path))
    else:
        formats = "instance, problem, model, scenario, package, profile, chiplet, schedule, result"
        rule = f"must be one of the formats scar-cp/NAME@1 with NAME in {formats}"
        raise InputError([Fault(str(path), "format", _shown(kind), rule)])
    return str(kind)


def check_writable(path: Path) -> None:
    """Refuse an output path before work is spent on it.

    Raises
    ------
    InputError
        If it is a folder, or lies in one that does not exist or cannot be written.
    """
    if path.is_dir():
        raise InputError([Fault(str(path), "", None, "is a directory, not a file")])
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise InputError([Fault(str(path), "", None, "its folder must exist and be writable")])


def to_json(record: Record) -> str:
    """Serialise a record: stable key order, two-space indent, a newline at the end."""
    return json.dumps(record.model_dump(), indent=2, allow_nan=False) + "\n"


def write_text(path: str | Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written there.
    """
    path = Path(path)
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be written: {error}")]) from error
