"""A model, package, profile, scenario, instance or problem as text of at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scar_cp.errors import Fault, InputError
from scar_cp.files.file_check import check_file
from scar_cp.files.instance_files import read_instance, referred_file
from scar_cp.files.loading import read_problem
from scar_cp.files.shipped import KINDS, named_file
from scar_cp.inputs.instance import Instance, InstanceFile
from scar_cp.inputs.package import ChipletType, Package, Profile
from scar_cp.inputs.schemas import SCHEMAS
from scar_cp.inputs.workload import COMPUTE_OPS, Layer, Model, Scenario, Steps
from scar_cp.problem.compiled import Problem
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import read_document, read_record, shown
from scar_cp.show.text.package_text import package_lines
from scar_cp.show.text.tables import Columns, plain_table
from scar_cp.show.text.units import Units
from scar_cp.terms import Granularity

__all__ = ["model_size", "record_lines", "show_lines"]

WIDTH = 80


@reader
def show_lines(path: Path) -> list[str]:
    """The lines that show a file, or a shipped one by its name.

    Raises
    ------
    InputError
        If the file is of another format, or with every fault of it and what it refers to.
    """
    path = named_file(path, *KINDS)
    data: Any = read_document(path)
    given = data.get("format") if isinstance(data, dict) else None
    if given == "scar-cp/problem@1":
        return _problem_lines(read_problem(path))
    records = {f"scar-cp/{kind}@1": cls for kind, cls in SCHEMAS.items()}
    if not isinstance(given, str) or given not in records:
        rule = f"must be one of {', '.join([*records, 'scar-cp/problem@1'])}"
        raise InputError(
            [Fault(str(path), "format", None if given is None else shown(given), rule)]
        )
    check_file(path)
    record = read_record(path, records[given])
    if isinstance(record, Scenario):
        files = [referred_file(path, run.model, "model") for run in record.models]
        models = [read_record(file, Model) for file in files]
        return _scenario_lines(record, models)
    if isinstance(record, Model | Package | Profile):
        return record_lines(record)
    return record_lines(read_instance(path))


def record_lines(record: Model | Package | Profile | Instance) -> list[str]:
    """The lines that show a record without faults."""
    if isinstance(record, Model):
        return _model_lines(record)
    if isinstance(record, Package):
        return [*package_lines(record, WIDTH), *_own_types(record)]
    if isinstance(record, Profile):
        return _profile_lines(record)
    return _instance_lines(record)


def _model_lines(model: Model) -> list[str]:
    layers = model.layers
    columns: Columns = {
        "layer": [layer.name for layer in layers],
        "op": [layer.op if layer.op in COMPUTE_OPS else f"({layer.op})" for layer in layers],
        "shape of one sample": [_shape(layer) for layer in layers],
        "MACs": [_short(layer.macs) for layer in layers],
        "weights": [_short(layer.weight_elements) for layer in layers],
    }
    lines = [f"model {model.name}: {model_size(model)}", ""]
    lines += plain_table(_cut(columns, "layer"), left=("layer", "op", "shape of one sample"))
    if model.sharing_text is not None:
        lines += ["", *textwrap.wrap(model.sharing_text, WIDTH)]
    if any(layer.op not in COMPUTE_OPS for layer in layers):
        lines += ["", "(op): not scheduled by itself, but folded into the layers around it"]
    return lines


def model_size(model: Model) -> str:
    """Layers, work and weights of a model."""
    return (
        f"{len(model.layers)} layers, {_scheduled(model, 'compute')} scheduled, "
        f"{_short(_macs(model))} MACs, {_short(model.weight_elements)} weights"
    )


def _scheduled(model: Model, granularity: Granularity) -> int:
    return sum(granularity == "all" or layer.op in COMPUTE_OPS for layer in model.layers)


def _macs(model: Model) -> int:
    return sum(layer.macs for layer in model.layers)


def _shape(layer: Layer) -> str:
    if layer.op == "gemm":
        return f"{layer.Y}x{layer.C} -> {layer.Y}x{layer.K}"
    sizes = [
        (layer.C, layer.Z, layer.Y, layer.X),
        (layer.K, layer.OZ, layer.output_height, layer.output_width),
        (layer.T, layer.R, layer.S),
    ]
    if not layer.has_planes:
        sizes = [(*channels, rows, columns) for *channels, _, rows, columns in sizes]
    into, out, window = ("x".join(map(str, extents)) for extents in sizes)
    kernel = f", {window}" if layer.T * layer.R * layer.S > 1 else ""
    return f"{into} -> {out}{kernel}{_steps(' /', layer.stride)}{_steps(' *', layer.dilation)}"


def _steps(mark: str, steps: Steps) -> str:
    """A stride or dilation behind its mark; nothing for 1."""
    if steps == 1:
        return ""
    return mark + (str(steps) if isinstance(steps, int) else "x".join(map(str, steps)))


def _short(count: int) -> str:
    """A count in four digits; nothing for none."""
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.4g} {unit}"
    return str(count) if count else "-"


def _cut(columns: Columns, heading: str) -> Columns:
    """The columns with the cells under one heading cut so that all fit the width."""
    others = sum(2 + max(map(len, (h, *cells))) for h, cells in columns.items() if h != heading)
    room = max(WIDTH - others, 8)
    cells = [c if len(c) <= room else f"{c[: room - 3]}..." for c in columns[heading]]
    return columns | {heading: cells}


def _profile_lines(profile: Profile) -> list[str]:
    lines = [f"profile {profile.name}"]
    for domain, types in profile.domains.items():
        lines += ["", f"domain {domain}", *_types_table(types)]
    lines += [f"replaces {old} by {new}" for old, new in profile.models.items()]
    if profile.dram_pj_per_bit is not None:
        lines.append(f"DRAM {profile.dram_pj_per_bit:g} pJ/bit, whatever the package says")
    return lines


def _own_types(package: Package) -> list[str]:
    if not package.chiplet_types:
        return []
    return ["", "chiplet types of its own", *_types_table(package.chiplet_types)]


def _types_table(types: dict[str, ChipletType]) -> list[str]:
    columns: Columns = {
        "type": list(types),
        "dataflow": [t.dataflow for t in types.values()],
        "array": [f"{t.array[0]}x{t.array[1]}" for t in types.values()],
        "elements/cycle": [str(t.noc_elements_per_cycle) for t in types.values()],
        "buffer KiB": [f"{t.buffer_bytes / 1024:,.6g}" for t in types.values()],
        "gemm": [t.gemm for t in types.values()],
        "pJ/MAC": [f"{t.energy_unit_pj:g}" for t in types.values()],
    }
    return plain_table(_cut(columns, "type"), left=("type", "dataflow", "gemm"))


def _scenario_lines(
    scenario: Scenario, models: Sequence[Model], granularity: Granularity = "compute"
) -> list[str]:
    runs = scenario.models
    columns: Columns = {
        "model": [run.name or model.name for run, model in zip(runs, models, strict=True)],
        "batch": [str(run.batch) for run in runs],
        "at a time": [str(run.minibatch) for run in runs],
        "layers": [str(_scheduled(model, granularity)) for model in models],
        "MACs/sample": [_short(_macs(model)) for model in models],
        "weights": [_short(model.weight_elements) for model in models],
        "deadline": ["-" if r.deadline_ms is None else f"{r.deadline_ms:g} ms" for r in runs],
    }
    if any(run.frame_period_ms for run in runs):
        columns["frames"] = [str(run.frames or 1) for run in runs]
        periods = [run.frame_period_ms for run in runs]
        columns["every"] = ["-" if period is None else f"{period:g} ms" for period in periods]
    head = f"scenario {scenario.name}: {len(runs)} models for the domain {scenario.domain}, "
    size = f"{scenario.bytes_per_element} byte(s) per element"
    return [head + size, "", *plain_table(_cut(columns, "model"), left=("model",))]


def _instance_lines(instance: Instance) -> list[str]:
    settings = {
        name: value
        for name, value in instance.settings.model_dump(exclude={"format", "name"}).items()
        if value is not None
    }
    defaults = InstanceFile.model_fields
    columns: Columns = {
        "setting": list(settings),
        "value": [str(value) for value in settings.values()],
        "": ["(default)" if v == defaults[name].default else "" for name, v in settings.items()],
    }
    return [
        f"instance {instance.name}",
        "",
        *plain_table(_cut(columns, "value"), left=tuple(columns)),
        "",
        *_scenario_lines(instance.scenario, instance.models, instance.settings.granularity),
        "",
        *package_lines(instance.package, WIDTH),
        "",
        "chiplet types",
        *_types_table(instance.used_types),
        *(
            f"cost table: {row.model}, {row.layer} is taken for {name.layer}"
            for name, row in instance.guessed_rows.items()
        ),
    ]


def _problem_lines(problem: Problem) -> list[str]:
    """Lines that show a compiled problem: what runs, on which chiplets, with which settings."""
    units = Units(problem.clock_hz)
    models = problem.models
    due = [model.deadline_cycles for model in models]
    columns: Columns = {
        "model": list(problem.run_names),
        "batch": [str(model.batch) for model in models],
        "at a time": [str(model.minibatch) for model in models],
        "layers": [str(model.num_layers) for model in models],
        "deadline": ["-" if cycles is None else units.time(cycles) for cycles in due],
    }
    kinds = zip(problem.type_counts, problem.type_names, strict=True)
    return [
        f"problem {str(problem).removeprefix('<Problem ').rstrip('>')}",
        "",
        *plain_table(columns, {"model"}),
        "",
        f"chiplets: {', '.join(f'{count} {name}' for count, name in kinds)}, "
        f"{problem.clock_hz / 1e6:g} MHz",
        f"weights {problem.weight_policy}, overlap {problem.overlap}, "
        f"contention {problem.contention}, routing {problem.routing}",
    ]
