"""How a chiplet type reads a layer, and layers at the edge."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import numpy as np
import pytest

from scar_cp.cost import Shapes, cost_layers
from scar_cp.inputs.workload import LayerShape

from .costing import DATAFLOWS, chiplet, cost, values

every_dataflow = pytest.mark.parametrize("dataflow", DATAFLOWS)


@every_dataflow
def test_stride_two_counts_true_macs(dataflow: str) -> None:
    layer = LayerShape(op="conv", K=8, C=4, Y=15, X=15, R=3, S=3, stride=2, pad=1)
    assert cost(layer, chiplet(dataflow)).macs[0] == 8 * 4 * 9 * 8 * 8 == layer.macs


@every_dataflow
def test_pointwise_with_stride_is_the_subsampled_grid(dataflow: str) -> None:
    strided = LayerShape(op="conv", K=70, C=70, Y=55, X=55, stride=2)
    subsampled = LayerShape(op="conv", K=70, C=70, Y=28, X=28)
    assert values(cost(strided, chiplet(dataflow))) == values(cost(subsampled, chiplet(dataflow)))


@every_dataflow
@pytest.mark.parametrize(("strides", "plane"), [((2, 1), (41, 22)), ((1, 4), (22, 60))])
def test_each_direction_has_its_stride(
    dataflow: str, strides: tuple[int, int], plane: tuple[int, int]
) -> None:
    """Columns that no window covers are not input."""
    Y, X = (19 * stride + 3 for stride in strides)
    layer = LayerShape(op="conv", K=8, C=4, Y=Y, X=X, R=3, S=3, stride=strides)
    assert (layer.output_height, layer.output_width) == (20, 20)
    costs = cost(layer, chiplet(dataflow))
    assert costs.input_l2_writes[0] == 4 * plane[0] * plane[1]
    assert costs.macs[0] == 8 * 4 * 9 * 20 * 20 == layer.macs


@every_dataflow
def test_a_kernel_with_holes_costs_as_one_without_on_the_same_output(dataflow: str) -> None:
    holes = LayerShape(op="conv", K=8, C=4, Y=20, X=20, R=3, S=3, dilation=(2, 3))
    assert (holes.output_height, holes.output_width) == (16, 14)
    plain = LayerShape(op="conv", K=8, C=4, Y=18, X=16, R=3, S=3)
    assert values(cost(holes, chiplet(dataflow))) == values(cost(plain, chiplet(dataflow)))
    assert holes.macs == plain.macs == cost(holes, chiplet(dataflow)).macs[0]
    unpadded = chiplet(dataflow, padding="ignored")
    padded = holes.replace(pad=1)
    assert values(cost(padded, unpadded)) == values(cost(plain, unpadded))


@every_dataflow
@pytest.mark.parametrize("op", ["conv", "dwconv"])
def test_a_volume_is_a_tall_plane(dataflow: str, op: Literal["conv", "dwconv"]) -> None:
    """Kernels that do not overlap in depth: all planes side by side have the same windows."""
    sizes = {"K": 6, "C": 6, "groups": 6 if op == "dwconv" else 1}
    plane = {"X": 12, "R": 2, "S": 2, "stride": 2}
    volume = LayerShape(op=op, **sizes, **plane, Y=8, Z=9, T=3, OZ=3)
    tall = LayerShape(op=op, **sizes, X=12, R=6, S=2, stride=(6, 2), Y=72)
    assert volume.macs == tall.macs == volume.kernel_elements * 3 * 4 * 6
    assert volume.input_elements == tall.input_elements
    assert values(cost(volume, chiplet(dataflow))) == values(cost(tall, chiplet(dataflow)))


@every_dataflow
def test_a_transposed_volume_multiplies_on_its_input(dataflow: str) -> None:
    layer = LayerShape(op="tconv", K=4, C=8, Y=5, X=5, R=2, S=2, stride=2, Z=3, T=2, OZ=6)
    assert layer.macs == 4 * 8 * 2 * 2 * 2 * 3 * 5 * 5 == cost(layer, chiplet(dataflow)).macs[0]
    assert layer.output_elements == 4 * 6 * 10 * 10


@every_dataflow
def test_transposed_convolution_multiplies_on_the_input_plane(dataflow: str) -> None:
    layer = LayerShape(op="tconv", K=16, C=32, Y=14, X=14, R=2, S=2, stride=2)
    pointwise = LayerShape(op="conv", K=64, C=32, Y=14, X=14)
    costs = cost(layer, chiplet(dataflow))
    assert costs.macs[0] == 16 * 32 * 2 * 2 * 14 * 14 == layer.macs
    assert values(costs) == values(cost(pointwise, chiplet(dataflow)))


@every_dataflow
def test_gemm_as_rows_is_a_column_of_pixels(dataflow: str) -> None:
    gemm = LayerShape(op="gemm", K=100, C=50, Y=30)
    column = LayerShape(op="conv", K=100, C=50, Y=30)
    assert values(cost(gemm, chiplet(dataflow))) == values(cost(column, chiplet(dataflow)))


@every_dataflow
@pytest.mark.parametrize("rows", [1, 7, 12, 128, 360])
def test_fold_is_the_best_rectangle(dataflow: str, rows: int) -> None:
    fold = chiplet(dataflow, (16, 16), gemm="fold")
    folded = cost(LayerShape(op="gemm", K=20, C=40, Y=rows), fold)
    tried = []
    for height in (h for h in range(1, rows + 1) if rows % h == 0):
        layer = LayerShape(op="conv", K=20, C=40, Y=height, X=rows // height)
        costs = cost(layer, fold)
        tried.append((int(costs.cycles[0]), float(costs.energy_pj(fold)[0]), -height))
    cycles, energy, height = min(tried)
    assert folded.cycles[0] == cycles <= tried[-1][0]
    assert folded.energy_pj(fold)[0] == energy
    assert (folded.mapped_rows[0], folded.mapped_columns[0]) == (-height, rows // -height)


def test_fold_keeps_the_order_of_layers() -> None:
    layers = [
        LayerShape(op="gemm", K=20, C=40, Y=12),
        LayerShape(op="add", K=4, C=4, Y=5, X=5),
        LayerShape(op="conv", K=9, C=3, Y=9, X=9, R=3, S=3),
        LayerShape(op="gemm", K=20, C=40, Y=97),
        LayerShape(op="dwconv", K=6, C=6, Y=9, X=9, R=3, S=3, groups=6),
    ]
    on = chiplet("shidiannao", (8, 8), gemm="fold")
    together = cost_layers(Shapes.from_layers(layers), on)
    assert together.cycles.tolist() == [int(cost(layer, on).cycles[0]) for layer in layers]


def test_vector_is_a_convolution_over_the_reduction() -> None:
    # 4 lanes: 1280 / 4 filter tiles of one output pixel; a step is 1280 MACs, fill and
    # cold start aside. Rows do not count.
    gemm = LayerShape(op="gemm", K=1280, C=1280, Y=128)
    on = chiplet("nvdla", (4, 1024), gemm="vector", noc_latency_cycles=0)
    costs = cost(gemm, on)
    fill = -(-2 * 1280 // 1024) - 1
    cold = -(-5 * 1280 // 1024) - 1
    assert costs.cycles[0] == 320 * (1280 + fill) + cold
    assert costs.macs[0] == 1280 * 1280


@every_dataflow
@pytest.mark.parametrize("op", ["conv", "gemm"])
def test_groups_run_one_after_the_other(dataflow: str, op: Literal["conv", "gemm"]) -> None:
    sizes = {"Y": 12, "X": 12, "R": 3, "S": 3} if op == "conv" else {"Y": 12}
    one = LayerShape(op=op, K=40, C=24, **sizes)
    five = LayerShape(op=op, K=5 * 40, C=5 * 24, groups=5, **sizes)
    on = chiplet(dataflow, (16, 16))
    assert values(cost(five, on)) == tuple(5 * value for value in values(cost(one, on)))


@every_dataflow
def test_depthwise_is_known_by_its_groups(dataflow: str) -> None:
    sizes = {"K": 24, "C": 24, "Y": 12, "X": 12, "R": 3, "S": 3, "groups": 24}
    on = chiplet(dataflow)
    labelled = cost(LayerShape(op="dwconv", **sizes), on)
    assert values(labelled) == values(cost(LayerShape(op="conv", **sizes), on))
    assert labelled.macs[0] == 24 * 9 * 100


@every_dataflow
@pytest.mark.parametrize("groups", [4, 24])
def test_ignored_groups_cost_like_dense(dataflow: str, groups: int) -> None:
    sizes = {"K": 24, "C": 24, "Y": 12, "X": 12, "R": 3, "S": 3}
    grouped = LayerShape(op="conv", groups=groups, **sizes)
    dense = LayerShape(op="conv", **sizes)
    on = chiplet(dataflow, groups="ignored")
    assert values(cost(grouped, on)) == values(cost(dense, on))
    gemm = LayerShape(op="gemm", K=24, C=24, Y=12, groups=groups)
    assert values(cost(gemm, on)) == values(cost(gemm, chiplet(dataflow)))


@every_dataflow
def test_ignored_padding_shrinks_the_plane(dataflow: str) -> None:
    padded = LayerShape(op="conv", K=8, C=8, Y=12, X=12, R=3, S=3, pad=1)
    costs = cost(padded, chiplet(dataflow, padding="ignored"))
    assert (costs.mapped_rows[0], costs.mapped_columns[0]) == (10, 10)
    smaller_than_kernel = LayerShape(op="conv", K=8, C=8, Y=2, X=2, R=3, S=3, pad=1)
    costs = cost(smaller_than_kernel, chiplet(dataflow, padding="ignored"))
    assert (costs.mapped_rows[0], costs.mapped_columns[0]) == (1, 1)


def test_sums_in_the_array_leave_once() -> None:
    layer = LayerShape(op="conv", K=8, C=32, Y=40, X=40, R=3, S=3)
    in_buffer = cost(layer, chiplet("shidiannao", (16, 16)))
    in_array = cost(layer, chiplet("shidiannao", (16, 16), partial_sums="array"))
    assert in_buffer.output_l2_writes[0] == 32 * layer.output_elements
    assert in_array.output_l2_writes[0] == layer.output_elements
    assert in_array.cycles[0] <= in_buffer.cycles[0]


def test_tall_kernels_fold() -> None:
    # 10 kernel rows on 4 rows of elements: 3 folds, hence 4 rows and one set.
    # Step: 3 x 1 MACs + 2 fills; 5 filters x 1 column; cold start 1.
    layer = LayerShape(op="conv", K=5, C=1, Y=10, R=10)
    assert cost(layer, chiplet("eyeriss", (4, 4))).cycles[0] == 5 * (3 + 2) + 1


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs"),
    [
        (LayerShape(op="add", K=64, C=64, Y=7, X=7), 2 * 3136, 3136),
        (LayerShape(op="mul", K=64, C=64, Y=7, X=7), 3136 + 64, 3136),
        (LayerShape(op="pool", K=64, C=64, Y=14, X=14, R=2, S=2, stride=2), 12544, 3136),
        (LayerShape(op="pool", K=8, C=8, Y=4, X=4, R=2, S=2, Z=5, T=2, OZ=4), 640, 288),
        (LayerShape(op="resample", K=64, C=64, Y=7, X=7, OY=14, OX=14), 3136, 12544),
    ],
)
@every_dataflow
def test_layers_without_macs_stream(
    dataflow: str, layer: LayerShape, inputs: int, outputs: int
) -> None:
    costs = cost(layer, chiplet(dataflow, noc_elements_per_cycle=100))
    assert costs.cycles[0] == -(-max(inputs, outputs) // 100)
    assert costs.l2_accesses[0] == inputs + outputs
    assert costs.macs[0] == costs.l1_accesses[0] == costs.mac_utilisation[0] == 0


@every_dataflow
@pytest.mark.parametrize("latency", [0, 1])
def test_smallest_layer(dataflow: str, latency: int) -> None:
    # One MAC on two operands. Latency 1: two unhidden cycles of fill for eyeriss, one for
    # the others, and one for the cold start.
    costs = cost(LayerShape(op="conv", K=1, C=1), chiplet(dataflow, noc_latency_cycles=latency))
    fills = 2 if dataflow == "eyeriss" else 1
    assert costs.cycles[0] == 1 + latency * (fills + 1)
    assert (costs.macs[0], costs.l1_accesses[0], costs.l2_accesses[0]) == (1, 6, 6)


@every_dataflow
def test_no_layers(dataflow: str) -> None:
    for gemm in ("rows", "fold", "vector"):
        assert len(cost_layers(Shapes.from_layers([]), chiplet(dataflow, gemm=gemm))) == 0


@every_dataflow
def test_utilisation_is_a_share(dataflow: str) -> None:
    layer = LayerShape(op="conv", K=4096, C=4096, Y=66, X=66, R=3, S=3)
    costs = cost(layer, chiplet(dataflow, (63, 16), noc_elements_per_cycle=10**9))
    assert 0.25 < costs.mac_utilisation[0] <= 1
    assert costs.mac_utilisation[0] == costs.macs[0] / (costs.cycles[0] * 63 * 16)


def test_exact_energy_takes_parameters_as_decimals() -> None:
    on = chiplet("nvdla", energy_unit_pj=0.23)
    costs = cost(LayerShape(op="conv", K=3, C=5, Y=7, X=7), on)
    l2, l1, macs = int(costs.l2_accesses[0]), int(costs.l1_accesses[0]), int(costs.macs[0])
    exact = Fraction(23, 100) * (Fraction(1861, 100) * l2 + Fraction(168, 100) * l1 + macs)
    assert costs.energy_pj_exact(on) == [exact]
    assert costs.energy_pj(on)[0] == pytest.approx(float(exact))


def test_unknown_dataflow_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"systolic.*eyeriss, nvdla, shidiannao"):
        cost(LayerShape(op="conv", K=1, C=1), chiplet("systolic"))


def test_shapes_select_rows() -> None:
    layers = [LayerShape(op="conv", K=k, C=1) for k in (1, 2, 3)]
    taken = Shapes.from_layers(layers).take(np.array([2, 0, 0]))
    assert len(taken) == 3
    assert taken.K.tolist() == [3, 1, 1]
