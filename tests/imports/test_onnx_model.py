"""``scar-cp import onnx``: graphs become the models that the project has by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import onnx

from imports.onnx_import import IMPORT, imported, ours, renamed
from imports.onnx_models import encoder, output_of, resnet50


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
        "4,089,184,256 MACs, 25,502,912 weights, 87 edges",
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
    assert f" {weights:,} weights, " in out
    assert command("check", "net.yaml").code == 0


def test_an_encoder_is_a_block_of_bert(project: Project, command: Command) -> None:
    net = encoder()
    net.save(output_of(net))
    layers = imported(command, "--dim", "batch=1", "--dim", "sequence=128")
    expected = [layer for layer in ours("bert_base") if layer.name.startswith("b0.")]
    assert renamed(layers, [layer.name for layer in expected]) == expected
    assert [layer.name for layer in layers if layer.dynamic] == ["qk", "av"]
    assert "# in0: hidden\n" in Path("net.yaml").read_text()


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
