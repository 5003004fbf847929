"""Costs from elsewhere: the template, the table in place of the model, and every wrong table."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Command, Project

HEADER = "model,layer,chiplet_type,cycles,energy_nj\n"
NAMES = [f"net,{layer},{kind}" for layer in "abc" for kind in ("big", "small")]


@pytest.fixture
def tabled(project: Project) -> Project:
    """The project with a table that its instance names: 100 cycles and 0.25 nJ a sample."""
    write_table(*(f"{name},100,0.25" for name in NAMES))
    project.put("instance.yaml", "cost_table", "costs.csv")
    return project


def write_table(*rows: str, header: str = HEADER) -> None:
    Path("costs.csv").write_text(header + "".join(f"{row}\n" for row in rows))


def compiled(command: Command, *arguments: object) -> Any:
    code, out, err = command("compile", *arguments)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_a_template_has_a_row_per_model_scheduled_layer_and_type(
    project: Project, command: Command
) -> None:
    """Two runs of one model share their rows; the folded sum has none."""
    code, out, err = command("cost-template", "instance.yaml")
    assert (code, err) == (0, "")
    assert out == HEADER + "".join(f"{name},,\n" for name in NAMES)


@pytest.mark.parametrize("source", ["instance.yaml", "quickstart.yaml", "sc8.yaml"])
def test_the_filled_template_compiles_to_the_identical_problem(
    project: Project, command: Command, source: str
) -> None:
    if source != "instance.yaml":
        text = (ROOT / "instances" / source).read_text()
        for folder in ("scenarios", "packages", "profiles"):
            text = text.replace(f"{folder}/", f"{ROOT}/instances/{folder}/")
        Path(source).write_text(text)
    command("compile", source, "-o", "by_model.json")
    said = "written: costs.csv\n"
    assert command("cost-template", source, "--filled", "-o", "costs.csv") == (0, said, "")
    with Path(source).open("a") as file:
        file.write("cost_table: costs.csv\n")
    command("compile", source, "-o", "by_table.json")
    assert Path("by_table.json").read_bytes() == Path("by_model.json").read_bytes()


def test_a_template_can_be_written_where_the_instance_looks_for_it(
    project: Project, command: Command
) -> None:
    project.put("instance.yaml", "cost_table", "costs.csv")
    assert command("cost-template", "instance.yaml", "-o", "costs.csv").code == 0


def test_costs_are_of_one_sample_and_rounded_once(tabled: Project, command: Command) -> None:
    tabled.put("scenario.yaml", "models", 0, "minibatch", 3)
    for layer in compiled(command, "instance.yaml")["models"][0]["layers"]:  # batch 4
        assert layer["compute_cycles"] == {"big": 300, "small": 300}
        assert layer["compute_energy_nj"] == {"big": 1, "small": 1}
    for layer in compiled(command, "instance.yaml")["models"][1]["layers"]:  # batch 2: half up
        assert layer["compute_cycles"] == {"big": 100, "small": 100}
        assert layer["compute_energy_nj"] == {"big": 1, "small": 1}


def test_the_table_lies_beside_the_instance_and_leaves_transfers_alone(
    tabled: Project, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_table = compiled(command, "instance.yaml")
    monkeypatch.chdir("/")
    assert compiled(command, tabled.folder / "instance.yaml") == by_table
    tabled.put("instance.yaml", "cost_table", None)
    by_model = compiled(command, tabled.folder / "instance.yaml")
    assert by_model != by_table
    for problem in (by_model, by_table):
        for model in problem["models"]:
            model["max_segments"] = None
            for layer in model["layers"]:
                del layer["compute_cycles"], layer["compute_energy_nj"], layer["window"]
    assert by_model == by_table


GOOD = [f"{name},100,0.25" for name in NAMES]
CYCLES = "must be a whole number of cycles, at least 0 and below 10^18"
ENERGY = "must be a decimal number of nJ, at least 0 and below 10^18"
NO_LAYER = "the instance schedules no such layer of such a model on such a chiplet type"
REQUIRED = "a row for this model, layer and type is required"


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (GOOD[1:], [f"net, a, big: {REQUIRED}"]),
        (["net,a,big,1.5,2", *GOOD[1:]], [f"row 2, cycles: 1.5: {CYCLES}"]),
        (["net,a,big,-1,2", *GOOD[1:]], [f"row 2, cycles: -1: {CYCLES}"]),
        (["net,a,big,1,-2", *GOOD[1:]], [f"row 2, energy_nj: -2: {ENERGY}"]),
        (["net,a,big,1,nan", *GOOD[1:]], [f"row 2, energy_nj: nan: {ENERGY}"]),
        (["net,a,big,1,2 pJ", *GOOD[1:]], [f"row 2, energy_nj: 2 pJ: {ENERGY}"]),
        (["net,a,big,,", *GOOD[1:]], ["row 2: net: layer a, type big: cycles and energy_nj are required"]),
        (["net,a,big,1", *GOOD[1:]], ["row 2: 4 cells: must have 5 cells, as the header"]),
        ([*GOOD, GOOD[0]], ["row 8: net, a, big: must be unique, but row 2 has this name too"]),
        ([*GOOD, "net,sum,big,1,2", "net,a,huge,1,2"], [f"row 8: net, sum, big: {NO_LAYER}", f"row 9: net, a, huge: {NO_LAYER}"]),
        ([], ["has no rows"]),
    ],
)  # fmt: skip
def test_every_fault_of_a_table_is_one_line(
    tabled: Project, command: Command, rows: list[str], lines: list[str]
) -> None:
    write_table(*rows)
    code, out, err = command("compile", "instance.yaml", "-o", "problem.json")
    assert err.splitlines() == [f"costs.csv: {line}" for line in lines]
    assert (code, out) == (2, "")
    assert "problem.json" not in tabled.names()


def test_a_table_that_is_not_filled_in_is_a_line_for_each_range_of_layers(
    tabled: Project, command: Command
) -> None:
    command("cost-template", "instance.yaml", "-o", "empty.csv")
    Path("empty.csv").replace("costs.csv")
    head, *rows = Path("costs.csv").read_text().splitlines()
    rule = "cycles and energy_nj are required"
    layers = f"layers 0-{len(rows) // 2 - 1}"
    everything = f"costs.csv: row 2-{len(rows) + 1}: net: {layers}, types big, small: {rule}\n"
    assert command("check", "instance.yaml").err == everything
    rows[2] = rows[2].replace(",,", ",1,2")
    rows[3] = rows[3].replace(",,", ",3,")
    Path("costs.csv").write_text("\n".join([head, *rows]) + "\n")
    _, name, *_ = rows[3].split(",")
    assert command("check", "instance.yaml").err.splitlines() == [
        f"costs.csv: row 2-3: net: layer a, types big, small: {rule}",
        f"costs.csv: row 5: net: layer {name}, type small: energy_nj is required",
        f"costs.csv: row 6-7: net: layer {rows[4].split(',')[1]}, types big, small: {rule}",
    ]


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        (
            HEADER.replace("energy_nj", "energy_pj"),
            [
                "row 1: energy_nj: a column of this name is required",
                "row 1: energy_pj: unknown column, did you mean energy_nj?",
            ],
        ),
        (HEADER.replace("layer", "model"), ["row 1: layer: a column of this name is required", "row 1: model: the column stands twice"]),
        (HEADER.replace("\n", ",note\n"), ["row 1: note: unknown column"]),
    ],
)  # fmt: skip
def test_a_table_with_other_columns_is_refused(
    tabled: Project, command: Command, header: str, lines: list[str]
) -> None:
    write_table(*GOOD, header=header)
    code, _, err = command("check", "instance.yaml")
    assert (code, err.splitlines()) == (2, [f"costs.csv: {line}" for line in lines])


def test_a_table_is_blamed_together_with_other_files(tabled: Project, command: Command) -> None:
    write_table("net,a,big,x,1")
    tabled.put("package.yaml", "memory_ports", [])
    _, _, err = command("check", "instance.yaml")
    assert err.splitlines() == [
        f"costs.csv: row 2, cycles: x: {CYCLES}",
        "package.yaml: memory_ports: []: at least one memory port is required",
    ]


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("absent.csv", "must be a file, but absent.csv does not exist"),
        (".", "must be a file, but . is a directory"),
    ],
)
def test_a_table_that_is_not_there_is_the_instances_fault(
    tabled: Project, command: Command, target: str, rule: str
) -> None:
    tabled.put("instance.yaml", "cost_table", target)
    _, _, err = command("check", "instance.yaml")
    assert err == f"instance.yaml: cost_table: {target}: {rule}\n"


def test_two_models_of_one_name_cannot_share_a_table(tabled: Project, command: Command) -> None:
    text = Path("model.yaml").read_text()
    Path("wide.yaml").write_text(text.replace("K: 10", "K: 20"))
    tabled.put("scenario.yaml", "models", 1, "model", "wide.yaml")
    rule = "a cost table needs models of different names, but two different ones have this"
    line = f"instance.yaml: cost_table: net: {rule}\n"
    assert command("check", "instance.yaml").err == line
    assert command("cost-template", "instance.yaml") == (2, "", line)
