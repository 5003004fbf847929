"""What a graph costs, counted from a run of it, with none of the importer's code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper
from onnx.reference import ReferenceEvaluator

__all__ = ["CountedRun", "count"]

OPERANDS = {
    **dict.fromkeys(("Conv", "ConvTranspose", "ConvInteger"), (0, 1)),
    **dict.fromkeys(("Gemm", "MatMul", "MatMulInteger", "Einsum"), (0, 1)),
    **dict.fromkeys(("QLinearConv", "QLinearMatMul"), (0, 3)),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), (0, 1, 2)),
    "Attention": (0, 1, 2),
}
"""Operators with multiply-accumulates, and the inputs that are multiplied."""


@dataclass(frozen=True)
class CountedRun:
    """Multiply-accumulates and weights of every node that has any, and who follows whom."""

    macs: Mapping[str, int]
    weights: Mapping[str, int]
    edges: frozenset[tuple[str, str]]


def count(model: ModelProto) -> CountedRun:
    """Run a model on random inputs and count what its nodes do."""
    shapes = _run(model)
    variable = {value.name for value in model.graph.input}
    for node in model.graph.node:
        if variable & set(node.input):
            variable |= set(node.output)
    costly = [n for n in model.graph.node if n.op_type in OPERANDS and variable & set(n.input)]
    weights = {
        node.name: sum(
            math.prod(shapes[node.input[k]])
            for k in OPERANDS[node.op_type]
            if node.input[k] not in variable
        )
        for node in costly
    }
    return CountedRun(
        {node.name: _macs(node, shapes) for node in costly},
        weights,
        _edges(model, {node.name for node in costly}),
    )


def _run(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """The shapes of all tensors, as they come out."""
    shown = ModelProto()
    shown.CopyFrom(model)
    names = [name for node in model.graph.node for name in node.output]
    del shown.graph.output[:]
    shown.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    random = np.random.default_rng(3)
    feeds: dict[str, Any] = {}
    for value in model.graph.input:
        shape = [d.dim_value for d in value.type.tensor_type.shape.dim]
        whole = value.type.tensor_type.elem_type == TensorProto.INT64
        drawn = random.integers(0, 9, shape) if whole else random.normal(size=shape)
        feeds[value.name] = drawn if whole else drawn.astype(np.float32)
    outputs = ReferenceEvaluator(shown).run(None, feeds)
    known = {name: np.shape(value) for name, value in zip(names, outputs, strict=True)}
    known |= {name: value.shape for name, value in feeds.items()}
    return known | {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}


def _macs(node: NodeProto, shapes: Mapping[str, tuple[int, ...]]) -> Any:
    operands = [shapes[node.input[k]] for k in OPERANDS[node.op_type]]
    out = math.prod(shapes[node.output[0]])
    given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    match node.op_type:
        case "Conv" | "QLinearConv" | "ConvInteger":
            return out * math.prod(operands[1][1:])
        case "ConvTranspose":
            return math.prod(operands[0]) * math.prod(operands[1][1:])
        case "Einsum":
            labels = given["equation"].decode().partition("->")[0].split(",")
            pairs = zip("".join(labels), (*operands[0], *operands[1]), strict=True)
            return math.prod(dict(pairs).values())
        case "LSTM" | "GRU" | "RNN":
            steps = operands[0][given.get("layout", 0)]
            return steps * (math.prod(operands[1]) + math.prod(operands[2]))
        case "Attention" if len(operands[0]) == 4:
            _, heads, rows, size = operands[0]
            return heads * rows * operands[1][2] * (size + operands[2][3])
        case "Attention":
            (rows, width), (columns, _), (_, values) = (shape[1:] for shape in operands)
            size = width // given["q_num_heads"]
            value_size = values // given["kv_num_heads"]
            return given["q_num_heads"] * rows * columns * (size + value_size)
    inner = operands[0][0 if given.get("transA") else -1]
    return out * inner


def _edges(model: ModelProto, costly: set[str]) -> frozenset[tuple[str, str]]:
    """Which costly node reaches which through others."""
    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    for node in model.graph.node:
        if node.op_type == "Shape":
            continue
        inside, outside = ("in", node.name), ("out", node.name)
        graph.add_nodes_from([inside, outside])
        if node.name not in costly:
            graph.add_edge(inside, outside)
        graph.add_edges_from((("tensor", name), inside) for name in node.input if name)
        graph.add_edges_from((outside, ("tensor", name)) for name in node.output)
    return frozenset(
        (name, other)
        for name in costly
        for kind, other in nx.descendants(graph, ("out", name))
        if kind == "in" and other in costly
    )
