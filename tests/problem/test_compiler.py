"""Compilation: every rounded number against one computed by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import GONE, Command, Project

from scar_cp.files.instance_files import read_instance
from scar_cp.problem.compiled import Problem
from scar_cp.problem.compiler import compile_instance
from scar_cp.records.yaml_json import to_json


@pytest.fixture
def compiled(project: Project) -> Any:
    """Compiles the project as it is now."""

    def run(**overrides: Any) -> Problem:
        return compile_instance(read_instance("instance.yaml", overrides))

    return run


# Layer a: 8x8 pixels, 8 -> 16 channels, 128 weights; b: 16 -> 16, 256 weights, adds a's output to
# its own; c: 1024 -> 10, 10240 weights. Input 8*8*8 = 512 elements, a and b write 16*8*8 = 1024.
SLOW = {"nop": {"gb_per_s": 15, "hop_ns": 35, "pj_per_bit_hop": 2.04}, "dram": {"gb_per_s": 6.5}}
"""30 bytes a cycle over NoP, 13 from DRAM (at 500 MHz)."""


@pytest.fixture
def slow(project: Project) -> Project:
    """The project on slow links: every division leaves a rest."""
    for key, value in SLOW.items():
        project.put("package.yaml", key, value)
    return project


def test_times_are_rounded_up_and_energies_to_the_nearest(slow: Project, compiled: Any) -> None:
    problem = compiled()
    a, b, c = problem.models[0].layers  # batch 4, one byte per element
    assert [layer.name for layer in (a, b, c)] == ["a", "b", "c"]
    assert [layer.weight_bytes for layer in (a, b, c)] == [128, 256, 10_240]
    assert [layer.weight_load_cycles for layer in (a, b, c)] == [10, 20, 788]  # / 13
    assert [layer.weight_nop_cycles for layer in (a, b, c)] == [5, 9, 342]  # / 30
    # 8 bits x 14.8 pJ = 118.4 pJ a byte: 15.1552, 30.3104 and 1212.416 nJ
    assert [layer.weight_energy_nj for layer in (a, b, c)] == [15, 30, 1212]
    # 8 bits x 2.04 pJ = 16.32 pJ a byte and hop: 2.08896, 4.17792 and 167.1168 nJ
    assert [layer.weight_nop_energy_nj_per_hop for layer in (a, b, c)] == [2, 4, 167]

    given, first, added, last = problem.models[0].tensors
    assert (given.producer, given.consumers, given.is_output) == (None, (0,), False)
    assert (first.producer, first.consumers, first.is_output) == (0, (1,), False)
    assert (added.producer, added.consumers, added.is_output) == (1, (2,), False)
    assert (last.producer, last.consumers, last.is_output) == (2, (), True)
    assert [t.dram_cycles for t in (given, first, last)] == [40, 79, 1]  # 512, 1024, 10 / 13
    assert [t.nop_cycles for t in (given, first, last)] == [18, 35, 1]  # / 30
    # energies are for the batch of 4: 2048, 4096 and 40 bytes
    assert [t.dram_energy_nj for t in (given, first, last)] == [242, 485, 5]
    assert [t.nop_energy_nj_per_hop for t in (given, first, last)] == [33, 67, 1]

    assert problem.hop_cycles == 18  # 17.5
    assert problem.dram_latency_cycles == 100
    assert problem.clock_hz == 500_000_000


def test_shared_weights_are_those_of_a_layer_by_number(project: Project, compiled: Any) -> None:
    row = {"op": "gemm", "K": 4, "C": 4}
    layers = [{"name": f"l{i}", "inputs": [f"l{i - 1}" if i else "in0"], **row} for i in range(3)]
    layers[2]["weights_of"] = "l1"
    project.put("model.yaml", "layers", layers)
    problem = compiled()
    assert [layer.weights_of for layer in problem.models[0].layers] == [None, None, 1]
    written = json.loads(to_json(problem))["models"][0]["layers"]
    assert [layer.get("weights_of", "left out") for layer in written] == ["left out"] * 2 + [1]


def test_halves_are_rounded_up(project: Project, compiled: Any) -> None:
    """One byte of 62.5 pJ a bit is 0.5 nJ."""
    project.put("scenario.yaml", "models", [{"model": "model.yaml"}])
    project.put("package.yaml", "dram", {"pj_per_bit": 62.5})
    row = {"op": "gemm", "C": 1, "inputs": ["in0"]}
    layers = [{"name": f"{k}", "K": k, **row} for k in (1, 2, 3)]
    project.put("model.yaml", "layers", layers)
    assert [la.weight_energy_nj for la in compiled().models[0].layers] == [1, 1, 2]


def test_decimals_are_taken_as_written(project: Project, compiled: Any) -> None:
    """In binary, 0.3 GB/s is less than 0.3 and 9 bytes would take 16 cycles."""
    project.put("package.yaml", "dram", {"gb_per_s": 0.3})
    row = {"name": "a", "op": "gemm", "K": 9, "C": 1, "inputs": ["in0"]}
    project.put("model.yaml", "layers", [row])
    assert compiled().models[0].layers[0].weight_load_cycles == 15


def test_two_bytes_per_element_double_what_is_moved(slow: Project, compiled: Any) -> None:
    single = compiled()
    slow.put("scenario.yaml", "bytes_per_element", 2)
    double = compiled()
    for before, after in zip(single.models[0].layers, double.models[0].layers, strict=True):
        assert after.weight_bytes == 2 * before.weight_bytes
        assert after.compute_cycles == before.compute_cycles
        assert after.compute_energy_nj == before.compute_energy_nj
    assert [t.dram_cycles for t in double.models[0].tensors] == [79, 158, 158, 2]
    assert [t.dram_energy_nj for t in double.models[0].tensors] == [485, 970, 970, 9]


def test_a_minibatch_makes_passes_longer_and_leaves_energy_alone(
    slow: Project, compiled: Any
) -> None:
    alone = compiled().models[0]
    slow.put("scenario.yaml", "models", 0, "minibatch", 3)
    together = compiled().models[0]
    assert (alone.passes, together.passes) == (4, 2)
    for before, after in zip(alone.layers, together.layers, strict=True):
        assert after.compute_cycles == {t: 3 * n for t, n in before.compute_cycles.items()}
        assert after.compute_energy_nj == before.compute_energy_nj
        assert after.weight_load_cycles == before.weight_load_cycles
    assert [t.dram_cycles for t in together.tensors] == [119, 237, 237, 3]  # 1536, 3072, 30 / 13
    assert [t.dram_energy_nj for t in together.tensors] == [t.dram_energy_nj for t in alone.tensors]


def test_compute_energy_is_that_of_the_batch(compiled: Any) -> None:
    four, two = compiled().models
    for of_four, of_two in zip(four.layers, two.layers, strict=True):
        for name, energy in of_four.compute_energy_nj.items():
            assert abs(energy - 2 * of_two.compute_energy_nj[name]) <= 1
        assert of_four.compute_cycles == of_two.compute_cycles


@pytest.mark.parametrize(("ms", "cycles"), [(2, 1_000_000), (0.0000039, 1), (0.000001, 0)])
def test_a_deadline_is_rounded_down_to_whole_cycles(
    project: Project, compiled: Any, ms: float, cycles: int
) -> None:
    project.put("scenario.yaml", "models", 1, "deadline_ms", ms)
    assert [model.deadline_cycles for model in compiled().models] == [None, cycles]


def test_a_pooled_die_has_the_elements_buffer_and_bandwidth_of_several(
    project: Project,
) -> None:
    project.put("package.yaml", "layout", [["big"]])
    project.put("package.yaml", "pooled", 4)
    project.put("instance.yaml", "windows", 2)
    instance = read_instance("instance.yaml")
    pooled = instance.chiplet_types["big"]
    assert pooled.array == (16, 16)
    assert pooled.num_pes == 4 * 64
    assert pooled.buffer_bytes == 4 * 10_485_760
    assert pooled.noc_elements_per_cycle == 4 * 16
    problem = compile_instance(instance)
    assert problem.types[0].buffer_bytes == 4 * 10_485_760
    assert problem.links == ()
    assert problem.port_hops == (0,)


def test_a_package_may_bring_types_of_its_own(project: Project, compiled: Any) -> None:
    own = project.data["profile.yaml"]["domains"]["desk"]["big"] | {"buffer_bytes": 1000}
    project.put("package.yaml", "chiplet_types", {"big": own})
    assert [(t.name, t.buffer_bytes) for t in compiled().types] == [
        ("big", 1000),
        ("small", 10_485_760),
    ]


def test_a_profile_may_replace_a_model(project: Project, compiled: Any) -> None:
    layers = project.data["model.yaml"]["layers"][:1]
    other = project.data["model.yaml"] | {"name": "other", "layers": layers}
    (project.folder / "other.yaml").write_text(json.dumps(other))
    project.put("profile.yaml", "models", {"model": "other"})
    assert [model.name for model in compiled().models] == ["other", "other"]


def test_a_profile_may_replace_the_energy_of_dram(project: Project, compiled: Any) -> None:
    project.put("profile.yaml", "dram_pj_per_bit", 0)
    problem = compiled()
    assert {la.weight_energy_nj for model in problem.models for la in model.layers} == {0}
    assert {t.dram_energy_nj for model in problem.models for t in model.tensors} == {0}
    assert problem.models[0].layers[2].weight_nop_energy_nj_per_hop == 167


GRID = {"layout": [["big", "big", "big"], ["big", "small", "big"]]}
RING = {
    "layout": GONE,
    "chiplets": ["big"] * 4,
    "links": [[1, 0], [1, 2], [2, 3], [3, 0]],
    "memory_ports": [2],
}


@pytest.mark.parametrize(
    ("package", "routing", "ports"),
    [
        (GRID, "xy", (0, 0, 2, 3, 3, 5)),
        (GRID | {"memory_ports": [4]}, "xy", (4, 4, 4, 4, 4, 4)),
        (
            GRID | {"nop": {"topology": "triangular"}, "memory_ports": [0, 5]},
            "shortest",
            (0, 0, 5, 0, 0, 5),
        ),
        (RING, "shortest", (2, 2, 2, 2)),
    ],
)
def test_routing_and_ports_have_defaults(
    project: Project,
    compiled: Any,
    package: dict[str, Any],
    routing: str,
    ports: tuple[int, ...],
) -> None:
    for key, value in package.items():
        project.put("package.yaml", key, value)
    problem = compiled()
    assert problem.routing == routing
    assert tuple(chiplet.port for chiplet in problem.chiplets) == ports
    assert list(problem.links) == sorted(problem.links)
    assert compiled(routing="shortest").routing == "shortest"


def test_links_that_form_a_mesh_may_be_routed_xy(project: Project, compiled: Any) -> None:
    project.put("package.yaml", "links", [[0, 1], [0, 2], [1, 3], [2, 3]])
    project.put("package.yaml", "memory_ports", [0])
    assert compiled(routing="xy").routing == "xy"


def test_types_appear_in_the_order_of_their_first_chiplet(project: Project, compiled: Any) -> None:
    project.put("package.yaml", "layout", [["small", "big"]])
    assert compiled().type_names == ("small", "big")


def test_the_name_is_the_files_unless_given(project: Project, compiled: Any) -> None:
    assert compiled().name == "instance"
    project.put("instance.yaml", "name", "mine")
    assert compiled().name == "mine"


def test_windows_and_node_counts_are_filled_in(project: Project, command: Command) -> None:
    problem = json.loads(command("compile", "instance.yaml", "--windows", "2").out)
    for model in problem["models"]:
        windows = [layer["window"] for layer in model["layers"]]
        assert windows == sorted(windows)
        assert len(model["max_segments"]) == 2
        assert [n > 0 for n in model["max_segments"]] == [w in windows for w in range(2)]
