"""Instances from files, with everything they refer to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from scar_cp.cost.instance_costs import with_table
from scar_cp.errors import Fault, InputError, collecting
from scar_cp.files.inner_settings import InnerSettings, is_inner
from scar_cp.files.shipped import file_of, is_name, named_file, shipped_files, unknown_name
from scar_cp.inputs.cost_table import CostTable, read_cost_table
from scar_cp.inputs.graph import model_faults
from scar_cp.inputs.instance import Instance, InstanceFile
from scar_cp.inputs.package import Package, Profile, no_profile
from scar_cp.inputs.rules import (
    instance_faults,
    package_faults,
    profile_faults,
    scenario_faults,
)
from scar_cp.inputs.schemas import SchemaKind
from scar_cp.inputs.workload import Model, Scenario
from scar_cp.records.reading import reader
from scar_cp.records.record import Record
from scar_cp.records.yaml_json import read_document, to_record
from scar_cp.terms import Granularity

__all__ = [
    "REFERENCES",
    "Collector",
    "blame_overrides",
    "read_instance",
    "read_scenario",
    "referred_file",
    "resolve_instance",
    "with_paths",
]

R = TypeVar("R", bound=Record)


REFERENCES: tuple[SchemaKind, ...] = ("scenario", "package", "profile")
"""Keys of an instance that name files which may be shipped ones."""


class Collector:
    """Reads files and keeps their faults, so that all are reported together."""

    def __init__(self, inner: InnerSettings | None = None) -> None:
        self._inner = inner or InnerSettings({})
        self.faults: list[Fault] = []
        self.files: list[Path] = []
        """What was read, or could be without the settings that replace it."""

    def validate(self, data: Any, cls: type[R], file: str) -> R | None:
        """The record of a document, if it has no fault."""
        with collecting(self.faults):
            return to_record(data, cls, file)
        return None

    def read(self, path: Path, cls: type[R], referred_by: Fault, *kinds: SchemaKind) -> R | None:
        """The record of a file that another one refers to, if it has no fault."""
        if not os.path.isfile(path):
            self.faults.append(_no_file(path, referred_by, *kinds))
            return None
        self.files.append(path)
        with collecting(self.faults):
            document = read_document(path)
            if kinds:
                document = self._inner.changed(kinds[0], document, str(path))
            return to_record(document, cls, str(path))
        return None


@reader
def read_instance(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Instance:
    """Read an instance and every file it refers to.

    Parameters
    ----------
    path
        An instance file, or the name of a shipped one.
    overrides
        Settings that replace those of the file; paths among them (``scenario``, ``package``,
        ``profile``) are relative to the current folder, and a name stands for a file beside the
        instance's own or for a shipped one. Keys with dots replace what stands inside these files:
        ``package.dram.gb_per_s``, ``scenario.models.resnet50.batch``, ``types.nvdla.buffer_bytes``.

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
    >>> sc.read_instance("sc4", {"package.dram.gb_per_s": 16}).package.dram.gb_per_s
    16.0
    """
    path = named_file(path, "instance")
    data = read_document(path)
    return resolve_instance(path, data, with_paths(path, data, overrides or {}))


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


def with_paths(path: Path, data: Any, overrides: Mapping[str, Any]) -> dict[str, Any]:
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


def resolve_instance(path: Path, data: Any, overrides: Mapping[str, Any]) -> Instance:
    """The instance that a document of a file describes, with settings that replace its own."""
    file = str(path)
    if not isinstance(data, dict):
        to_record(data, InstanceFile, file)
    inner = InnerSettings(overrides)
    collector = Collector(inner)
    collector.files.append(path)
    collector.files += [
        referred_file(path, data[key], key) for key in REFERENCES if isinstance(data.get(key), str)
    ]
    if isinstance(data.get("cost_table"), str):
        collector.files.append(_relative(path, data["cost_table"]))
    data = data | {key: value for key, value in overrides.items() if not is_inner(key)}
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
    if data.get("profile") is None and scenario is not None:
        profile_file, profile = file, no_profile(scenario.domain)
    if scenario and package and profile:
        collector.faults += inner.faults()
    broken_package = package_faults(package, package_file) if package is not None else []
    collector.faults += broken_package
    if profile is not None:
        collector.faults += profile_faults(profile, profile_file)
    table, table_found = _read_costs(path, data.get("cost_table"))
    models: list[Model] = []
    if scenario is not None:
        granularity = settings.granularity if settings else "all"
        models = read_scenario(
            collector, scenario, scenario_file, profile, profile_file, granularity
        )
    # A faulty model or chiplet type does not hide what is wrong between the files.
    if settings and scenario and package and profile and not broken_package:
        files = {"instance": file, "scenario": scenario_file, "package": package_file}
        frames = scenario.unrolled
        collector.faults += instance_faults(settings, frames, package, profile, files)
        if not collector.faults:
            of_frames = tuple(
                model
                for run, model in zip(scenario.models, models, strict=True)
                for _ in run.unrolled()
            )
            instance = Instance.of(file, settings, frames, of_frames, package, profile)
            if table is not None:
                instance, broken = with_table(instance, table)
                table_found += broken
            if not table_found:
                there = dict.fromkeys(path for path in collector.files if path.is_file())
                return replace(instance, files=tuple(there))
    collector.faults += table_found
    blamed = map(inner.blamed, collector.faults)
    raise InputError(blame_overrides(blamed, file, overrides))


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


def blame_overrides(
    faults: Iterable[Fault], file: str, overrides: Mapping[str, Any]
) -> Iterator[Fault]:
    """Name the setting where what replaces the file's is at fault."""
    for fault in faults:
        key = fault.place.removeprefix("max_")
        if fault.file == file and key in overrides:
            fault = replace(fault, file=key, place="", is_parameter=True)
        yield fault


def read_scenario(
    collector: Collector,
    scenario: Scenario,
    file: str,
    profile: Profile | None,
    profile_file: str,
    granularity: Granularity,
) -> list[Model]:
    """The models of a scenario's runs, after the profile's replacements."""
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
