"""Parts of ONNX files, and operators that are taken as free of MACs."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

from onnx import helper

from imports.onnx_import import IMPORT, imported
from imports.onnx_models import Net, encoder, output_of


def whirled() -> Net:
    """Two convolutions of one input, an unknown operator of both, and a third behind it."""
    net = Net(x=[1, 3, 8, 8])
    left, right = net.conv("x", 3, 4, 3, "left"), net.conv("x", 3, 9, 3, "right")
    net.conv(net.add("Whirl", left, right, name="whirl", domain="nowhere"), 4, 5, 3, "after")
    return net


@pytest.mark.parametrize("op", ["Whirl", "nowhere.Whirl"])
def test_a_folded_operator_keeps_the_shape_of_its_first_input(
    project: Project, command: Command, op: str
) -> None:
    net = whirled()
    net.save(output_of(net))
    left, right, after = imported(command, "--fold", op)
    assert (after.name, after.C, after.Y, after.inputs) == ("after", 4, 8, (left.name, right.name))


def test_a_folded_operator_of_the_standard_has_its_own_shape(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 3, 8, 8])
    thin = net.conv("x", 3, 2, 3, "thin", strides=[2, 2])
    net.save(net.add("ConvTranspose", thin, net.weight(2, 5, 2, 2), name="up"))
    (up,) = imported(command, "--fold", "Conv")
    assert (up.C, up.Y, up.inputs) == (2, 4, ("in0",))


def test_every_output_of_a_folded_operator_has_a_shape(project: Project, command: Command) -> None:
    net = Net(x=[1, 4, 8, 8])
    x = "x"
    for stage in range(3):
        outputs = [f"many{stage}", f"more{stage}"]
        net.nodes.append(helper.make_node("Split3", [x], outputs, domain="other"))
        x = net.conv(outputs[1], 4, 4, 3, f"conv{stage}")
    net.save(x)
    assert [layer.Y for layer in imported(command, "--fold", "Split3")] == [8, 8, 8]


def test_a_function_of_the_file_can_be_folded(project: Project, command: Command) -> None:
    net = Net(x=[4, 8])
    last = net.add("Gemm", net.add("Own", "x", domain="other"), net.weight(8, 2), name="last")
    model = net.model(last)
    nodes = [
        helper.make_node("Transpose", ["a"], ["turned"]),
        helper.make_node("MatMul", ["a", "turned"], ["gram"]),
        helper.make_node("MatMul", ["gram", "a"], ["b"]),
    ]
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("other", "Own", ["a"], ["b"], nodes, opsets))
    Path("net.onnx").write_bytes(model.SerializeToString())
    assert len(imported(command)) == 3
    assert [layer.name for layer in imported(command, "--fold", "Own")] == ["last"]


def test_what_lies_behind_an_end_is_not_read(project: Project, command: Command) -> None:
    net = whirled()
    net.add("Whirl", output_of(net), name="last", domain="other")
    net.save(output_of(net))
    ends = [node.output[0] for node in net.nodes if node.name in ("left", "right")]
    assert [la.name for la in imported(command, "--until", ends[1])] == ["right"]
    both = imported(command, "--until", ends[0], "--until", ends[1])
    assert [layer.name for layer in both] == ["left", "right"]


def test_a_beginning_must_have_a_shape(project: Project, command: Command) -> None:
    net = whirled()
    net.save(output_of(net))
    whirl = next(node.output[0] for node in net.nodes if node.op_type == "Whirl")
    line = f"net.onnx: input {whirl}: must be a tensor with a shape"
    assert_refused(project, command, [*IMPORT, "--fold", "Whirl", "--from", whirl], line)


def test_a_beginning_has_the_shape_that_is_inferred(project: Project, command: Command) -> None:
    net = encoder(heads=2, width=16)
    net.save(output_of(net))
    names = {node.name: node for node in net.nodes if node.name}
    middle = names["add1"].output[0]
    sizes = ["--dim", "batch=1", "--dim", "sequence=4"]
    layers = imported(command, *sizes, "--from", middle)
    assert [layer.name for layer in layers] == ["ff1", "ff2", "add2"]
    assert layers[0].Y == 4
    part = imported(command, *sizes, "--from", middle, "--until", names["ff2"].output[0])
    assert [layer.name for layer in part] == ["ff1", "ff2"]
    before = imported(command, *sizes, "--until", middle)
    assert [layer.name for layer in before] == ["q", "k", "v", "qk", "av", "out", "add1"]


def test_other_inputs_stay_where_they_are_needed(project: Project, command: Command) -> None:
    net = Net(image=["batch", 4, 16], text=[1, 6, 16], unused=["many"])
    memory = net.linear("image", 16, 16, "tower")
    query = net.linear("text", 16, 16, "query")
    scores = net.add("MatMul", query, net.add("Transpose", memory, perm=[0, 2, 1]), name="cross")
    net.save(scores, memory)
    layers = imported(command, "--dim", "batch=1", "--from", memory)
    assert [layer.name for layer in layers] == ["query", "cross"]
    assert layers[1].inputs == ("query", "in1")


def test_names_that_are_not_in_the_file_are_told_with_near_ones(
    project: Project, command: Command
) -> None:
    net = whirled()
    net.save(output_of(net))
    options = ["--fold", "whirls", "--until", "tensor_00", "--from", "other", "--from", "x"]
    err = command(*IMPORT, *options).err.splitlines()
    assert err[0] == "--fold: whirls: no operator of the file, did you mean Whirl?"
    assert err[1] == "--from: other: no tensor of the file"
    assert err[2].startswith("--until: tensor_00: no tensor of the file, did you mean tensor_")
    assert_refused(project, command, [*IMPORT, *options], *err)


def test_a_beginning_must_be_read(project: Project, command: Command) -> None:
    net = whirled()
    net.save(output_of(net))
    left, after = (n.output[0] for n in net.nodes if n.name in ("left", "after"))
    line = f"--from: {after}: nothing that is imported reads it"
    assert_refused(project, command, [*IMPORT, "--from", after, "--until", left], line)


def test_folded_nodes_may_read_and_give_more_or_less(project: Project, command: Command) -> None:
    net = Net(x=[1, 4, 8, 8])
    few = net.add("Mix", "x", domain="other")
    many = net.conv(few, 4, 4, 3, "first")
    net.nodes.append(
        helper.make_node("Mix", [many, "", few], ["left", "right"], "both", domain="other")
    )
    net.save(net.conv("left", 4, 5, 3, "second"), net.conv("right", 4, 5, 1, "third"))
    first, *others = imported(command, "--fold", "Mix")
    assert [(layer.Y, layer.inputs) for layer in others] == [(8, (first.name, "in0"))] * 2
