"""Which part of a graph is imported, and which of its operators are taken as free."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import deepcopy
from difflib import get_close_matches
from typing import TYPE_CHECKING

from scar_cp.errors import Fault
from scar_cp.imports.onnx_inference import constant_names, drop_weights, inferred

if TYPE_CHECKING:
    from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, ValueInfoProto

__all__ = [
    "all_nodes",
    "cut",
    "full_name",
    "name_faults",
    "nested_graphs",
    "operators",
    "part_faults",
]


def full_name(node: NodeProto) -> str:
    """An operator's name: with its domain, unless that is the standard's."""
    return node.op_type if node.domain in ("", "ai.onnx") else f"{node.domain}.{node.op_type}"


def operators(model: ModelProto) -> frozenset[str]:
    """Full names of all operators of a model, also inside its functions and nested graphs."""
    return frozenset(
        full_name(node) for graph in (model.graph, *model.functions) for node in all_nodes(graph)
    )


def all_nodes(graph: GraphProto | FunctionProto) -> Iterator[NodeProto]:
    """The nodes of a graph and of the graphs inside it."""
    for node in graph.node:
        yield node
        for nested in nested_graphs(node):
            yield from all_nodes(nested)


def nested_graphs(node: NodeProto) -> Iterator[GraphProto]:
    """The graphs that a node runs."""
    from onnx import AttributeProto

    for attribute in node.attribute:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        elif attribute.type == AttributeProto.GRAPHS:
            yield from attribute.graphs


def name_faults(
    parameter: str, what: str, given: Iterable[str], known: Collection[str]
) -> Iterator[Fault]:
    """Say which names are none that a file has."""
    spelled = {name.lower(): name for name in sorted(known)}
    for name in given:
        if name not in known:
            close = get_close_matches(name.lower(), spelled, n=3)
            hint = f", did you mean {', '.join(spelled[c] for c in close)}?" if close else ""
            yield Fault(parameter, "", name, f"no {what} of the file{hint}", is_parameter=True)


def part_faults(graph: GraphProto, begin: Sequence[str], end: Sequence[str]) -> Iterator[Fault]:
    """Say which tensors cannot bound a part."""
    made = {name for node in graph.node for name in node.output if name}
    known = made | {value.name for value in graph.input}
    yield from name_faults("begin", "tensor", begin, known)
    yield from name_faults("end", "tensor", end, known)
    ends = [name for name in end if name in known] or _ends(graph, begin)
    used = {name for node in _needed(graph, begin, ends) for name in _reads(node)}
    for name in begin:
        if name in known and name not in used:
            rule = "nothing that is imported reads it"
            yield Fault("begin", "", name, rule, is_parameter=True)


def cut(model: ModelProto, begin: Sequence[str], end: Sequence[str]) -> None:
    """Keep what some tensors, or else all outputs, need if others are given.

    Parameters
    ----------
    model
        Is changed.
    begin
        Tensors that become inputs; outputs that need none of them are dropped.
    end
        Tensors that become the outputs; all outputs if there are none.

    Raises
    ------
    NodeError
        If the model is not valid.
    """
    graph = model.graph
    ends = tuple(end) or _ends(graph, begin)
    nodes = _needed(graph, begin, ends)
    used = {name for node in nodes for name in _reads(node)}
    constants = constant_names(model)
    inputs = [v for v in graph.input if v.name in used | constants and v.name not in begin]
    inputs = [*_typed(model, begin), *inputs]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    graph.input.extend(inputs)
    graph.output.extend(_named(name) for name in ends)
    values = [v for v in graph.value_info if v.name not in {*begin, *ends}]
    del graph.value_info[:]
    graph.value_info.extend(values)


def _reads(node: NodeProto) -> set[str]:
    """All that a node reads of the graph around it, also inside nested graphs."""
    found = {name for name in node.input if name}
    for graph in nested_graphs(node):
        made = {tensor.name for tensor in graph.initializer} | {v.name for v in graph.input}
        for inner in graph.node:
            found |= _reads(inner) - made
            made |= set(inner.output)
        found |= {v.name for v in graph.output} - made
    return found


def _ends(graph: GraphProto, begin: Sequence[str]) -> tuple[str, ...]:
    """The outputs that need one of some tensors; all of them if there are none."""
    outputs = tuple(value.name for value in graph.output)
    if not begin:
        return outputs
    behind = set(begin)
    for node in graph.node:
        if _reads(node) & behind:
            behind |= set(node.output)
    return tuple(name for name in outputs if name in behind)


def _needed(graph: GraphProto, begin: Sequence[str], ends: Sequence[str]) -> list[NodeProto]:
    """The nodes, in order, that some tensors follow from if others are given."""
    wanted = set(ends) - set(begin)
    kept = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            kept.append(deepcopy(node))
            wanted |= _reads(node) - set(begin)
    return kept[::-1]


def _typed(model: ModelProto, names: Sequence[str]) -> list[ValueInfoProto]:
    """Tensors as inputs, with what can be inferred of their shapes."""
    if not names:
        return []
    whole = deepcopy(model)
    drop_weights(whole.graph)
    graph = inferred(whole).graph
    known = {v.name: v for v in (*graph.input, *graph.value_info, *graph.output)}
    return [deepcopy(known.get(name, _named(name))) for name in names]


def _named(name: str) -> ValueInfoProto:
    from onnx import ValueInfoProto as Proto

    return Proto(name=name)
