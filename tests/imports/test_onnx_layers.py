"""Nodes of ONNX graphs become layers of the right shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np
from onnx import helper

from imports.onnx_import import fields, imported, ours
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


@pytest.mark.parametrize(
    ("options", "read", "plane"),
    [
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (17, 13, 0), (8, 6)),
        ({"auto_pad": "SAME_LOWER"}, (16, 12, 1), (16, 12)),
        ({"auto_pad": "VALID", "strides": [2, 2]}, (16, 12, 0), (7, 5)),
        ({"pads": [0, 1, 0, 1]}, (16, 14, 0), (14, 12)),
        ({"pads": [2, 2, 2, 2]}, (16, 12, 2), (18, 14)),
    ],
)
def test_pads_give_the_right_output_plane(
    project: Project,
    command: Command,
    options: dict[str, Any],
    read: tuple[int, ...],
    plane: tuple[int, int],
) -> None:
    net = Net(x=[1, 4, 16, 12])
    net.save(net.add("Conv", "x", net.weight(8, 4, 3, 3), name="conv", **options))
    (conv,) = imported(command)
    assert (conv.Y, conv.X, conv.pad) == read
    assert (conv.output_height, conv.output_width) == plane


def test_convolutions_of_sequences_have_planes_of_one_row(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 80, 30])
    x = net.add("Conv", "x", net.weight(6, 80, 3), name="conv", strides=[2], pads=[1, 1])
    x = net.add("MaxPool", x, name="pool", kernel_shape=[2], strides=[2])
    net.save(net.add("ConvTranspose", x, net.weight(6, 4, 2), name="up", strides=[2]))
    conv, pool, up = imported(command)
    assert (conv.Y, conv.X, conv.R, conv.S, conv.pad) == (1, 32, 1, 3, 0)
    assert [(la.output_height, la.output_width) for la in (conv, pool, up)] == [
        *((1, 15), (1, 7), (1, 14)),
    ]


@pytest.mark.parametrize(
    ("options", "plane"),
    [
        ({"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}, (16, 12)),
        ({"strides": [2, 2], "pads": [0, 0, 1, 1]}, (16, 12)),
        ({"strides": [2, 2], "output_shape": [16, 12]}, (16, 12)),
        ({"strides": [2, 2], "auto_pad": "SAME_UPPER"}, (16, 12)),
        ({}, (10, 8)),
    ],
)
def test_a_transposed_convolution_has_its_output_plane(
    project: Project, command: Command, options: dict[str, Any], plane: tuple[int, int]
) -> None:
    net = Net(x=[1, 4, 8, 6])
    net.save(net.add("ConvTranspose", "x", net.weight(4, 3, 3, 3), name="up", **options))
    (up,) = imported(command)
    assert (up.op, up.K, up.C, up.Y, up.X) == ("tconv", 3, 4, 8, 6)
    assert (up.output_height, up.output_width) == plane


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
