"""Branches and loops whose course is known, as what they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from scar_cp.imports.onnx_expansion import Expansion, Known

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

__all__ = ["BODIES", "MOST_STEPS"]

MOST_STEPS = 64
"""Of a loop that is written out step by step."""


def _branch(node: NodeProto, known: Known) -> Expansion | None:
    """What an ``If`` runs."""
    if node.input[0] not in known.values:
        return None
    expansion = Expansion(node.output[0], known.opset)
    taken = "then_branch" if _is_true(known.values[node.input[0]]) else "else_branch"
    given = expansion.run(_attributes(node)[taken], {}, "", "")
    for inside, outside in zip(given, node.output, strict=True):
        expansion.add("Identity", inside, output=outside)
    return expansion


def _loop(node: NodeProto, known: Known) -> Expansion | None:
    """All steps of a ``Loop`` that ends with its count alone."""
    trips, condition, *states = node.input
    body: GraphProto = _attributes(node)["body"]
    goes = not condition or (condition in known.values and _is_true(known.values[condition]))
    if trips not in known.values or not goes or not _goes_on(body, known):
        return None
    steps = int(known.values[trips].reshape(-1)[0])
    expansion = Expansion(node.output[0], known.opset)
    on = expansion.constant(np.array(True))
    index, goes_on, *inputs = (value.name for value in body.input)

    def given(step: int, states: Sequence[str]) -> dict[str, str]:
        at = expansion.constant(np.array(step, np.int64))
        return {index: at, goes_on: on, **dict(zip(inputs, states, strict=True))}

    return _unrolled(node, expansion, steps, states, given, 1, [])


def _scan(node: NodeProto, known: Known) -> Expansion | None:
    """All steps of a ``Scan``."""
    attributes = _attributes(node)
    scans = attributes["num_scan_inputs"]
    states, read = [*node.input[:-scans]], [*node.input[-scans:]]
    axes = attributes.get("scan_input_axes", [0] * scans)
    if known.opset < 9 or any(name not in known.shapes for name in read):
        return None
    steps = known.shapes[read[0]][axes[0]]
    expansion = Expansion(node.output[0], known.opset)
    backwards = attributes.get("scan_input_directions", [0] * scans)
    inputs = [value.name for value in attributes["body"].input]

    def given(step: int, states: Sequence[str]) -> dict[str, str]:
        slices = []
        for name, axis, turned in zip(read, axes, backwards, strict=True):
            at = expansion.constant(np.array(steps - 1 - step if turned else step, np.int64))
            slices.append(expansion.add("Gather", name, at, axis=axis))
        return dict(zip(inputs, (*states, *slices), strict=True))

    results = len(node.output) - len(states)
    axes_out = attributes.get("scan_output_axes", [0] * results)
    turned = attributes.get("scan_output_directions", [0] * results)
    return _unrolled(
        node, expansion, steps, states, given, 0, [*zip(axes_out, turned, strict=True)]
    )


BODIES: Mapping[str, Callable[[NodeProto, Known], Expansion | None]] = {
    "If": _branch,
    "Loop": _loop,
    "Scan": _scan,
}
"""What a node runs; ``None`` where that is not known."""


def _unrolled(
    node: NodeProto,
    expansion: Expansion,
    steps: int,
    states: Sequence[str],
    given: Callable[[int, Sequence[str]], dict[str, str]],
    skipped: int,
    layouts: Sequence[tuple[int, bool]],
) -> Expansion | None:
    """Append every step's body, behind the first outputs of which are the states.

    Parameters
    ----------
    given
        What the body's inputs are in a step that begins with some states.
    skipped
        Outputs of the body before its states.
    layouts
        Axis of each tensor that the steps make together, and whether they do so from its end;
        axis 0 and from the start beyond.
    """
    if not 1 <= steps <= MOST_STEPS:
        return None
    label = node.name or f"{node.op_type} {node.output[0]}"
    rows: list[list[str]] = []
    for step in range(steps):
        outputs = expansion.run(
            _attributes(node)["body"], given(step, states), f"{step}/", f"{label}/{step}/"
        )[skipped:]
        states, row = outputs[: len(states)], outputs[len(states) :]
        rows.append(row)
    for inside, outside in zip(states, node.output, strict=False):
        if outside:
            expansion.add("Identity", inside, output=outside)
    for number, outside, parts in zip(
        count(), node.output[len(states) :], zip(*rows, strict=True), strict=False
    ):
        axis, turned = layouts[number] if number < len(layouts) else (0, False)
        if outside:
            expansion.stack(parts[::-1] if turned else parts, axis, outside)
    return expansion


def _goes_on(body: GraphProto, known: Known) -> bool:
    """Whether a body never ends its loop."""
    from onnx import numpy_helper

    values = dict(known.values)
    values |= {tensor.name: numpy_helper.to_array(tensor) for tensor in body.initializer}
    going = {body.input[1].name} | {name for name, value in values.items() if _is_true(value)}
    for node in body.node:
        if node.op_type == "Constant" and "value" in _attributes(node):
            if _is_true(numpy_helper.to_array(_attributes(node)["value"])):
                going.add(node.output[0])
        elif node.op_type in ("Identity", "Cast") and node.input[0] in going:
            going.add(node.output[0])
    return body.output[0].name in going


def _is_true(value: np.ndarray[Any, Any]) -> bool:
    return value.size == 1 and bool(value.reshape(-1)[0])


def _attributes(node: NodeProto) -> dict[str, Any]:
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}
