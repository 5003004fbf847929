"""Imported models do what their graphs do when they run, architecture by architecture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import networkx as nx
from onnx import defs

from imports.corpus_images import IMAGES
from imports.corpus_sequences import SEQUENCES
from imports.counted_run import CountedRun, count
from imports.onnx_models import VERSION
from scar_cp.imports.onnx_file import Choice
from scar_cp.imports.onnx_model import import_onnx
from scar_cp.inputs.workload import COMPUTE_OPS, Model

ARCHITECTURES = {**IMAGES, **SEQUENCES}

NEWER_EVALUATOR = {
    "padded-VALID-2",
    "recurrent-LSTM-4-2",
    "recurrent-GRU-3-2",
    "samples_first-1",
    "samples_first-2",
    "attention_operator_by_head-4-4",
    "attention_operator_by_head-4-2",
}
"""What the evaluator of onnx runs, or runs rightly, from version 1.23."""


def counted(model: Model, nodes: set[str]) -> CountedRun:
    """The same of a model, whose layers are named after nodes, of which some have two."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    macs: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    of: dict[str, str] = {}
    for layer in model.layers:
        graph.add_edges_from((name, layer.name) for name in layer.inputs)
        if layer.op in COMPUTE_OPS:
            of[layer.name] = layer.name.rstrip("_").partition("/")[0]
            assert of[layer.name] in nodes
            macs[of[layer.name]] += layer.macs
            weights[of[layer.name]] += layer.weight_elements
    edges = set()
    for name in of:
        reached, following = {name}, [name]
        while following:
            for other in graph.successors(following.pop()):
                if other in of:
                    edges.add((of[name], of[other]))
                elif other not in reached:
                    reached.add(other)
                    following.append(other)
    return CountedRun(macs, weights, frozenset((a, b) for a, b in edges if a != b))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_an_architecture_has_the_work_weights_and_edges_of_its_run(
    name: str, tmp_path: Path
) -> None:
    if name in NEWER_EVALUATOR and VERSION < (1, 23):
        pytest.skip("this version of onnx cannot run it")
    model = ARCHITECTURES[name]()
    if model.opset_import[0].version > defs.onnx_opset_version():
        pytest.skip("has operators that this version of onnx does not know")
    file = tmp_path / "net.onnx"
    file.write_bytes(model.SerializeToString())
    imported = import_onnx(file, name, Choice()).model
    expected = count(model)
    found = counted(imported, set(expected.macs))
    assert found.macs == expected.macs
    assert found.weights == expected.weights
    assert found.edges == expected.edges
