"""``scar-cp import onnx`` in tests, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conftest import ROOT, Command

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


def total(layers: Iterable[Layer]) -> tuple[int, int]:
    """MACs and weights of all layers."""
    counts = [(layer.macs, layer.weight_elements) for layer in layers]
    return sum(macs for macs, _ in counts), sum(weights for _, weights in counts)
