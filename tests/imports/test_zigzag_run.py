"""ZigZag itself runs an ONNX file; its results join the model imported from the same file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")
pytest.importorskip("zigzag", reason="running ZigZag needs zigzag-dse")
pytest.importorskip("six", reason="zigzag-dse needs six, which it does not ask for")

from onnx import ModelProto, helper
from onnx.shape_inference import infer_shapes

from imports.corpus_net import RunnableNet
from imports.onnx_import import imported

RUN = """
import sys
from pathlib import Path
import zigzag
from zigzag.api import get_hardware_performance_zigzag

inputs = Path(zigzag.__file__).parent / "inputs"
get_hardware_performance_zigzag(
    "net.onnx",
    str(inputs / f"hardware/{sys.argv[1]}.yaml"),
    str(inputs / f"mapping/{sys.argv[2]}.yaml"),
    dump_folder=sys.argv[1],
    lpf_limit=4,
    nb_spatial_mappings_generated=1,
    loma_show_progress_bar=False,
)
"""
HARDWARE = {"big": ("tpu_like", "tpu_like"), "small": ("eyeriss_like", "default")}


def network() -> ModelProto:
    """A stem, a residual convolution and a classifier, with all that ZigZag wants to be written."""
    net = RunnableNet(x=[1, 3, 16, 16])
    net.opsets = [helper.make_opsetid("", 13)]
    full: dict[str, Any] = {
        "kernel_shape": [3, 3],
        "strides": [1, 1],
        "dilations": [1, 1],
        "group": 1,
    }
    stem = net.add("Relu", net.kernel("x", 3, 64, name="/stem/Conv", **full))
    body = net.kernel(stem, 64, 64, name="/body/body.0/Conv", **full)
    mean = net.add("GlobalAveragePool", net.add("Add", stem, body), name="/pool")
    flat = net.add("Flatten", mean)
    weights = net.weight(100, 64), net.weight(100)
    return infer_shapes(net.model(net.add("Gemm", flat, *weights, name="/fc/Gemm", transB=1)))


@pytest.mark.slow
def test_zigzags_costs_of_a_file_are_those_of_the_model_imported_from_it(
    project: Project, command: Command
) -> None:
    Path("net.onnx").write_bytes(network().SerializeToString())
    layers = [layer.name for layer in imported(command) if layer.macs]
    assert layers == ["stem/Conv", "body/body.0/Conv", "fc/Gemm"]
    rows: list[str] = []
    energies_nj = []
    for kind, (hardware, mapping) in HARDWARE.items():
        subprocess.run([sys.executable, "-c", RUN, hardware, mapping], check=True)
        files = sorted(Path(hardware).glob("_*_complete.json"))
        assert len(files) == len(layers)
        options = ["--format", "zigzag", "--model", "net", "--chiplet-type", kind]
        assert command("import", "costs", *files, *options, "-o", f"{kind}.csv").code == 0
        rows += Path(f"{kind}.csv").read_text().splitlines()[min(len(rows), 1) :]
        results = [json.loads(file.read_text())["outputs"]["energy"] for file in files]
        energies_nj.append([result["energy_total"] / 1000 for result in results])
    Path("costs.csv").write_text("\n".join(rows) + "\n")
    project.put("scenario.yaml", "models", [{"model": "net.yaml", "batch": 2}])
    project.put("instance.yaml", "cost_table", "costs.csv")
    assert command("check", "instance.yaml").code == 0
    assert command("solve", "instance.yaml", "--quiet", "-o", "result.json").code == 0
    assert command("evaluate", "instance.yaml", "result.json").code == 0
    evaluation = json.loads(Path("result.json").read_text())["evaluation"]
    compute_nj = evaluation["energy_parts"]["compute"]
    least, most = (sum(map(of, *energies_nj)) for of in (min, max))
    assert 2 * least - 6 <= compute_nj <= 2 * most + 6
