"""Weight-stationary mapping in the manner of NVDLA.

Rows of the array are output-channel lanes, columns are input channels. An element keeps the
R x S weights of its filter and channel while the window slides over the plane; a lane adds
up its channels, so every step finishes one output pixel of the current channel tile::

    for K by rows:            # one filter per lane
        for C by columns:     # one channel per element
            for Y: for X:     # one window position per step

Sums over several channel tiles meet in the buffer: each step writes one value per lane.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scar_cp.cost.columns import IntArray
from scar_cp.cost.nests import Nests
from scar_cp.cost.sweep import ArrayCosts, Loop, Step, Tile, noc_cycles, restarts, sweep
from scar_cp.inputs.package import ChipletType

__all__ = ["Nvdla"]


class Nvdla:
    """Weights stay, windows pass by."""

    def dense(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost dense nests: filters over the lanes, channels within a lane."""
        lanes, channels_per_lane = chiplet.array
        loops = {
            "K": Loop(nests.filters, lanes),
            "C": Loop(nests.channels, channels_per_lane),
            "Y": Loop(nests.rows, 1),
            "X": Loop(nests.columns, 1),
        }
        # A new filter tile needs its first window again, unless there is only that window.
        windows_moved = restarts(loops["C"], loops["Y"], loops["X"])
        taps = nests.R * nests.S

        def step(moved: str | None, tiles: Mapping[str, Tile]) -> Step:
            filters, channels = tiles["K"].size, tiles["C"].size
            inputs = _window(nests, moved) * channels  # one copy serves all lanes
            if moved == "K":
                inputs = inputs * windows_moved
            kept = moved in ("Y", "X")
            # Within a lane, every element takes up its own window and weights before it
            # multiplies; the next step's are not prefetched beyond the lane.
            fill = noc_cycles(2 * channels * taps, chiplet)
            return Step(
                compute=taps + fill,
                inputs=inputs,
                filters=filters * channels * taps * (not kept),
                outputs=filters,
            )

        return sweep(loops, step, chiplet)

    def depthwise(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost depthwise nests: there is nothing to add up, so all elements are lanes."""
        loops = {
            "C": Loop(nests.channels, chiplet.num_pes),
            "Y": Loop(nests.rows, 1),
            "X": Loop(nests.columns, 1),
        }
        taps = nests.R * nests.S

        def step(moved: str | None, tiles: Mapping[str, Tile]) -> Step:
            channels = tiles["C"].size
            kept = moved in ("Y", "X")
            return Step(
                compute=taps,  # no level below the lanes, hence no fill
                inputs=_window(nests, moved) * channels,
                filters=channels * taps * (not kept),
                outputs=channels,
            )

        return sweep(loops, step, chiplet)


def _window(nests: Nests, moved: str | None) -> IntArray:
    """Return the elements of one channel's window that are new to the array, shape (n,).

    Sliding right keeps all but the new columns. The first window of a row lies far from the
    last one of the row above and shares nothing with it, except on planes of one column.
    """
    whole = nests.R * nests.S
    if moved == "X":
        return nests.R * nests.new_columns
    if moved == "Y":
        return np.where(nests.columns == 1, nests.new_rows * nests.S, whole)
    return whole
