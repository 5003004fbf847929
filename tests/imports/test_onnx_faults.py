"""ONNX files that cannot be imported: one line per fault."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project
from refusals import assert_refused, assert_refused_beginning

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

from onnx import helper

from imports.onnx_import import IMPORT
from imports.onnx_models import Net, output_of


def small() -> Net:
    net = Net(x=["batch", 3, "size", 8])
    net.conv("x", 3, 4, 3, "conv")
    return net


def refused(project: Project, command: Command, net: Net, lines: list[str], *dims: str) -> None:
    net.save(output_of(net))
    assert_refused(project, command, [*IMPORT, *dims], *lines)


def test_every_open_dimension_is_asked_for(project: Project, command: Command) -> None:
    lines = [
        "net.onnx: input x: batch: has no size: give --dim batch=N",
        "net.onnx: input x: size: has no size: give --dim size=N",
    ]
    refused(project, command, small(), lines)


def test_a_size_must_be_of_a_dimension_of_an_input(project: Project, command: Command) -> None:
    lines = [
        "--dim: with=9: no open dimension of an input: choose from batch, size",
        "--dim: x[4]=9: no open dimension of an input: choose from batch, size",
    ]
    dims = ["--dim", "batch=8", "--dim", "size=8", "--dim", "with=9", "--dim", "x[4]=9"]
    refused(project, command, small(), lines, *dims)


def test_a_size_must_be_a_number(project: Project, command: Command) -> None:
    rule = "must be NAME=N with N from 0 to 999999999"
    lines = [f"--dim: batch: {rule}", f"--dim: batch=-1: {rule}", f"--dim: size=x: {rule}"]
    dims = ["--dim", "batch", "--dim", "batch=-1", "--dim", "size=x"]
    refused(project, command, small(), lines, *dims)


def test_all_unknown_operators_are_named_with_their_nodes(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 3, 8, 8])
    x = net.add("Whirl", net.conv("x", 3, 4, 3, "conv"), name="/a/Whirl", domain="other")
    net.add("DeformConv", net.conv(x, 4, 4, 3, "after"), net.weight(1, 4), net.weight(1, 4))
    number = len(net.nodes) - 1
    rule = "not an operator that can be imported: --fold {} takes it as free of MACs"
    lines = [
        f"net.onnx: node DeformConv_{number}: DeformConv: {rule.format('DeformConv')}",
        f"net.onnx: node a/Whirl: other.Whirl: {rule.format('other.Whirl')}",
    ]
    refused(project, command, net, lines)


def test_nodes_that_break_a_rule_alike_are_one_line(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 8])
    x = "x"
    for number in range(362):
        x = net.add("Whirl", x, name=f"/a/{number}", domain="other")
        net.conv("x", 5, 4, 3, f"five{number}")
    rule = "not an operator that can be imported: --fold other.Whirl takes it as free of MACs"
    lines = [
        f"net.onnx: 362 nodes (first a/0, a/1, a/2): other.Whirl: {rule}",
        "net.onnx: 362 nodes (first five0, five1, five2): 3 channels: the weights read 5",
    ]
    refused(project, command, net, lines)


def test_nodes_without_known_shapes_are_one_line(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 8], shape=[4])
    x = net.conv(net.add("Reshape", "x", "shape"), 3, 4, 3, "first")
    net.conv(x, 4, 4, 3, "second")
    line = "2 nodes (first first, second): tensor_0: the tensor's shape cannot be inferred"
    refused(project, command, net, [f"net.onnx: {line}"])


def test_what_no_layer_can_be_is_a_fault_of_its_node(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 8, 8, 8], y=[1, 3, 8, 8], kernel=[4, 3, 3, 3])
    net.add("Conv", "x", net.weight(4, 3, 1, 1, 1, 1), name="four")
    net.add("Conv", net.weight(1, 3, 8, 8), "kernel", name="still")
    net.add("Reshape", "y", net.constant([8, 3, 8, 8]), name="fixed")
    net.add("Relu", "nothing", name="loose")
    net.conv("y", 5, 4, 3, "five")
    net.add("MatMul", "y", net.weight(9, 9), name="inner")
    net.add("MaxPool", "y", name="boundless")
    lines = [
        "net.onnx: node boundless: MaxPool: malformed node: KeyError 'kernel_shape'",
        "net.onnx: node five: 3 channels: the weights read 5",
        "net.onnx: node fixed: 1x3x8x8: the file says that this is reshaped to 8x3x8x8",
        "net.onnx: node four: 4 spatial dimensions: must have 1, 2 or 3",
        "net.onnx: node inner: 8 and 9: the inner sizes must be equal",
        "net.onnx: node loose: nothing: no node before this one gives this tensor",
        "net.onnx: node still: weight_1: must not be constant: the weights may be an activation",
    ]
    refused(project, command, net, lines)


def test_an_unknown_shape_is_a_fault(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 8], shape=[4])
    net.conv(net.add("Reshape", "x", "shape"), 3, 4, 3, "conv")
    line = "net.onnx: node conv: tensor_0: the tensor's shape cannot be inferred"
    refused(project, command, net, [line])


def test_operators_of_a_domain_without_version_are_a_fault(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 3, 8, 8])
    net.add("Whirl", "x", name="whirl", domain="nowhere")
    net.save(output_of(net))
    assert_refused_beginning(project, command, IMPORT, "net.onnx: is not a valid ONNX model: ")


def test_a_layer_too_large_is_a_fault_of_its_node(project: Project, command: Command) -> None:
    net = Net(x=[4, 8])
    net.add("MatMul", "x", net.weight(8, 2**23), name="wide")
    line = f"net.onnx: node wide, K: {2**23}: must be less than or equal to {2**22}"
    refused(project, command, net, [line])


@pytest.mark.parametrize("content", [b"", b"Network net {", helper.make_tensor("t", 1, [1], [1.0])])
def test_another_file_is_no_onnx_model(project: Project, command: Command, content: Any) -> None:
    data = content if isinstance(content, bytes) else content.SerializeToString()
    Path("net.onnx").write_bytes(data)
    assert_refused(project, command, IMPORT, "net.onnx: is not an ONNX model")


def test_a_file_that_is_not_there_and_an_output_that_cannot_be_are_both_said(
    project: Project, command: Command
) -> None:
    assert_refused(
        project,
        command,
        ["import", "onnx", "absent.onnx", "-o", "absent/net.yaml"],
        "absent.onnx: no such file",
        "absent/net.yaml: its folder must exist and be writable",
    )


def test_help_names_the_extra(command: Command) -> None:
    assert "pip install 'scar-cp[onnx]'" in command("import", "onnx", "--help").out


def test_without_onnx_the_extra_is_named(
    project: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "onnx"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    line = "scar-cp: importing ONNX needs onnx: pip install 'scar-cp[onnx]'"
    assert_refused(project, command, IMPORT, line)
