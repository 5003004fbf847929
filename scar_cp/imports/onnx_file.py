"""An ONNX file, or a part of it, with a size for every dimension of its inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

from scar_cp.errors import Fault, InputError, ScarError
from scar_cp.imports.onnx_fused import FUSED
from scar_cp.imports.onnx_inference import NodeError, constant_names
from scar_cp.imports.onnx_operators import FREE
from scar_cp.imports.onnx_part import (
    all_nodes,
    cut,
    full_name,
    name_faults,
    operators,
    part_faults,
)
from scar_cp.records.limits import MOST_ONNX_BYTES
from scar_cp.records.reading import read_bytes
from scar_cp.terms import MAX_LAYERS

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from onnx import GraphProto, ModelProto, TensorShapeProto, ValueInfoProto

__all__ = ["NO_SIZE", "Choice", "read_onnx"]

NO_SIZE = "has no size"
"""The rule that an open dimension breaks."""


@dataclass(frozen=True)
class Choice:
    """What of a file is imported, and as what.

    Attributes
    ----------
    sizes
        Sizes of open dimensions, by name, or by place ``INPUT[AXIS]``, which comes first.
    folds
        Operators that are taken as free of MACs, with or without their domain.
    begin
        Tensors that become inputs: what only they need is left out.
    end
        Tensors that become the outputs: what they do not need is left out.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    folds: tuple[str, ...] = ()
    begin: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


def read_onnx(path: Path, choice: Choice) -> tuple[ModelProto, frozenset[str]]:
    """Read what is chosen of a model, put sizes for open dimensions, and functions in line.

    Parameters
    ----------
    path
        The file; weights in files of their own are not read.
    choice
        What to read of it.

    Returns
    -------
    model
        Without functions, but for those that are taken as free.
    folded
        The full names of operators that are taken as free.

    Raises
    ------
    InputError
        If it is no ONNX model, with every open dimension, and every name or size for none.
    NodeError
        If the model is not valid.
    ScarError
        Without the library onnx.
    """
    try:
        from onnx import inliner
    except ImportError as error:
        raise ScarError("importing ONNX needs onnx: pip install 'scar-cp[onnx]'") from error
    model = _parsed(path)
    known = operators(model)
    plain = {op.rpartition(".")[2] for op in known}
    faults = [
        *_version_faults(model, str(path)),
        *name_faults("folds", "operator", choice.folds, known | plain),
    ]
    folded = frozenset(op for op in known if {op, op.rpartition(".")[2]} & {*choice.folds})
    if model.functions:
        _check_calls(model)
        kept = [(f.domain, f.name) for f in model.functions if f"{f.domain}.{f.name}" in folded]
        model = inliner.inline_selected_functions(model, kept, exclude=True)
    _import_domains(model, folded | FREE | FUSED.keys())
    wrong = [*part_faults(model.graph, choice.begin, choice.end)]
    if wrong:
        raise InputError([*faults, *wrong])
    if choice.begin or choice.end:
        cut(model, choice.begin, choice.end)
    faults += _close_inputs(model, str(path), choice.sizes)
    if faults:
        raise InputError(faults)
    return model, folded


def _parsed(path: Path) -> ModelProto:
    from google.protobuf.message import DecodeError
    from onnx import ModelProto

    def fail(rule: str) -> InputError:
        return InputError([Fault(str(path), "", None, rule)])

    model = ModelProto()
    try:
        model.ParseFromString(read_bytes(path, MOST_ONNX_BYTES))
    except FileNotFoundError as error:
        raise fail("no such file") from error
    except OSError as error:
        raise fail(f"cannot be read: {error.strerror}") from error
    except DecodeError as error:
        raise fail("is not an ONNX model") from error
    except RecursionError as error:
        raise fail("is nested too deeply") from error
    if not _is_text(model):
        raise fail("must have names in UTF-8")
    if len(model.graph.node) > MAX_LAYERS:
        raise fail(f"must have at most {MAX_LAYERS} nodes")
    if not model.ir_version or not model.graph.node:  # other bytes may happen to parse
        raise fail("is not an ONNX model")
    return model


