"""Files in, records out, and back: the only module that knows YAML and JSON."""

from __future__ import annotations

import hashlib
import json
import os
import re
import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import ValidationError

from scar_cp.compile import (
    compile_instance,
    instance_faults,
    package_faults,
    scenario_faults,
    type_faults,
)
from scar_cp.errors import Fault, InputError
from scar_cp.graph import Granularity, model_faults
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
    "read_document",
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


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
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

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep=deep)
            if isinstance(value, int):
                str(value)  # Python prints no integer of more than 4300 digits
        except ValueError as error:  # also dates that no calendar has
            reason = str(error).partition(";")[0]
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark) from error
        return value


# YAML 1.1 takes 1e3 for a string.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)

_MAX_NESTING = 100
"""Deepest nesting of brackets or indents: far beyond any record, far below the parser's stack."""


def read_document(path: str | Path) -> Any:
    """The data of a YAML or JSON file, whatever it says.

    Raises
    ------
    InputError
        With one fault, if the file cannot be read or parsed.
    """
    path = Path(path)

    def fail(rule: str, place: str = "") -> InputError:
        return InputError([Fault(str(path), place, None, rule)])

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
        if twice:
            raise fail(f"malformed JSON: key {twice[0]!r} stands twice")
        return dict(pairs)

    if os.path.isdir(path):
        raise fail("is a directory, not a file")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if not text.strip():
            raise fail("the file is empty")
        if path.suffix == ".json":
            return json.loads(text, object_pairs_hook=mapping)
        _check_nesting(text)
        return yaml.load(text, Loader=_Loader)
    except FileNotFoundError as error:
        raise fail("no such file") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise fail(f"malformed JSON: {error.msg}", place) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise fail(f"malformed YAML: {problem}", place) from error
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, endless digits
        raise fail(f"cannot be read: {str(error).partition(';')[0]}") from error


def _check_nesting(text: str) -> None:
    """Refuse what would overflow the stack of the C parser."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            raise ValueError(f"nested deeper than {_MAX_NESTING} levels")


def _validate(data: Any, cls: type[R], file: str) -> R:
    if not isinstance(data, dict):
        rule = f"must be a mapping with the keys of {cls.__name__}"
        raise InputError([Fault(file, "", _shown(data), rule)])
    (expected,) = get_args(cls.model_fields["format"].annotation)
    if data.get("format", expected) != expected:  # another kind of file: its keys tell nothing
        raise InputError([Fault(file, "format", _shown(data["format"]), f"must be {expected!r}")])
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        found = error.errors()
        inner = {details["loc"][:k] for details in found for k in range(len(details["loc"]))}
        raise InputError(
            _fault(file, cls, details)
            for details in found  # a list also counts as too short when its items are at fault
            if details["type"] != "too_short" or details["loc"] not in inner
        ) from error


_RULES = {
    "missing": "is required",
    "invalid_key": "keys must be strings",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping",
    "dict_type": "must be a mapping",
    "recursion_loop": "must not contain itself",
}


def _fault(file: str, cls: type[Record], details: Any) -> Fault:
    *_, key = loc = details["loc"]
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part != "[key]":
            place += f".{part}" if place else str(part)
    kind = details["type"]
    if kind == "extra_forbidden":
        known = {name.lower(): name for name in _keys_at(cls, loc)}
        close = get_close_matches(str(key).lower(), known, n=1)
        rule = f"unknown key, did you mean {known[close[0]]}?" if close else "unknown key"
    else:
        message = re.sub(r"^\w+ should ", "must ", details["msg"])
        message = message.replace(" after validation", "")
        rule = _RULES.get(kind, message)
    return Fault(file, place, None if kind == "missing" else _shown(details["input"]), rule)


def _keys_at(cls: type[Record], loc: tuple[str | int, ...]) -> list[str]:
    """The keys that a record knows at a place inside it."""

    def record_in(annotation: Any) -> type[Record] | None:
        if isinstance(annotation, type) and issubclass(annotation, Record):
            return annotation
        return next(filter(None, map(record_in, get_args(annotation))), None)

    for part in loc[:-1]:
        if part in cls.model_fields:
            cls = record_in(cls.model_fields[str(part)].annotation) or cls
    return list(cls.model_fields)


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2  # aliases may repeat a value beyond all bounds


def _shown(value: Any) -> str:
    text = _SHORT.repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def read_record(path: str | Path, cls: type[R]) -> R:
    """Read one file into a record.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    return _validate(read_document(Path(path)), cls, str(path))


