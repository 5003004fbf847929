"""Planes and volumes of ONNX: pads, strides, dilations, depths, and kernels that are computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np

from imports.onnx_import import imported, total
from imports.onnx_models import Net


@pytest.mark.parametrize(
    ("options", "read", "plane"),
    [
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (17, 13, 0), (8, 6)),
        ({"auto_pad": "SAME_LOWER"}, (16, 12, 1), (16, 12)),
        ({"auto_pad": "VALID", "strides": [2, 2]}, (16, 12, 0), (7, 5)),
        ({"pads": [0, 1, 0, 1]}, (16, 14, 0), (14, 12)),
        ({"pads": [2, 2, 2, 2]}, (16, 12, 2), (18, 14)),
        ({"pads": [1, 1, 1, 1], "strides": [2, 1]}, (16, 12, 1), (8, 12)),
        ({"pads": [2, 2, 2, 2], "dilations": [2, 2]}, (16, 12, 2), (16, 12)),
        ({"pads": [3, 1, 3, 1], "dilations": [3, 1], "strides": [1, 2]}, (22, 14, 0), (16, 6)),
        ({"auto_pad": "SAME_UPPER", "dilations": [2, 3]}, (20, 18, 0), (16, 12)),
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


@pytest.mark.parametrize("op", ["Conv", "MaxPool", "ConvTranspose"])
def test_strides_and_dilations_of_both_directions(
    project: Project, command: Command, op: str
) -> None:
    net = Net(x=[1, 16, 48, 320])
    window = {"kernel_shape": [3, 3], "strides": [2, 1], "pads": [1, 1, 1, 1]}
    reads = ["x"] if op == "MaxPool" else ["x", net.weight(16, 16, 3, 3)]
    x = net.add(op, *reads, name="strided", **window)
    reads = [x, *(net.weight(16, 16, 3, 3) for _ in reads[1:])]
    net.save(net.add(op, *reads, name="holes", **window | {"dilations": [1, 2]}))
    strided, holes = imported(command)
    assert (strided.stride, strided.dilation) == ((2, 1), 1)
    assert (holes.stride, holes.dilation) == ((2, 1), (1, 2))
    planes = {
        "Conv": ((24, 320), (12, 318)),
        "MaxPool": ((24, 320), (12, 318)),
        "ConvTranspose": ((95, 320), (189, 322)),
    }
    assert planes[op] == tuple((la.output_height, la.output_width) for la in (strided, holes))
    assert (strided.OY, holes.OY) == (None, None)


def test_equal_strides_are_written_as_one_number(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 9, 9], y=[1, 3, 9])
    options = {"strides": [2, 2], "dilations": [1, 1]}
    net.conv("x", 3, 4, 3, "plane", **options)
    net.add("Conv", "y", net.weight(4, 3, 3), name="sequence", strides=[2])
    net.save(*(node.output[0] for node in net.nodes if node.op_type == "Conv"))
    assert [layer.stride for layer in imported(command)] == [2, 2]
    text = Path("net.yaml").read_text()
    assert text.count("stride: 2,") == 2
    assert "dilation" not in text


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


@pytest.mark.parametrize(
    ("op", "options", "out"),
    [
        ("Conv", {"pads": [1] * 6}, (9, 10, 12)),
        ("Conv", {"strides": [2, 1, 2], "dilations": [1, 2, 1]}, (4, 6, 5)),
        ("Conv", {"group": 4, "auto_pad": "SAME_UPPER", "strides": [3, 2, 2]}, (3, 5, 6)),
        ("ConvTranspose", {"strides": [2, 2, 3], "pads": [1, 0, 0, 0, 0, 0]}, (18, 21, 36)),
        ("MaxPool", {"strides": [3, 1, 1], "ceil_mode": 1}, (3, 8, 10)),
    ],
)
def test_volumes_keep_their_work_their_weights_and_their_sizes(
    project: Project, command: Command, op: str, options: dict[str, Any], out: tuple[int, ...]
) -> None:
    groups = options.get("group", 1)
    net = Net(x=[1, 4, 9, 10, 12])
    reads = [] if op == "MaxPool" else [net.weight(4, 4 // groups, 3, 3, 3)]
    net.save(net.add(op, "x", *reads, name="volume", kernel_shape=[3] * 3, **options))
    (layer,) = imported(command)
    weights = 4 * 4 // groups * 27
    steps = np.prod([9, 10, 12] if op == "ConvTranspose" else out)
    assert layer.output_elements == 4 * np.prod(out)
    assert total([layer]) == ((0, 0) if op == "MaxPool" else (weights * steps, weights))
    assert layer.input_elements >= 4 * 9 * 10 * 12
    if options.get("pads") == [1] * 6 or op == "ConvTranspose":
        assert layer.input_elements == 4 * 9 * 10 * 12
    assert "# Z, T, OZ: planes" in Path("net.yaml").read_text()
    extents = "x".join(map(str, (4, *out)))
    assert f" -> {extents}, 3x3x3" in command("show", "net.yaml").out


def test_means_and_sums_of_volumes(project: Project, command: Command) -> None:
    net = Net(x=[1, 4, 6, 8, 10])
    x = net.add("Add", "x", net.add("Conv", "x", net.weight(4, 4, 1, 1, 1), name="a"), name="b")
    x = net.add("Resize", x, "", net.constant([1, 1, 2, 2, 1], np.float32), name="c")
    x = net.add("ReduceMean", x, axes=[2, 3, 4], keepdims=0, name="d")
    net.save(x)
    layers = imported(command)
    assert [layer.output_elements for layer in layers] == [1920, 1920, 7680, 4]
    assert [layer.input_elements for layer in layers] == [1920, 1920, 1920, 7680]


@pytest.mark.parametrize("groups", [1, 8])
def test_a_correlation_has_no_weights(project: Project, command: Command, groups: int) -> None:
    net = Net(image=[1, 3, 20, 20], exemplar=[1, 3, 10, 10])
    image, exemplar = (
        net.conv(name, 3, 8, 3, f"conv {name}", strides=[2, 2]) for name in ("image", "exemplar")
    )
    kernel = exemplar if groups == 1 else net.add("Transpose", exemplar, perm=[1, 0, 2, 3])
    net.save(net.add("Conv", image, kernel, name="correlation", group=groups))
    *_, layer = imported(command)
    assert layer.inputs == ("conv image", "conv exemplar")
    assert (layer.op, layer.dynamic) == ("conv" if groups == 1 else "dwconv", True)
    assert total([layer]) == (8 * 25 * 36, 0)
    assert layer.kernel_elements == 8 * 25


def test_an_image_and_its_kernel_may_both_be_inputs(project: Project, command: Command) -> None:
    net = Net(x=[1, 2, 4, 6, 6], kernel=[2, 5, 2, 2, 2])
    net.save(net.add("ConvTranspose", "x", "kernel", strides=[2, 2, 2]))
    (layer,) = imported(command)
    assert (layer.inputs, layer.dynamic, layer.weight_elements) == (("in0", "in1"), True, 0)
    assert (layer.input_elements, layer.kernel_elements) == (2 * 4 * 36, 2 * 5 * 8)
    assert layer.output_elements == 5 * 8 * 12 * 12
