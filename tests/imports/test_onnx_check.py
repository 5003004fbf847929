"""``--check``: what was imported beside what the graph does when it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Command, Project

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import numpy as np

from imports.corpus_images import IMAGES
from imports.corpus_net import RunnableNet
from imports.corpus_sequences import SEQUENCES
from imports.onnx_import import IMPORT
from imports.onnx_models import Net, encoder, output_of


def said(out: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith("check: ")]


def assert_equal(command: Command, *options: str) -> None:
    code, out, err = command(*IMPORT, "--check", *options)
    (line,) = said(out)
    assert (code, err) == (0, "")
    assert " tensors' shapes equal those of onnx" in line
    assert f"of {out.split(' ', 1)[0]} layers equal those counted" in line


@pytest.mark.parametrize("name", ["unet-2-Resize", "grouped-2-False", "generator-2-1"])
def test_images_are_equal(project: Project, command: Command, name: str) -> None:
    Path("net.onnx").write_bytes(IMAGES[name]().SerializeToString())
    assert_equal(command)


@pytest.mark.parametrize("name", ["recurrent-LSTM-4-1", "attention_by_einsum-2", "windows-2"])
def test_sequences_are_equal(project: Project, command: Command, name: str) -> None:
    Path("net.onnx").write_bytes(SEQUENCES[name]().SerializeToString())
    assert_equal(command)


def test_weights_that_are_not_there_are_drawn(project: Project, command: Command) -> None:
    net = encoder(heads=2, width=16)
    net.save(output_of(net))
    sizes = ["--dim", "batch=1", "--dim", "sequence=4"]
    assert_equal(command, *sizes)
    middle = next(node.output[0] for node in net.nodes if node.name == "add1")
    assert_equal(command, *sizes, "--from", middle)


def test_a_shape_that_is_not_that_of_the_run_is_told(project: Project, command: Command) -> None:
    net = RunnableNet(x=[6, 8])
    rows = net.add("Compress", "x", net.fixed(np.array([True, False, True])), axis=0)
    Path("net.onnx").write_bytes(
        net.model(net.add("MatMul", rows, net.weight(8, 5), name="mm")).SerializeToString()
    )
    code, out, err = command(*IMPORT, "--check", "--fold", "Compress")
    assert (code, err) == (1, "")
    first, second, macs, outputs = said(out)
    assert first.startswith(f"check: tensor {rows}: 6x8 here, 2x8 in onnx")
    assert second.startswith("check: tensor tensor_1: 6x5 here, 2x5 in onnx")
    assert macs.startswith("check: layer mm: 240 MACs here, 80 by onnx")
    assert outputs.startswith("check: layer mm: 30 outputs here, 10 by onnx")


def test_what_cannot_run_is_not_called_equal(project: Project, command: Command) -> None:
    net = Net(x=[1, 3, 8, 8])
    net.add("Whirl", net.conv("x", 3, 4, 3, "conv"), domain="nowhere")
    net.save(output_of(net))
    code, out, err = command(*IMPORT, "--check", "--fold", "Whirl")
    (line,) = said(out)
    assert (code, err) == (1, "")
    assert line.startswith("check: nothing is compared: onnx")
