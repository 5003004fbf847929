"""Batches that an ONNX file fixes: told, and taken out, whatever reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np
from onnx import helper

from imports.onnx_import import IMPORT, imported
from imports.onnx_models import Net
from scar_cp.inputs.workload import Layer

NOTE = "--dim 'x[{axis}]=1' takes a batch out"
Build = Callable[[Net], str]


def conv(net: Net) -> str:
    return net.conv("x", 6, 4, 3, "conv")


def sequence(net: Net) -> str:
    return net.add("Conv", net.add("Squeeze", "x", net.constant([3])), net.weight(4, 6, 3))


def volume(net: Net) -> str:
    deep = net.add("Unsqueeze", "x", net.constant([4]))
    return net.add("ConvTranspose", deep, net.weight(6, 4, 2, 2, 1), strides=[2, 2, 1])


def pool(net: Net) -> str:
    pooled = net.add("MaxPool", "x", kernel_shape=[2, 1])
    scales = net.constant([1, 1, 2, 1], np.float32)
    return net.add("GlobalAveragePool", net.add("Resize", pooled, "", scales), name="mean")


def rows(net: Net) -> str:
    return net.add("ReduceMean", net.add("Squeeze", "x", net.constant([3])), axes=[1], keepdims=0)


def product(net: Net) -> str:
    return net.linear("x", 1, 5, "product")


def flat(net: Net) -> str:
    return net.add("Gemm", net.add("Flatten", "x", axis=1), net.weight(48, 5))


def attention(net: Net) -> str:
    return net.add("MatMul", "x", net.add("Transpose", "x", perm=[0, 1, 3, 2]))


def contraction(net: Net) -> str:
    return net.add("Einsum", "x", net.weight(8, 3), equation="bchw,hk->bckw")


def joined(net: Net) -> str:
    return net.add("Add", net.linear("x", 1, 1, "a"), net.linear("x", 1, 1, "b"), name="sum")


def sizes(layers: tuple[Layer, ...]) -> list[tuple[int, int, int]]:
    return [(layer.macs, layer.input_elements, layer.output_elements) for layer in layers]


@pytest.mark.parametrize(
    "build",
    [conv, sequence, volume, pool, rows, product, flat, attention, contraction, joined],
    ids=lambda build: build.__name__,
)
@pytest.mark.parametrize("spelling", ["fixed", "batch", "N", "x[0]"])
def test_every_operator_counts_a_batch_and_every_spelling_is_told(
    project: Project, command: Command, build: Build, spelling: str
) -> None:
    def layers(samples: int, *options: str) -> list[tuple[int, int, int]]:
        first: int | str = {"x[0]": "?"}.get(spelling, spelling)
        net = Net(x=[samples if spelling == "fixed" else first, 6, 8, 1])
        net.save(build(net))
        given = [] if spelling == "fixed" else ["--dim", f"{spelling}={samples}"]
        read = imported(command, *(options or given))
        told = NOTE.format(axis=0) in Path("net.yaml").read_text()
        assert told == (samples != 1 and not options)
        return sizes(read)

    one = layers(1)
    assert one
    assert layers(4) == [tuple(4 * size for size in layer) for layer in one]
    assert layers(4, "--dim", "x[0]=1") == one


@pytest.mark.parametrize("op", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("steps", [1, 10])
def test_a_recurrent_layer_has_its_samples_behind_its_steps(
    project: Project, command: Command, op: str, steps: int
) -> None:
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[op] * 16
    net = Net(x=[steps, 8, 5])
    net.save(net.add(op, "x", net.weight(1, gates, 5), net.weight(1, gates, 16), hidden_size=16))
    assert [layer.macs for layer in imported(command)] == [
        8 * steps * gates * 5,
        8 * steps * gates * 16,
    ]
    assert NOTE.format(axis=1) in Path("net.yaml").read_text()
    one = imported(command, "--dim", "x[1]=1")
    assert [layer.macs for layer in one] == [steps * gates * 5, steps * gates * 16]
    assert "takes a batch out" not in Path("net.yaml").read_text()


def test_windows_that_the_network_makes_itself_are_no_batch(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 64, 12])
    windows = net.add("Reshape", "x", net.constant([4, 16, 12]))
    product = net.linear(windows, 12, 24, "product")
    images = net.add("Reshape", product, net.constant([4, 24, 4, 4]))
    net.save(net.conv(images, 24, 2, 1, "conv"))
    first, second = imported(command)
    assert (first.Y, first.macs) == (64, 64 * 12 * 24)
    assert (second.Z, second.OZ, second.macs) == (4, 4, 4 * 24 * 2 * 16)
    assert "takes a batch out" not in Path("net.yaml").read_text()


def test_a_batch_that_reshapes_repeat_cannot_be_taken_out_unsaid(
    project: Project, command: Command
) -> None:
    net = Net(x=[8, 16, 12])
    shape = net.constant([8, 16, 3, 4])
    heads = net.add("Reshape", net.linear("x", 12, 12, "q"), shape, name="heads")
    net.save(net.add("Gemm", net.add("Reshape", heads, net.constant([128, 12])), net.weight(12, 2)))
    assert len(imported(command)) == 2
    line = "net.onnx: node heads: 1x16x12: the file says that this is reshaped to 8x16x3x4"
    assert_refused(project, command, [*IMPORT, "--dim", "x[0]=1"], line)


def test_shapes_behind_an_input_of_another_size_are_inferred_anew(
    project: Project, command: Command
) -> None:
    net = Net(x=[8, 6, 5, 5])
    net.nodes.append(helper.make_node("Relu", ["x"], ["x2"]))
    model = net.model(net.conv("x2", 6, 4, 3, "conv"))
    model.graph.value_info.append(helper.make_tensor_value_info("x2", 1, [8, 6, 5, 5]))
    Path("net.onnx").write_bytes(model.SerializeToString())
    (layer,) = imported(command, "--dim", "x[0]=1", "--dim", "x[2]=7")
    assert (layer.Z, layer.Y, layer.X) == (1, 7, 5)
