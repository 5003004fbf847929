"""``scar-cp import onnx``: graphs become the models that the project has by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Command, Project
from files.test_bad_input import assert_refused, assert_refused_beginning

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np
import onnx
from onnx import helper

from imports.onnx_models import Net, encoder, output_of, resnet50
from scar_cp.inputs.workload import Layer, Model
from scar_cp.records.yaml_json import read_record

IMPORT = ["import", "onnx", "net.onnx", "-o", "net.yaml"]


def imported(command: Command, *options: str) -> tuple[Layer, ...]:
    """The layers of ``net.onnx``, after the file was checked."""
    code, out, err = command(*IMPORT, *options)
    assert (code, err) == (0, "")
    assert out.endswith("written: net.yaml\n")
    assert command("check", "net.yaml").code == 0
    return read_record("net.yaml", Model).layers


def ours(name: str) -> tuple[Layer, ...]:
    return read_record(ROOT / f"models/{name}.yaml", Model).layers


def renamed(layers: tuple[Layer, ...], names: list[str]) -> list[Layer]:
    """The layers under other names, one after the other, edges included."""
    new = dict(zip((layer.name for layer in layers), names, strict=True))
    return [
        layer.replace(name=new[layer.name], inputs=tuple(new.get(i, i) for i in layer.inputs))
        for layer in layers
    ]


def fields(layer: Layer) -> dict[str, Any]:
    return layer.model_dump(exclude_defaults=True, exclude={"name"})


def test_a_resnet50_is_the_one_of_the_project(project: Project, command: Command) -> None:
    net = resnet50()
    net.save(output_of(net))
    layers = imported(command, "--dim", "batch=1")
    expected = ours("resnet50")
    assert layers[2].name == "layer1/layer1.0/conv1/Conv"
    assert renamed(layers, [layer.name for layer in expected]) == list(expected)


def test_an_import_says_what_it_read_and_what_it_folded(project: Project, command: Command) -> None:
    net = resnet50()
    net.save(output_of(net))
    assert command(*IMPORT, "--dim", "batch=1", "--name", "rn50").out.splitlines() == [
        "72 layers: 53 conv, 16 add, 2 pool, 1 gemm",
        "4,089,184,256 MACs, 25,502,912 weights",
        "in0: input",
        "folded: 49 Relu, 1 Flatten",
        "written: net.yaml",
    ]
    head = Path("net.yaml").read_text().splitlines()
    assert head[:2] == [
        "# rn50: shapes of one sample (batch 1).",
        "# Source: net.onnx, by scar-cp import.",
    ]
    assert "name: rn50" in head


@pytest.mark.parametrize(
    ("name", "layers", "weights"),
    [
        ("bvlc_alexnet", 11, 60_965_224 - 10_568),  # less the biases
        ("densenet121", 126, 7_894_208),
        ("resnet50", 72, 25_502_912),
        ("vgg19", 24, 143_667_240 - 14_696),
    ],
)
def test_models_that_come_with_onnx_have_their_known_sizes(
    project: Project, command: Command, name: str, layers: int, weights: int
) -> None:
    data = Path(onnx.__file__).parent / f"backend/test/data/light/light_{name}.onnx"
    code, out, _ = command("import", "onnx", data, "-o", "net.yaml")
    assert code == 0
    assert out.startswith(f"{layers} layers: ")
    assert f" {weights:,} weights\n" in out
    assert command("check", "net.yaml").code == 0


def test_an_encoder_is_a_block_of_bert(project: Project, command: Command) -> None:
    net = encoder()
    net.save(output_of(net))
    layers = imported(command, "--dim", "batch=1", "--dim", "sequence=128")
    expected = [layer for layer in ours("bert_base") if layer.name.startswith("b0.")]
    assert renamed(layers, [layer.name for layer in expected]) == expected
    assert [layer.name for layer in layers if layer.dynamic] == ["qk", "av"]
    assert "# in0: hidden\n" in Path("net.yaml").read_text()


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


def test_a_size_must_be_of_an_open_dimension_and_of_one_sample(
    project: Project, command: Command
) -> None:
    lines = [
        "--dim: batch=8: must be 1: a model is of one sample, batches belong to scenarios",
        "--dim: with=9: no open dimension of an input: choose from batch, size",
    ]
    dims = ["--dim", "batch=8", "--dim", "size=8", "--dim", "with=9"]
    refused(project, command, small(), lines, *dims)


def test_a_size_must_be_a_number(project: Project, command: Command) -> None:
    rule = "must be NAME=N with N from 1 to 999999999"
    lines = [f"--dim: batch: {rule}", f"--dim: batch=0: {rule}", f"--dim: size=x: {rule}"]
    dims = ["--dim", "batch", "--dim", "batch=0", "--dim", "size=x"]
    refused(project, command, small(), lines, *dims)


def test_all_unknown_operators_are_named_with_their_nodes(
    project: Project, command: Command
) -> None:
    net = Net(x=[1, 3, 8, 8])
    x = net.add("Whirl", net.conv("x", 3, 4, 3, "conv"), name="/a/Whirl", domain="other")
    net.add("LSTM", net.conv(x, 4, 4, 3, "after"), net.weight(1, 4), net.weight(1, 4))
    number = len(net.nodes) - 1
    rule = "not an operator that can be imported"
    lines = [
        f"net.onnx: node LSTM_{number}: LSTM: {rule}",
        f"net.onnx: node a/Whirl: other.Whirl: {rule}",
    ]
    refused(project, command, net, lines)


def test_what_no_layer_can_be_is_a_fault_of_its_node(project: Project, command: Command) -> None:
    net = Net(x=[2, 3, 8, 8], y=[1, 3, 8, 8], kernel=[4, 3, 3, 3])
    net.conv("x", 3, 4, 3, "two")
    net.conv("y", 3, 4, 3, "holes", dilations=[2, 2])
    net.conv("y", 3, 4, 3, "slanted", strides=[2, 1])
    net.add("Conv", "y", "kernel", name="moving")
    net.add("Relu", "nothing", name="loose")
    net.conv("y", 5, 4, 3, "five")
    net.add("MatMul", "y", net.weight(9, 9), name="inner")
    net.add("MaxPool", "y", name="boundless")
    lines = [
        "net.onnx: node boundless: MaxPool: malformed node: KeyError 'kernel_shape'",
        "net.onnx: node five: 3 channels: the weights read 5",
        "net.onnx: node holes: dilations [2, 2]: must be 1: no layer has dilations",
        "net.onnx: node inner: 8 and 9: the inner sizes must be equal",
        "net.onnx: node loose: nothing: no node before this one gives this tensor",
        "net.onnx: node moving: kernel: the weights must be constant",
        "net.onnx: node slanted: strides [2, 1]: must be the same in both directions",
        "net.onnx: node two: 2 samples: must be 1 sample: batches belong to scenarios",
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


def assert_scheduled(project: Project, command: Command) -> None:
    """``net.yaml`` runs beside the project's own model."""
    project.put("scenario.yaml", "models", 1, "model", "net.yaml")
    assert command("solve", "instance.yaml", "--quiet", "-o", "result.json").code == 0
    assert command("evaluate", "instance.yaml", "result.json").code == 0


