"""``scar-cp import csv``: chains and graphs of layers, faults."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Command, Project
from refusals import assert_refused

from scar_cp.cost.layer_list import EXTENTS
from scar_cp.inputs.workload import Model
from scar_cp.records.yaml_json import read_record

IMPORT = ["import", "csv", "net.csv", "-o", "net.yaml"]
COLUMNS = ("name", "op", *EXTENTS)
CONV = {"op": "conv", "K": 4, "C": 3, "Y": 8, "X": 8, "R": 3, "S": 3}


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted((ROOT / "models").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_model_goes_through_a_csv_and_back(
    project: Project, command: Command, path: Path
) -> None:
    model = read_record(path, Model)
    rows = [",".join((*COLUMNS, "dynamic", "inputs"))]
    for layer in model.layers:
        cells = ["" if getattr(layer, c) is None else str(getattr(layer, c)) for c in COLUMNS]
        rows.append(",".join((*cells, str(layer.dynamic), "; ".join(layer.inputs))))
    Path("net.csv").write_text("\n".join(rows))
    assert command(*IMPORT, "--name", model.name).code == 0
    assert read_record("net.yaml", Model).layers == model.layers


def test_a_plain_list_is_a_chain(project: Project, command: Command) -> None:
    Path("net.csv").write_text("op,K,C,Y,X,R,S,OY,OX\nconv,4,3,8,8,3,3,8,8\n\ngemm,10,256,,,,,,\n")
    assert command(*IMPORT) == (
        0,
        "2 layers: 1 conv, 1 gemm\n"
        "9,472 MACs, 2,668 weights, 1 edge\n"
        "no column inputs: a chain of layers\n"
        "written: net.yaml\n",
        "",
    )
    assert yaml.safe_load(Path("net.yaml").read_text())["layers"] == [
        {"name": "conv2", **CONV, "pad": 1, "inputs": ["in0"]},
        {"name": "gemm4", "op": "gemm", "K": 10, "C": 256, "inputs": ["conv2"]},
    ]


def test_weights_of_an_earlier_layer(project: Project, command: Command) -> None:
    Path("net.csv").write_text("name,op,K,C,weights_of\na,gemm,4,4,\nb,gemm,4,4,a\n")
    code, out, _ = command(*IMPORT)
    assert code == 0
    assert "32 MACs, 16 weights, " in out
    assert "1 weight tensor is used by several layers: 16 distinct weights" in out
    assert read_record("net.yaml", Model).layers[1].weights_of == "a"


@pytest.mark.parametrize("pair", ["2x1", "[2, 1]", "2;1"])
def test_strides_and_dilations_of_both_directions(
    project: Project, command: Command, pair: str
) -> None:
    rows = ["op,K,C,Y,X,R,S,OY,OX,stride,dilation", f'conv,4,3,8,8,3,3,4,8,"{pair}",1x1']
    Path("net.csv").write_text("\n".join([*rows, 'conv,4,4,8,8,3,3,8,8,1,"2"']))
    assert command(*IMPORT).code == 0
    layers = yaml.safe_load(Path("net.yaml").read_text())["layers"]
    assert [(la.get("stride"), la.get("dilation"), la["pad"]) for la in layers] == [
        ([2, 1], None, 1),
        (None, 2, 2),
    ]
    assert " 3x8x8 -> 4x4x8, 3x3 /2x1 " in command("show", "net.yaml").out
    assert " 4x8x8 -> 4x8x8, 3x3 *2 " in command("show", "net.yaml").out


def test_names_of_all_sorts_survive(project: Project, command: Command) -> None:
    names = ["on", "1", "a: b", "[c]", "#", "ü", "'"]
    text = "name,op,K,C\n" + "".join(f'"{name}",gemm,4,4\n' for name in names)
    Path("net.csv").write_text(text, encoding="utf-8")
    assert command(*IMPORT, "--name", "no").code == 0
    model = read_record("net.yaml", Model)
    assert (model.name, [layer.name for layer in model.layers]) == ("no", names)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("op,K\nconv,3\n", ["net.csv: row 1: C: a column of this name is required"]),
        (
            "op,K,C,Y\ngemm,4,x,1\ngemm,4,16KB,0\n",
            [
                "net.csv: row 2, C: 'x': must be a valid integer",
                "net.csv: row 3, C: '16KB': must be a valid integer",
                "net.csv: row 3, Y: 0: must be greater than 0",
            ],
        ),
        (
            "op,K,C,stride\nconv,4,4,2x0\nconv,4,4,2x1x1\n",
            [
                "net.csv: row 2, stride[1]: 0: must be greater than 0",
                "net.csv: row 3, stride: '2x1x1': must be a valid integer",
            ],
        ),
        (
            "nam,op,K,C,input,owner\na,gemm,4,4,in0,me\n",
            [
                "net.csv: row 1: input: unknown column, did you mean inputs?",
                "net.csv: row 1: nam: unknown column, did you mean name?",
            ],
        ),
        (
            "name,op,K,C\nin0,gemm,4,4\n",
            ["net.csv: row 2, name: in0: is the name of a model input"],
        ),
        (
            "name,op,K,C,inputs,dynamic\na,gemm,4,4,b,yes\nb,gemm,4,4,,\n",
            ["net.csv: row 2, dynamic: yes: must be true, false or empty"],
        ),
        (
            "name,op,K,C,Y,X,R,S,OY,OX\na,conv,4,4,8,8,3,3,8,9\n",
            ["net.csv: row 2, OY: 8x9: no padding gives this output plane: give pad"],
        ),
        (
            "name,op,K,C,inputs\na,gemm,4,4,in0\na,gemm,4,4,a;z\nb,gemm,4,4,c\nc,gemm,4,4,a\n",
            [
                "net.csv: row 3, inputs[1]: z: must name a layer of the model or a model input "
                "(in0, in1, ...)",
                "net.csv: row 3, name: a: must be unique, but row 2 has this name too",
                "net.csv: row 4, inputs[0]: c: must come before the layer that reads it",
            ],
        ),
    ],
)
def test_faults_have_their_row_and_column(
    project: Project, command: Command, content: str, lines: list[str]
) -> None:
    Path("net.csv").write_text(content)
    assert_refused(project, command, IMPORT, *lines)


def test_the_input_is_not_overwritten_and_the_output_must_be_writable(
    project: Project, command: Command
) -> None:
    Path("net.csv").write_text("op,K,C\ngemm,4,4\n")
    line = "net.csv: must not be a file that is read"
    assert_refused(project, command, [*IMPORT[:3], "-o", "net.csv"], line)
    line = ".: is a directory, not a file"
    assert_refused(project, command, [*IMPORT[:3], "-o", "."], line)
