"""An ONNX model as a model: a walk over its nodes, in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.imports.model_file import Draft, Imported, build_model, counted
from scar_cp.imports.onnx_bodies import MOST_STEPS
from scar_cp.imports.onnx_file import Choice, read_onnx
from scar_cp.imports.onnx_fused import FUSED
from scar_cp.imports.onnx_graph import Node, NodeError, OnnxGraph, ShapeError, fold_constants
from scar_cp.imports.onnx_layers import LAYERS, RECURRENT, Fields, combined
from scar_cp.imports.onnx_operators import COMBINED, FREE, is_folded
from scar_cp.inputs.layer_names import unique_name
from scar_cp.inputs.workload import COMPUTE_OPS
from scar_cp.records.reading import reader

__all__ = ["UNKNOWN", "ImportedOnnx", "import_onnx"]

UNKNOWN = "not an operator that can be imported"
"""The rule that an operator breaks which must be taken as free to go on."""


@dataclass(frozen=True)
class ImportedOnnx(Imported):
    """A model, with the graph that it stems from, and the node of each layer by its name."""

    graph: OnnxGraph = field(kw_only=True)
    nodes: Mapping[str, Node] = field(kw_only=True)


_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What attributes of other types or lengths than their operator's make a reader of nodes raise."""


@reader
def import_onnx(path: Path, name: str, choice: Choice) -> ImportedOnnx:
    """Read an ONNX model.

    Parameters
    ----------
    path
        The file.
    name
        The model's name.
    choice
        What of the file to import.

    Raises
    ------
    InputError
        With every fault of the inputs, or else of every node.
    ScarError
        Without the library onnx.
    """
    try:
        proto, free = read_onnx(path, choice)
        graph = fold_constants(proto, free | FREE)
    except NodeError as error:
        raise InputError([Fault(str(path), "", error.value, error.rule)]) from error
    walk = _Walk(graph, free)
    for node in graph.nodes:
        walk.visit(node)
    faults = walk.broken or walk.unsized
    if faults:
        raise InputError(_faults(str(path), faults))
    notes = [f"{called}: {tensor}" for tensor, called in walk.inputs.items()]
    notes += _batches(graph, walk.inputs)
    if walk.folded:
        notes.append(f"folded: {counted(walk.folded)}")
    model = build_model(str(path), name, walk.drafts)
    return ImportedOnnx(model, tuple(notes), graph=graph, nodes=walk.nodes)


def _faults(file: str, broken: Mapping[tuple[str | None, str], list[str]]) -> Iterator[Fault]:
    """One fault for all nodes that break a rule alike."""
    for (value, rule), nodes in broken.items():
        several = f"{len(nodes)} nodes (first {', '.join(nodes[:3])})"
        place = several if len(nodes) > 1 else f"node {nodes[0]}"
        yield Fault(file, place, value, rule)


def _batches(graph: OnnxGraph, inputs: Iterable[str]) -> Iterator[str]:
    """A note on every input that may hold several samples, whatever reads it."""
    steps_first = {
        node.inputs[0]
        for node in graph.nodes
        if node.op in RECURRENT and not node.attributes.get("layout", 0)
    }
    for name in inputs:
        shape = graph.shapes.get(name, ())
        axis = 1 if name in steps_first else 0
        if len(shape) > 1 and shape[axis] != 1:
            sizes = "x".join(map(str, shape))
            place = f"{name}[{axis}]"
            yield f"{name}: {sizes} count as one sample; --dim '{place}=1' takes a batch out"


