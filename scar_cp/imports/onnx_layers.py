"""Operators of ONNX that are layers: the extents of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scar_cp.imports.onnx_graph import Node, NodeError, OnnxGraph
from scar_cp.inputs.workload import LayerShape

__all__ = ["LAYERS", "RECURRENT", "Fields", "combined"]

Fields = dict[str, object]
"""Fields of a layer, without its name and its inputs."""

Extents = Sequence[int]


@dataclass(frozen=True)
class _Window:
    """How a kernel moves over images or volumes; two directions, also for images with one."""

    channels: int
    planes: Extents
    """Those of the input, of the kernel and of the output."""
    size: Extents
    kernel: Extents
    strides: Extents
    dilations: Extents
    pads: Extents
    """Top, left, bottom, right."""

    @property
    def fields(self) -> Fields:
        """The extents of a layer. Pads that are not all the same count as input."""
        top, left, bottom, right = self.pads
        (height, width), (rows, columns) = self.size, self.kernel
        planes_in, planes_of_kernel, planes_out = self.planes
        even = len(set(self.pads)) == 1
        return {
            "C": self.channels,
            "Y": height if even else height + top + bottom,
            "X": width if even else width + left + right,
            "R": rows,
            "S": columns,
            "stride": tuple(self.strides),
            "dilation": tuple(self.dilations),
            "pad": top if even else 0,
            "Z": planes_in,
            "T": planes_of_kernel,
            "OZ": planes_out,
        }


def _window(graph: OnnxGraph, node: Node, kernel: Extents) -> _Window:
    """The window of a convolution or pool over its first input."""
    samples, channels, *size = graph.shape(node.inputs[0])
    if len(size) not in (1, 2, 3):
        raise NodeError(f"{len(size)} spatial dimensions", "must have 1, 2 or 3")
    strides = node.attributes.get("strides", [1] * len(size))
    dilations = node.attributes.get("dilations", [1] * len(size))
    spans = [(k - 1) * holes + 1 for k, holes in zip(kernel, dilations, strict=True)]
    pads = _pads(node, size, spans, strides)
    before, after = pads[: len(size)], pads[len(size) :]
    depth, kernel_depth, depth_out = 1, 1, 1
    if len(size) == 3:
        depth, kernel_depth = size[0], kernel[0]
        output = graph.shape(node.outputs[0])
        depth_out = output[2] if len(output) == 5 else 1
    return _Window(
        channels,
        (samples * depth, kernel_depth, samples * depth_out),
        _planar(size, 1),
        _planar(kernel, 1),
        _planar(strides, strides[0]),
        _planar(dilations, dilations[0]),
        (*_planar(before, 0), *_planar(after, 0)),
    )


def _planar(extents: Extents, fill: int) -> Extents:
    """The extents of both directions of a plane."""
    return [fill, *extents] if len(extents) == 1 else extents[-2:]


def _pads(node: Node, size: Extents, spans: Extents, strides: Extents) -> Extents:
    """Zeros before every dimension, then after; the kernel spans its holes, too."""
    mode = _mode(node)
    if not mode.startswith(b"SAME"):
        explicit = node.attributes.get("pads", [0] * 2 * len(size))
        return explicit if mode == b"NOTSET" else [0] * 2 * len(size)
    totals = [
        max((-(-n // step) - 1) * step + k - n, 0)
        for n, k, step in zip(size, spans, strides, strict=True)
    ]
    less, more = [total // 2 for total in totals], [-(-total // 2) for total in totals]
    return [*less, *more] if mode == b"SAME_UPPER" else [*more, *less]


def _mode(node: Node) -> bytes:
    """How a node says its pads; by numbers if not otherwise."""
    mode: bytes = node.attributes.get("auto_pad", b"NOTSET")
    return mode


def _check_kernel(graph: OnnxGraph, node: Node, channels: int) -> None:
    """Refuse what no layer can say of a convolution whose weights read so many channels."""
    read = graph.shape(node.inputs[0])[1]
    if read != channels:
        raise NodeError(f"{read} channels", f"the weights read {channels}")
    if node.inputs[0] in graph.constants:
        raise NodeError(node.inputs[0], "must not be constant: the weights may be an activation")


def _conv(graph: OnnxGraph, node: Node) -> Fields:
    outputs, channels, *kernel = graph.shape(node.inputs[1])
    groups = node.attributes.get("group", 1)
    window = _window(graph, node, kernel)
    _check_kernel(graph, node, groups * channels)
    depthwise = groups == window.channels == outputs > 1
    return {
        "op": "dwconv" if depthwise else "conv",
        "K": outputs,
        **window.fields,
        "groups": groups,
        "dynamic": _is_dynamic(graph, node),
    }


def _is_dynamic(graph: OnnxGraph, node: Node) -> bool:
    """Whether the second operand is an activation."""
    return node.inputs[1] not in graph.constants


def _transposed_conv(graph: OnnxGraph, node: Node) -> Fields:
    channels, outputs, *kernel = graph.shape(node.inputs[1])
    groups = node.attributes.get("group", 1)
    window = _window(graph, node, kernel)
    _check_kernel(graph, node, channels)
    fields = {
        "K": outputs * groups,
        **window.fields,
        "groups": groups,
        "dynamic": _is_dynamic(graph, node),
    }
    # Its pads cut the output: where no single number says by how much, the output's size does.
    fields["Y"], fields["X"] = window.size
    if "output_shape" in node.attributes or _mode(node) != b"NOTSET":
        fields["pad"] = 0
    return _with_output(graph, node, {"op": "tconv", **fields})


def _with_output(graph: OnnxGraph, node: Node, fields: Fields) -> Fields:
    """The fields, and the output plane where it does not follow from them."""
    height, width = _planar(graph.shape(node.outputs[0])[2:], 1)
    follows = LayerShape.unchecked(**fields)
    if (follows.output_height, follows.output_width) == (height, width):
        return fields
    return {**fields, "OY": height, "OX": width}


def _pool(graph: OnnxGraph, node: Node) -> Fields:
    window = _window(graph, node, node.attributes["kernel_shape"])
    return _with_output(graph, node, {"op": "pool", "K": window.channels, **window.fields})


def _global_pool(graph: OnnxGraph, node: Node) -> Fields:
    window = _window(graph, node, graph.shape(node.inputs[0])[2:])
    return {"op": "pool", "K": window.channels, **window.fields}


def _reduction(graph: OnnxGraph, node: Node) -> Fields | None:
    """A pool over the plane or the rows; along features it is part of a normalisation."""
    shape = graph.shape(node.inputs[0])
    given = node.attributes.get("axes")
    if given is None and len(node.inputs) > 1:
        given = graph.values.get(node.inputs[1])
    axes = {int(axis) % len(shape) for axis in given} if given is not None else set()
    if len(shape) in (4, 5) and axes == set(range(2, len(shape))):
        return _global_pool(graph, node)
    if len(shape) == 3 and axes == {1} and not node.attributes.get("keepdims", 1):
        samples, rows, features = shape
        fields = {"K": features, "C": features, "Y": rows, "R": rows}
        return {"op": "pool", **fields, "Z": samples, "OZ": samples}
    return None


def _resampling(graph: OnnxGraph, node: Node) -> Fields | None:
    before, after = graph.shape(node.inputs[0]), graph.shape(node.outputs[0])
    if before == after or len(before) not in (3, 4, 5):
        return None
    (height, width), (rows, columns) = _planar(before[2:], 1), _planar(after[2:], 1)
    channels = before[1]
    return {
        "op": "resample",
        "K": channels,
        "C": channels,
        "Y": height,
        "X": width,
        "OY": rows,
        "OX": columns,
        "Z": before[0] * math.prod(before[2:-2]),
        "OZ": after[0] * math.prod(after[2:-2]),
    }


def _gemm(graph: OnnxGraph, node: Node) -> Fields:
    left, right = graph.shape(node.inputs[0]), graph.shape(node.inputs[1])
    left = left[::-1] if node.attributes.get("transA", 0) else left
    right = right[::-1] if node.attributes.get("transB", 0) else right
    return _product(graph, node, left, right)


def _matmul(graph: OnnxGraph, node: Node) -> Fields:
    left, right = graph.shape(node.inputs[0]), graph.shape(node.inputs[1])
    return _product(
        graph,
        node,
        (1, *left) if len(left) == 1 else left,
        (*right, 1) if len(right) == 1 else right,
    )


def _product(graph: OnnxGraph, node: Node, left: tuple[int, ...], right: tuple[int, ...]) -> Fields:
    """A gemm; one group per matrix of the second operand: weights, or an activation."""
    weights_first = node.inputs[0] in graph.constants
    if weights_first:  # (WX)^T = X^T W^T
        left, right = (*right[:-2], right[-1], right[-2]), (*left[:-2], left[-1], left[-2])
    if left[-1] != right[-2]:
        raise NodeError(f"{left[-1]} and {right[-2]}", "the inner sizes must be equal")
    groups = math.prod(right[:-2])
    batch = math.prod(np.broadcast_shapes(left[:-2], right[:-2]))
    return {
        "op": "gemm",
        "K": groups * right[-1],
        "C": groups * left[-1],
        "Y": batch // groups * left[-2],
        "groups": groups,
        "dynamic": not weights_first and _is_dynamic(graph, node),
    }


def _recurrent(graph: OnnxGraph, node: Node) -> Fields | None:
    """The products with the inputs of all steps; `RECURRENT` has those with the states."""
    return _of_steps(graph, node, 1)


def _recurrence(graph: OnnxGraph, node: Node) -> Fields:
    return _of_steps(graph, node, 2)


def _of_steps(graph: OnnxGraph, node: Node, weights: int) -> Fields:
    """Products of every step with weights of shape (directions, gates x hidden, read)."""
    steps, samples, _ = graph.shape(node.inputs[0])
    directions, outputs, read = graph.shape(node.inputs[weights])
    if node.inputs[weights] not in graph.constants:
        raise NodeError(node.inputs[weights], "the weights must be constant")
    groups = directions if weights == 2 else 1
    return {
        "op": "gemm",
        "K": directions * outputs,
        "C": groups * read,
        "Y": steps * samples,
        "groups": groups,
    }


def _einsum(graph: OnnxGraph, node: Node) -> Fields:
    """A product of two operands: labels of both are groups if they are kept, sums if not."""
    equation = node.attributes["equation"].decode().replace(" ", "")
    left_right, _, out = equation.partition("->")
    if len(node.inputs) != 2 or "." in equation or "->" not in equation:
        raise NodeError(equation, "must be a product of two operands with all labels named")
    labels = left_right.split(",")
    sizes: dict[str, int] = {}
    for text, name in zip(labels, node.inputs, strict=True):
        if len(set(text)) != len(text):
            raise NodeError(equation, "a label stands twice in an operand")
        sizes |= dict(zip(text, graph.shape(name), strict=True))
    weights_first = node.inputs[0] in graph.constants
    left, right = labels[::-1] if weights_first else labels
    lost = (set(left) ^ set(right)) - set(out)
    if lost:
        raise NodeError(equation, f"{min(lost)} is summed up in one operand alone")

    def size(of: set[str]) -> int:
        return math.prod(sizes[label] for label in of)

    both = set(left) & set(right)
    groups = size(both & set(out))
    constant = node.inputs[0 if weights_first else 1] in graph.constants
    return {
        "op": "gemm",
        "K": groups * size(set(right) - both),
        "C": groups * size(both - set(out)),
        "Y": size(set(left) - both),
        "groups": groups,
        "dynamic": not constant,
    }


def combined(graph: OnnxGraph, node: Node, op: str) -> Fields:
    """An element-wise layer with the extents of its output; one of few dimensions has rows."""
    shape = graph.shape(node.outputs[0])
    channels_first = len(shape) > 3
    inner = shape[1:] if channels_first else shape[::-1]
    channels, height, *rest = (*inner, 1, 1)
    samples = shape[0] if channels_first else 1
    fields = {"K": channels, "C": channels, "Y": height, "X": math.prod(rest)}
    return {"op": op, **fields, "Z": samples, "OZ": samples}


def _reshaped(graph: OnnxGraph, node: Node) -> None:
    """No layer; but the sizes that a file fixes may not be those of the inputs' sizes."""
    before, after = (graph.shapes.get(name) for name in (node.inputs[0], node.outputs[0]))
    if before is not None and after is not None and math.prod(before) != math.prod(after):
        sizes, fixed = ("x".join(map(str, shape)) for shape in (before, after))
        raise NodeError(sizes, f"the file says that this is reshaped to {fixed}")


LAYERS: Mapping[str, Callable[[OnnxGraph, Node], Fields | None]] = {
    **dict.fromkeys(("GRU", "LSTM", "RNN"), _recurrent),
    "Conv": _conv,
    "Einsum": _einsum,
    "ConvTranspose": _transposed_conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    **dict.fromkeys(("AveragePool", "LpPool", "MaxPool"), _pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool"), _global_pool),
    **dict.fromkeys(
        ("ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum", "ReduceSumSquare"),
        _reduction,
    ),
    **dict.fromkeys(("Resize", "Upsample"), _resampling),
    "Reshape": _reshaped,
}
"""What reads a node's extents; ``None`` where it does no more than shape or normalise."""

RECURRENT: Mapping[str, Callable[[OnnxGraph, Node], Fields]] = dict.fromkeys(
    ("GRU", "LSTM", "RNN"), _recurrence
)
"""A second layer of some operators, behind the first: what each step does with the states."""
