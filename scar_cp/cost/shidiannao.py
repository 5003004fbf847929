"""Output-stationary mapping in the manner of ShiDianNao.

Rows of the array are output rows, columns are output columns. An element computes one output
pixel per step; all share the R x S weights of the current filter and channel::

    for K: for C:                 # depthwise: for C
        for Y by rows:            # one output row per row of elements
            for X by columns:     # one output pixel per element

A row of elements keeps the R input rows below its windows, a strip as wide as they reach.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scar_cp.cost.nests import Nests
from scar_cp.cost.sweep import (
    ArrayCosts,
    Loop,
    Step,
    StepFunction,
    Tile,
    noc_cycles,
    restarts,
    sweep,
)
from scar_cp.inputs.package import ChipletType

__all__ = ["ShiDianNao"]


class ShiDianNao:
    """Outputs stay, weights are broadcast."""

    def dense(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost dense nests."""
        loops = {"K": Loop(nests.filters, 1), **_plane_per_channel(nests, chiplet)}
        return sweep(loops, _step_function(nests, loops, chiplet), chiplet)

    def depthwise(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost depthwise nests: one filter per channel, and no sum over channels."""
        loops = _plane_per_channel(nests, chiplet)
        return sweep(loops, _step_function(nests, loops, chiplet), chiplet)


def _plane_per_channel(nests: Nests, chiplet: ChipletType) -> dict[str, Loop]:
    array_rows, array_columns = chiplet.array
    return {
        "C": Loop(nests.channels, 1),
        "Y": Loop(nests.rows, array_rows),
        "X": Loop(nests.columns, array_columns),
    }


def _step_function(nests: Nests, loops: Mapping[str, Loop], chiplet: ChipletType) -> StepFunction:
    taps = nests.R * nests.S
    single_strip = loops["X"].count == 1
    # A new filter needs its first inputs again, unless there are no others.
    inputs_moved = restarts(loops["C"], loops["Y"], loops["X"])

    def step(moved: str | None, tiles: Mapping[str, Tile]) -> Step:
        height, width = tiles["Y"].size, tiles["X"].size

        # Moving right keeps the columns that the next windows share with the last ones.
        strip = nests.S + (width - 1) * nests.new_columns
        if moved == "X":
            strip = np.minimum(strip, width * nests.stride_x)
        # The R input rows of neighbouring rows of elements overlap. If a strip spans the
        # plane they arrive as one contiguous block, each row once. Otherwise, and at the
        # start, every row of elements is fed by itself: the rule of MAESTRO's reuse
        # analysis, adopted because it decides the time of large planes.
        separate = height * nests.R
        block = nests.R + (height - 1) * nests.new_rows
        input_rows = separate if moved is None else np.where(single_strip, block, separate)
        inputs = input_rows * strip
        if moved == "K":
            inputs = inputs * inputs_moved

        outputs = height * width
        if chiplet.partial_sums == "array":
            # Elements keep a sum per tile and give it away after the last channel.
            outputs = outputs * (nests.depthwise | tiles["C"].last)

        weights_stay = moved in ("Y", "X")
        # Every element of a row takes up its own window, and all the broadcast weights,
        # before it multiplies.
        fill = noc_cycles((width + 1) * taps, chiplet)
        return Step(
            compute=taps + fill,
            inputs=inputs,
            filters=taps * (not weights_stay),
            outputs=outputs,
        )

    return step
