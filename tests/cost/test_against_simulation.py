"""The sums over kinds of steps, against walking every step and its sets of elements.

The simulator knows no formula for what is new: each step names the elements that it needs,
and the ones that the step before did not hold must come in. The mappings, and the rule when
neighbouring rows of an output-stationary array share a transfer, are stated once more here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scar_cp.inputs.workload import LayerShape

from .costing import chiplet, cost

Element = tuple[int, int, int]


@dataclass(frozen=True)
class Work:
    """One step: what it needs, makes and takes."""

    inputs: list[set[Element]]
    """(channel, row, column), for each unit that keeps its own."""
    multicast: bool
    """Whether one transfer serves all units that need the element."""
    weights: set[tuple[int, int]]
    """(filter, channel)."""
    outputs: int
    macs: int
    compute: int
    loads: tuple[int, ...]
    """Elements that units load one level below the top, unhidden."""


def blocks(extent: int, size: int) -> list[range]:
    return [range(start, min(start + size, extent)) for start in range(0, extent, size)]


def windows(layer: LayerShape, channels: range, ys: range, xs: range) -> set[Element]:
    return {
        (c, oy * layer.strides[0] + r * layer.dilations[0], ox * layer.strides[1] + s)
        for c in channels
        for oy in ys
        for ox in xs
        for r in range(layer.R)
        for s in range(layer.S)
    }


def weight_stationary(layer: LayerShape, rows: int, columns: int) -> Iterator[Work]:
    taps = layer.R * layer.S
    if layer.op == "dwconv":
        tiles = [(c, c, False) for c in blocks(layer.C, rows * columns)]
    else:
        tiles = [(k, c, True) for k in blocks(layer.K, rows) for c in blocks(layer.C, columns)]
    for k, c, dense in tiles:
        weights = {(i, j) for i in k for j in c if dense or i == j}
        for oy in range(layer.output_height):
            for ox in range(layer.output_width):
                yield Work(
                    inputs=[windows(layer, c, range(oy, oy + 1), range(ox, ox + 1))],
                    multicast=True,
                    weights=weights,
                    outputs=len(k),
                    macs=len(weights) * taps,
                    compute=taps,
                    loads=(2 * len(c) * taps,) if dense else (),
                )


def output_stationary(layer: LayerShape, rows: int, columns: int) -> Iterator[Work]:
    taps = layer.R * layer.S
    dense = layer.op != "dwconv"
    pairs = [(k, c) for k in range(layer.K) for c in range(layer.C) if dense or k == c]
    strips = blocks(layer.output_width, columns)
    first = True
    for k, c in pairs:
        for ys in blocks(layer.output_height, rows):
            for xs in strips:
                yield Work(
                    inputs=[windows(layer, range(c, c + 1), range(oy, oy + 1), xs) for oy in ys],
                    multicast=len(strips) == 1 and not first,
                    weights={(k, c)},
                    outputs=len(ys) * len(xs),
                    macs=len(ys) * len(xs) * taps,
                    compute=taps,
                    loads=(len(xs) * taps + taps,),
                )
                first = False


def row_stationary(layer: LayerShape, rows: int, columns: int) -> Iterator[Work]:
    sets = rows // layer.R
    if layer.op == "dwconv":
        tiles = [(c, c) for c in blocks(layer.C, sets)]
    else:
        tiles = [(k, range(c, c + 1)) for k in blocks(layer.K, sets) for c in range(layer.C)]
    for k, c in tiles:
        for ys in blocks(layer.output_height, columns):
            for ox in range(layer.output_width):
                yield Work(
                    inputs=[windows(layer, c, ys, range(ox, ox + 1))],
                    multicast=True,
                    weights={(i, i if layer.op == "dwconv" else c[0]) for i in k},
                    outputs=len(k) * len(ys),
                    macs=len(k) * len(ys) * layer.R * layer.S,
                    compute=layer.S,
                    loads=(
                        len(ys) * layer.R * layer.S + layer.R * layer.S,
                        2 * layer.R * layer.S,
                    ),
                )


@dataclass
class Simulated:
    cycles: int = 0
    macs: int = 0
    inputs: int = 0
    weights: int = 0
    outputs: int = 0


def simulate(steps: Iterator[Work], taps: int, bandwidth: int, latency: int) -> Simulated:
    def transfer(elements: int) -> int:
        return -(-elements // bandwidth) + latency - 1 if elements else 0

    total = Simulated()
    held: list[set[Element]] = []
    weights: set[tuple[int, int]] = set()
    for number, work in enumerate(steps):
        held += [set() for _ in range(len(work.inputs) - len(held))]
        fresh = [need - have for need, have in zip(work.inputs, held, strict=False)]
        inputs = len(set().union(*fresh)) if work.multicast else sum(map(len, fresh))
        new_weights = len(work.weights - weights) * taps
        busy = work.compute + sum(map(transfer, work.loads))
        arriving = transfer(inputs + new_weights)
        # Only the first step cannot load while an earlier one computes.
        ready = busy + arriving if number == 0 else max(busy, arriving)
        total.cycles += max(ready, transfer(work.outputs))
        total.macs += work.macs
        total.inputs += inputs
        total.weights += new_weights
        total.outputs += work.outputs
        held, weights = work.inputs, work.weights
    return total


SIMULATORS: dict[str, Callable[[LayerShape, int, int], Iterator[Work]]] = {
    "nvdla": weight_stationary,
    "shidiannao": output_stationary,
    "eyeriss": row_stationary,
}


def far_apart(outputs: int, tile: int, kernel: int, stride: int) -> bool:
    """Whether the first and last tiles of a dimension read nothing in common, or are one.

    On tiny planes a window that starts over may find elements of the last one still there;
    the model deliberately does not count on that.
    """
    last = (outputs - 1) // tile * tile
    return last == 0 or last * stride >= (min(tile, outputs) - 1) * stride + kernel


@pytest.mark.slow
@pytest.mark.parametrize("depthwise", [False, True])
@pytest.mark.parametrize("dataflow", SIMULATORS)
@settings(derandomize=True, max_examples=120, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(1, 6)] * 2, *[st.integers(1, 9)] * 2),
    window=st.tuples(*[st.integers(1, 3)] * 4),
    holes=st.integers(1, 2),
    array=st.tuples(st.integers(3, 8), st.integers(1, 4)),
    bandwidth=st.integers(1, 30),
    latency=st.integers(0, 2),
)
def test_sum_equals_simulation(
    dataflow: str,
    depthwise: bool,
    sizes: tuple[int, int, int, int],
    window: tuple[int, int, int, int],
    holes: int,
    array: tuple[int, int],
    bandwidth: int,
    latency: int,
) -> None:
    (K, C, OY, OX), (R, S, down, right) = sizes, window
    tile_rows = {"nvdla": 1, "shidiannao": array[0], "eyeriss": array[1]}[dataflow]
    tile_columns = array[1] if dataflow == "shidiannao" else 1
    assume(far_apart(OY, tile_rows, R, down))
    assume(far_apart(OX, tile_columns, S, right))
    layer = LayerShape(
        op="dwconv" if depthwise else "conv",
        K=C if depthwise else K,
        C=C,
        groups=C if depthwise else 1,
        # Holes as wide as the steps: the taps meet every other row, and those one by one.
        Y=holes * ((OY - 1) * down + R - 1) + 1,
        X=(OX - 1) * right + S,
        R=R,
        S=S,
        stride=(holes * down, right),
        dilation=(holes, 1),
    )
    # A single channel makes no depthwise layer: it is dense.
    assume(not depthwise or C > 1)

    expected = simulate(SIMULATORS[dataflow](layer, *array), R * S, bandwidth, latency)
    costs = cost(
        layer,
        chiplet(dataflow, array, noc_elements_per_cycle=bandwidth, noc_latency_cycles=latency),
    )
    assert (
        costs.cycles[0],
        costs.macs[0],
        costs.input_l2_reads[0],
        costs.filter_l2_reads[0],
        costs.output_l2_writes[0],
    ) == (
        expected.cycles,
        expected.macs,
        expected.inputs,
        expected.weights,
        expected.outputs,
    )
