"""Row-stationary mapping in the manner of Eyeriss.

Columns of the array are output rows; rows of the array are divided into sets of R, one
kernel row each, and every set works on a filter of its own. An element multiplies one kernel
row with one piece of an input row; a set adds up its R elements to one output row::

    for K by sets:                # depthwise: for C by sets
        for C:
            for Y by columns:     # one output row per column
                for X:            # one output column per step

The sets share the inputs (depthwise: each has its own channel). A kernel taller than the
array is folded: an element does several kernel rows in a step, one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scar_cp.cost.columns import IntArray
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

__all__ = ["Eyeriss"]


class Eyeriss:
    """Kernel rows stay, input rows are shared along diagonals."""

    def dense(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost dense nests: a filter per set."""
        sets = _Sets.of(nests, chiplet)
        loops = {
            "K": Loop(nests.filters, sets.count),
            "C": Loop(nests.channels, 1),
            **_plane(nests, chiplet),
        }
        return sweep(loops, _step_function(nests, loops, sets, chiplet), chiplet)

    def depthwise(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost depthwise nests: a channel per set."""
        sets = _Sets.of(nests, chiplet)
        loops = {"C": Loop(nests.channels, sets.count), **_plane(nests, chiplet)}
        return sweep(loops, _step_function(nests, loops, sets, chiplet), chiplet)


@dataclass(frozen=True)
class _Sets:
    """How the rows of the array are divided; every field has shape (n,)."""

    folds: IntArray
    """Kernel rows that an element does one after the other."""
    height: IntArray
    """Rows of elements of a set."""
    count: IntArray
    """Number of sets."""

    @classmethod
    def of(cls, nests: Nests, chiplet: ChipletType) -> _Sets:
        array_rows = chiplet.array[0]
        folds = -(-nests.R // array_rows)
        height = -(-nests.R // folds)  # the fewest rows that manage with so many folds
        return cls(folds, height, array_rows // height)


def _plane(nests: Nests, chiplet: ChipletType) -> dict[str, Loop]:
    return {"Y": Loop(nests.rows, chiplet.array[1]), "X": Loop(nests.columns, 1)}


def _step_function(
    nests: Nests, loops: Mapping[str, Loop], sets: _Sets, chiplet: ChipletType
) -> StepFunction:
    # A new filter tile needs its first inputs again, unless there are no others.
    inputs_moved = restarts(loops["C"], loops["Y"], loops["X"])

    def step(moved: str | None, tiles: Mapping[str, Tile]) -> Step:
        busy_sets = tiles["K" if "K" in tiles else "C"].size
        height = tiles["Y"].size

        # Columns share the input rows on which their windows overlap. Moving right brings
        # new columns only. A tile further down starts at the left again, and shares rows
        # with the tile above only if the plane is one column wide.
        input_rows = nests.R + (height - 1) * nests.new_rows
        if moved == "X":
            inputs = input_rows * nests.new_columns
        elif moved == "Y":
            below = np.minimum(input_rows, height * nests.stride_y)
            inputs = np.where(nests.columns == 1, below, input_rows) * nests.S
        else:
            inputs = input_rows * nests.S
        if moved == "K":
            inputs = inputs * inputs_moved

        weights_stay = moved in ("Y", "X")
        # Two levels below the sets load before they start: a set's columns their windows
        # and the weights they share, and within a column each element its two operands.
        row_taps = sets.height * nests.S
        fill = noc_cycles((height + 1) * row_taps, chiplet) + noc_cycles(2 * row_taps, chiplet)
        return Step(
            compute=sets.folds * nests.S + fill,
            inputs=inputs * np.where(nests.depthwise, busy_sets, 1),
            filters=busy_sets * nests.R * nests.S * (not weights_stay),
            outputs=busy_sets * height,
        )

    return step
