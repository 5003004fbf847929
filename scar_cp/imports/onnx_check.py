"""What was imported, compared with what the graph does when it runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scar_cp.imports.onnx_file import Choice, read_onnx
from scar_cp.imports.onnx_graph import Node
from scar_cp.imports.onnx_run import RunError, shapes_of_run
from scar_cp.inputs.workload import Layer

if TYPE_CHECKING:
    from scar_cp.imports.onnx_model import ImportedOnnx

__all__ = ["Check", "check_onnx"]

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Check:
    """How an import compares.

    Attributes
    ----------
    says
        One line if all is equal, otherwise one for each difference, or for why nothing ran.
    is_equal
        Whether it ran and nothing differs.
    """

    says: tuple[str, ...]
    is_equal: bool


def check_onnx(path: Path, choice: Choice, imported: ImportedOnnx) -> Check:
    """Run the graph on random inputs, and compare shapes, MACs, weights and outputs of layers.

    Parameters
    ----------
    path, choice
        As they were for the import.
    imported
        Its result.
    """
    model, _ = read_onnx(path, choice)
    try:
        runner, run = shapes_of_run(model, path.parent)
    except RunError as error:
        return Check((f"nothing is compared: {error}",), False)
    inferred = imported.graph.shapes
    both = [name for name in inferred if name in run]
    differences = [
        f"tensor {name}: {_shown(inferred[name])} here, {_shown(run[name])} in {runner}"
        for name in both
        if inferred[name] != run[name]
    ]
    for layer in imported.model.layers:
        differences += _layer_differences(layer, imported, {**inferred, **run}, runner)
    if differences:
        return Check(tuple(differences), False)
    equal = f"{len(both)} tensors' shapes equal those of {runner}"
    layers = len(imported.model.layers)
    return Check(
        (f"{equal}; MACs, weights and outputs of {layers} layers equal those counted from them",),
        True,
    )


def _layer_differences(
    layer: Layer, imported: ImportedOnnx, shapes: Shapes, runner: str
) -> Iterator[str]:
    node = imported.nodes[layer.name]
    of_steps = node.op in ("GRU", "LSTM", "RNN")
    constants = imported.graph.constants
    # Products with the states have a layer of their own, behind that of the others.
    operands = (0, 2) if imported.nodes.get(layer.inputs[0]) is node else (0, 1)
    found = {"MACs": (layer.macs, _macs(node, shapes, operands[1]))}
    weights = [node.inputs[k] for k in operands if k < len(node.inputs)]
    if layer.macs:
        fixed = sum(math.prod(shapes[name]) for name in weights if name in constants)
        found["weights"] = (layer.weight_elements, fixed)
    if not of_steps:
        found["outputs"] = (layer.output_elements, math.prod(shapes[node.outputs[0]]))
    for what, (here, there) in found.items():
        if here != there:
            yield f"layer {layer.name}: {here:,} {what} here, {there:,} by {runner}'s shapes"


def _macs(node: Node, shapes: Shapes, weight: int) -> int:
    """Multiply-accumulates by the definition of a node's operator; 0 if it has none."""
    if node.op in ("Conv", "ConvTranspose"):
        positions = node.outputs[0] if node.op == "Conv" else node.inputs[0]
        return math.prod(shapes[positions]) * math.prod(shapes[node.inputs[1]][1:])
    if node.op in ("Gemm", "MatMul"):
        inner = shapes[node.inputs[0]][0 if node.attributes.get("transA", 0) else -1]
        return math.prod(shapes[node.outputs[0]]) * inner
    if node.op == "Einsum":
        return _einsum_macs(node, shapes)
    if node.op in ("GRU", "LSTM", "RNN"):
        steps = shapes[node.inputs[0]][1 if node.attributes.get("layout", 0) else 0]
        return steps * math.prod(shapes[node.inputs[weight]])
    return 0


def _einsum_macs(node: Node, shapes: Shapes) -> int:
    operands: Any = node.attributes["equation"].decode().replace(" ", "").partition("->")[0]
    sizes: dict[str, int] = {}
    for labels, name in zip(operands.split(","), node.inputs, strict=True):
        sizes |= dict(zip(labels, shapes[name], strict=True))
    return math.prod(sizes.values())


def _shown(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "scalar"
