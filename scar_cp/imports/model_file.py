"""What every import ends with: rows checked as a model, the model file, and what to say of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scar_cp.errors import InputError
from scar_cp.inputs.graph import model_faults
from scar_cp.inputs.workload import Layer, Model
from scar_cp.records.yaml_json import flow_yaml, to_record

__all__ = ["Draft", "Imported", "build_model", "counted", "model_text", "summary"]

_LEGEND = (
    "K, C: output and input channels over all groups. Y, X: input plane. R, S: kernel. "
    "gemm: K outputs, reduction C, Y rows.",
    "Simplified: biases, normalisations and activation functions are part of their layer; several "
    "inputs are concatenated",
    "(add and mul: combined element-wise); dynamic: the second operand is an activation, not "
    "weights; a layer that reads part",
    "of a tensor is taken to read all of it.",
)

_PLANES = (
    "Z, T, OZ: planes of the input, of the kernel and of the output, of volumes or of several "
    "images; the cost model takes",
    "the output planes as one tall plane, whose windows have the rows of all planes of the kernel.",
)


@dataclass(frozen=True)
class Draft:
    """A layer to be, and where its source has it."""

    place: str
    fields: Mapping[str, object]


@dataclass(frozen=True)
class Imported:
    """A model, and lines on what its source has and it has not."""

    model: Model
    notes: tuple[str, ...] = ()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, and one on weights that are used more than once."""
        sharing = self.model.sharing_text
        return self.notes if sharing is None else (*self.notes, sharing)


def build_model(file: str, name: str, drafts: Sequence[Draft]) -> Model:
    """Check drafts as the layers of a model.

    Raises
    ------
    InputError
        With every fault, at its place in the source.
    """
    layers = [dict(draft.fields) for draft in drafts]
    document = {"format": "scar-cp/model@1", "name": name, "layers": layers}
    try:
        model = to_record(document, Model, file)
        faults = tuple(model_faults(model, file))
    except InputError as error:
        faults = error.faults

    def in_source(text: str) -> str:
        return re.sub(r"layers\[(\d+)\]", lambda match: drafts[int(match[1])].place, text)

    if faults:
        raise InputError(
            replace(
                fault,
                place=in_source(fault.place.replace("].", "], ")),
                rule=in_source(fault.rule),
            )
            for fault in faults
        )
    return model


def model_text(imported: Imported, source: Path) -> str:
    """The model's file: a head of comments, then one line per layer."""
    model = imported.model
    head = (
        f"{model.name}: shapes of one sample (batch 1).",
        f"Source: {source.name}, by scar-cp import.",
        *_LEGEND,
        *(_PLANES if any(layer.has_planes for layer in model.layers) else ()),
        *imported.all_notes,
    )
    lines = [f"# {line if line.isprintable() else ascii(line)}" for line in head]
    lines += [f"format: {model.format}", f"name: {flow_yaml(model.name)}"]
    if model.input_elements:
        lines += [f"input_elements: {flow_yaml(model.input_elements)}"]
    if model.outputs:
        lines += [f"outputs: {flow_yaml(list(model.outputs))}"]
    lines += ["layers:"]
    lines += [f"  - {flow_yaml(_row(layer))}" for layer in model.layers]
    return "\n".join(lines) + "\n"


def _row(layer: Layer) -> dict[str, object]:
    """What differs from the defaults, with the name first and the inputs last."""
    fields = layer.model_dump(mode="json", exclude_defaults=True)
    inputs = fields.pop("inputs")
    return {"name": fields.pop("name"), **fields, "inputs": inputs}


def summary(imported: Imported) -> list[str]:
    """Layers by operator, work, weights and edges between layers, and the notes."""
    layers = imported.model.layers
    macs = sum(layer.macs for layer in layers)
    names = {layer.name for layer in layers}
    edges = sum(name in names for layer in layers for name in layer.inputs)
    weights = imported.model.weight_elements
    return [
        f"{len(layers)} layers: {counted(Counter(layer.op for layer in layers))}",
        f"{macs:,} MACs, {weights:,} weights, {edges:,} edge{'s' * (edges != 1)}",
        *imported.all_notes,
    ]


def counted(names: Counter[str]) -> str:
    """Names with their counts, most frequent first."""
    return ", ".join(f"{count} {name}" for name, count in names.most_common())
