"""A file of any format, checked with what it refers to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from scar_cp.errors import InputError
from scar_cp.files.chiplet_files import read_chiplet
from scar_cp.files.format_faults import wrong_format
from scar_cp.files.instance_files import Collector, read_scenario
from scar_cp.files.loading import load_problem
from scar_cp.files.schedule_files import read_schedule
from scar_cp.files.shipped import KINDS, named_file
from scar_cp.inputs.graph import model_faults
from scar_cp.inputs.package import Package, Profile
from scar_cp.inputs.rules import (
    package_faults,
    profile_faults,
)
from scar_cp.inputs.workload import Model, Scenario
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import read_document, to_record

__all__ = ["check_file"]


@reader
def check_file(path: str | Path, more: Mapping[str, Callable[[Path], object]] | None = None) -> str:
    """Check a file of any format, and what it refers to.

    Parameters
    ----------
    path
        The file, or the name of a shipped one.
    more
        What reads files of further formats, by format, and raises their faults.

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
    collector = Collector()
    if kind == "scar-cp/model@1":
        model = to_record(data, Model, file)
        collector.faults += model_faults(model, file)
        kind = f"model {model.name}, {len(model.layers)} layers"
    elif kind == "scar-cp/scenario@1":
        scenario = to_record(data, Scenario, file)
        read_scenario(collector, scenario, file, None, "", "all")
    elif kind == "scar-cp/package@1":
        collector.faults += package_faults(to_record(data, Package, file), file)
    elif kind == "scar-cp/profile@1":
        collector.faults += profile_faults(to_record(data, Profile, file), file)
    elif kind == "scar-cp/chiplet@1":
        read_chiplet(file)
    elif kind == "scar-cp/schedule@1":
        read_schedule(path)
    elif isinstance(kind, str) and more and kind in more:
        more[kind](path)
    else:
        kinds = "instance, problem, model, scenario, package, profile, chiplet, schedule"
        others = (name.removeprefix("scar-cp/").removesuffix("@1") for name in more or ())
        names = ", ".join([kinds, *others])
        rule = f"must be one of the formats scar-cp/NAME@1 with NAME in {names}"
        raise InputError([wrong_format(file, kind, rule)])
    if collector.faults:
        raise InputError(collector.faults)
    return str(kind)
