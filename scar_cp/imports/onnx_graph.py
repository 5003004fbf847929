"""What an ONNX graph computes from its inputs: nodes with shapes, all constants folded away."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scar_cp.imports.onnx_bodies import BODIES
from scar_cp.imports.onnx_expansion import Expansion, Known
from scar_cp.imports.onnx_fused import FUSED
from scar_cp.imports.onnx_inference import (
    SMALL,
    NodeError,
    constant_names,
    drop_weights,
    inferred,
)
from scar_cp.imports.onnx_part import all_nodes, full_name, nested_graphs
from scar_cp.imports.onnx_spelling import spell_plainly

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

__all__ = ["Node", "NodeError", "OnnxGraph", "ShapeError", "fold_constants"]

_SAME_WEIGHTS = frozenset(
    ("Cast", "CastLike", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear")
) | frozenset(("Reshape", "Squeeze", "Transpose", "Unsqueeze"))
"""Operators after which a constant is the same weights in another form."""

EXPANSIONS: Mapping[str, Callable[[NodeProto, Known], Expansion | None]] = {**BODIES, **FUSED}
"""What puts several nodes in a node's place."""


class ShapeError(NodeError):
    """A node's shapes are not known, which may follow from another node's fault."""


@dataclass(frozen=True)
class Node:
    """An operator that reads at least one activation, or nested graphs."""

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class OnnxGraph:
    """Nodes in order, and what is known of their tensors."""

    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    shapes: Mapping[str, tuple[int, ...]]
    values: Mapping[str, np.ndarray[Any, Any]]
    """Small constants."""
    constants: frozenset[str]
    origins: Mapping[str, str]
    """What constants in another form were made from."""

    def shape(self, tensor: str) -> tuple[int, ...]:
        """A tensor's shape.

        Raises
        ------
        ShapeError
            If it cannot be inferred, or holds nothing.
        """
        if tensor not in self.shapes:
            raise ShapeError(tensor, "the tensor's shape cannot be inferred")
        if not all(self.shapes[tensor]):
            raise ShapeError(tensor, "the tensor must not be empty")
        return self.shapes[tensor]


def fold_constants(model: ModelProto, folded: Collection[str]) -> OnnxGraph:
    """Infer all shapes, in turns with evaluating what computes shapes.

    Parameters
    ----------
    model
        With sizes for all dimensions of its inputs.
    folded
        Operators that are taken as they are: where no shape can be inferred, they keep that of
        their first input.

    Raises
    ------
    NodeError
        If the model is not valid.
    """
    from onnx import numpy_helper

    spell_plainly(model, folded)
    constants = constant_names(model)
    inputs = tuple(v.name for v in model.graph.input if v.name not in constants)
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    standard = opsets.get("", opsets.get("ai.onnx", 1))
    origins: dict[str, str] = {}

    def fold(node: NodeProto) -> None:
        constants.update(node.output)
        if node.op_type in _SAME_WEIGHTS:
            origins[node.output[0]] = origins.get(node.input[0], node.input[0])

    drop_weights(model.graph)
    _define(model, folded, standard)
    while True:
        model = inferred(model)
        graph = model.graph
        shapes = _shapes(graph)
        values = {tensor.name: _array(tensor) for tensor in graph.initializer}
        known = set(values)
        rest: list[NodeProto] = []
        changed = False
        for node in graph.node:
            expansion = None
            if full_name(node) not in folded:
                expansion = _expanded(node, Known(shapes, values, standard))
            if expansion is not None:
                rest += expansion.nodes
                graph.initializer.extend(expansion.constants)
                constants.update(tensor.name for tensor in expansion.constants)
            elif not _evaluated(node, opsets, shapes, values):
                rest.append(node)
                continue
            else:
                fold(node)
            changed = True
        changed |= _kept_shapes(graph, folded, shapes)
        if not changed:
            break
        drop_weights(graph)
        new = [numpy_helper.from_array(values[name], name) for name in values if name not in known]
        graph.initializer.extend(new)
        rest = [_copied(node) for node in rest]
        constants.update(tensor.name for tensor in new)
        del graph.node[:]
        graph.node.extend(rest)
    nodes = []
    for number, node in enumerate(graph.node):
        if not any(nested_graphs(node)) and all(name in constants for name in node.input if name):
            fold(node)
        else:
            nodes.append(_node(node, number))
    return OnnxGraph(inputs, tuple(nodes), shapes, values, frozenset(constants), origins)


def _array(tensor: TensorProto) -> np.ndarray[Any, Any]:
    from onnx import numpy_helper

    try:
        return numpy_helper.to_array(tensor)
    except (KeyError, TypeError, ValueError) as error:  # other bytes than its type and sizes want
        rule = f"its values cannot be read: {error}"
        raise NodeError(f"constant {tensor.name}", rule) from error


