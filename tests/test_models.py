"""The models and instances that come with the project."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from conftest import ROOT, Command

from scar_cp.inputs.graph import build_graph
from scar_cp.inputs.workload import COMPUTE_OPS, Model, Scenario
from scar_cp.records.yaml_json import read_record

# Totals per model, computed from the public layer lists that the models were made from, by a
# program that shares no code with this one.
TOTALS = Path(__file__).parent / "data" / "model_totals.csv"

with TOTALS.open(newline="") as _file:
    ROWS = list(csv.DictReader(_file))

MODELS = sorted((ROOT / "models").glob("*.yaml"))
INSTANCES = sorted((ROOT / "instances").rglob("*.yaml"))

SCAR_TABLE_III = {
    "sc1": [("gpt_l_24x5", 1), ("bert_l_12x5", 3)],
    "sc2": [("gpt_l_24x5", 1), ("bert_l_12x5", 3), ("resnet50", 1)],
    "sc3": [("gpt_l_24x5", 1), ("bert_l_12x5", 3), ("resnet50", 32)],
    "sc4": [("gpt_l_24x5", 8), ("bert_l_12x5", 24), ("unet512", 1), ("resnet50", 32)],
    "sc5": [
        *(("gpt_l_24x5", 8), ("bert_l_12x5", 24), ("bert_base", 24)),
        *(("unet512", 1), ("resnet50", 32), ("googlenet", 32)),
    ],
    "sc6": [("d2go", 10), ("planercnn", 15), ("midas", 30), ("emformer", 3), ("hrvit", 10)],
    "sc7": [("planercnn", 15), ("handsp", 45), ("midas", 30)],
    "sc8": [("d2go", 30), ("emformer", 3)],
    "sc9": [("eyecod", 60), ("handsp", 30), ("sp2dense", 30)],
    "sc10": [("eyecod", 60), ("handsp", 45)],
}
"""Models and batches of the SCAR paper's scenarios; the first five are for datacenters."""


@pytest.mark.parametrize("row", ROWS, ids=[row["model"] for row in ROWS])
def test_a_model_has_the_totals_of_its_source(row: dict[str, str]) -> None:
    layers = read_record(ROOT / "models" / f"{row['model']}.yaml", Model).layers
    compute = [layer for layer in layers if layer.op in COMPUTE_OPS]
    dense = [layer.replace(groups=1) for layer in compute if not layer.dynamic]
    counts = {
        "rows": len(layers),
        "compute_rows": len(compute),
        "static_weight_rows": sum(layer.weight_elements > 0 for layer in layers),
    }
    sums = {
        "gmacs": sum(layer.macs for layer in layers) / 1e9,
        "gmacs_attention_products": sum(layer.macs for layer in layers if layer.dynamic) / 1e9,
        "gmacs_static_groups_ignored": sum(layer.macs for layer in dense) / 1e9,
        "mweights": sum(layer.weight_elements for layer in layers) / 1e6,
        "mweights_groups_ignored": sum(layer.weight_elements for layer in dense) / 1e6,
        "max_output_melems": max(layer.output_elements for layer in layers) / 1e6,
    }
    assert counts == {key: int(row[key]) for key in counts}
    assert {key: f"{value:.4f}" for key, value in sums.items()} == {key: row[key] for key in sums}


@pytest.mark.parametrize("name", SCAR_TABLE_III)
def test_a_scenario_has_the_models_and_batches_of_the_paper(name: str) -> None:
    scenario = read_record(ROOT / "instances" / "scenarios" / f"{name}.yaml", Scenario)
    runs = [(Path(run.model).stem, run.batch) for run in scenario.models]
    assert runs == SCAR_TABLE_III[name]
    assert all(run.minibatch == 1 and run.deadline_ms is None for run in scenario.models)
    datacenter = name in list(SCAR_TABLE_III)[:5]
    assert scenario.domain == ("datacenter" if datacenter else "arvr")


@pytest.mark.slow
def test_every_file_is_sound(command: Command) -> None:
    """Checking an instance compiles it."""
    files = [*MODELS, *INSTANCES]
    code, out, err = command("check", *files)
    assert (code, err) == (0, "")
    assert out.count(": ok: ") == len(files)


@pytest.mark.parametrize("path", MODELS, ids=[path.stem for path in MODELS])
def test_folding_keeps_every_multiplication_and_leaves_no_layer_alone(path: Path) -> None:
    model = read_record(path, Model)
    graph = build_graph(model, "compute")
    assert sum(la.macs for la in graph.layers) == sum(la.macs for la in model.layers)
    reading = {reader for tensor in graph.tensors for reader in tensor.consumers}
    writing = {tensor.producer for tensor in graph.tensors}
    everyone = set(range(len(graph.layers)))
    assert reading == everyone
    assert writing - {None} == everyone
    assert any(tensor.is_output for tensor in graph.tensors)
    assert not any(tensor.is_output for tensor in graph.tensors if tensor.producer is None)
