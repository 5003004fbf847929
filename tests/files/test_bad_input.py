"""Bad input: one line per fault, all faults of all files, exit code 2, nothing written."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
import os
import re
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from conftest import GONE, Command, Project

FORMATS = (
    "must be one of the formats scar-cp/NAME@1 with NAME in instance, problem, model, scenario, "
    "package, profile, chiplet, schedule, result, pareto"
)


def assert_refused(project: Project, command: Command, arguments: list[str], *lines: str) -> None:
    before = {name: (project.folder / name).read_bytes() for name in _plain_files(project)}
    code, out, err = command(*arguments)
    assert err.splitlines() == list(lines)
    assert (code, out) == (2, "")
    assert {name: (project.folder / name).read_bytes() for name in _plain_files(project)} == before


def assert_refused_beginning(
    project: Project, command: Command, arguments: list[str], start: str
) -> None:
    """With one line, which goes on in the words of a library."""
    err = command(*arguments).err
    assert err.startswith(start)
    assert len(err.strip()) > len(start)
    assert_refused(project, command, arguments, err.removesuffix("\n"))


def _plain_files(project: Project) -> set[str]:
    return {name for name in project.names() if (project.folder / name).is_file()}


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
    (at("model.yaml", "layers", 1, "dynamic", True), "model.yaml: layers[1].dynamic: True: only a gemm may have an activation as second operand"),
    (at("model.yaml", "layers", 3, "X", 2), "model.yaml: layers[3].op: gemm: a gemm has rows Y only: X, R, S and stride 1, pad 0"),
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


# --- files that are no records -----------------------------------------------------------------

PACKAGE = "format: scar-cp/package@1\nname: x\nlayout: [[a]]\n"

TEXTS = [
    ("f.yaml", b"", "f.yaml: the file is empty"),
    ("f.json", b" \n", "f.json: the file is empty"),
    ("f.yaml", b"a: 1\nb: 2\na: 3\n", "f.yaml: line 3, column 1: malformed YAML: key 'a' stands twice"),
    ("f.yaml", b"a: " + b"[" * 100_000, "f.yaml: cannot be read: nested deeper than 100 levels"),
    ("f.json", b'{"a": 1, "a": 2}', "f.json: malformed JSON: key 'a' stands twice"),
    ("f.yaml", b"- 1\n- 2\n", f"f.yaml: format: {FORMATS}"),
    ("f.yaml", b"name: x\n", f"f.yaml: format: {FORMATS}"),
    ("f.yaml", b"format: scar-cp/pacage@1\n", f"f.yaml: format: 'scar-cp/pacage@1': {FORMATS}"),
    ("f.yaml", PACKAGE.encode() + b"1: 2\n", "f.yaml: [1]: 1: keys must be strings"),
    ("f.yaml", PACKAGE.replace("x", "2020-01-01").encode(), "f.yaml: name: datetime.date(2020, 1, 1): must be a valid string"),
    ("f.yaml", PACKAGE.replace("[[a]]", "&l [*l]").encode(), "f.yaml: layout[0][0]: [[[...]]]: must be a valid string"),
]  # fmt: skip

MALFORMED = [
    ("f.yaml", b"a: 1\n\tb: 2\n", "f.yaml: line 2, column 1: malformed YAML:"),
    ("f.yaml", b"a: [1, 2\n", "f.yaml: line 2, column 1: malformed YAML:"),
    ("f.yaml", b"a: *b\n", "f.yaml: line 1, column 4: malformed YAML:"),
    ("f.yaml", b"a: 1\n---\nb: 2\n", "f.yaml: line 2, column 1: malformed YAML:"),
    ("f.yaml", b"? [a]\n: b\n", "f.yaml: line 1, column 3: malformed YAML:"),
    ("f.yaml", b"a: \x00\n", "f.yaml: malformed YAML:"),
    ("f.yaml", b"a: 2020-13-45\n", "f.yaml: line 1, column 4: malformed YAML:"),
    ("f.yaml", b"a: 0x" + b"f" * 5000, "f.yaml: line 1, column 4: malformed YAML:"),
    ("f.yaml", b"\xff\xfe\x00", "f.yaml: cannot be read:"),
    ("f.json", b'{"a" 1}', "f.json: line 1, column 6: malformed JSON:"),
    ("f.json", b"[" * 1_000_000, "f.json: cannot be read: nested too"),
]  # fmt: skip
"""What a parser says of these texts is its own affair: all that stands before it."""


@pytest.mark.parametrize(("name", "content", "line"), TEXTS, ids=[line for _, _, line in TEXTS])
def test_a_file_that_is_no_record_is_named_with_the_reason(
    project: Project, command: Command, name: str, content: bytes, line: str
) -> None:
    (project.folder / name).write_bytes(content)
    assert_refused(project, command, ["check", name], line)


@pytest.mark.parametrize(
    ("name", "content", "start"),
    MALFORMED,
    ids=[f"{start} {content[:20]!r}" for _, content, start in MALFORMED],
)
def test_a_malformed_file_is_named_with_the_reason_of_its_parser(
    project: Project, command: Command, name: str, content: bytes, start: str
) -> None:
    (project.folder / name).write_bytes(content)
    assert_refused_beginning(project, command, ["check", name], f"{start} ")


def test_aliases_that_multiply_do_not_multiply_the_message(
    project: Project, command: Command
) -> None:
    rows = [
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(9 * ['*' + chr(97 + i)])}]" for i in range(12)
    ]
    text = "\n".join([PACKAGE + "a: &a [1, 2, 3]", *rows])
    (project.folder / "f.yaml").write_text(text)
    code, _, err = command("check", "f.yaml")
    assert code == 2
    assert len(err) < 2000


def test_files_that_are_not_there_are_named(project: Project, command: Command) -> None:
    (project.folder / "folder").mkdir()
    long = "x" * 300 + ".yaml"
    assert_refused(
        project,
        command,
        ["check", "absent.yaml", "folder", long],
        "absent.yaml: no such file",
        "folder: is a directory, not a file",
        f"{long}: cannot be read: File name too long",
    )


def test_good_files_are_reported_beside_bad_ones(project: Project, command: Command) -> None:
    code, out, err = command("check", "model.yaml", "absent.yaml", "scenario.yaml")
    assert (code, err) == (2, "absent.yaml: no such file\n")
    assert out == "model.yaml: ok: model net, 4 layers\nscenario.yaml: ok: scar-cp/scenario@1\n"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("package.yaml", "memory_ports", [9]), "memory_ports[0]: 9: must be a chiplet id below 4"),
        (("scenario.yaml", "models", 0, "minibatch", 5), "models[0].minibatch: 5: must be at most batch = 4"),
        (("profile.yaml", "domains", "desk", "big", "dataflow", "x"), "domains.desk.big.dataflow: x: must be a known dataflow: eyeriss, nvdla, shidiannao"),
    ],
)  # fmt: skip
def test_a_file_is_checked_alone_as_it_is_inside_an_instance(
    project: Project, command: Command, change: tuple[Any, ...], line: str
) -> None:
    project.put(*change)
    for file in (change[0], "instance.yaml"):
        assert_refused(project, command, ["check", file], f"{change[0]}: {line}")


def test_numbers_with_an_exponent_are_numbers(project: Project, command: Command) -> None:
    text = (project.folder / "package.yaml").read_text() + "clock_mhz: 1e3\n"
    (project.folder / "package.yaml").write_text(text)
    assert json.loads(command("compile", "instance.yaml").out)["clock_hz"] == 10**9


# --- options -----------------------------------------------------------------------------------

OPTIONS = [
    (["--windows", "0"], "--windows: 0: must be greater than 0"),
    (["--n-splits", "9"], "--n-splits: 9: must be below 1 windows"),
    (["--n-splits", "-1"], "--n-splits: -1: must be greater than or equal to 0"),
    (["--time-limit", "nan"], "--time-limit: nan: must be a positive number of seconds"),
    (["--time-limit", "inf"], "--time-limit: inf: must be a positive number of seconds"),
    (["--time-limit", "0"], "--time-limit: 0.0: must be a positive number of seconds"),
    (["--solver", "magic"], "--solver: magic: must be a known solver: cp-sat, scar, simba, standalone, nn-baton, heft, random, evolutionary, exhaustive"),
    (["--objective", "weighted"], "--weights: is required with --objective weighted"),
    (["--weights", "latency=1,nj=2"], "--weights: latency=1,nj=2: must be latency=A,energy=B with integers from 0 to 1000000, not both 0"),
    (["--package", "absent.yaml"], "--package: absent.yaml: must be a file, but absent.yaml does not exist"),
    (["--package", "."], "--package: .: must be a file, but . is a directory"),
    (["-o", "absent/result.json"], "absent/result.json: its folder must exist and be writable"),
    (["-o", "."], ".: is a directory, not a file"),
    (["-o", "instance.yaml"], "instance.yaml: must not be a file that is read"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "line"), OPTIONS, ids=[" ".join(o) for o, _ in OPTIONS])
def test_an_option_is_blamed_by_its_own_name(
    project: Project, command: Command, options: list[str], line: str
) -> None:
    assert_refused(project, command, ["solve", "instance.yaml", *options], line)


@pytest.mark.parametrize(
    "options",
    [
        ["--windows", "x"],
        ["--seed", "-1"],
        ["--workers", "0"],
        ["--objective", "speed"],
        ["--nonsense"],
    ],
)
def test_what_no_option_takes_is_one_line_that_names_the_option(
    project: Project, command: Command, options: list[str]
) -> None:
    arguments = ["solve", "instance.yaml", *options]
    assert_refused_beginning(project, command, arguments, "scar-cp: ")
    assert options[0] in command(*arguments).err


def test_xy_routing_needs_a_mesh(project: Project, command: Command) -> None:
    project.put("package.yaml", "nop", {"topology": "triangular"})
    project.put("package.yaml", "memory_ports", [0])
    line = "--routing: xy: needs a package whose links form a mesh"
    assert_refused(project, command, ["compile", "instance.yaml", "--routing", "xy"], line)


def test_an_undefined_space_is_a_fault_of_whoever_asked_for_it(
    project: Project, command: Command
) -> None:
    project.put("scenario.yaml", "models", [{"model": "model.yaml"}] * 8)
    project.put("instance.yaml", "windows", 2)
    command("compile", "instance.yaml", "-o", "problem.json")
    document = json.loads(Path("problem.json").read_text())
    document["models"][0]["max_segments"] = None
    Path("problem.json").write_text(json.dumps(document))
    rule = "the problem has no windows from the greedy packing, so the space is undefined"
    arguments = ["solve", "problem.json", "--space", "scar"]
    assert_refused(project, command, arguments, f"--space: scar: {rule}")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["check"], ["show"], ["solve"], ["compare"], ["cost", "x.csv"], ["evaluate", "x"]),
        *(["cost-template"], ["import", "costs", "x.csv", "--format", "maestro"]),
    ],
)
def test_a_missing_argument_is_one_line(command: Command, arguments: list[str]) -> None:
    code, out, err = command(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("scar-cp: ")


# --- compiled problems -------------------------------------------------------------------------


@pytest.fixture
def problem(project: Project, command: Command) -> dict[str, Any]:
    """The project compiled for two windows; ``problem.json`` lies beside it."""
    assert command("compile", "instance.yaml", "--windows", "2", "-o", "problem.json").code == 0
    document: dict[str, Any] = json.loads(Path("problem.json").read_text())
    return document


LAYER = ("models", 0, "layers", 1)
TENSOR = ("models", 0, "tensors", 1)
ONE_BIG = {"big": 10**18, "small": 1}

PROBLEM_FAULTS = [
    (("chiplets", 1, "port", 9), "chiplets[1].port: 9: must be a chiplet id below 4"),
    (("chiplets", 1, "port", 3), "chiplets[1].port: 3: the nearest port is 0"),
    (("chiplets", 1, "type", "npu"), "chiplets[1].type: npu: must be one of the types"),
    (("chiplets", 1, "id", 5), "chiplets[1].id: 5: ids must be 0, 1, 2, ... in order"),
    (("types", 1, "name", "big"), "types[1].name: big: must be unique"),
    (("links", [[0, 1]]), "links: [[0, 1], [2], [3]]: the network on package must be connected"),
    (("links", 0, [1, 0]), "links[0]: [1, 0]: must be [c, d] with c < d < 4"),
    (("links", 3, [2, 9]), "links[3]: [2, 9]: must be [c, d] with c < d < 4"),
    (("links", 3, [0, 1]), "links[3]: [0, 1]: must come after the link before it: sorted, no repeats"),
    (("types", 0, "buffer_bytes", 10**18), "types[0].buffer_bytes: 1,000,000,000,000,000,000: must be at most 2^50"),
    ((*LAYER, "compute_cycles", {"big": 1}), "models[0].layers[1].compute_cycles: ['big']: must have one entry for every type"),
    ((*LAYER, "compute_cycles", "big", -1), "models[0].layers[1].compute_cycles.big: -1: must be greater than or equal to 0"),
    ((*LAYER, "compute_cycles", ONE_BIG), "models[0]: up to 2^62 cycles: a model's costs must add up to at most 2^50 cycles"),
    ((*LAYER, "compute_energy_nj", ONE_BIG), "models[0]: up to 2^60 nJ: a model's costs must add up to at most 2^50 nJ"),
    ((*LAYER, "weight_bytes", 10**18), "models[0]: up to 2^60 weight bytes: a model's costs must add up to at most 2^50 weight bytes"),
    ((*LAYER, "window", 7), "models[0].layers[1].window: 7: must be below max_windows = 2"),
    (("models", 0, "max_segments", [1]), "models[0].max_segments: 1 entries: must have max_windows = 2 entries"),
    (("models", 0, "passes", 3), "models[0].passes: 3: must be ceil(batch / minibatch)"),
    (("models", 0, "layers", []), "models[0].layers: []: must have at least 1 item, not 0"),
    ((*TENSOR, "producer", 50), "models[0].tensors[1].producer: 50: must be a layer below 3"),
    ((*TENSOR, "consumers", [50]), "models[0].tensors[1].consumers: 50: must be a layer after the producer"),
    ((*TENSOR, "consumers", [0]), "models[0].tensors[1].consumers: 0: must be a layer after the producer"),
    ((*TENSOR, "dram_cycles", "x"), "models[0].tensors[1].dram_cycles: 'x': must be a valid integer"),
    (("models", 0, "tensors", 0, "is_output", True), "models[0].tensors[0].is_output: True: a model input is never an output"),
    (("models", 0, "deadline_cycles", -1), "models[0].deadline_cycles: -1: must be greater than or equal to 0"),
    (("models", 0, "layer", []), "models[0].layer: []: unknown key, did you mean layers?"),
    (("clock_hz", 0), "clock_hz: 0: must be greater than 0"),
    (("clock_hz", "fast"), "clock_hz: 'fast': must be a valid number"),
    (("max_windows", 0), "max_windows: 0: must be greater than 0"),
    (("routing", "yx"), "routing: 'yx': must be 'xy' or 'shortest'"),
    (("chiplets", 0, "row", 7), "routing: xy: needs links that are exactly the unit steps of a filled rectangle"),
    (("format", "scar-cp/problem@2"), "format: 'scar-cp/problem@2': must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line"), PROBLEM_FAULTS, ids=[line for _, line in PROBLEM_FAULTS]
)
def test_a_broken_problem_file_is_refused_at_the_exact_place(
    project: Project,
    command: Command,
    problem: dict[str, Any],
    change: tuple[Any, ...],
    line: str,
) -> None:
    *place, key, value = change
    inside: Any = problem
    for part in place:
        inside = inside[part]
    inside[key] = value
    Path("problem.json").write_text(json.dumps(problem))
    code, out, err = command("solve", "problem.json", "--quiet", "-o", "result.json")
    assert f"problem.json: {line}" in err.splitlines()
    assert (code, out) == (2, "")
    assert "result.json" not in project.names()


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (["--windows", "0"], ["--windows: 0: must be greater than 0"]),
        (["--n-splits", "9"], ["--n-splits: 9: must be at least 0 and below 2 windows"]),
        (
            ["--package", "package.yaml", "--n-splits", "-1"],
            [
                "--n-splits: -1: must be at least 0 and below 2 windows",
                "--package: 'package.yaml': a compiled problem cannot change this: "
                "give its instance instead",
            ],
        ),
    ],
)
def test_settings_of_a_compiled_problem_are_checked_too(
    project: Project,
    command: Command,
    problem: dict[str, Any],
    options: list[str],
    lines: list[str],
) -> None:
    assert_refused(project, command, ["solve", "problem.json", *options], *lines)


# --- schedules and results ---------------------------------------------------------------------

SCHEDULE = {"format": "scar-cp/schedule@1", "problem": "instance", "windows": []}
SEGMENT = {"model": 0, "first": "a", "chiplet": 1}
NEITHER = "must be 'scar-cp/schedule@1' or 'scar-cp/result@1'"


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        ([1], ["[1]: must be a mapping with the keys of Schedule"]),
        ({"windows": []}, [f"format: {NEITHER}"]),
        (SCHEDULE | {"format": "x"}, [f"format: 'x': {NEITHER}"]),
        (SCHEDULE | {"windows": "none"}, ["windows: 'none': must be a list"]),
        (
            SCHEDULE | {"windows": [[], [SEGMENT]]},
            [
                "windows[1][0].first: 'a': must be a valid integer",
                "windows[1][0].last: is required",
            ],
        ),
        (
            {"format": "scar-cp/result@1", "schedule": None},
            ["schedule: the result has no schedule"],
        ),
        ({"format": "scar-cp/result@1"}, ["schedule: the result has no schedule"]),
        (
            {"format": "scar-cp/result@1", "schedule": SCHEDULE | {"windows": [[SEGMENT | {"last": 1}]]}},
            ["schedule.windows[0][0].first: 'a': must be a valid integer"],
        ),
    ],
)  # fmt: skip
def test_a_broken_schedule_file_is_refused(
    project: Project, command: Command, document: Any, lines: list[str]
) -> None:
    Path("s.json").write_text(json.dumps(document))
    expected = [f"s.json: {line}" for line in lines]
    assert_refused(project, command, ["evaluate", "instance.yaml", "s.json"], *expected)


def test_a_missing_model_does_not_hide_a_domain_that_nobody_has(
    project: Project, command: Command
) -> None:
    project.put("scenario.yaml", "domain", "cloud")
    project.put("scenario.yaml", "models", 0, "model", "absent.yaml")
    code, _, err = command("check", "instance.yaml")
    assert code == 2
    assert "scenario.yaml: domain: cloud: must be a domain of the profile" in err
    assert "scenario.yaml: models[0].model: absent.yaml: must be a file" in err


def test_an_instance_and_a_schedule_are_blamed_together(project: Project, command: Command) -> None:
    lines = ["absent.json: no such file", "absent.yaml: no such file"]
    assert_refused(project, command, ["evaluate", "absent.yaml", "absent.json"], *lines)


# --- writing -----------------------------------------------------------------------------------


def test_a_failing_command_leaves_an_older_output_as_it_was(
    project: Project, command: Command
) -> None:
    Path("problem.json").write_text("kept")
    project.put("package.yaml", "memory_ports", [])
    assert command("compile", "instance.yaml", "-o", "problem.json").code == 2
    assert Path("problem.json").read_text() == "kept"


def test_an_output_is_readable_as_the_umask_says_and_leaves_nothing_beside_it(
    project: Project, command: Command
) -> None:
    before = project.names()
    assert command("compile", "instance.yaml", "-o", "problem.json").code == 0
    umask = os.umask(0)
    os.umask(umask)
    assert Path("problem.json").stat().st_mode & 0o777 == 0o666 & ~umask
    assert project.names() == before | {"problem.json"}


def test_writing_through_a_link_keeps_the_link(project: Project, command: Command) -> None:
    Path("link.json").symlink_to("target.json")
    assert command("compile", "instance.yaml", "-o", "link.json").code == 0
    assert Path("link.json").is_symlink()
    assert json.loads(Path("target.json").read_text())["format"] == "scar-cp/problem@1"


def test_a_device_is_written_to_and_not_replaced(project: Project, command: Command) -> None:
    assert command("compile", "instance.yaml", "-o", os.devnull).code == 0
    assert not Path(os.devnull).is_file()


WRITERS = {
    "solve": "solve instance.yaml --quiet --solver standalone",
    "pareto": "pareto instance.yaml",
    "compile": "compile instance.yaml",
    "cost-template": "cost-template instance.yaml",
    "compare": "compare instance.yaml --solver standalone --quiet",
    "gaps": "gaps instance.yaml --quiet",
    "trace": "trace result.json",
    "report": "report result.json",
    "report of a folder": "report .",
    "plot": "plot result.json",
}
READ = ("instance.yaml", "scenario.yaml", "package.yaml", "profile.yaml", "model.yaml", "costs.csv")


@pytest.fixture
def solved(project: Project, command: Command) -> Project:
    """The project with costs of its own and a result, solved with other settings than its own."""
    assert command("cost-template", "instance.yaml", "--filled", "-o", "costs.csv").code == 0
    project.put("instance.yaml", "cost_table", "costs.csv")
    Path("other.yaml").write_bytes(Path("package.yaml").read_bytes())
    options = ["--package", "other.yaml", "-o", "result.json"]
    assert command(*WRITERS["solve"].split(), *options).code == 0
    return project


@pytest.mark.slow
@pytest.mark.parametrize("file", READ)
@pytest.mark.parametrize("writer", WRITERS)
def test_no_file_that_the_input_refers_to_is_written_to(
    solved: Project, command: Command, writer: str, file: str
) -> None:
    link = Path("link.svg")  # a picture's suffix is checked, too
    link.symlink_to(file)
    for output in {link, Path(file)} if writer != "plot" else {link}:
        code, out, err = command(*WRITERS[writer].split(), "-o", output)
        assert (code, out) == (2, "")
        rules = "must not be a file that is read", "must hold a table of scar-cp compare: .*"
        assert re.fullmatch(f"{output}: ({'|'.join(rules)})\n", err)
        assert link.is_symlink()
        solved_again = command("solve", "instance.yaml", "--solver", "standalone", "--quiet")
        assert solved_again.code == 0


@pytest.mark.parametrize("writer", ["solve", "trace"])
def test_what_a_setting_replaces_is_kept_as_what_replaces_it(
    solved: Project, command: Command, writer: str
) -> None:
    settings = ["--package", "other.yaml"] if writer == "solve" else []
    for file in ("other.yaml", "package.yaml"):
        line = f"{file}: must not be a file that is read"
        assert_refused(solved, command, [*WRITERS[writer].split(), *settings, "-o", file], line)


def test_a_model_that_the_profile_replaces_is_kept(project: Project, command: Command) -> None:
    Path("small.yaml").write_bytes(Path("model.yaml").read_bytes())
    project.put("profile.yaml", "models", {"model": "small"})
    for file in ("model.yaml", "small.yaml"):
        line = f"{file}: must not be a file that is read"
        assert_refused(project, command, ["compile", "instance.yaml", "-o", file], line)


def test_a_page_does_not_replace_a_result_that_it_shows(solved: Project, command: Command) -> None:
    line = "result.json: must not be a file that is read"
    assert_refused(solved, command, ["report", ".", "-o", "result.json"], line)


def test_a_cost_table_that_is_not_there_yet_may_be_written(
    project: Project, command: Command
) -> None:
    project.put("instance.yaml", "cost_table", "costs.csv")
    assert command("cost-template", "instance.yaml", "--filled", "-o", "costs.csv").code == 0
    assert command("check", "instance.yaml").code == 0


def test_gaps_replaces_no_table_of_something_else(project: Project, command: Command) -> None:
    Path("layers.csv").write_text("op,K\ngemm,1\n")
    line = "layers.csv: must hold a table of scar-cp gaps: there is no column 'decision'"
    assert_refused(project, command, [*WRITERS["gaps"].split(), "-o", "layers.csv"], line)


def test_a_place_that_cannot_be_written_is_refused_before_the_search(
    project: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("one").symlink_to("two")
    Path("two").symlink_to("one")
    line = "one: cannot be written: Too many levels of symbolic links"
    assert_refused(project, command, [*WRITERS["solve"].split(), "-o", "one"], line)
    instance = str(project.folder / "instance.yaml")
    Path("gone").mkdir()
    monkeypatch.chdir("gone")
    (project.folder / "gone").rmdir()
    line = "r.json: cannot be written: No such file or directory\n"
    assert command("solve", instance, "--quiet", "-o", "r.json") == (2, "", line)