def _check_calls(model: ModelProto) -> None:
    """Refuse functions that call themselves, which cannot be put in line."""
    calls: nx.DiGraph[str] = nx.DiGraph()
    for function in model.functions:
        name = f"{function.domain}.{function.name}"
        calls.add_edges_from((name, full_name(node)) for node in all_nodes(function))
    cycle = next(nx.simple_cycles(calls), None)
    if cycle:
        raise NodeError(" -> ".join([*cycle, cycle[0]]), "functions must not call themselves")


def _version_faults(model: ModelProto, file: str) -> Iterator[Fault]:
    """Say where the operators of the standard are newer than the library that reads them."""
    import onnx

    newest = onnx.defs.onnx_opset_version()
    for opset in model.opset_import:
        if opset.domain in ("", "ai.onnx") and opset.version > newest:
            rule = f"onnx {onnx.__version__} knows operators up to {newest}: install a newer one"
            yield Fault(file, "opset_import", str(opset.version), rule)


def _import_domains(model: ModelProto, ops: Iterable[str]) -> None:
    """Give a version to the domain of each operator that the file has none for."""
    versioned = {"", *(opset.domain for opset in model.opset_import)}
    for domain in sorted({op.rpartition(".")[0] for op in ops} - versioned):
        model.opset_import.add(domain=domain, version=1)


def _is_text(message: Message) -> bool:
    """Whether all that is text in a message is; other bytes are given out as bytes."""
    for part, value in message.ListFields():
        if part.type == part.TYPE_STRING:
            texts = [value] if isinstance(value, str | bytes) else value
            if any(isinstance(text, bytes) for text in texts):
                return False
        elif part.type == part.TYPE_MESSAGE:
            pieces = [value] if hasattr(value, "ListFields") else value
            if not all(map(_is_text, pieces)):
                return False
    return True


def _close_inputs(model: ModelProto, file: str, sizes: Mapping[str, int]) -> Iterator[Fault]:
    """Put sizes where dimensions are open, in all that the file says of shapes."""
    from onnx import TensorProto

    graph = model.graph
    constants = constant_names(model)
    inputs = [value for value in graph.input if value.name not in constants]
    opened: dict[str, str] = {}
    places = {
        f"{value.name}[{axis}]": dimension
        for value in inputs
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim)
    }
    for value in inputs:
        if not value.type.tensor_type.HasField("shape"):
            yield Fault(file, f"input {value.name}", None, "must be a tensor with a shape")
        if value.type.tensor_type.elem_type in (TensorProto.COMPLEX64, TensorProto.COMPLEX128):
            yield Fault(file, f"input {value.name}", "complex numbers", "must be real ones")
        for name, place, _ in _open(value):
            if place not in sizes:
                opened.setdefault(name, value.name)
    for name, first in opened.items():
        if name not in sizes:
            yield Fault(file, f"input {first}", name, NO_SIZE)
    for name, size in sizes.items():
        if name not in opened and name not in places:
            known = f"choose from {', '.join(opened)}" if opened else "all have sizes"
            rule = f"no open dimension of an input: {known}"
            yield Fault("sizes", "", f"{name}={size}", rule, is_parameter=True)
    fixed = [(d, sizes[place]) for place, d in places.items() if place in sizes and d.dim_value > 0]
    if any(dimension.dim_value != size for dimension, size in fixed):
        _forget_shapes(graph)
    for dimension, size in fixed:
        dimension.dim_value = size
    for value in (*inputs, *graph.output, *graph.value_info):
        for name, place, dimension in _open(value):
            given = sizes.get(place, sizes.get(name))
            if given is not None:
                dimension.dim_value = given
            elif dimension.HasField("dim_param"):  # an expression: inferred anew
                dimension.ClearField("dim_param")


def _forget_shapes(graph: GraphProto) -> None:
    """Drop what the file says of shapes behind its inputs, which have other sizes now."""
    del graph.value_info[:]
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")


def _open(value: ValueInfoProto) -> Iterator[tuple[str, str, TensorShapeProto.Dimension]]:
    """The dimensions without a size, with their names and their places."""
    for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
        if dimension.dim_value < 1:
            place = f"{value.name}[{axis}]"
            yield dimension.dim_param or place, place, dimension
