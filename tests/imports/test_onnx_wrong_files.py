"""Wrong ONNX files: each is one line per fault, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project
from refusals import assert_refused, assert_refused_beginning

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

from onnx import ModelProto, TensorProto, defs, helper

from imports.onnx_import import IMPORT
from imports.onnx_models import VERSION, Net, output_of


def good(*shape: int | str) -> ModelProto:
    net = Net(x=list(shape or (1, 3, 8, 8)))
    net.conv("x", 3, 4, 3, "conv")
    return net.model(output_of(net))


def with_node(op: str, *reads: str, domain: str = "", outputs: Any = ("last",)) -> ModelProto:
    model = good()
    model.graph.node.append(helper.make_node(op, reads, outputs, "odd", domain=domain))
    return model


def with_constant(**fields: Any) -> ModelProto:
    model = good()
    model.graph.initializer.append(TensorProto(name="odd", dims=[4], **fields))
    return model


def cyclic() -> ModelProto:
    model = with_node("Add", "x", "later")
    model.graph.node.append(helper.make_node("Relu", ["last"], ["later"], "behind"))
    return model


def complex_numbers() -> ModelProto:
    model = good()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.COMPLEX64
    return model


def of_tomorrow() -> ModelProto:
    model = good()
    model.opset_import[0].version = defs.onnx_opset_version() + 1
    return model


def reshaped_by_absent_data() -> ModelProto:
    net = Net(x=[1, 3, 8, 8])
    net.conv(net.add("Reshape", "x", net.weight(4)), 3, 4, 3, "conv")
    net.constants[0].data_type = TensorProto.INT64
    return net.model(output_of(net))


def negative_weights() -> ModelProto:
    model = good()
    model.graph.initializer[0].dims[0] = -4
    return model


def a_list_of_tensors() -> ModelProto:
    model = good()
    model.graph.input[0].type.sequence_type.elem_type.tensor_type.elem_type = TensorProto.FLOAT
    return model


def recursive() -> ModelProto:
    model = with_node("Again", "x", domain="other")
    call = helper.make_node("Again", ["a"], ["b"], domain="other")
    opsets = [helper.make_opsetid("other", 1)]
    model.functions.append(helper.make_function("other", "Again", ["a"], ["b"], [call], opsets))
    return model


NO_FIT = "its inputs and attributes do not fit together"


@pytest.mark.parametrize(
    ("build", "lines"),
    [
        (cyclic, ["node odd: later: no node before this one gives this tensor"]),
        (recursive, ["other.Again -> other.Again: functions must not call themselves"]),
        (complex_numbers, ["input x: complex numbers: must be real ones"]),
        (negative_weights, ["node conv, K: -4: must be greater than 0"]),
        (a_list_of_tensors, ["input x: must be a tensor with a shape"]),
        (
            reshaped_by_absent_data,
            ["node conv: tensor_0: the tensor's shape cannot be inferred"],
        ),
        (lambda: good(1, 3, -8, 8), ["input x: x[2]: has no size: give --dim x[2]=N"]),
        (
            lambda: good(1, 3, 2**40, 2**40),
            [
                f"node conv, {extent}: {2**40}: must be less than or equal to {2**22}"
                for extent in "XY"
            ],
        ),
        (
            lambda: with_node("Relu", "x", outputs=["tensor_1"]),
            ["node odd: tensor_1: another node gives this tensor too, or it is an input"],
        ),
        (
            lambda: with_node("MultiHeadAttention", "x", domain="com.microsoft"),
            [f"node odd: com.microsoft.MultiHeadAttention: {NO_FIT}"],
        ),
    ],
)
def test_a_wrong_graph_is_refused(
    project: Project, command: Command, build: Callable[[], ModelProto], lines: list[str]
) -> None:
    Path("net.onnx").write_bytes(build().SerializeToString())
    assert_refused(project, command, IMPORT, *(f"net.onnx: {line}" for line in lines))


@pytest.mark.parametrize(
    ("build", "start"),
    [
        (of_tomorrow, "opset_import: "),
        (lambda: with_constant(data_type=1, raw_data=b"123"), "constant odd: its values cannot"),
        (lambda: with_constant(data_type=77, raw_data=b"1234"), "constant odd: its values cannot"),
    ],
)
def test_what_the_library_refuses_is_one_line(
    project: Project, command: Command, build: Callable[[], ModelProto], start: str
) -> None:
    Path("net.onnx").write_bytes(build().SerializeToString())
    assert_refused_beginning(project, command, IMPORT, f"net.onnx: {start}")


@pytest.mark.skipif(VERSION < (1, 22), reason="this version of onnx crashes")
@pytest.mark.parametrize("op", ["Loop", "Scan"])
def test_a_loop_without_a_body_is_one_line(project: Project, command: Command, op: str) -> None:
    Path("net.onnx").write_bytes(with_node(op, "x").SerializeToString())
    assert_refused_beginning(project, command, IMPORT, "net.onnx: ")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_file_that_ends_early_is_no_onnx_model(
    project: Project, command: Command, kept: float
) -> None:
    data = good().SerializeToString()
    Path("net.onnx").write_bytes(data[: int(kept * len(data))])
    assert_refused(project, command, IMPORT, "net.onnx: is not an ONNX model")


def test_a_graph_without_nodes_is_no_onnx_model(project: Project, command: Command) -> None:
    model = good()
    del model.graph.node[:]
    Path("net.onnx").write_bytes(model.SerializeToString())
    assert_refused(project, command, IMPORT, "net.onnx: is not an ONNX model")


def test_a_folder_cannot_be_read(project: Project, command: Command) -> None:
    Path("net.onnx").mkdir()
    assert_refused_beginning(project, command, IMPORT, "net.onnx: cannot be read: ")


def test_a_file_of_an_old_version_is_read(project: Project, command: Command) -> None:
    model = good()
    model.opset_import[0].version = 3
    Path("net.onnx").write_bytes(model.SerializeToString())
    assert command(*IMPORT).out.startswith("1 layers: 1 conv\n6,912 MACs, 108 weights")
