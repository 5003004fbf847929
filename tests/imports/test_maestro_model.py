"""``scar-cp import maestro``: layers, what the chain of planes tells, faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Command, Project
from refusals import assert_refused

from scar_cp.inputs.workload import Layer, Model
from scar_cp.records.yaml_json import read_record

IMPORT = ["import", "maestro", "net.m", "-o", "net.yaml"]
DATAFLOW = "Dataflow { SpatialMap(1,1) K; TemporalMap(Sz(R),1) Y'; Cluster(8, P); }"


def network(*layers: str) -> str:
    """A network of layers, a line each from line 2 on."""
    return "\n".join(["Network net {", *(f"Layer {layer}" for layer in layers), "}"])


def imported(command: Command, text: str) -> tuple[Layer, ...]:
    Path("net.m").write_text(text)
    code, _, err = command(*IMPORT)
    assert (code, err) == (0, "")
    assert command("check", "net.yaml").code == 0
    return read_record("net.yaml", Model).layers


def fields(layer: Layer) -> dict[str, Any]:
    return layer.model_dump(exclude_defaults=True, exclude={"name", "inputs"})


@pytest.mark.parametrize("name", ["resnet50_maestro66", "unet572_maestro23"])
def test_padding_and_upsampling_follow_from_the_planes(
    project: Project, command: Command, name: str
) -> None:
    """The project's models have paddings that were found by hand; MAESTRO's files have none."""
    ours = read_record(ROOT / f"models/{name}.yaml", Model).layers
    types = {"conv": "CONV", "tconv": "TRCONV", "add": "DSCONV"}
    rows = []
    for la in ours:
        stride = f"Stride {{ X: {la.stride}, Y: {la.stride} }}" if la.op == "conv" else ""
        sizes = f"C: {la.C}, R: {la.R}, S: {la.S}, Y: {la.Y}, X: {la.X}"
        kernels = 1 if la.op == "add" else la.K
        extents = f"Dimensions {{ K: {kernels}, {sizes} }}"
        rows.append(f"{la.name} {{ Type: {types[la.op]} {stride} {extents} {DATAFLOW} }}")
    layers = imported(command, network(*rows))
    assert [layer.name for layer in layers] == [layer.name for layer in ours]
    assert [layer.inputs[0] for layer in layers] == ["in0", *(la.name for la in ours[:-1])]
    compared = [(a, b) for a, b in zip(layers, ours, strict=True) if b.op != "add"]
    assert [fields(layer) for layer, _ in compared] == [fields(layer) for _, layer in compared]


def test_every_type_of_layer(project: Project, command: Command) -> None:
    text = """
        // sizes
        Constant SzM 5;
        Accelerator { PE { NumPEs: 8; } }
        Network net { /* two
            lines */
            Layer conv { Type: CONV Stride { X 2, Y 2 }
                         Dimensions { K 8, C 3, R 3, S 3, Y 9, X 9 } Dataflow { } }
            Layer depth { Type: DSCONV Dimensions { N: 1, K: 1, C: 8, R: 1, S: 1, Y: 4, X: 4 } }
            Layer grouped { Type: NGCONV Dimensions { G: 2, K: 3, C: 8, R: 1, S: 1, Y: 4, X: 4 } }
            Layer wide { Type: CONV Stride { X: 2, Y: 1 }
                         Dimensions { K: 4, C: 6, R: 3, S: 2, Y: 5, X: 8 } }
            Layer a/up { Type: TRCONV Stride { X: 2, Y: 2 }
                       Dimensions { K: 4, C: 6, R: 2, S: 2, Y: 4, X: 4 } }
            Layer rows { Type: CONV Dimensions { K: 7, C: 4, R: 1, S: 1, Y: 9, X: 1 } }
            Layer rows { Type: CONV Dimensions { N: SzM, K: 7, C: 2, R: 1, S: 3, Y: 1, X: 3 } }
            Layer fc { Type: FC Dimensions { K: 7, C: 9 } }
            Layer matrix { Type: GEMM Dimensions { K: 4, M: SzM, N: 6 } Dataflow { A { B (1) } } }
            Layer heads { Type: BMM Dimensions { B: 3, K: 4, M: SzM, N: 6 } }
        }
    """
    layers = imported(command, text)
    assert [layer.name for layer in layers] == [
        *("conv", "depth", "grouped", "wide", "a/up", "rows", "rows_", "fc", "matrix", "heads"),
    ]
    assert [fields(layer) for layer in layers] == [
        {"op": "conv", "K": 8, "C": 3, "Y": 9, "X": 9, "R": 3, "S": 3, "stride": 2},
        {"op": "dwconv", "K": 8, "C": 8, "Y": 4, "X": 4, "groups": 8},
        {"op": "conv", "K": 6, "C": 8, "Y": 4, "X": 4, "groups": 2},
        {"op": "conv", "K": 4, "C": 6, "Y": 5, "X": 8, "R": 3, "S": 2, "stride": (1, 2)},
        {"op": "tconv", "K": 4, "C": 6, "Y": 4, "X": 4, "R": 2, "S": 2, "stride": 2},
        {"op": "gemm", "K": 7, "C": 4, "Y": 9},
        {"op": "gemm", "K": 7, "C": 6, "Y": 5},
        {"op": "gemm", "K": 7, "C": 9},
        {"op": "gemm", "K": 6, "C": 4, "Y": 5},
        {"op": "gemm", "K": 18, "C": 12, "Y": 5, "groups": 3, "dynamic": True},
    ]


def test_a_batch_counts_and_is_told(project: Project, command: Command) -> None:
    sizes = "K: 6, C: 4, R: 3, S: 3, Y: 8, X: 8"
    types = ("CONV", "TRCONV", "DSCONV")
    rows = [f"{t} {{ Type: {t} Dimensions {{ N: 5, {sizes} }} }}" for t in types]
    rows[2] = rows[2].replace("K: 6", "K: 4")
    layers = imported(command, network(*rows))
    ones = imported(command, network(*rows).replace("N: 5", "N: 1"))
    for layer, one in zip(layers, ones, strict=True):
        assert (layer.macs, layer.output_elements) == (5 * one.macs, 5 * one.output_elements)
        assert layer.weight_elements == one.weight_elements
    imported(command, network(*rows))
    note = "# 3 layers have a batch N, which counts as one sample"
    assert note in Path("net.yaml").read_text().splitlines()


PLANE = "C: 4, R: 1, S: 1, Y: 4, X: 4"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["net.m: has no layers: Network NAME { Layer ... }"]),
        ("Network net {", ["net.m: line 1: end of file: expected Layer"]),
        ("Network net {\nLayr a { } }", ["net.m: line 2: 'Layr': expected Layer"]),
        ("not a network", ["net.m: line 1: 'a': expected {"]),
        (
            network("pool { Type: POOL }", f"a {{ Type: CONV Dimensions {{ K: 4, {PLANE} }} }}"),
            [
                "net.m: line 2, pool, Type: POOL: must be one of CONV, DSCONV, NGCONV, TRCONV, FC, "
                "GEMM, BMM"
            ],
        ),
        (
            network(
                "a { Type: CONV Dimensions { K: Sz, C: 0, R: 1, S: 1, Y: 4 } }",
                f"b {{ Type: DSCONV Dimensions {{ N: 0, K: 3, {PLANE} }} }}",
                f"c {{ Type: CONV Stride {{ X: 0, Z: 2 }} Dimensions {{ K: 4, {PLANE} }} }}",
            ),
            [
                "net.m: line 2, a, C: 0: must be a whole number, at least 1, or a Constant",
                "net.m: line 2, a, K: Sz: must be a whole number, at least 1, or a Constant",
                "net.m: line 2, a, X: is required in a CONV",
                "net.m: line 3, b, K: 3: must be 1 or C in a DSCONV",
                "net.m: line 3, b, N: 0: must be a whole number, at least 1, or a Constant",
                "net.m: line 4, c, Stride: Z: must be X or Y",
                "net.m: line 4, c, Stride X: 0: must be a whole number, at least 1, or a Constant",
            ],
        ),
        (
            network(f"a {{ Type: CONV Dimensions {{ K: 9999999, {PLANE} }} }}"),
            ["net.m: line 2, a, K: 9999999: must be less than or equal to 4194304"],
        ),
        (
            network(f"a {{ Type: CONV Dimensions {{ K: 4, K: 5, {PLANE} }} }}"),
            ["net.m: line 2: 'K': expected each name once"],
        ),
        (
            network(f"a {{ Type: CONV Dimensions {{ K: 4, Q: 9, {PLANE} }} }}"),
            ["net.m: line 2, a, Q: 9: must be one of the dimensions B, C, G, K, M, N, R, S, X, Y"],
        ),
    ],
)
def test_faults_have_their_line_and_layer(
    project: Project, command: Command, text: str, lines: list[str]
) -> None:
    Path("net.m").write_text(text)
    assert_refused(project, command, IMPORT, *lines)


def test_a_file_that_is_not_there_is_a_fault(project: Project, command: Command) -> None:
    line = "net.m: cannot be read: No such file or directory"
    assert_refused(project, command, IMPORT, line)