class _Collector:
    """Reads files and keeps their faults, so that all are reported together."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def validate(self, data: Any, cls: type[R], file: str) -> R | None:
        try:
            return _validate(data, cls, file)
        except InputError as error:
            self.faults += error.faults
            return None

    def read(self, path: Path, cls: type[R], referred_by: Fault) -> R | None:
        if not os.path.isfile(path):
            state = "is a directory" if os.path.isdir(path) else "does not exist"
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
    return _resolve(path, read_document(path), overrides or {})


def _resolve(path: Path, data: Any, overrides: Mapping[str, Any]) -> Instance:
    file = str(path)
    if not isinstance(data, dict):
        _validate(data, InstanceFile, file)
    data = data | dict(overrides)
    collector = _Collector()
    settings = collector.validate(data, InstanceFile, file)

    def refer(key: str, cls: type[R]) -> tuple[str, R | None]:
        target = data.get(key)
        if not isinstance(target, str):  # reported above
            return "", None
        place = Path(target) if key in overrides else _relative(path, target)
        return str(place), collector.read(place, cls, Fault(file, key, target, ""))

    scenario_file, scenario = refer("scenario", Scenario)
    package_file, package = refer("package", Package)
    profile_file, profile = refer("profile", Profile)
    if package is not None:
        collector.faults += package_faults(package, package_file)
    if profile is not None:
        collector.faults += _profile_faults(profile, profile_file)
    models: list[Model] = []
    if scenario is not None:
        granularity = settings.granularity if settings else "all"
        models = _read_scenario(
            collector, scenario, scenario_file, profile, profile_file, granularity
        )
    if settings and scenario and package and profile and not collector.faults:
        files = {"instance": file, "scenario": scenario_file, "package": package_file}
        collector.faults += instance_faults(settings, scenario, package, profile, files)
        if not collector.faults:
            return Instance.of(file, settings, scenario, tuple(models), package, profile)
    raise InputError(_blame_options(collector.faults, file, overrides))


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
        path = _relative(Path(file), run.model)
        at = Fault(file, f"models[{i}].model", run.model, "")
        if profile is not None and path.stem in profile.models:
            at = Fault(profile_file, f"models.{path.stem}", profile.models[path.stem], "")
            path = path.parent / f"{profile.models[path.stem]}{path.suffix}"
        if path not in seen:
            model = seen[path] = collector.read(path, Model, at)
            if model is not None:
                collector.faults += model_faults(model, str(path), granularity)
        models.append(seen[path])
    return [model for model in models if model is not None]


def _profile_faults(profile: Profile, file: str) -> list[Fault]:
    return [
        fault
        for domain, types in profile.domains.items()
        for fault in type_faults(types, file, f"domains.{domain}")
    ]


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
    data = read_document(path)
    kind = data.get("format") if isinstance(data, dict) else "scar-cp/instance@1"
    if kind == "scar-cp/problem@1":
        return _load_compiled(path, data, overrides)
    if kind != "scar-cp/instance@1":
        rule = "must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"
        raise InputError([_wrong_format(str(path), kind, rule)])
    instance = _resolve(path, data, overrides)
    problem = compile_instance(instance)
    return LoadedProblem(problem, instance.settings, sha256_of(problem))


def _wrong_format(file: str, kind: object, rule: str) -> Fault:
    return Fault(file, "format", None if kind is None else _shown(kind), rule)


def _load_compiled(path: Path, data: dict[str, Any], overrides: dict[str, Any]) -> LoadedProblem:
    rule = "a compiled problem cannot change this: give its instance instead"
    faults = [
        Fault(f"--{key}", "", _shown(value), rule)
        for key, value in overrides.items()
        if key not in PROBLEM_SETTINGS
    ]
    changes = {key: value for key, value in overrides.items() if key in PROBLEM_SETTINGS}
    windows = changes.pop("windows", None)
    splits = changes.pop("n_splits", None)
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
        faults.append(Fault("--n-splits", "", _shown(splits), rule))
    if faults:
        raise InputError(faults)
    if windows is not None or splits is not None:
        problem = reconfigure(problem, splits)
    elif not overrides:
        return LoadedProblem(problem, None, hashlib.sha256(path.read_bytes()).hexdigest())
    return LoadedProblem(problem, None, sha256_of(problem))


def _without_windows(model: Any) -> Any:
    if not isinstance(model, dict) or not isinstance(model.get("layers"), list):
        return model
    layers = [la | {"window": None} if isinstance(la, dict) else la for la in model["layers"]]
    return model | {"max_segments": None, "layers": layers}


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
    data = read_document(Path(path))
    file = str(path)
    kind = data.get("format") if isinstance(data, dict) else "scar-cp/schedule@1"
    if kind == "scar-cp/schedule@1":
        return _validate(data, Schedule, file)
    if kind != "scar-cp/result@1":
        rule = "must be 'scar-cp/schedule@1' or 'scar-cp/result@1'"
        raise InputError([_wrong_format(file, kind, rule)])
    if data.get("schedule") is None:
        raise InputError([Fault(file, "schedule", None, "the result has no schedule")])
    try:
        return _validate(data["schedule"], Schedule, file)
    except InputError as error:
        raise InputError(
            replace(fault, place=f"schedule.{fault.place}".rstrip(".")) for fault in error.faults
        ) from error


def read_chiplet(reference: str) -> ChipletType:
    """Read a chiplet type: a file of its own, or ``PROFILE#domain.type``.

    Raises
    ------
    InputError
        With every fault of the file, or if the profile has no such type.
    """
    file, _, inside = reference.partition("#")
    if not inside:
        chiplet = read_record(file, ChipletFile)
        return _checked_type(chiplet.type, file, "type")
    profile = read_record(file, Profile)
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
    file = str(path)
    data = read_document(path)
    kind = data.get("format") if isinstance(data, dict) else None
    if kind in ("scar-cp/instance@1", "scar-cp/problem@1"):
        problem = load_problem(path).problem
        layers = sum(m.num_layers for m in problem.models)
        return f"{len(problem.models)} models, {layers} layers, {problem.num_chiplets} chiplets"
    collector = _Collector()
    if kind == "scar-cp/model@1":
        model = _validate(data, Model, file)
        collector.faults += model_faults(model, file)
        kind = f"model {model.name}, {len(model.layers)} layers"
    elif kind == "scar-cp/scenario@1":
        scenario = _validate(data, Scenario, file)
        _read_scenario(collector, scenario, file, None, "", "all")
    elif kind == "scar-cp/package@1":
        collector.faults += package_faults(_validate(data, Package, file), file)
    elif kind == "scar-cp/profile@1":
        collector.faults += _profile_faults(_validate(data, Profile, file), file)
    elif kind == "scar-cp/chiplet@1":
        read_chiplet(file)
    elif kind == "scar-cp/schedule@1" or (
        kind == "scar-cp/result@1" and data.get("schedule") is not None
    ):
        read_schedule(path)
    elif kind != "scar-cp/result@1":
        formats = "instance, problem, model, scenario, package, profile, chiplet, schedule, result"
        rule = f"must be one of the formats scar-cp/NAME@1 with NAME in {formats}"
        raise InputError([_wrong_format(file, kind, rule)])
    if collector.faults:
        raise InputError(collector.faults)
    return str(kind)


def check_writable(path: Path | None, *inputs: Path) -> None:
    """Refuse an output path, if there is one, before work is spent on it.

    Raises
    ------
    InputError
        If it is a folder or one of the inputs, or lies in a folder that does not exist or cannot
        be written.
    """
    if path is None:
        return
    if os.path.isdir(path):
        rule = "is a directory, not a file"
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        rule = "its folder must exist and be writable"
    elif any(path.resolve() == given.resolve() for given in inputs):
        rule = "must not be the input itself"
    else:
        return
    raise InputError([Fault(str(path), "", None, rule)])


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
    check_writable(path)
    whole = path.resolve()
    try:
        if path.exists() and not path.is_file():  # a device or pipe is written to, not replaced
            path.write_text(text, encoding="utf-8")
            return
        part = whole.with_name(f".{whole.name}.{os.getpid()}")
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be written: {error}")]) from error
