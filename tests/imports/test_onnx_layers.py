"""Nodes of ONNX graphs become layers of the right shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np
from onnx import helper, numpy_helper

from imports.onnx_import import fields, imported, ours, total
from imports.onnx_models import Net


def test_a_depthwise_separable_block(project: Project, command: Command) -> None:
    net = Net(x=[1, 32, 15, 20])
    x = net.conv("x", 1, 32, 3, "depthwise", group=32, strides=[2, 2])
    x = net.add("Clip", net.add("BatchNormalization", x, *(net.weight(32) for _ in range(4))))
    gate = net.add("Sigmoid", net.conv(net.add("GlobalAveragePool", x), 32, 32, 1, "squeeze"))
    x = net.conv(net.add("Mul", x, gate, name="scale"), 32, 64, 1, "pointwise")
    net.save(net.add("Mul", x, net.add("Sigmoid", x)))
    depthwise, pool, squeeze, scale, pointwise = imported(command)
    assert fields(depthwise) == {
        "op": "dwconv",
        "K": 32,
        "C": 32,
        "Y": 15,
        "X": 20,
        "R": 3,
        "S": 3,
        "stride": 2,
        "pad": 1,
        "groups": 32,
        "inputs": ("in0",),
    }
    assert (pool.op, pool.R, pool.S, pool.inputs) == ("pool", 8, 10, ("depthwise",))
    assert (squeeze.Y, squeeze.X, squeeze.inputs) == (1, 1, (pool.name,))
    assert (scale.op, scale.inputs) == ("mul", ("depthwise", "squeeze"))
    assert (pointwise.op, pointwise.K, pointwise.inputs) == ("conv", 64, ("scale",))


def test_a_level_of_a_unet(project: Project, command: Command) -> None:
    net = Net(x=[1, 64, 256, 256])
    down = net.add("MaxPool", "x", name="pool", kernel_shape=[2, 2], strides=[2, 2])
    low = net.conv(down, 64, 128, 3, "low")
    up = net.add("ConvTranspose", low, net.weight(128, 64, 2, 2), name="up", strides=[2, 2])
    net.save(net.conv(net.add("Concat", "x", up, axis=1), 128, 64, 3, "high"))
    layers = imported(command)
    assert [layer.name for layer in layers] == ["pool", "low", "up", "high"]
    expected = {layer.name: layer for layer in ours("unet512")}
    for layer, like in zip(layers[2:], ("up1", "conv1_3"), strict=True):
        small = {"Y": layer.Y, "X": layer.X, "inputs": layer.inputs, "name": layer.name}
        assert expected[like].replace(**small) == layer
    assert layers[3].inputs == ("in0", "up")
    assert (layers[2].output_height, layers[3].output_height) == (256, 256)


def test_products_of_every_sort(project: Project, command: Command) -> None:
    net = Net(x=[1, 6, 10, 4])
    per_head = net.add("MatMul", "x", net.weight(6, 4, 5), name="weights per head")
    shared = net.add("MatMul", per_head, net.weight(5, 7), name="weights")
    first = net.add("MatMul", net.weight(3, 10), shared, name="weights first")
    rows = net.add("Reshape", first, net.constant([18, 7]))
    net.save(net.add("Gemm", rows, rows, name="gram", transB=1))
    assert [fields(layer) for layer in imported(command)] == [
        {"op": "gemm", "K": 30, "C": 24, "Y": 10, "groups": 6, "inputs": ("in0",)},
        {"op": "gemm", "K": 7, "C": 5, "Y": 60, "inputs": ("weights per head",)},
        {"op": "gemm", "K": 3, "C": 10, "Y": 42, "inputs": ("weights",)},
        {"op": "gemm", "K": 18, "C": 7, "Y": 18, "inputs": ("weights first",), "dynamic": True},
    ]


def test_pools_means_and_resampling(project: Project, command: Command) -> None:
    net = Net(x=[1, 8, 15, 15])
    pool = {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}
    x = net.add("AveragePool", "x", name="pool", **pool)
    x = net.add("Resize", x, "", net.constant([1, 1, 2, 2], np.float32), name="resize")
    x = net.add("ReduceMean", x, name="mean", axes=[2, 3], keepdims=0)
    net.save(net.add("Gemm", x, net.weight(8, 3), name="gemm"))
    assert [fields(layer) for layer in imported(command)] == [
        {
            "op": "pool",
            "K": 8,
            "C": 8,
            "Y": 15,
            "X": 15,
            "R": 2,
            "S": 2,
            "stride": 2,
            "OY": 8,
            "OX": 8,
            "inputs": ("in0",),
        },
        {
            "op": "resample",
            "K": 8,
            "C": 8,
            "Y": 8,
            "X": 8,
            "OY": 16,
            "OX": 16,
            "inputs": ("pool",),
        },
        {
            "op": "pool",
            "K": 8,
            "C": 8,
            "Y": 16,
            "X": 16,
            "R": 16,
            "S": 16,
            "inputs": ("resize",),
        },
        {"op": "gemm", "K": 3, "C": 8, "inputs": ("mean",)},
    ]


def test_nodes_without_names_or_with_an_inputs_name_get_their_own(
    project: Project, command: Command
) -> None:
    net = Net(in1=[4, 8])
    x = net.add("MatMul", "in1", net.weight(8, 8), name="in1")
    x = net.add("MatMul", x, net.weight(8, 8))
    net.save(net.add("MatMul", x, net.weight(8, 8), name="/on\nand on"))
    layers = imported(command)
    assert [(layer.name, layer.inputs) for layer in layers] == [
        ("in1_", ("in0",)),
        ("MatMul_1", ("in1_",)),
        ("on and on", ("MatMul_1",)),
    ]


def test_functions_and_weights_that_are_computed(project: Project, command: Command) -> None:
    net = Net(x=["batch", 4, 8])
    scaled = net.add("Mul", net.weight(8, 16), net.weight(16))
    x = net.add("MatMul", "x", net.add("Cast", scaled, to=1), name="product")
    x = net.add("ReduceMean", net.add("Twice", x, domain="other"), axes=[1], keepdims=0)
    model = net.model(net.add("Gemm", x, net.weight(16, 2), name="gemm"))
    nodes = [helper.make_node("Add", ["a", "a"], ["b"])]
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("other", "Twice", ["a"], ["b"], nodes, opsets))
    Path("net.onnx").write_bytes(model.SerializeToString())
    product, mean, gemm = imported(command, "--dim", "batch=1")
    assert fields(product) == {"op": "gemm", "K": 16, "C": 8, "Y": 4, "inputs": ("in0",)}
    pool = {"op": "pool", "K": 16, "C": 16, "Y": 4, "R": 4}
    assert fields(mean) == {**pool, "inputs": ("product",)}
    assert fields(gemm) == {"op": "gemm", "K": 2, "C": 16, "inputs": (mean.name,)}


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
@pytest.mark.parametrize("directions", [1, 2])
def test_recurrent_layers_are_products_of_every_step(
    project: Project, command: Command, op: str, gates: int, directions: int
) -> None:
    net = Net(x=[50, 1, 40])
    both = {"direction": "bidirectional"} if directions == 2 else {}
    weights = net.weight(directions, gates * 64, 40), net.weight(directions, gates * 64, 64)
    net.save(net.add(op, "x", *weights, name="steps", hidden_size=64, **both))
    inputs, states = imported(command)
    assert states.inputs == (inputs.name,)
    per_step = directions * gates * 64 * (40 + 64)
    assert total([inputs, states]) == (50 * per_step, per_step)


@pytest.mark.parametrize(
    ("op", "domain", "reads"),
    [
        ("ConvInteger", "", "x w z"),
        ("QLinearConv", "", "x s z w s z s z"),
        ("FusedConv", "com.microsoft", "x w"),
    ],
)
def test_other_spellings_of_a_convolution(
    project: Project, command: Command, op: str, domain: str, reads: str
) -> None:
    net = Net(x=[1, 3, 8, 8])
    given = {"w": net.weight(5, 3, 3, 3), "s": net.weight(1), "z": net.weight(1)}
    inputs = [given.get(name, name) for name in reads.split()]
    net.save(net.add(op, *inputs, name="conv", domain=domain, pads=[1] * 4))
    (layer,) = imported(command)
    assert (layer.op, *total([layer])) == ("conv", 5 * 27 * 64, 5 * 27)


@pytest.mark.parametrize(
    ("op", "domain", "reads"),
    [
        ("MatMulInteger", "", "x w"),
        ("QLinearMatMul", "", "x s z w s z s z"),
        ("QGemm", "com.microsoft", "x s z w s z"),
        ("FusedGemm", "com.microsoft", "x w"),
        ("DynamicQuantizeMatMul", "com.microsoft", "x w s"),
    ],
)
def test_other_spellings_of_a_product(
    project: Project, command: Command, op: str, domain: str, reads: str
) -> None:
    net = Net(x=[6, 32])
    given = {"w": net.weight(32, 8), "s": net.weight(1), "z": net.weight(1)}
    inputs = [given.get(name, name) for name in reads.split()]
    net.save(net.add(op, *inputs, name="mm", domain=domain))
    (layer,) = imported(command)
    assert (layer.op, *total([layer])) == ("gemm", 6 * 32 * 8, 32 * 8)


@pytest.mark.parametrize(
    ("equation", "shapes", "macs", "groups"),
    [
        ("bqhd,bkhd->bhqk", ([1, 5, 4, 8], [1, 7, 4, 8]), 4 * 5 * 7 * 8, 4),
        ("ij,jk->ik", ([5, 6], [6, 7]), 5 * 6 * 7, 1),
        ("i,j->ij", ([5], [7]), 35, 1),
        ("bij,bij->b", ([3, 4, 5], [3, 4, 5]), 60, 3),
    ],
)
def test_contractions_of_two_operands(
    project: Project, command: Command, equation: str, shapes: Any, macs: int, groups: int
) -> None:
    net = Net(x=shapes[0], y=shapes[1])
    net.save(net.add("Einsum", "x", "y", name="product", equation=equation))
    (layer,) = imported(command)
    assert (layer.macs, layer.groups, layer.dynamic) == (macs, groups, True)
    net = Net(x=shapes[0])
    net.save(net.add("Einsum", "x", net.weight(*shapes[1]), name="product", equation=equation))
    (layer,) = imported(command)
    assert (layer.macs, layer.weight_elements) == (macs, int(np.prod(shapes[1])))


def test_a_branch_whose_condition_is_known_is_taken(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 1])
    last = net.add("Gather", net.add("Shape", "x"), net.constant(3))
    is_one = net.add("Equal", last, net.constant(1))
    weights = {
        name: helper.make_tensor(f"{name}_w", 1, [size, 3, 1, 1], [0.0] * 3 * size)
        for name, size in (("then", 4), ("else", 9))
    }
    branches = {
        f"{name}_branch": helper.make_graph(
            [helper.make_node("Conv", ["x", f"{name}_w"], ["inner"], name=f"{name}_conv")],
            name,
            [],
            [helper.make_empty_tensor_value_info("inner")],
            [weight],
        )
        for name, weight in weights.items()
    }
    net.save(net.add("Relu", net.add("If", is_one, name="if", **branches)))
    (layer,) = imported(command)
    assert (layer.name, layer.K) == ("then_conv", 4)


@pytest.mark.parametrize("op", ["ArgMax", "NonZero", "Sinh", "IsNaN", "Hardmax"])
def test_operators_without_products_fold_by_a_rule(
    project: Project, command: Command, op: str
) -> None:
    net = Net(x=[1, 3, 8, 8])
    after = net.conv("x", 3, 4, 3, "conv")
    net.save(net.add(op, after))
    assert [layer.name for layer in imported(command)] == ["conv"]


def test_constants_without_their_values_have_shapes(project: Project, command: Command) -> None:
    from onnx import TensorProto

    net = Net(x=[1, 3, 8, 8])
    net.constants.append(TensorProto(name="bare", dims=[8, 3, 3, 3], data_type=TensorProto.FLOAT))
    net.save(net.add("Conv", "x", "bare", name="conv", pads=[1] * 4))
    (layer,) = imported(command)
    assert (layer.macs, layer.weight_elements) == (8 * 27 * 64, 216)


def test_dimensions_are_named_by_place_where_labels_say_nothing(
    project: Project, command: Command
) -> None:
    net = Net(x=["N", 3, "?", "?"])
    net.save(net.conv("x", 3, 8, 3, "conv"))
    (layer,) = imported(command, "--dim", "N=1", "--dim", "x[2]=48", "--dim", "x[3]=192")
    assert (layer.Y, layer.X) == (48, 192)
    (layer,) = imported(command, "--dim", "N=1", "--dim", "?=16", "--dim", "x[3]=192")
    assert (layer.Y, layer.X) == (16, 192)


@pytest.mark.parametrize("size", [8, 96], ids=["values known", "values dropped"])
def test_layers_that_use_one_weight_tensor_say_so(
    project: Project, command: Command, size: int
) -> None:
    net = Net(x=[1, 16, size])
    net.constants.append(numpy_helper.from_array(np.ones((size, size), np.float32), "shared"))
    forms = ["shared", net.add("Identity", "shared"), net.add("Transpose", "shared", perm=[1, 0])]
    forms.append(net.add("Cast", net.add("Transpose", forms[1], perm=[1, 0]), to=1))
    x = "x"
    for number, form in enumerate((*forms, net.weight(size, size))):
        x = net.add("MatMul", x, form, name=f"use {number}")
    kernel = net.weight(4, 1, 1, 1)
    x = net.add("Unsqueeze", x, net.constant([1]))
    for name in ("conv", "conv again"):
        x = net.add("Conv", net.add("ReduceMax", x, axes=[1], keepdims=1), kernel, name=name)
    net.save(x)
    code, out, _ = command("import", "onnx", "net.onnx", "-o", "net.yaml")
    assert code == 0
    owners = {layer.name: layer.weights_of for layer in imported(command) if layer.weights_of}
    assert owners == {**{f"use {number}": "use 0" for number in (1, 2, 3)}, "conv again": "conv"}
    told = f"2 weight tensors are used by several layers: {2 * size**2 + 4:,} distinct weights"
    assert f" MACs, {2 * size**2 + 4:,} weights, " in out
    assert told in out
    assert f"# {told}" in Path("net.yaml").read_text()
    assert told in " ".join(command("show", "net.yaml").out.split())


def test_recurrent_layers_share_both_of_their_weights(project: Project, command: Command) -> None:
    net = Net(x=[6, 1, 16])
    weights = net.weight(1, 16, 16), net.weight(1, 16, 16)
    x = net.add("RNN", "x", *weights, hidden_size=16, name="a")
    x = net.add("Squeeze", x, net.constant([1]))
    net.save(net.add("RNN", x, *weights, hidden_size=16, name="b"))
    layers = imported(command)
    assert [layer.weights_of for layer in layers] == [None, None, "a", "a_"]
