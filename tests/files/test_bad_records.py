"""Bad records: one line per fault, all faults of all files, exit code 2, nothing written."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import re
from math import inf, nan
from typing import Any

import pytest
from conftest import GONE, Command, Project
from refusals import assert_refused


def at(file: str, *place_and_value: Any) -> tuple[Any, ...]:
    return file, *place_and_value


BIG = {"dataflow": "nvdla", "array": [8, 8], "noc_elements_per_cycle": 16}

FAULTS = [
    # numbers
    (at("package.yaml", "nop", {"gb_per_s": 0}), "package.yaml: nop.gb_per_s: 0: must be greater than 0"),
    (at("package.yaml", "nop", {"gb_per_s": -1.5}), "package.yaml: nop.gb_per_s: -1.5: must be greater than 0"),
    (at("package.yaml", "dram", {"gb_per_s": nan}), "package.yaml: dram.gb_per_s: nan: must be a finite number"),
    (at("package.yaml", "dram", {"gb_per_s": inf}), "package.yaml: dram.gb_per_s: inf: must be a finite number"),
    (at("package.yaml", "dram", {"gb_per_s": "fast"}), "package.yaml: dram.gb_per_s: 'fast': must be a valid number"),
    (at("package.yaml", "dram", {"latency_ns": True}), "package.yaml: dram.latency_ns: True: must be a valid number"),
    (at("package.yaml", "clock_mhz", None), "package.yaml: clock_mhz: None: must be a valid number"),
    (at("package.yaml", "clock_mhz", 10**400), "package.yaml: clock_mhz: 100000000000000000...0000000000000000000: must be a valid number"),
    # a package's shape
    (at("package.yaml", "layout", []), "package.yaml: layout: must hold at least one chiplet"),
    (at("package.yaml", "layout", [[]]), "package.yaml: layout: must hold at least one chiplet"),
    (at("package.yaml", "layout", GONE), "package.yaml: layout: give either layout (a grid) or chiplets (a list with links)"),
    (at("package.yaml", "layout", [["big"], ["big", "big"]]), "package.yaml: layout: [1, 2]: rows must have equal lengths"),
    (at("package.yaml", "layout", [["big"] * 1025]), "package.yaml: layout: 1025 chiplets: must hold at most 1024 chiplets"),
    (at("package.yaml", "layout", 1, 0, "npu"), "package.yaml: layout[1][0]: npu: must be a chiplet type of the package or profile: big, small"),
    (at("package.yaml", "memory_ports", []), "package.yaml: memory_ports: []: at least one memory port is required"),
    (at("package.yaml", "memory_ports", [0, 4]), "package.yaml: memory_ports[1]: 4: must be a chiplet id below 4"),
    (at("package.yaml", "nop", {"topology": "triangular"}), "package.yaml: memory_ports: is required where the package is not a plain mesh"),
    (at("package.yaml", "nop", {"topology": "ring"}), "package.yaml: nop.topology: 'ring': must be 'mesh' or 'triangular'"),
    (at("package.yaml", "pooled", 5), "package.yaml: pooled: 5: must be a square number"),
    (at("package.yaml", "chiplet_types", {"big": BIG | {"dataflow": "tpu"}}), "package.yaml: chiplet_types.big.dataflow: tpu: must be a known dataflow: eyeriss, nvdla, shidiannao"),
    (at("profile.yaml", "domains", "desk", "big", "dataflow", "tpu"), "profile.yaml: domains.desk.big.dataflow: tpu: must be a known dataflow: eyeriss, nvdla, shidiannao"),
    (at("profile.yaml", "domains", "desk", "big", "array", [8]), "profile.yaml: domains.desk.big.array[1]: is required"),
    (at("profile.yaml", "domains", "desk", "big", "array", [8, 10**18]), "profile.yaml: domains.desk.big.array[1]: 1000000000000000000: must be less than or equal to 65536"),
    (at("profile.yaml", "models", {"model": "absent"}), "profile.yaml: models.model: absent: no such file, and no shipped model of that name"),
    # unknown keys and wrong types
    (at("package.yaml", "chiplet_typs", {}), "package.yaml: chiplet_typs: {}: unknown key, did you mean chiplet_types?"),
    (at("package.yaml", "nop", {"hopns": 2}), "package.yaml: nop.hopns: 2: unknown key, did you mean hop_ns?"),
    (at("package.yaml", "colour", "red"), "package.yaml: colour: 'red': unknown key"),
    (at("profile.yaml", "domains", "desk", "big", "buffer_byte", 1), "profile.yaml: domains.desk.big.buffer_byte: 1: unknown key, did you mean buffer_bytes?"),
    (at("model.yaml", "layers", 3, "k", 3), "model.yaml: layers[3].k: 3: unknown key, did you mean K?"),
    (at("model.yaml", "layers", 3, "K", "64"), "model.yaml: layers[3].K: '64': must be a valid integer"),
    (at("model.yaml", "layers", 3, "K", 1.5), "model.yaml: layers[3].K: 1.5: must be a valid integer"),
    (at("model.yaml", "layers", 3, "K", -3), "model.yaml: layers[3].K: -3: must be greater than 0"),
    (at("model.yaml", "layers", 3, "K", GONE), "model.yaml: layers[3].K: is required"),
    (at("model.yaml", "layers", 3, "op", "matmul"), "model.yaml: layers[3].op: 'matmul': must be 'conv', 'dwconv', 'tconv', 'gemm', 'pool', 'add', 'mul' or 'resample'"),
    (at("model.yaml", "layers", 3, "name", 3), "model.yaml: layers[3].name: 3: must be a valid string"),
    (at("model.yaml", "layers", 3, "inputs", "sum"), "model.yaml: layers[3].inputs: 'sum': must be a list"),
    (at("model.yaml", "layers", 3, "inputs", []), "model.yaml: layers[3].inputs: []: must have at least 1 item, not 0"),
    (at("model.yaml", "layers", 3, None), "model.yaml: layers[3]: None: must be a mapping"),
    (at("model.yaml", "layers", []), "model.yaml: layers: []: must have at least 1 item, not 0"),
    (at("model.yaml", "layers", {"a": 1}), "model.yaml: layers: {'a': 1}: must be a list"),
    (at("model.yaml", "format", "scar-cp/model@2"), "model.yaml: format: 'scar-cp/model@2': must be 'scar-cp/model@1'"),
    (at("model.yaml", "format", GONE), "model.yaml: format: is required"),
    # a model's rules
    (at("model.yaml", "layers", 0, "inputs", ["sum"]), "model.yaml: layers: a -> b -> sum -> a: the layers must form no cycle"),
    (at("model.yaml", "layers", 0, "inputs", ["a"]), "model.yaml: layers: a -> a: the layers must form no cycle"),
    (at("model.yaml", "layers", 0, "inputs", ["stem"]), "model.yaml: layers[0].inputs[0]: stem: must name a layer of the model or a model input (in0, in1, ...)"),
    (at("model.yaml", "layers", 3, "name", "b"), "model.yaml: layers[3].name: b: must be unique, but layers[1] has this name too"),
    (at("model.yaml", "layers", 1, "R", 9), "model.yaml: layers[1].R: 9: the output plane must not be empty, but is 0x8"),
    (at("model.yaml", "layers", 0, "groups", 16), "model.yaml: layers[0].C: 8: must be a multiple of groups = 16"),
    (at("model.yaml", "layers", 2, "dynamic", True), "model.yaml: layers[2].dynamic: True: only a layer with multiplications may have an activation as second operand"),
    (at("model.yaml", "layers", 3, "X", 2), "model.yaml: layers[3].op: gemm: a gemm has rows Y only: X, R, S, stride, dilation, Z, T and OZ 1, pad 0"),
    (at("model.yaml", "layers", 3, "K", 10**12), "model.yaml: layers[3].K: 1000000000000: must be less than or equal to 4194304"),
    # a scenario's rules
    (at("scenario.yaml", "models", 1, "minibatch", 3), "scenario.yaml: models[1].minibatch: 3: must be at most batch = 2"),
    (at("scenario.yaml", "models", 1, "batch", 0), "scenario.yaml: models[1].batch: 0: must be greater than 0"),
    (at("scenario.yaml", "models", 1, "deadline_ms", 0), "scenario.yaml: models[1].deadline_ms: 0: must be greater than 0"),
    (at("scenario.yaml", "models", 1, "dealine_ms", 1), "scenario.yaml: models[1].dealine_ms: 1: unknown key, did you mean deadline_ms?"),
    (at("scenario.yaml", "models", 1, "model", "absent.yaml"), "scenario.yaml: models[1].model: absent.yaml: must be a file, but absent.yaml does not exist"),
    (at("scenario.yaml", "models", 1, "model", "."), "scenario.yaml: models[1].model: .: must be a file, but . is a directory"),
    (at("scenario.yaml", "models", []), "scenario.yaml: models: []: must have at least 1 item, not 0"),
    (at("scenario.yaml", "models", [{"model": "model.yaml"}] * 5), "instance.yaml: windows: 1: 5 models on 4 chiplets need 2 windows"),
    (at("scenario.yaml", "domain", "edge"), "scenario.yaml: domain: edge: must be a domain of the profile desk: desk"),
    # an instance's rules
    (at("instance.yaml", "package", "absent.yaml"), "instance.yaml: package: absent.yaml: must be a file, but absent.yaml does not exist"),
    (at("instance.yaml", "package", 3), "instance.yaml: package: 3: must be a valid string"),
    (at("instance.yaml", "package", "model.yaml"), "model.yaml: format: 'scar-cp/model@1': must be 'scar-cp/package@1'"),
    (at("instance.yaml", "windows", 0), "instance.yaml: windows: 0: must be greater than 0"),
    (at("instance.yaml", "windows", 10**9), "instance.yaml: windows: 1000000000: must be less than or equal to 1000"),
    (at("instance.yaml", "n_splits", 1), "instance.yaml: n_splits: 1: must be below 1 windows"),
    (at("instance.yaml", "windos", 3), "instance.yaml: windos: 3: unknown key, did you mean windows?"),
    (at("instance.yaml", "overlap", "half"), "instance.yaml: overlap: 'half': must be 'none' or 'full'"),
    (at("instance.yaml", "format", "scar-cp/model@1"), "instance.yaml: format: 'scar-cp/model@1': must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"),
    (at("instance.yaml", "format", GONE), "instance.yaml: format: must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "line"), FAULTS, ids=[line for _, line in FAULTS])
def test_a_fault_is_one_line_with_its_exact_place(
    project: Project, command: Command, change: tuple[Any, ...], line: str
) -> None:
    project.put(*change)
    arguments = ["solve", "instance.yaml", "--quiet", "-o", "result.json"]
    assert_refused(project, command, arguments, line)


def test_a_layer_too_large_to_count_in_64_bits_is_a_fault(
    project: Project, command: Command
) -> None:
    project.put("model.yaml", "layers", 3, "K", 2**22)
    project.put("model.yaml", "layers", 3, "C", 2**22)
    project.put("model.yaml", "layers", 3, "Y", 2)
    rule = f"the product of all extents must be at most 2^44, but is {2**45}"
    line = f"model.yaml: layers[3].K: {2**22}: {rule}"
    assert_refused(project, command, ["compile", "instance.yaml"], line)


@pytest.mark.parametrize(
    ("change", "unit"),
    [
        (("package.yaml", "nop", {"gb_per_s": 1e-300}), "cycles"),
        (("scenario.yaml", "models", 0, "batch", 10**15), "nJ"),
        (("scenario.yaml", "bytes_per_element", 10**15), "weight bytes"),
    ],
)
def test_costs_too_large_to_count_in_64_bits_are_a_fault_with_the_limit(
    project: Project, command: Command, change: tuple[Any, ...], unit: str
) -> None:
    project.put(*change)
    code, _, err = command("solve", "instance.yaml")
    value = rf"up to 2\^\d+ {unit}"
    rule = rf"a model's costs must add up to at most 2\^50 {unit}"
    assert code == 2
    assert re.search(rf"(?m)^instance\.yaml: compiled models\[0\]: {value}: {rule}$", err)


def test_a_model_without_multiplications_needs_granularity_all(
    project: Project, command: Command
) -> None:
    pool = {"name": "p", "op": "pool", "K": 4, "C": 4, "Y": 2, "X": 2, "R": 2, "S": 2}
    project.put("model.yaml", "layers", [pool | {"inputs": ["in0"]}])
    line = "model.yaml: layers: no layer has multiply-accumulates: needs granularity all"
    assert_refused(project, command, ["compile", "instance.yaml"], line)
    assert command("compile", "instance.yaml", "--granularity", "all", "-o", "p.json").code == 0


def test_layers_out_of_order_are_each_a_fault(project: Project, command: Command) -> None:
    project.put("model.yaml", "layers", project.data["model.yaml"]["layers"][::-1])
    rule = "must come before the layer that reads it"
    assert_refused(
        project,
        command,
        ["check", "model.yaml"],
        f"model.yaml: layers[0].inputs[0]: sum: {rule}",
        f"model.yaml: layers[1].inputs[0]: a: {rule}",
        f"model.yaml: layers[1].inputs[1]: b: {rule}",
        f"model.yaml: layers[2].inputs[0]: a: {rule}",
    )


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"chiplets": []}, ["package.yaml: chiplets: must hold at least one chiplet"]),
        (
            {"chiplets": ["big", "big"]},
            [
                "package.yaml: links: is required with chiplets",
                "package.yaml: memory_ports: is required where the package is not a plain mesh",
            ],
        ),
        (
            {"chiplets": ["big"] * 4, "links": [[0, 1], [2, 3]], "memory_ports": [0]},
            ["package.yaml: links: [[0, 1], [2, 3]]: the network on package must be connected"],
        ),
        (
            {"chiplets": ["big", "npu"], "links": [[0, 1]], "memory_ports": [1]},
            [
                "package.yaml: chiplets[1]: npu: must be a chiplet type of the package or "
                "profile: big, small"
            ],
        ),
        (
            {"chiplets": ["big", "big"], "links": [[0, 9], [1, 1]], "memory_ports": [1]},
            [
                "package.yaml: links[0]: [0, 9]: must join two different ids below 2",
                "package.yaml: links[1]: [1, 1]: must join two different ids below 2",
            ],
        ),
    ],
)
def test_a_package_off_the_grid_is_checked_like_one_on_it(
    project: Project, command: Command, changes: dict[str, Any], lines: list[str]
) -> None:
    project.put("package.yaml", "layout", GONE)
    for key, value in changes.items():
        project.put("package.yaml", key, value)
    assert_refused(project, command, ["compile", "instance.yaml", "-o", "problem.json"], *lines)


def test_the_faults_of_all_files_and_options_are_reported_together(
    project: Project, command: Command
) -> None:
    project.put("instance.yaml", "windos", 3)
    project.put("package.yaml", "memory_ports", [])
    project.put("profile.yaml", "domains", "desk", "small", "dataflow", "tpu")
    project.put("scenario.yaml", "models", 0, "minibatch", 9)
    for row in (2, 3):
        project.put("model.yaml", "layers", row, "K", 0)
    arguments = ["solve", "instance.yaml", "--time-limit", "nan", "-o", "absent/result.json"]
    assert_refused(
        project,
        command,
        arguments,
        "--time-limit: nan: must be a positive number of seconds",
        "absent/result.json: its folder must exist and be writable",
        "instance.yaml: windos: 3: unknown key, did you mean windows?",
        "model.yaml: layers[2].K: 0: must be greater than 0",
        "model.yaml: layers[3].K: 0: must be greater than 0",
        "package.yaml: memory_ports: []: at least one memory port is required",
        "profile.yaml: domains.desk.small.dataflow: tpu: must be a known dataflow: "
        "eyeriss, nvdla, shidiannao",
        "scenario.yaml: models[0].minibatch: 9: must be at most batch = 4",
    )


def test_faults_are_in_the_order_of_their_places(project: Project, command: Command) -> None:
    layers = [
        project.data["model.yaml"]["layers"][0] | {"name": f"l{i}", "K": 0} for i in range(12)
    ]
    project.put("model.yaml", "layers", layers)
    _, _, err = command("check", "model.yaml")
    assert [line.split(":")[1].strip() for line in err.splitlines()] == [
        f"layers[{i}].K" for i in range(12)
    ]