class _Walk:
    """Knows of every tensor which layers, or model inputs, it stems from.

    Attributes
    ----------
    drafts
        The layers so far.
    nodes
        Of which node each layer is, by its name.
    folded
        How many nodes of each operator became no layer.
    inputs
        The model's names of the graph's inputs that layers read.
    broken
        Nodes that cannot be imported, by the value at fault and the rule that they break.
    unsized
        Nodes without known shapes, which may follow from other faults: all break a rule alike.
    """

    def __init__(self, graph: OnnxGraph, free: Collection[str]) -> None:
        self._graph = graph
        self._free = free
        self._sources: dict[str, tuple[str, ...]] = {name: (name,) for name in graph.inputs}
        self._taken = set(graph.inputs)
        self._owners: dict[str, str] = {}
        """By weight tensor, the first layer that uses it."""
        self.drafts: list[Draft] = []
        self.nodes: dict[str, Node] = {}
        self.folded: Counter[str] = Counter()
        self.inputs: dict[str, str] = {}
        self.broken: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)
        self.unsized: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)

    def visit(self, node: Node) -> None:
        """Make layers of a node, or fold it into what it reads."""
        reads = [name for name in node.inputs if name and name not in self._graph.constants]
        reads = [name for name in reads if not self._is_empty(name)] or reads
        layers: list[Fields] = []
        try:
            self._check_order(node, reads)
            if node.op in COMBINED and node.op not in self._free:
                reads = self._operands(node, reads)
            layers = [*self._layers(node, reads)]
        except ShapeError as error:
            first = next((v for v, rule in self.unsized if rule == error.rule), error.value)
            self.unsized[first, error.rule].append(node.name)
        except NodeError as error:
            self.broken[error.value, error.rule].append(node.name)
        except _MALFORMED as error:
            rule = f"malformed node: {type(error).__name__} {error}"
            self.broken[node.op, rule].append(node.name)
        sources = self._stem(reads)
        # A recurrent node is two layers, with weights of its inputs and of its states.
        for fields, operands in zip(layers, (node.inputs[:2], node.inputs[2:3]), strict=False):
            sources = (self._add(node, fields, operands, sources),)
        if not layers:
            self.folded[node.op] += 1
        self._sources.update(dict.fromkeys(filter(None, node.outputs), sources))

    def _layers(self, node: Node, reads: Iterable[str]) -> Iterator[Fields]:
        """The layers of a node, one behind the other."""
        if node.op in self._free:
            return
        if node.op in LAYERS:
            fields = LAYERS[node.op](self._graph, node)
            if fields is not None:
                yield fields
            if node.op in RECURRENT:
                yield RECURRENT[node.op](self._graph, node)
        elif node.op in COMBINED:
            if len({self._sources[name] for name in reads}) > 1:
                yield combined(self._graph, node, COMBINED[node.op])
        elif node.op in ("Loop", "Scan"):
            rule = f"must run a number of steps that the file tells, at most {MOST_STEPS}"
            raise NodeError(node.op, rule)
        elif node.op in FUSED:  # would be spelled out if its shapes were known
            for name in filter(None, node.inputs):
                self._graph.shape(name)
            raise NodeError(node.op, "its inputs and attributes do not fit together")
        elif not is_folded(node.op):
            raise NodeError(node.op, UNKNOWN)

    def _is_empty(self, tensor: str) -> bool:
        """Whether a tensor holds nothing, as a past does at first: then nothing stems from it."""
        return 0 in self._graph.shapes.get(tensor, ())

    def _check_order(self, node: Node, reads: Iterable[str]) -> None:
        for name in reads:
            if name not in self._sources:
                raise NodeError(name, "no node before this one gives this tensor")
        for name in node.outputs:
            if name in self._sources:
                raise NodeError(name, "another node gives this tensor too, or it is an input")

    def _stem(self, tensors: Iterable[str]) -> tuple[str, ...]:
        """What tensors stem from, each once."""
        return tuple(dict.fromkeys(s for name in tensors for s in self._sources.get(name, ())))

    def _operands(self, node: Node, reads: list[str]) -> list[str]:
        """The operands without those that are spread out from model inputs, such as masks."""
        shapes, inputs = self._graph.shapes, set(self._graph.inputs)
        kept = [
            name
            for name in reads
            if shapes.get(name) == shapes.get(node.outputs[0])
            or not inputs.issuperset(self._sources[name])
        ]
        return kept or reads

    def _add(
        self, node: Node, fields: Fields, operands: Iterable[str], sources: tuple[str, ...]
    ) -> str:
        """Add a layer; return its name. Constants among its operands are its weights."""
        name = unique_name(node.name, self._taken)
        self.nodes[name] = node
        inputs = [self._called(source) for source in sources]
        fields = {**fields, "name": name, "inputs": inputs}
        if fields["op"] in COMPUTE_OPS:
            for weights in self._graph.constants.intersection(operands):
                owner = self._owners.setdefault(self._graph.origins.get(weights, weights), name)
                if owner != name:
                    fields["weights_of"] = owner
        self.drafts.append(Draft(f"node {node.name}", fields))
        return name

    def _called(self, source: str) -> str:
        """The model's name of a layer or an input of the graph."""
        if source not in self._graph.inputs:
            return source
        return self.inputs.setdefault(source, f"in{len(self.inputs)}")