def test_an_imported_model_is_scheduled(project: Project, command: Command) -> None:
    net = encoder(heads=2, width=16)
    net.save(output_of(net))
    imported(command, "--dim", "batch=1", "--dim", "sequence=4")
    assert_scheduled(project, command)


@pytest.mark.parametrize("exporter", ["older", "newer"])
def test_a_model_of_pytorch_is_scheduled(
    project: Project,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    exporter: str,
) -> None:
    torch = pytest.importorskip("torch", reason="exporting needs torch")
    if exporter == "newer":
        pytest.importorskip("onnxscript", reason="the newer exporter needs onnxscript")
    nn: Any = torch.nn

    class Net(nn.Module):  # type: ignore[misc]  # of whatever torch is here
        """A convolution, then attention over its pixels."""

        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU())
            self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
            self.head = nn.Linear(8, 10)

        def forward(self, image):
            x = self.stem(image).flatten(2).transpose(1, 2)
            scores = self.query(x) @ self.key(x).transpose(1, 2)
            return self.head((x + torch.softmax(scores, -1) @ self.value(x)).mean(1))

    newer = exporter == "newer"
    torch.onnx.export(Net().eval(), (torch.zeros(1, 3, 8, 8),), "net.onnx", dynamo=newer)
    capsys.readouterr()  # the exporter has much to say
    layers = imported(command)
    assert sorted(layer.op for layer in layers) == ["add", "conv", *["gemm"] * 6, "pool"]
    macs = 8 * 3 * 9 * 16 + 3 * 16 * 64 + 2 * 16 * 16 * 8 + 80
    assert sum(layer.macs for layer in layers if layer.op in ("conv", "gemm")) == macs
    assert_scheduled(project, command)
