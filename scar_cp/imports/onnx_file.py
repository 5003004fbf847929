"""An ONNX file with a size for every dimension of its inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scar_cp.errors import Fault, InputError, ScarError
from scar_cp.records.limits import MOST_ONNX_BYTES
from scar_cp.records.reading import read_bytes
from scar_cp.terms import MAX_LAYERS

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from onnx import GraphProto, ModelProto, TensorShapeProto, ValueInfoProto

__all__ = ["NO_SIZE", "constant_names", "read_onnx"]

NO_SIZE = "has no size"
"""The rule that an open dimension breaks."""


def read_onnx(path: Path, sizes: Mapping[str, int]) -> ModelProto:
    """Read a model, put sizes for its open dimensions, and its functions in line.

    Parameters
    ----------
    path
        The file; weights in files of their own are not read.
    sizes
        By name of the dimension, or by its place ``INPUT[AXIS]``, which comes first, and may have
        another size in the file: a batch to be taken out.

    Raises
    ------
    InputError
        If it is no ONNX model, with every open dimension, and every size for none.
    ScarError
        Without the library onnx.
    """
    try:
        from onnx import inliner
    except ImportError as error:
        raise ScarError("importing ONNX needs onnx: pip install 'scar-cp[onnx]'") from error
    model = _parsed(path)
    if model.functions:
        model = inliner.inline_local_functions(model)
    faults = [*_close_inputs(model, str(path), sizes)]
    if faults:
        raise InputError(faults)
    return model


def constant_names(model: ModelProto) -> set[str]:
    """Names of a graph's initialisers."""
    graph = model.graph
    return {tensor.name for tensor in graph.initializer} | {
        tensor.values.name for tensor in graph.sparse_initializer
    }


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


def _is_text(message: Message) -> bool:
    """Whether all that is text in a message is; other bytes are given out as bytes."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING:
            texts = [value] if isinstance(value, str | bytes) else value
            if any(isinstance(text, bytes) for text in texts):
                return False
        elif field.type == field.TYPE_MESSAGE:
            parts = [value] if hasattr(value, "ListFields") else value
            if not all(map(_is_text, parts)):
                return False
    return True


def _close_inputs(model: ModelProto, file: str, sizes: Mapping[str, int]) -> Iterator[Fault]:
    """Put sizes where dimensions are open, in all that the file says of shapes."""
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
