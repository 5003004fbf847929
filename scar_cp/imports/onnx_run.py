"""A run of an ONNX graph on random inputs, for the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scar_cp.imports.onnx_inference import constant_names, is_stripped

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["RunError", "shapes_of_run"]

_Arrays = Mapping[str, "np.ndarray[Any, Any]"]


class RunError(Exception):
    """A graph cannot be run; says why, in one line."""


def shapes_of_run(model: ModelProto, folder: Path) -> tuple[str, dict[str, tuple[int, ...]]]:
    """Run a graph and note every tensor's shape.

    Parameters
    ----------
    model
        With sizes for all dimensions of its inputs. Is changed: it shows all tensors.
    folder
        Where weights lie that have files of their own; random ones stand for those that do not.

    Returns
    -------
    runner
        What ran it: onnxruntime if it is installed and can, otherwise ONNX's own evaluator.
    shapes
        Of all tensors outside of nested graphs.

    Raises
    ------
    RunError
        If nothing can.
    """
    try:
        feeds = _feeds(model, folder)
    except (MemoryError, ValueError) as error:
        raise RunError(f"its inputs and weights cannot be drawn: {error}") from error
    shown = [name for node in model.graph.node for name in node.output if name]
    del model.graph.output[:]
    for name in shown:
        model.graph.output.add(name=name)
    reasons = []
    for runner, run in _runners():
        try:
            results = run(model, feeds)
        except Exception as error:  # whatever it raises of graphs that it does not know
            reason = str(error).strip() or type(error).__name__
            reasons.append(f"{runner} cannot run the graph: {reason.splitlines()[0]}")
        else:
            arrays = {**feeds, **dict(zip(shown, results, strict=True))}
            return runner, {n: a.shape for n, a in arrays.items() if isinstance(a, np.ndarray)}
    raise RunError("; ".join(reasons))


def _feeds(model: ModelProto, folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Random inputs; weights that are missing are drawn too."""
    random = np.random.default_rng(0)
    constants = constant_names(model)
    feeds = {
        value.name: _drawn(
            random,
            value.type.tensor_type.elem_type,
            [d.dim_value for d in value.type.tensor_type.shape.dim],
        )
        for value in model.graph.input
        if value.name not in constants
    }
    _fill_weights(model, folder, random)
    return feeds


def _runners() -> Iterator[tuple[str, Callable[[ModelProto, _Arrays], list[Any]]]]:
    if find_spec("onnxruntime"):
        yield "onnxruntime", _run_onnxruntime
    yield "onnx's reference evaluator", _run_reference


def _run_onnxruntime(model: ModelProto, feeds: _Arrays) -> list[Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    results: list[Any] = session.run([value.name for value in model.graph.output], dict(feeds))
    return results


def _run_reference(model: ModelProto, feeds: _Arrays) -> list[Any]:
    from onnx.reference import ReferenceEvaluator

    results = ReferenceEvaluator(model).run(None, dict(feeds))
    return [np.asarray(result) if np.isscalar(result) else result for result in results]


def _fill_weights(model: ModelProto, folder: Path, random: np.random.Generator) -> None:
    """Read weights from their files; draw those that have none."""
    from onnx import TensorProto, numpy_helper
    from onnx.checker import ValidationError
    from onnx.external_data_helper import load_external_data_for_tensor

    for tensor in model.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            try:
                load_external_data_for_tensor(tensor, str(folder))
                tensor.data_location = TensorProto.DEFAULT
                del tensor.external_data[:]
                continue
            except (OSError, ValueError, ValidationError):  # no file, or none that it trusts
                pass
        elif not is_stripped(tensor):
            continue
        drawn = _drawn(random, tensor.data_type, tensor.dims)
        tensor.CopyFrom(numpy_helper.from_array(drawn, tensor.name))


def _drawn(random: np.random.Generator, kind: int, shape: Any) -> np.ndarray[Any, Any]:
    """Values of some type; whole numbers are 0 or 1, so that they may be places in a table."""
    from onnx import TensorProto, helper

    if kind == TensorProto.STRING:
        return np.full(shape, "a", dtype=object)
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    if np.issubdtype(dtype, np.integer) or dtype == np.bool_:
        return np.asarray(random.integers(0, 2, shape), dtype)
    return np.asarray(random.normal(size=shape), dtype)
