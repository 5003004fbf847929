"""Imported models do what their graphs do when they run, architecture by architecture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="importing ONNX needs onnx: the extra onnx")

import networkx as nx

from imports.corpus_images import IMAGES
from imports.corpus_sequences import SEQUENCES
from imports.counted_run import CountedRun, count
from scar_cp.imports.onnx_file import Choice
from scar_cp.imports.onnx_model import import_onnx
from scar_cp.inputs.workload import COMPUTE_OPS, Model

ARCHITECTURES = {**IMAGES, **SEQUENCES}


def counted(model: Model, nodes: set[str]) -> CountedRun:
    """The same of a model, whose layers are named after nodes: two of a recurrent one.

    Those of no name that a node has are what the only attention operator is spelled out as.
    """
    (attention,) = [name for name in nodes if name.startswith("Attention")] or [""]
    graph: nx.DiGraph[str] = nx.DiGraph()
    macs: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    of: dict[str, str] = {}
    for layer in model.layers:
        graph.add_edges_from((name, layer.name) for name in layer.inputs)
        if layer.op in COMPUTE_OPS:
            plain = layer.name.rstrip("_")
            of[layer.name] = plain if plain in nodes else attention
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
    model = ARCHITECTURES[name]()
    file = tmp_path / "net.onnx"
    file.write_bytes(model.SerializeToString())
    imported = import_onnx(file, name, Choice()).model
    expected = count(model)
    found = counted(imported, set(expected.macs))
    assert found.macs == expected.macs
    assert found.weights == expected.weights
    assert found.edges == expected.edges
