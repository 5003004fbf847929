"""Layers as CSV: what is read, what is refused, what comes out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from scar_cp.cost import Shapes, cost_layers
from scar_cp.cost.layer_list import cost_csv, read_layer_list
from scar_cp.errors import InputError
from scar_cp.inputs.package import ChipletType

HEADER = "op,K,C,Y,X,R,S,stride,groups\n"
CHIPLET = ChipletType(dataflow="nvdla", array=(8, 8), noc_elements_per_cycle=16)
OPERATORS = "must be 'conv', 'dwconv', 'tconv', 'gemm', 'pool', 'add', 'mul' or 'resample'"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that messages call ``l.csv``."""
    monkeypatch.chdir(tmp_path)
    return Path("l.csv")


def test_extents_are_read_and_empty_cells_take_their_defaults(path: Path) -> None:
    path.write_text(HEADER + "conv,16,8,14,14,3,3,2,1\ngemm,10,20,,,,,,\n")
    conv, gemm = read_layer_list(path)[0]
    assert (conv.K, conv.C, conv.output_height, conv.output_width) == (16, 8, 6, 6)
    assert (gemm.Y, gemm.X, gemm.stride, gemm.groups) == (1, 1, 1, 1)


def test_the_output_plane_stands_for_the_padding(path: Path) -> None:
    path.write_text("op,K,C,Y,X,R,S,OY,OX\nconv,4,4,8,8,3,3,8,8\n")
    (shape,) = read_layer_list(path)[0]
    assert (shape.output_height, shape.output_width) == (8, 8)


def test_a_spreadsheets_byte_order_mark_and_line_ends_are_no_fault(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfop,K,C\r\ngemm,4,4\r\n\r\n")
    assert len(read_layer_list(path)[0]) == 1


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", ["l.csv: the file is empty"]),
        (b"\n \n", ["l.csv: the file is empty"]),
        (HEADER.encode(), ["l.csv: has no layers"]),
        (
            b"op,Y\nconv,3\n",
            [
                "l.csv: row 1: C: a column of this name is required",
                "l.csv: row 1: K: a column of this name is required",
            ],
        ),
        (b"op,K,C,K\ngemm,1,1,1\n", ["l.csv: row 1: K: the column stands twice"]),
        (
            HEADER.encode() + b"conv,4,4\nconv,4,4,8,8,3,3,1,1,9\n",
            [
                "l.csv: row 2: 3 cells: must have 9 cells, as the header",
                "l.csv: row 3: 10 cells: must have 9 cells, as the header",
            ],
        ),
        (
            HEADER.encode() + b"conv,4,x,8,8,3,3,1,1\n\nmatmul,,4.5,8,8,3,3,0,1\n",
            [
                "l.csv: row 2, C: 'x': must be a valid integer",
                "l.csv: row 4, C: '4.5': must be a valid integer",
                "l.csv: row 4, K: is required",
                f"l.csv: row 4, op: 'matmul': {OPERATORS}",
                "l.csv: row 4, stride: 0: must be greater than 0",
            ],
        ),
        (
            HEADER.encode() + b"conv,4,4,8,8,9,3,1,1\n",
            ["l.csv: row 2, R: 9: the output plane must not be empty, but is 0x6"],
        ),
        (
            HEADER.encode() + b"conv,9999999,4,8,8,3,3,1,1\n",
            ["l.csv: row 2, K: 9999999: must be less than or equal to 4194304"],
        ),
        (
            HEADER.encode() + b"gemm,4,\x00,1,1,1,1,1,1\n",
            [r"l.csv: row 2, C: '\x00': must be a valid integer"],
        ),
    ],
)
def test_every_fault_names_its_row_and_column(path: Path, content: bytes, lines: list[str]) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_layer_list(path)
    assert str(error.value).splitlines() == lines


@pytest.mark.parametrize(
    ("content", "start"),
    [
        (HEADER.encode() + b"conv," + b"9" * 200_000, "l.csv: row 2: malformed CSV: "),
        (b"\xff\xfe", "l.csv: cannot be read: "),
    ],
    ids=["endless field", "not UTF-8"],
)
def test_what_no_parser_reads_is_a_fault(path: Path, content: bytes, start: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{start}\S.*$"):
        read_layer_list(path)


@pytest.mark.parametrize(
    ("name", "reason"), [("absent.csv", "No such file or directory"), (".", "Is a directory")]
)
def test_a_list_that_cannot_be_opened_is_a_fault(path: Path, name: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"cannot be read: {reason}"):
        read_layer_list(Path(name))


def test_an_unknown_dataflow_is_a_fault(path: Path) -> None:
    path.write_text("op,K,C\ngemm,4,4\n")
    with pytest.raises(InputError, match="tpu: must be a known dataflow"):
        cost_csv(path, CHIPLET.replace(dataflow="tpu"))


def test_costs_stand_beside_the_columns_that_were_given(path: Path) -> None:
    path.write_text('op,K,C,Y,note\ngemm,64,32,4,"a, b"\nadd,64,64,4,\ngemm,8,8,1,c\n')
    text = cost_csv(path, CHIPLET)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["note"] for row in rows] == ["a, b", "", "c"]
    costs = cost_layers(Shapes.from_layers(read_layer_list(path)[0]), CHIPLET)
    assert [int(row["cycles"]) for row in rows] == costs.cycles.tolist()
    assert [int(row["macs"]) for row in rows] == [64 * 32 * 4, 0, 64]
    assert [float(row["energy_pj"]) for row in rows] == costs.energy_pj(CHIPLET).round(2).tolist()


def test_costing_a_costed_list_replaces_its_costs(path: Path) -> None:
    path.write_text("op,K,C,Y\ngemm,64,32,4\n")
    once = cost_csv(path, CHIPLET)
    path.write_text(once)
    assert cost_csv(path, CHIPLET) == once