def _copied(node: NodeProto) -> NodeProto:
    from onnx import NodeProto as Proto

    copy = Proto()
    copy.CopyFrom(node)
    return copy


def _expanded(node: NodeProto, known: Known) -> Expansion | None:
    """What stands for a node, if it is one of these and enough is known of what it reads."""
    expand = EXPANSIONS.get(full_name(node))
    try:
        return expand(node, known) if expand else None
    except (AttributeError, LookupError, TypeError, ValueError):  # no such shape, or not valid
        return None


def _shapes(graph: GraphProto) -> dict[str, tuple[int, ...]]:
    """All shapes that are known in full."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        if kind.HasField("shape") and all(d.HasField("dim_value") for d in kind.shape.dim):
            shapes[value.name] = tuple(dimension.dim_value for dimension in kind.shape.dim)
    return shapes


def _define(model: ModelProto, folded: Collection[str], opset: int) -> None:
    """Give operators that the library does not know a body, for which it infers shapes at once."""
    from onnx import defs, helper

    used: dict[tuple[str, str], list[NodeProto]] = {}
    for node in all_nodes(model.graph):
        if full_name(node) in folded and node.domain and node.input and node.output:
            used.setdefault((node.domain, node.op_type), []).append(node)
    defined = {(function.domain, function.name) for function in model.functions}
    for (domain, op), nodes in used.items():
        if (domain, op) in defined or defs.has(op, domain):
            continue
        inputs = [f"read{k}" for k in range(max(len(node.input) for node in nodes))]
        outputs = [f"given{k}" for k in range(min(len(node.output) for node in nodes))]
        body = [helper.make_node("Identity", inputs[:1], [output]) for output in outputs]
        standard = [helper.make_opsetid("", opset)]
        model.functions.append(helper.make_function(domain, op, inputs, outputs, body, standard))


def _kept_shapes(
    graph: GraphProto, folded: Collection[str], shapes: dict[str, tuple[int, ...]]
) -> bool:
    """Give the outputs of operators the shape of their first input, where they have none."""
    from onnx import helper

    values = {v.name: v for v in (*graph.input, *graph.value_info, *graph.output)}
    kinds = {name: value.type.tensor_type.elem_type for name, value in values.items()}
    kinds |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    given = False
    for node in graph.node:
        first = node.input[0] if node.input else ""
        if full_name(node) not in folded or first not in shapes:
            continue
        for name in filter(lambda name: name and name not in shapes, node.output):
            value = helper.make_tensor_value_info(name, kinds[first], shapes[first])
            if name in values:
                values[name].CopyFrom(value)
            else:
                graph.value_info.append(value)
            shapes[name], kinds[name], given = shapes[first], kinds[first], True
    return given


def _evaluated(
    node: NodeProto,
    opsets: dict[str, int],
    shapes: Mapping[str, tuple[int, ...]],
    values: dict[str, np.ndarray[Any, Any]],
) -> bool:
    """Add a node's outputs to the values, if they are small and follow from known ones."""
    if any(math.prod(shapes.get(name, (math.inf,))) > SMALL for name in node.output if name):
        return False
    if node.op_type == "Shape" and node.input[0] in shapes:
        shape = shapes[node.input[0]]
        bounds = {attribute.name: attribute.i for attribute in node.attribute}
        values[node.output[0]] = np.array(
            shape[bounds.get("start", 0) : bounds.get("end", len(shape))], dtype=np.int64
        )
        return True
    if any(nested_graphs(node)) or any(name not in values for name in node.input if name):
        return False
    return _evaluate(node, opsets, values)


def _evaluate(
    node: NodeProto, opsets: dict[str, int], values: dict[str, np.ndarray[Any, Any]]
) -> bool:
    """Run a node on known values."""
    from onnx import ValueInfoProto, helper
    from onnx.reference import ReferenceEvaluator

    names = sorted({name for name in node.input if name})
    outputs = [name for name in node.output if name]
    graph = helper.make_graph(
        [node],
        "constant",
        [ValueInfoProto(name=name) for name in names],
        [ValueInfoProto(name=name) for name in outputs],
    )
    try:
        evaluator = ReferenceEvaluator(graph, opsets=opsets)
        results = evaluator.run(outputs, {name: values[name] for name in names})
    except Exception:  # whatever its arithmetic raises: the constants stay without values
        return False
    values.update(zip(outputs, map(np.asarray, results), strict=True))
    return True


def _node(node: NodeProto, number: int) -> Node:
    from onnx import helper

    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return Node(
        " ".join(node.name.split()).strip("/") or f"{node.op_type}_{number}",
        full_name(node),
        tuple(node.input),
        tuple(node.output),
        attributes,
    )
