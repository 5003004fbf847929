"""Results of other cost models, in the shapes that they write."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Command, Project

HEADER = "model,layer,chiplet_type,cycles,energy_nj\n"
MAESTRO = (
    "Neural Network Name, Layer Number, NumPEs, Runtime (Cycles), Activity count-based Energy (nJ), "
    "Area, Compute Delay (Min), Compute Delay (Min)\n"
)
TIMELOOP = """Buffer and Arithmetic Levels
    Cycles               : 7
    Energy (total)       : 1.00 pJ

Summary Stats
-------------
GFLOPs (@1GHz): 247.33
Utilization: 75.00%
Cycles: 86016
Energy: 59.28 uJ
EDP(J*cycle): 5.10e+00
"""
COMPLETE = {
    "outputs": {
        "energy": {"energy_total": 9313.5, "memory_energy": 1.0},
        "latency": {"data_onloading": 32, "computation": 32.5, "data_offloading": 5},
    },
    "inputs": {},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_maestros_rows_keep_their_names_and_take_the_given_unit(
    folder: Path, command: Command
) -> None:
    Path("r.csv").write_text(f"{MAESTRO}net,conv1,64,100,2e+06,1,1, 1\nnet,fc, 64, 7, 5,1,1,1\n")
    options = ["--format", "maestro", "--chiplet-type", "big", "--energy-unit-pj", "0.23"]
    code, out, err = command("import", "costs", "r.csv", *options)
    assert (code, err) == (0, "")
    # 2e6 x 0.23 pJ = 460 nJ; 5 x 0.23 = 1.15 pJ, to the nearest pJ
    assert out == f"{HEADER}net,conv1,big,100,460\nnet,fc,big,7,0.001\n"


def test_timeloops_layers_are_named_by_file_or_folder(folder: Path, command: Command) -> None:
    Path("conv1").mkdir()
    files = ["conv1/timeloop-mapper.stats.txt", "fc.stats.txt"]
    for file in files:
        Path(file).write_text(TIMELOOP)
    options = ["--format", "timeloop", "--chiplet-type", "big", "--model", "net"]
    assert command("import", "costs", *files, *options, "-o", "c.csv") == (
        0,
        "written: c.csv\n",
        "",
    )
    rows = "net,conv1,big,86016,59291.295\nnet,fc,big,86016,59291.295\n"
    assert Path("c.csv").read_text() == HEADER + rows


def test_zigzags_simple_and_complete_results(folder: Path, command: Command) -> None:
    Path("conv1_complete.json").write_text(json.dumps(COMPLETE))
    Path("fc_simple.json").write_text(json.dumps({"energy": 1e6, "latency": 12.0}))
    options = ["--format", "zigzag", "--chiplet-type", "big", "--model", "net"]
    out = command("import", "costs", "conv1_complete.json", "fc_simple.json", *options).out
    assert out == f"{HEADER}net,conv1,big,70,9.314\nnet,fc,big,12,1000\n"  # rounded up, halves up


def test_an_imported_table_is_one_that_an_instance_takes(
    project: Project, command: Command
) -> None:
    for layer in "abc":
        Path(f"{layer}.stats.txt").write_text(TIMELOOP)
    files = [f"{layer}.stats.txt" for layer in "abc"]
    options = ["--format", "timeloop", "--chiplet-type", "big", "--model", "net"]
    assert command("import", "costs", *files, *options, "-o", "costs.csv").code == 0
    project.put("package.yaml", "layout", [["big", "big"]])
    project.put("instance.yaml", "cost_table", "costs.csv")
    layer = json.loads(command("compile", "instance.yaml").out)["models"][0]["layers"][0]
    assert layer["compute_cycles"] == {"big": 86016}
    assert layer["compute_energy_nj"] == {"big": 237_165}


NUMBER = "must be a number, at least 0 and below 10^18"


@pytest.mark.parametrize(
    ("cost_format", "name", "text", "lines"),
    [
        ("maestro", "r", "a,b\n1,2\n", [f"row 1: {name}: a column of this name is required, as MAESTRO writes it" for name in ("Activity count-based Energy (nJ)", "Layer Number", "Neural Network Name", "Runtime (Cycles)")]),
        ("maestro", "r", MAESTRO, ["has no layers"]),
        ("maestro", "r", f"{MAESTRO}net,a,1\n", ["row 2: 3 cells: must have at least 5 cells"]),
        ("maestro", "r", f"{MAESTRO}net,a,1,-5,nan,1,1,1\n", [f"row 2, cycles: '-5': {NUMBER}", f"row 2, energy: 'nan': {NUMBER}"]),
        ("maestro", "r", 2 * f"{MAESTRO}net,a,1,5,6,1,1,1\n", [f"row 3, cycles: 'Runtime (Cycles)': {NUMBER}", f"row 3, energy: 'Activity count-based Energy (nJ)': {NUMBER}"]),
        ("maestro", "r", "", ["the file is empty"]),
        ("timeloop", "r", "Cycles: 5\n", ["must hold 'Summary Stats', as Timeloop's *.stats.txt do"]),
        ("timeloop", "r", "Summary Stats\nEnergy: 5 pJ\n", ["Summary Stats: must hold a line 'Cycles: NUMBER'", "Summary Stats: must hold a line 'Energy: NUMBER uJ'"]),
        ("zigzag", "r.json", "[1]", ["must hold energy and latency, as ZigZag's *_simple.json and *_complete.json do"]),
        ("zigzag", "r.json", '{"energy": 5}', ["must hold energy and latency, as ZigZag's *_simple.json and *_complete.json do"]),
        ("zigzag", "r.json", '{"energy": -5, "latency": 1e30}', [f"cycles: '1000000000000000000000000000000': {NUMBER}", f"energy: '-5': {NUMBER}"]),
        ("zigzag", "overall_simple.json", '{"energy": 5, "latency": 1}', ["is the sum of all layers: give the files of the layers"]),
    ],
)  # fmt: skip
def test_every_fault_of_a_result_is_one_line(
    folder: Path, command: Command, cost_format: str, name: str, text: str, lines: list[str]
) -> None:
    Path(name).write_text(text)
    unit = {"maestro": ["--energy-unit-pj", "1"]}.get(cost_format, ["--model", "net"])
    options = ["--format", cost_format, "--chiplet-type", "big", *unit, "-o", "c.csv"]
    code, out, err = command("import", "costs", name, *options)
    assert err.splitlines() == [f"{name}: {line}" for line in lines]
    assert (code, out, Path("c.csv").exists()) == (2, "", False)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--format", "timeloop"], "--model: is required with --format timeloop"),
        (["--format", "maestro"], "--energy-unit-pj: is required with --format maestro, whose energies have no unit of their own"),
        (["--format", "maestro", "--energy-unit-pj", "nan"], "--energy-unit-pj: nan: must be a positive number of pJ"),
        (["--format", "zigzag", "--model", "n", "--energy-unit-pj", "1"], "--energy-unit-pj: 1.0: must not be given with --format zigzag, whose energies have their unit"),
        (["--format", "zigzag", "--model", "n", "--chiplet-type", ""], "--chiplet-type: '': must be a name"),
    ],
)  # fmt: skip
def test_each_format_has_its_own_options(
    folder: Path, command: Command, options: list[str], line: str
) -> None:
    arguments = ["import", "costs", "r", "--chiplet-type", "big", *options]
    assert command(*arguments) == (2, "", f"{line}\n")


def test_timeloops_energy_is_taken_where_it_has_digits(project: Project, command: Command) -> None:
    """1280 computes of 3361 fJ are 4.302 nJ, which the summary prints as 0.00 uJ."""
    summary = "Summary Stats\nCycles: 1280\nEnergy: 0.00 uJ\n"
    finest = "\nComputes = 1280\nfJ/Compute\n    mac = 561.00\n    Total = 3361.00\n"
    options = ["--format", "timeloop", "--chiplet-type", "big", "--model", "net"]
    for text, energy in (
        (summary + "EDP(J*cycle): 5.51e-06\n" + finest, "4.302"),
        (summary + "EDP(J*cycle): 5.51e-06\n", "4.305"),
        (summary, "0"),
    ):
        Path("fc.stats.txt").write_text(text)
        ran = command("import", "costs", "fc.stats.txt", *options)
        assert ran.out.splitlines()[1] == f"net,fc,big,1280,{energy}"


def test_maestros_repeated_layers_are_told_apart_as_its_models_are(
    project: Project, command: Command
) -> None:
    rows = "net,A,1,5,6,1,1,1\nnet,skip,2,7,8,1,1,1\nnet,skip,3,9,10,1,1,1\n"
    Path("r.csv").write_text(MAESTRO + rows)
    options = ["--format", "maestro", "--chiplet-type", "big", "--energy-unit-pj", "1"]
    ran = command("import", "costs", "r.csv", *options)
    assert [line.split(",")[1] for line in ran.out.splitlines()[1:]] == ["A", "skip", "skip_"]


def test_rows_of_another_spelling_join_and_are_shown(project: Project, command: Command) -> None:
    layers = [
        {"name": "/stem/Conv", "op": "gemm", "K": 4, "C": 4, "inputs": ["in0"]},
        {"name": "head.Conv", "op": "gemm", "K": 4, "C": 4, "inputs": ["/stem/Conv"]},
    ]
    project.put("model.yaml", "layers", layers)
    project.put("package.yaml", "layout", [["big", "big"]])
    project.put("instance.yaml", "cost_table", "c.csv")
    model = project.data["model.yaml"]["name"]
    table = Path("c.csv")
    table.write_text(f"{HEADER}{model},_stem_Conv,big,10,1\n{model},head_Conv,big,20,2\n")
    shown = command("show", "instance.yaml").out
    assert f"cost table: {model}, _stem_Conv is taken for /stem/Conv" in shown
    compiled = json.loads(command("compile", "instance.yaml").out)["models"][0]["layers"]
    assert [layer["compute_cycles"]["big"] for layer in compiled] == [10, 20]
    table.write_text(table.read_text() + f"{model},stem.conv,big,30,3\n")
    ran = command("compile", "instance.yaml")
    assert ran.code == 2, "two rows that are alike are nobody's"
    assert "_stem_Conv" in ran.err
