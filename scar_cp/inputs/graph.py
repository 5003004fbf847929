"""From a model's rows to the layers and tensors that are scheduled (SPEC section 1).

With granularity ``compute`` only layers with multiply-accumulates remain. The other rows are
folded into the edges:

- ``add`` and ``mul`` are done by the layer that produces their last operand: it reads the other
  operands as further incoming tensors and its outgoing tensor is the combined one;
- ``pool`` and ``resample`` happen on whichever side leaves the smaller tensor on the edge;
- several inputs of any other row are a concatenation: several incoming tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import networkx as nx

from scar_cp.errors import Fault
from scar_cp.inputs.workload import COMPUTE_OPS, Layer, Model
from scar_cp.terms import Granularity

__all__ = ["Graph", "Tensor", "build_graph", "model_faults"]


@dataclass(frozen=True)
class Tensor:
    """The output of one layer, or a model input, with the layers that read it."""

    producer: int | None
    consumers: tuple[int, ...]
    elements: int
    is_output: bool


@dataclass(frozen=True)
class Graph:
    """Layers to schedule, in order, and the tensors between them."""

    layers: tuple[Layer, ...]
    tensors: tuple[Tensor, ...]


@dataclass(eq=False)
class _Edge:
    """A tensor under construction; identity matters, not content."""

    producer: int | None
    elements: int
    consumers: set[int] = field(default_factory=set)
    is_output: bool = False


def model_faults(model: Model, file: str, granularity: Granularity = "all") -> list[Fault]:
    """Every broken rule among a model's layers: names, inputs, order, extents."""
    faults = []
    names = [layer.name for layer in model.layers]
    first = {name: i for i, name in reversed(list(enumerate(names)))}
    for i, layer in enumerate(model.layers):
        place = f"layers[{i}]"
        if first[layer.name] != i:
            rule = f"must be unique, but layers[{first[layer.name]}] has this name too"
            faults.append(Fault(file, f"{place}.name", layer.name, rule))
        if _is_input(layer.name):
            faults.append(Fault(file, f"{place}.name", layer.name, "is the name of a model input"))
        for k, name in enumerate(layer.inputs):
            if name not in first and not _is_input(name):
                rule = "must name a layer of the model or a model input (in0, in1, ...)"
                faults.append(Fault(file, f"{place}.inputs[{k}]", name, rule))
        faults += [Fault(file, f"{place}.{p}", str(v), rule) for p, v, rule in layer.broken_rules()]
        if layer.weights_of is not None:
            user = first.get(layer.weights_of, i)
            owner = model.layers[user] if user < i else None
            if owner is None or owner.weights_of or owner.weight_elements != layer.weight_elements:
                rule = "must name an earlier layer that has as many weights, of its own"
                faults.append(Fault(file, f"{place}.weights_of", layer.weights_of, rule))
    read = {name for layer in model.layers for name in layer.inputs if _is_input(name)}
    faults += [
        Fault(file, f"input_elements.{name}", name, "must be a model input that a layer reads")
        for name in model.input_elements
        if name not in read
    ]
    faults += [
        Fault(file, f"outputs[{k}]", name, "must name a layer of the model")
        for k, name in enumerate(model.outputs)
        if name not in first
    ]
    granular = any(layer.op in COMPUTE_OPS for layer in model.layers)
    if granularity == "compute" and not granular:
        rule = "no layer has multiply-accumulates: needs granularity all"
        faults.append(Fault(file, "layers", None, rule))
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(names)))
    graph.add_edges_from(
        (first[name], i)
        for i, layer in enumerate(model.layers)
        for name in layer.inputs
        if name in first and not _is_input(name)
    )
    try:
        cycle = [names[u] for u, _ in nx.find_cycle(graph)]
        rule = "the layers must form no cycle"
        faults.append(Fault(file, "layers", " -> ".join([*cycle, cycle[0]]), rule))
    except nx.NetworkXNoCycle:
        for i, layer in enumerate(model.layers):
            for k, name in enumerate(layer.inputs):
                if first.get(name, -1) >= i and not _is_input(name):
                    rule = "must come before the layer that reads it"
                    faults.append(Fault(file, f"layers[{i}].inputs[{k}]", name, rule))
    return faults


def build_graph(model: Model, granularity: Granularity) -> Graph:
    """Fold a model's rows into layers and tensors.

    Parameters
    ----------
    model
        A model without faults (see `model_faults`).
    granularity
        ``compute`` keeps rows with multiply-accumulates, ``all`` keeps every row.

    Returns
    -------
    Graph
        Tensors are ordered by producer (model inputs first), then by first consumer.
    """
    layers: list[Layer] = []
    edges: list[_Edge] = []
    rows: dict[str, tuple[_Edge, ...]] = {}

    def new_edge(producer: int | None, elements: int) -> _Edge:
        edges.append(_Edge(producer, elements))
        return edges[-1]

    def read(edge: _Edge, reader: int) -> None:
        if edge.producer != reader:
            edge.consumers.add(reader)

    for row in model.layers:
        for position, name in enumerate(row.inputs):
            if name not in rows:
                own = _input_elements(row, position, rows)
                rows[name] = (new_edge(None, model.input_elements.get(name, own)),)
        operands = [rows[name] for name in row.inputs]
        incoming = tuple(dict.fromkeys(edge for group in operands for edge in group))
        if granularity == "all" or row.op in COMPUTE_OPS:
            for edge in incoming:
                read(edge, len(layers))
            rows[row.name] = (new_edge(len(layers), row.output_elements),)
            layers.append(row)
        elif row.op in ("add", "mul"):
            owner = max((e.producer for e in incoming if e.producer is not None), default=None)
            if owner is None:  # combines model inputs only: whoever reads it combines
                rows[row.name] = incoming
                continue
            for edge in incoming:
                read(edge, owner)
            rows[row.name] = (new_edge(owner, row.output_elements),)
        else:
            rows[row.name] = tuple(_resized(edge, row, incoming, new_edge) for edge in incoming)

    read_rows = {name for row in model.layers for name in row.inputs}
    unread = [row.name for row in model.layers if row.name not in read_rows]
    for name in (*unread, *model.outputs):
        for edge in rows[name]:
            edge.is_output = edge.producer is not None
    tensors = [
        Tensor(e.producer, tuple(sorted(e.consumers)), e.elements, e.is_output)
        for e in edges
        if e.consumers or e.is_output
    ]
    tensors.sort(key=lambda t: (-1 if t.producer is None else t.producer, t.consumers))
    return Graph(tuple(layers), tuple(tensors))


def _resized(
    edge: _Edge,
    row: Layer,
    incoming: tuple[_Edge, ...],
    new_edge: Callable[[int | None, int], _Edge],
) -> _Edge:
    """The tensor that travels where a pool or resample stands between two layers."""
    total = sum(e.elements for e in incoming)
    elements = -(-edge.elements * row.output_elements // total)
    if edge.producer is None or elements >= edge.elements:
        return edge
    return new_edge(edge.producer, elements)


def _input_elements(row: Layer, position: int, rows: Mapping[str, tuple[_Edge, ...]]) -> int:
    """Size of a model input, from the first row that reads it, as which of its inputs."""
    if row.op in ("add", "mul"):
        return row.output_elements
    operand = row.inputs
    if row.dynamic and len(row.inputs) > 1:
        if position == len(row.inputs) - 1:
            return row.kernel_elements
        operand = row.inputs[:-1]
    known = sum(edge.elements for name in operand for edge in rows.get(name, ()))
    return max(1, row.input_elements - known)


def _is_input(name: str) -> bool:
    return name.startswith("in") and name[2:].isdigit()
