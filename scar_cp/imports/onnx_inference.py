"""Shapes by ONNX's own inference, for which constants need no values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, TensorProto

__all__ = ["SMALL", "NodeError", "constant_names", "drop_weights", "inferred", "is_stripped"]

SMALL = 4096
"""Most elements of a constant whose values may tell a shape; of weights, shapes are enough."""


class NodeError(Exception):
    """A node cannot be imported; carries the value at fault and the rule it breaks."""

    def __init__(self, value: str | None, rule: str) -> None:
        self.value = value
        self.rule = rule
        super().__init__(rule)


def constant_names(model: ModelProto) -> set[str]:
    """Names of a graph's initialisers."""
    graph = model.graph
    return {tensor.name for tensor in graph.initializer} | {
        tensor.values.name for tensor in graph.sparse_initializer
    }


def inferred(model: ModelProto) -> ModelProto:
    """The model with all shapes that can be inferred.

    Raises
    ------
    NodeError
        If it is not valid.
    """
    from onnx.shape_inference import InferenceError, infer_shapes

    try:
        return infer_shapes(model, data_prop=True)
    except (InferenceError, MemoryError, RuntimeError, ValueError) as error:
        raise NodeError(None, f"is not a valid ONNX model: {error}") from error


def drop_weights(graph: GraphProto) -> None:
    """Make inputs of large constants: their types are all that is needed."""
    from onnx import TensorProto, helper

    declared = {value.name for value in graph.input}
    sparse = [(tensor.values, tensor.dims) for tensor in graph.sparse_initializer]
    dense = [
        (tensor, tensor.dims)
        for tensor in graph.initializer
        if math.prod(tensor.dims) > SMALL
        or tensor.data_location == TensorProto.EXTERNAL
        or is_stripped(tensor)
    ]
    for tensor, dims in (*sparse, *dense):
        if tensor.name not in declared:
            value = helper.make_tensor_value_info(tensor.name, tensor.data_type, dims)
            graph.input.append(value)
    dropped = {tensor.name for tensor, _ in dense}
    kept = [tensor for tensor in graph.initializer if tensor.name not in dropped]
    del graph.sparse_initializer[:], graph.initializer[:]
    graph.initializer.extend(kept)


def is_stripped(tensor: TensorProto) -> bool:
    """Whether a constant was stored without its values, as workloads without weights are."""
    fields = "raw_data float_data int32_data string_data int64_data double_data uint64_data"
    return math.prod(tensor.dims) > 0 and not any(len(getattr(tensor, f)) for f in fields.split())
