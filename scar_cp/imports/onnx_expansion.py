"""Nodes that stand for several: their parts, under names that are theirs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from scar_cp.imports.onnx_part import nested_graphs

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

__all__ = ["Expansion", "Known"]


@dataclass(frozen=True)
class Known:
    """What is known of a graph's tensors so far."""

    shapes: Mapping[str, tuple[int, ...]]
    values: Mapping[str, np.ndarray[Any, Any]]
    opset: int
    """Of the standard's operators."""


@dataclass
class Expansion:
    """What is put in a node's place.

    Attributes
    ----------
    prefix
        A tensor's name, from which all that is new inside is named.
    opset
        Of the standard's operators.
    """

    prefix: str
    opset: int
    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)

    def add(
        self, op: str, *inputs: str, name: str = "", output: str = "", **attributes: Any
    ) -> str:
        """Append a node of the standard; return its output."""
        from onnx import helper

        output = output or self._new()
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def constant(self, values: object) -> str:
        """Name a constant with its values."""
        from onnx import numpy_helper

        name = self._new()
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def weight(self, *dims: int) -> str:
        """Name a constant of which only the shape is known."""
        from onnx import TensorProto

        name = self._new()
        self.constants.append(TensorProto(name=name, dims=dims, data_type=TensorProto.FLOAT))
        return name

    def stack(self, tensors: Iterable[str], axis: int, output: str) -> None:
        """Join tensors along a new axis."""
        apart = [self._with_axis(tensor, axis) for tensor in tensors]
        self.add("Concat", *apart, output=output, axis=axis)

    def run(self, graph: GraphProto, given: Mapping[str, str], place: str, label: str) -> list[str]:
        """Append a graph's nodes; return the names of its outputs.

        Parameters
        ----------
        graph
            It may read the graph around it.
        given
            What its inputs are.
        place
            Tells the names of its tensors from those of other runs.
        label
            Stands before the names of its nodes.
        """
        made = [output for node in graph.node for output in node.output if output]
        made += [tensor.name for tensor in graph.initializer]
        names = {**{name: f"{self.prefix}/{place}{name}" for name in made}, **given}
        for tensor in map(deepcopy, graph.initializer):
            tensor.name = names[tensor.name]
            self.constants.append(tensor)
        for node in map(deepcopy, graph.node):
            node.name = f"{label}{node.name or node.op_type}" if label else node.name
            _rename(node, names)
            self.nodes.append(node)
        return [names.get(output.name, output.name) for output in graph.output]

    def _with_axis(self, tensor: str, axis: int) -> str:
        if self.opset < 13:
            return self.add("Unsqueeze", tensor, axes=[axis])
        return self.add("Unsqueeze", tensor, self.constant([axis]))

    def _new(self) -> str:
        return f"{self.prefix}/:{len(self.nodes)}.{len(self.constants)}"


def _rename(node: NodeProto, names: Mapping[str, str]) -> None:
    """Call tensors by other names, also inside nested graphs."""
    inputs = [names.get(name, name) for name in node.input]
    outputs = [names.get(name, name) for name in node.output]
    del node.input[:], node.output[:]
    node.input.extend(inputs)
    node.output.extend(outputs)
    for graph in nested_graphs(node):
        for inner in graph.node:
            _rename(inner, names)
        for value in graph.output:
            value.name = names.get(value.name, value.name)
