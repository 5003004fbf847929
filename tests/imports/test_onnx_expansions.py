"""Nodes that stand for several: fused operators, attention, loops."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Command, Project
from refusals import assert_refused

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np
from onnx import TensorProto, defs, helper

from imports.onnx_import import IMPORT, fields, imported
from imports.onnx_models import Net

MICROSOFT = "com.microsoft"


def macs_of(layers: Any) -> dict[str, int]:
    return {layer.name: layer.macs for layer in layers}


@pytest.mark.parametrize(
    ("left", "right", "options"),
    [
        ([3, 6, 8], [3, 8, 5], {}),
        ([3, 8, 6], [3, 8, 5], {"transA": 1}),
        ([3, 6, 8], [3, 5, 8], {"transB": 1}),
        ([3, 8, 6], [3, 5, 8], {"transA": 1, "transB": 1, "alpha": 0.5}),
        ([6, 3, 8], [8, 3, 5], {"transBatchA": 1, "transBatchB": 1}),
        ([8, 3, 6], [3, 8, 5], {"transBatchA": 1, "transA": 1}),
    ],
)
def test_a_fused_product_turns_its_operands(
    project: Project, command: Command, left: Any, right: Any, options: Any
) -> None:
    net = Net(x=left, y=right)
    net.save(net.add("FusedMatMul", "x", "y", name="mm", domain=MICROSOFT, **options))
    (layer,) = imported(command)
    assert fields(layer) == {
        "op": "gemm",
        "K": 3 * 5,
        "C": 3 * 8,
        "Y": 6,
        "groups": 3,
        "dynamic": True,
        "inputs": ("in0", "in1"),
    }


@pytest.mark.parametrize("op", ["MatMulNBits", "MatMulBnb4"])
def test_packed_weights_count_as_elements(project: Project, command: Command, op: str) -> None:
    net = Net(x=[1, 6, 32])
    packed = net.weight(48, 1, 16)
    sizes = {"K": 32, "N": 48, "bits": 4, "block_size": 32}
    x = net.add(op, "x", packed, net.weight(48), name="mm", domain=MICROSOFT, **sizes)
    net.save(net.linear(x, 48, 8, "after"))
    mm, after = imported(command)
    assert (mm.macs, mm.weight_elements, mm.dynamic) == (6 * 32 * 48, 32 * 48, False)
    assert (after.C, after.inputs) == (48, ("mm",))


def test_a_fused_convolution_adds_what_it_is_given(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 8])
    a = net.conv("x", 3, 4, 3, "a")
    reads = "x", net.weight(4, 3, 3, 3), net.weight(4), a
    options = {"pads": [1] * 4, "activation": "Relu"}
    x = net.add("FusedConv", *reads, name="b", domain=MICROSOFT, **options)
    net.save(net.conv(x, 4, 5, 1, "after"))
    first, second, add, after = imported(command)
    assert (second.name, second.inputs) == ("b", ("in0",))
    assert (add.op, add.inputs, after.inputs) == ("add", ("b", first.name), (add.name,))


def test_the_sum_of_a_normalisation_is_an_output_too(project: Project, command: Command) -> None:
    net = Net(x=[1, 6, 8])
    a = net.linear("x", 8, 8, "a")
    net.nodes.append(
        helper.make_node(
            "SkipSimplifiedLayerNormalization",
            [a, "x", net.weight(8)],
            ["normed", "", "", "sum"],
            name="skip",
            domain=MICROSOFT,
        )
    )
    b = net.linear("normed", 8, 8, "b")
    net.save(net.add("Add", b, "sum", name="last"))
    layers = {layer.name: layer for layer in imported(command)}
    assert layers["b"].inputs == ("skip",)
    assert layers["last"].inputs == ("b", "skip")


ROWS, PAST, HEADS, SIZE = 6, 10, 4, 8
WIDTH = HEADS * SIZE


def attended(columns: int, heads: int = HEADS) -> int:
    return heads * ROWS * columns * SIZE


@pytest.mark.parametrize("packing", ["apart", "by head", "two", "three"])
@pytest.mark.parametrize("past", [0, PAST])
def test_multi_head_attention_is_two_products(
    project: Project, command: Command, packing: str, past: int
) -> None:
    shapes: dict[str, list[int | str]] = {"q": [1, ROWS, WIDTH]}
    if packing == "apart":
        shapes |= {"k": [1, ROWS, WIDTH], "v": [1, ROWS, WIDTH]}
    elif packing == "by head":
        shapes |= {"k": [1, HEADS, ROWS, SIZE], "v": [1, HEADS, ROWS, SIZE]}
    elif packing == "two":
        shapes |= {"k": [1, ROWS, HEADS, 2, SIZE]}
    else:
        shapes = {"q": [1, ROWS, HEADS, 3, SIZE]}
    reads = [name if name in shapes else "" for name in "qkv"]
    if past:
        shapes |= {name: [1, HEADS, past, SIZE] for name in ("pk", "pv")}
        reads += ["", "", "", "pk", "pv"]
    net = Net(**shapes)
    node = helper.make_node(
        "MultiHeadAttention", reads, ["out", "k2", "v2"], "mha", domain=MICROSOFT, num_heads=HEADS
    )
    net.nodes.append(node)
    net.save(net.linear("out", WIDTH, 5, "after"), "k2", "v2")
    layers = imported(command)
    both = attended(past + ROWS)
    assert macs_of(layers) == {"mha/qk": both, "mha/av": both, "after": ROWS * WIDTH * 5}
    assert [layer.groups for layer in layers] == [HEADS, HEADS, 1]
    assert (layers[0].dynamic, layers[1].inputs[0]) == (True, "mha/qk")
    assert layers[2].inputs == ("mha/av",)


@pytest.mark.parametrize("kv_heads", [4, 2, 1])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("past", [0, PAST])
def test_grouped_queries_share_keys_and_values(
    project: Project, command: Command, kv_heads: int, packed: bool, past: int
) -> None:
    net = Net(x=[1, ROWS, 16], pk=[1, kv_heads, "past", SIZE], pv=[1, kv_heads, "past", SIZE])
    widths = [WIDTH, kv_heads * SIZE, kv_heads * SIZE]
    if packed:
        reads = [net.linear("x", 16, sum(widths), "qkv"), "", ""]
    else:
        reads = [net.linear("x", 16, w, n) for w, n in zip(widths, "qkv", strict=True)]
    reads += [
        "pk",
        "pv",
        net.constant([past + ROWS - 1], np.int32),
        net.constant(past + ROWS, np.int32),
    ]
    options = {"num_heads": HEADS, "kv_num_heads": kv_heads}
    node = "GroupQueryAttention"
    x = net.add(node, *reads, name="gqa", domain=MICROSOFT, **options)
    net.save(net.linear(x, WIDTH, 16, "out"))
    layers = {layer.name: layer for layer in imported(command, "--dim", f"past={past}")}
    first = {"qkv"} if packed else {"q", "k", "v"}
    assert set(layers) == first | {"gqa/qk", "gqa/av", "out"}
    for name in ("gqa/qk", "gqa/av"):
        assert layers[name].macs == attended(past + ROWS)
        assert layers[name].kernel_elements == kv_heads * (past + ROWS) * SIZE
    old = ("in1",) if past else ()
    assert layers["gqa/qk"].inputs == (("qkv", *old) if packed else ("q", *old, "k"))
    assert layers["out"].inputs == ("gqa/av",)


def test_attention_with_its_projection(project: Project, command: Command) -> None:
    net = Net(x=[1, ROWS, 16], past=[2, 1, HEADS, PAST, SIZE])
    reads = "x", net.weight(16, 3 * WIDTH), net.weight(3 * WIDTH), "", "past"
    net.save(net.add("Attention", *reads, name="self", domain=MICROSOFT, num_heads=HEADS))
    layers = imported(command)
    both = attended(PAST + ROWS)
    expected = {"self/qkv": ROWS * 16 * 3 * WIDTH, "self/qk": both, "self/av": both}
    assert macs_of(layers) == expected


@pytest.mark.skipif(defs.onnx_opset_version() < 23, reason="needs a newer onnx")
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_attention_of_the_standard_reads_the_past(
    project: Project, command: Command, kv_heads: int
) -> None:
    past: list[int | str] = [1, kv_heads, PAST, SIZE]
    rows: list[int | str] = [1, ROWS, kv_heads * SIZE]
    net = Net(q=[1, ROWS, WIDTH], k=rows, v=rows, pk=past, pv=past)
    net.opsets = [helper.make_opsetid("", 23)]
    counts: dict[str, Any] = {"q_num_heads": HEADS, "kv_num_heads": kv_heads}
    node = helper.make_node(
        "Attention", ["q", "k", "v", "", "pk", "pv"], ["out", "k2", "v2"], "att", **counts
    )
    net.nodes.append(node)
    net.save("out", "k2", "v2")
    assert list(macs_of(imported(command)).values()) == [attended(PAST + ROWS)] * 2


def test_rounding_and_normalising_operators_of_others_keep_shapes(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 6, 8])
    quant = "qonnx.custom_op.general"
    scale = net.weight(1)

    def rounded(x: str) -> str:
        return net.add("Quant", x, scale, scale, scale, domain=quant, signed=1, narrow=0)

    weight = rounded(net.weight(8, 4))
    x = net.add("MatMul", rounded("x"), weight, name="first")
    x = net.add("BipolarQuant", x, scale, domain=quant)
    x = net.add("SimplifiedLayerNormalization", x, net.weight(4), axis=-1)
    net.save(net.linear(x, 4, 2, "second"))
    first, second = imported(command)
    assert (first.weight_elements, first.dynamic, second.inputs) == (32, False, ("first",))


def body(name: str, reads: list[Any], nodes: list[Any], gives: list[str], weights: Any = ()) -> Any:
    values = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in reads]
    outputs = [helper.make_empty_tensor_value_info(name) for name in gives]
    return helper.make_graph(nodes, name, values, outputs, weights)


def loop(net: Net, trips: str, ends: bool = False) -> None:
    """Each step multiplies a state by the same weights; all states together are a result too."""
    flag = "unlike" if ends else "going"
    nodes = [
        helper.make_node("Not" if ends else "Identity", ["on"], [flag]),
        helper.make_node("MatMul", ["state", "w"], ["next"], "step"),
        helper.make_node("Relu", ["next"], ["shown"]),
    ]
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 8], [0.5] * 64)
    reads = [
        ("i", TensorProto.INT64, []),
        ("on", TensorProto.BOOL, []),
        ("state", TensorProto.FLOAT, [1, 8]),
    ]
    graph = body("body", reads, nodes, [flag, "next", "shown"], [weight])
    reads_outside = [trips, net.constant(True, bool), "x"]
    outputs = ["last", "all"]
    net.nodes.append(helper.make_node("Loop", reads_outside, outputs, "loop", body=graph))


@pytest.mark.parametrize("opset", [11, 17])
def test_a_loop_runs_step_by_step(project: Project, command: Command, opset: int) -> None:
    net = Net(x=[1, 8])
    net.opsets = [helper.make_opsetid("", opset)]
    loop(net, net.constant(3))
    net.save(net.linear("all", 8, 5, "after"), "last")
    layers = imported(command)
    steps = [f"loop/{step}/step" for step in range(3)]
    assert macs_of(layers) == {**dict.fromkeys(steps, 64), "after": 3 * 8 * 5}
    inputs = [layer.inputs for layer in layers]
    assert inputs == [("in0",), (steps[0],), (steps[1],), tuple(steps)]


@pytest.mark.parametrize("case", ["a count that is read", "too many steps", "an end"])
def test_a_loop_of_unknown_course_is_refused(project: Project, command: Command, case: str) -> None:
    net = Net(x=[1, 8])
    net.inputs.append(helper.make_tensor_value_info("n", TensorProto.INT64, []))
    trips = {"a count that is read": "n", "an end": net.constant(3)}
    loop(net, trips.get(case) or net.constant(65), ends=case == "an end")
    net.save("last")
    rule = "must run a number of steps that the file tells, at most 64"
    assert_refused(project, command, IMPORT, f"net.onnx: node loop: Loop: {rule}")


@pytest.mark.parametrize("backwards", [0, 1])
def test_a_scan_runs_step_by_step(project: Project, command: Command, backwards: int) -> None:
    net = Net(x=[4, 1, 8], start=[1, 8])
    nodes = [
        helper.make_node("Add", ["state", "row"], ["sum"], "mix"),
        helper.make_node("MatMul", ["sum", "w"], ["next"], "step"),
        helper.make_node("Identity", ["next"], ["shown"]),
    ]
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 8], [0.5] * 64)
    reads = [(name, TensorProto.FLOAT, [1, 8]) for name in ("state", "row")]
    graph = body("body", reads, nodes, ["next", "shown"], [weight])
    options: dict[str, Any] = {"num_scan_inputs": 1, "scan_input_directions": [backwards]}
    net.nodes.append(
        helper.make_node("Scan", ["start", "x"], ["last", "all"], "scan", body=graph, **options)
    )
    net.save(net.linear("all", 8, 5, "after"))
    layers = [layer for layer in imported(command) if layer.op == "gemm"]
    steps = [f"scan/{step}/step" for step in range(4)]
    assert macs_of(layers) == {**dict.fromkeys(steps, 64), "after": 4 * 8 * 5}
    assert layers[-1].inputs == tuple(steps)


def test_empty_tensors_may_be_joined(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8], past=[1, "past", 8])
    rows = net.add("Concat", "past", net.linear("x", 8, 8, "first"), axis=1)
    net.save(net.linear(rows, 8, 4, "second"))
    assert [la.inputs for la in imported(command, "--dim", "past=0")] == [("in0",), ("first",)]
    (_, second) = imported(command, "--dim", "past=2")
    assert (second.Y, second.inputs) == (5, ("in1", "first"))
