"""Other spellings of supported operators: integer and fused ones, functions, known branches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import TYPE_CHECKING, Any

from scar_cp.imports.onnx_part import full_name

if TYPE_CHECKING:
    import numpy as np
    from onnx import GraphProto, ModelProto, NodeProto

__all__ = ["branch_of", "plainly_spelled"]


@dataclass(frozen=True)
class _Plain:
    """The operator of the standard that a node stands for, as far as extents go."""

    op: str
    inputs: tuple[int, ...]
    """Which of the node's inputs it reads."""
    drops: frozenset[str] = field(default=frozenset())
    """Attributes that it does not have."""


def _plain(op: str, *inputs: int, drops: str = "") -> _Plain:
    return _Plain(op, inputs, frozenset(drops.split()))


_ACTIVATION = "activation activation_params activation_alpha activation_beta activation_gamma"

_PLAIN: Mapping[tuple[str, str], _Plain] = {
    ("", "ConvInteger"): _plain("Conv", 0, 1),
    ("", "MatMulInteger"): _plain("MatMul", 0, 1),
    ("", "QLinearConv"): _plain("Conv", 0, 3),
    ("", "QLinearMatMul"): _plain("MatMul", 0, 3),
    ("com.microsoft", "FusedConv"): _plain("Conv", 0, 1, drops=_ACTIVATION),
    ("com.microsoft", "FusedGemm"): _plain("Gemm", 0, 1, drops=_ACTIVATION),
    ("com.microsoft", "QGemm"): _plain("Gemm", 0, 3),
    ("com.microsoft", "MatMulIntegerToFloat"): _plain("MatMul", 0, 1),
    ("com.microsoft", "DynamicQuantizeMatMul"): _plain("MatMul", 0, 1),
    ("com.microsoft", "QLinearAdd"): _plain("Add", 0, 3),
    ("com.microsoft", "QLinearMul"): _plain("Mul", 0, 3),
    ("com.microsoft", "QLinearSigmoid"): _plain("Sigmoid", 0),
    ("com.microsoft", "QLinearSoftmax"): _plain("Softmax", 0, drops="opset"),
    ("com.microsoft", "QLinearLeakyRelu"): _plain("LeakyRelu", 0),
    ("com.microsoft", "QLinearAveragePool"): _plain("AveragePool", 0, drops="channels_last"),
    ("com.microsoft", "QLinearGlobalAveragePool"): _plain(
        "GlobalAveragePool", 0, drops="channels_last"
    ),
    ("com.microsoft", "Gelu"): _plain("Gelu", 0),
    ("com.microsoft", "FastGelu"): _plain("Identity", 0),
    ("com.microsoft", "QuickGelu"): _plain("Identity", 0, drops="alpha"),
    ("com.microsoft", "BiasGelu"): _plain("Add", 0, 1),
    ("com.microsoft", "SkipLayerNormalization"): _plain("Add", 0, 1, drops="epsilon"),
    ("com.microsoft", "SkipSimplifiedLayerNormalization"): _plain("Add", 0, 1, drops="epsilon"),
}
"""By domain and operator. Scales, zero points and biases have no extents."""

_FUNCTIONS = [("", "Attention")]
"""Operators with products inside, which the standard itself spells out."""


def plainly_spelled(model: ModelProto, kept: Collection[str]) -> ModelProto:
    """The model with every such node as the operator it stands for, but for some operators.

    Names of nodes stay, shapes are to be inferred anew.
    """
    from onnx import inliner

    written = {
        (_domain(node), node.op_type) for node in model.graph.node if full_name(node) not in kept
    }
    inline = inliner.inline_selected_functions
    wanted = [function for function in _FUNCTIONS if function in written]
    if wanted and "inline_schema_functions" in signature(inline).parameters:
        model = inline(model, wanted, inline_schema_functions=True)
    for node in model.graph.node:
        plain = _PLAIN.get((_domain(node), node.op_type))
        spelled = full_name(node) not in kept
        if plain is not None and spelled and len(node.input) > max(plain.inputs):
            _respell(node, plain)
    return model


def _domain(node: NodeProto) -> str:
    return "" if node.domain == "ai.onnx" else node.domain


def _respell(node: NodeProto, plain: _Plain) -> None:
    kept = [node.input[i] for i in plain.inputs]
    attributes = [a for a in node.attribute if a.name not in plain.drops]
    node.op_type, node.domain = plain.op, ""
    del node.input[:], node.attribute[:], node.output[1:]
    node.input.extend(kept)
    node.attribute.extend(attributes)


def branch_of(
    node: NodeProto, values: Mapping[str, np.ndarray[Any, Any]]
) -> tuple[list[NodeProto], list[Any]] | None:
    """What an ``If`` runs whose condition is known: nodes and initialisers with names of their own.

    Parameters
    ----------
    node
        Any node.
    values
        Constants whose values are known.

    Returns
    -------
    tuple or None
        None if it is no such node.
    """
    if node.op_type != "If" or _domain(node) or node.input[0] not in values:
        return None
    taken = "then_branch" if bool(values[node.input[0]].reshape(-1)[0]) else "else_branch"
    graph: GraphProto = next(a.g for a in node.attribute if a.name == taken)
    return list(_inlined(graph, node)), _initialisers(graph, node)


def _own(name: str, node: NodeProto, graph: GraphProto) -> str:
    """A name inside the branch as it stands outside; of what it only reads, unchanged."""
    made = {output for inner in graph.node for output in inner.output}
    made |= {tensor.name for tensor in graph.initializer}
    return f"{node.output[0]}/{name}" if name and name in made else name


def _inlined(graph: GraphProto, node: NodeProto) -> Iterator[NodeProto]:
    from onnx import NodeProto as Proto
    from onnx import helper

    for inner in graph.node:
        copy = Proto()
        copy.CopyFrom(inner)
        del copy.input[:], copy.output[:]
        copy.input.extend(_own(name, node, graph) for name in inner.input)
        copy.output.extend(_own(name, node, graph) for name in inner.output)
        yield copy
    for given, outside in zip(graph.output, node.output, strict=True):
        yield helper.make_node("Identity", [_own(given.name, node, graph)], [outside])


def _initialisers(graph: GraphProto, node: NodeProto) -> list[Any]:
    from onnx import TensorProto

    copies = []
    for tensor in graph.initializer:
        copy = TensorProto()
        copy.CopyFrom(tensor)
        copy.name = _own(tensor.name, node, graph)
        copies.append(copy)
    return copies
