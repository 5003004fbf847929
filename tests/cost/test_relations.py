"""Relations that must hold between costs, whatever the shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scar_cp.inputs.workload import LayerShape

from .costing import DATAFLOWS, chiplet, cost, values

pytestmark = pytest.mark.slow

size = st.integers(1, 40)
kernel = st.integers(1, 5)
stride = st.integers(1, 3)
dataflow = st.sampled_from(DATAFLOWS)

repeatable = settings(derandomize=True, max_examples=150, deadline=None)


@st.composite
def layers(draw: st.DrawFn) -> LayerShape:
    R, S = draw(kernel), draw(kernel)
    Y, X = R + draw(size) - 1, S + draw(size) - 1
    channels = draw(st.integers(1, 150))
    depthwise = draw(st.booleans())
    filters = channels if depthwise else draw(st.integers(1, 150))
    return LayerShape(
        op="dwconv" if depthwise else "conv",
        K=filters,
        C=channels,
        groups=channels if depthwise else 1,
        Y=Y,
        X=X,
        R=R,
        S=S,
        stride=(draw(stride), draw(stride)),
        T=draw(kernel),
        OZ=draw(st.integers(1, 4)),
    )


@repeatable
@given(layers(), dataflow, st.integers(1, 300), st.integers(0, 300), st.integers(0, 2))
def test_more_bandwidth_is_never_slower(
    layer: LayerShape, dataflow: str, narrow: int, more: int, latency: int
) -> None:
    def cycles(bandwidth: int) -> int:
        on = chiplet(
            dataflow, (16, 8), noc_elements_per_cycle=bandwidth, noc_latency_cycles=latency
        )
        return int(cost(layer, on).cycles[0])

    assert cycles(narrow + more) <= cycles(narrow)


@repeatable
@given(layers(), dataflow, st.integers(1, 300))
def test_an_offchip_limit_is_never_faster(layer: LayerShape, dataflow: str, limit: int) -> None:
    free = cost(layer, chiplet(dataflow, (16, 8)))
    limited = cost(layer, chiplet(dataflow, (16, 8), offchip_elements_per_cycle=limit))
    assert free.cycles[0] <= limited.cycles[0]


@repeatable
@given(size, size, size, kernel, st.integers(1, 64))
def test_more_lanes_never_take_longer(
    tiles: int, channels: int, plane: int, kernel: int, bandwidth: int
) -> None:
    layer = LayerShape(
        op="conv", K=32 * tiles, C=channels, Y=plane + kernel, X=plane + kernel, R=kernel, S=kernel
    )
    cycles = [
        int(cost(layer, chiplet("nvdla", (lanes, 8), noc_elements_per_cycle=bandwidth)).cycles[0])
        for lanes in (1, 2, 4, 8, 16, 32)
    ]
    assert cycles == sorted(cycles, reverse=True)


@repeatable
@given(layers())
def test_sums_in_the_array_never_cost_more(layer: LayerShape) -> None:
    in_buffer = chiplet("shidiannao", (16, 8))
    in_array = chiplet("shidiannao", (16, 8), partial_sums="array")
    with_array, with_buffer = cost(layer, in_array), cost(layer, in_buffer)
    assert with_array.energy_pj(in_array)[0] <= with_buffer.energy_pj(in_buffer)[0]
    assert with_array.cycles[0] <= with_buffer.cycles[0]


@repeatable
@given(layers(), dataflow)
def test_no_faster_than_the_multipliers(layer: LayerShape, dataflow: str) -> None:
    costs = cost(layer, chiplet(dataflow, (16, 8)))
    assert costs.macs[0] == layer.macs
    assert costs.macs[0] <= costs.cycles[0] * 16 * 8


@repeatable
@given(layers(), dataflow)
def test_every_operand_is_moved(layer: LayerShape, dataflow: str) -> None:
    costs = cost(layer, chiplet(dataflow, (16, 8)))
    assert costs.input_l2_reads[0] >= costs.input_l2_writes[0]
    assert costs.filter_l2_reads[0] >= costs.filter_l2_writes[0] == layer.kernel_elements
    assert costs.output_l2_writes[0] >= costs.output_l2_reads[0] == layer.output_elements


@repeatable
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), size, dataflow)
def test_linear_in_groups(
    groups: int, filters: int, channels: int, rows: int, dataflow: str
) -> None:
    on = chiplet(dataflow, (4, 4), noc_elements_per_cycle=16)
    one = LayerShape(op="gemm", K=filters, C=channels, Y=rows)
    many = LayerShape(op="gemm", K=groups * filters, C=groups * channels, Y=rows, groups=groups)
    assert values(cost(many, on)) == tuple(groups * value for value in values(cost(one, on)))


@repeatable
@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 200), dataflow)
def test_fold_is_never_slower_than_rows(
    filters: int, channels: int, rows: int, dataflow: str
) -> None:
    gemm = LayerShape(op="gemm", K=filters, C=channels, Y=rows)
    as_rows = cost(gemm, chiplet(dataflow, (16, 8)))
    folded = cost(gemm, chiplet(dataflow, (16, 8), gemm="fold"))
    assert folded.cycles[0] <= as_rows.cycles[0]
    assert folded.mapped_rows[0] * folded.mapped_columns[0] == rows
