"""An ONNX model as a model: a walk over its nodes, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.imports.model_file import Draft, Imported, build_model, counted
from scar_cp.imports.onnx_file import read_onnx
from scar_cp.imports.onnx_graph import Node, NodeError, OnnxGraph, ShapeError, fold_constants
from scar_cp.imports.onnx_layers import LAYERS, RECURRENT, Fields, combined
from scar_cp.imports.onnx_operators import COMBINED, is_folded
from scar_cp.inputs.layer_names import unique_name
from scar_cp.inputs.workload import COMPUTE_OPS
from scar_cp.records.reading import reader

__all__ = ["import_onnx"]


_MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What attributes of other types or lengths than their operator's make a reader of nodes raise."""


@reader
def import_onnx(path: Path, name: str, sizes: Mapping[str, int]) -> Imported:
    """Read an ONNX model.

    Parameters
    ----------
    path
        The file.
    name
        The model's name.
    sizes
        Sizes of the dimensions that the file leaves open, by name.

    Raises
    ------
    InputError
        With every fault of the inputs, or else of every node.
    ScarError
        Without the library onnx.
    """
    model = read_onnx(path, sizes)
    try:
        graph = fold_constants(model)
    except NodeError as error:
        raise InputError([Fault(str(path), "", error.value, error.rule)]) from error
    walk = _Walk(graph, str(path))
    for node in graph.nodes:
        walk.visit(node)
    faults = walk.faults or walk.unsized
    if faults:
        raise InputError(faults)
    notes = [f"{called}: {tensor}" for tensor, called in walk.inputs.items()]
    notes += _batches(graph, walk.inputs)
    if walk.folded:
        notes.append(f"folded: {counted(walk.folded)}")
    return Imported(build_model(str(path), name, walk.drafts), tuple(notes))


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
    folded
        How many nodes of each operator became no layer.
    inputs
        The model's names of the graph's inputs that layers read.
    faults
        Of nodes that cannot be imported.
    unsized
        Of nodes without known shapes, which may follow from other faults.
    """

    def __init__(self, graph: OnnxGraph, file: str) -> None:
        self._graph = graph
        self._file = file
        self._sources: dict[str, tuple[str, ...]] = {name: (name,) for name in graph.inputs}
        self._taken = set(graph.inputs)
        self._owners: dict[str, str] = {}
        """By weight tensor, the first layer that uses it."""
        self.drafts: list[Draft] = []
        self.folded: Counter[str] = Counter()
        self.inputs: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.unsized: list[Fault] = []

    def visit(self, node: Node) -> None:
        """Make a layer of a node, or fold it into what it reads."""
        reads = [name for name in node.inputs if name and name not in self._graph.constants]
        fields: Fields | None = None
        try:
            self._check_order(reads)
            if node.op in LAYERS:
                fields = LAYERS[node.op](self._graph, node)
            elif node.op in COMBINED:
                reads = self._operands(node, reads)
                if len({self._sources[name] for name in reads}) > 1:
                    fields = combined(self._graph, node, COMBINED[node.op])
            elif not is_folded(node.op):
                raise NodeError(node.op, "not an operator that can be imported")
        except NodeError as error:
            faults = self.unsized if isinstance(error, ShapeError) else self.faults
            faults.append(Fault(self._file, f"node {node.name}", error.value, error.rule))
        except _MALFORMED as error:
            rule = f"malformed node: {type(error).__name__} {error}"
            self.faults.append(Fault(self._file, f"node {node.name}", node.op, rule))
        sources = self._stem(reads)
        if fields is not None:
            sources = (self._add(node, fields, node.inputs[:2], sources),)
            if node.op in RECURRENT:
                states = RECURRENT[node.op](self._graph, node)
                sources = (self._add(node, states, node.inputs[2:3], sources),)
        else:
            self.folded[node.op] += 1
        self._sources.update(dict.fromkeys(node.outputs, sources))

    def _check_order(self, reads: Iterable[str]) -> None:
        for name in reads:
            if name not in self._sources:
                raise NodeError(name, "no node before this one gives this tensor")

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
