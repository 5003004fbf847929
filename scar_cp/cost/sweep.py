"""Walking a mapping's tiles: what a step moves, how long it takes, and their sums.

A mapping is an ordered set of loops over tiles. Which data a step needs depends on the
innermost loop that moved onto a new tile, since all loops inside it start over, and on the
sizes of the current tiles. Both take few values: a loop is on its first, a full or its last
tile. The sum over all steps is therefore a short sum over kinds of steps, each times how
often it occurs, which is exact and independent of the number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import TypeAlias

import numpy as np

from scar_cp.cost.columns import BoolArray, Columns, IntArray
from scar_cp.inputs.package import ChipletType

__all__ = ["ArrayCosts", "Loop", "Step", "StepFunction", "Tile", "noc_cycles", "restarts", "sweep"]


@dataclass(frozen=True)
class Tile:
    """The current tile of a loop."""

    size: IntArray
    """Extent, of shape (n,)."""
    last: BoolArray
    """Whether the loop ends with it, of shape (n,)."""


@dataclass(frozen=True)
class Loop:
    """A loop over an extent cut into equal tiles; the last one may be smaller."""

    extent: IntArray
    tile: IntArray | int

    @cached_property
    def count(self) -> IntArray:
        """Number of tiles."""
        return -(-self.extent // self.tile)

    @cached_property
    def _full(self) -> Tile:
        return Tile(np.minimum(self.extent, self.tile), np.zeros(len(self.extent), np.bool_))

    @cached_property
    def _last(self) -> Tile:
        size = self.extent - (self.count - 1) * self.tile
        return Tile(size, np.ones(len(self.extent), np.bool_))

    @cached_property
    def first(self) -> Tile:
        """The tile that the loop starts on."""
        return Tile(self._full.size, self.count == 1)

    @cached_property
    def visits(self) -> tuple[tuple[Tile, IntArray], ...]:
        """Every tile of one run of the loop: full ones and the last, with their numbers."""
        return (self._full, self.count - 1), (self._last, np.ones_like(self.count))

    @cached_property
    def advances(self) -> tuple[tuple[Tile, IntArray], ...]:
        """The tiles that one run of the loop moves onto, which are all but the first."""
        return (
            (self._full, np.maximum(self.count - 2, 0)),
            (self._last, np.minimum(self.count - 1, 1)),
        )


def restarts(*loops: Loop) -> BoolArray:
    """Tell whether loops have moved by the time that they start over.

    If each has a single tile, the data that only they index are still in place.
    """
    moved: BoolArray = np.any([loop.count > 1 for loop in loops], axis=0)
    return moved


@dataclass(frozen=True)
class Step:
    """What one step takes and moves; every field has shape (n,)."""

    compute: IntArray
    """Cycles of the array, with the loading of its elements that nothing hides."""
    inputs: IntArray
    """Input elements that must come in."""
    filters: IntArray
    """Weights that must come in."""
    outputs: IntArray
    """Output elements, finished or not, that go out."""


StepFunction: TypeAlias = Callable[[str | None, Mapping[str, Tile]], Step]
"""Describes the step by the loop that moved (None: the very first step) and the tiles."""


@dataclass(frozen=True, eq=False)
class ArrayCosts(Columns):
    """Totals over all steps, each of shape (n,): time, and traffic buffer to array."""

    cycles: IntArray
    input_reads: IntArray
    filter_reads: IntArray
    output_writes: IntArray


def noc_cycles(elements: IntArray, chiplet: ChipletType) -> IntArray:
    """Cycles to move elements between buffer and array, of the shape of `elements`.

    The pipe takes ``noc_elements_per_cycle`` a cycle, and the last ones arrive
    ``noc_latency_cycles`` later; counting starts on the cycle of departure.
    """
    beats = -(-elements // chiplet.noc_elements_per_cycle)
    return np.where(elements > 0, beats + chiplet.noc_latency_cycles - 1, 0)


def sweep(loops: Mapping[str, Loop], step: StepFunction, chiplet: ChipletType) -> ArrayCosts:
    """Sum time and traffic over every step of a mapping.

    Transfers are double buffered: while the array computes one step, the data of the next
    one come in and results of the previous one go out, so a step takes the longest of the
    three. Only the first step must wait for its data.

    With an off-chip limit, no step is shorter than memory takes to stream the first tile of
    inputs and weights, or of outputs: MAESTRO's rule, which charges weights that stay in
    place, too.

    Parameters
    ----------
    loops : mapping of name to Loop
        Outermost first; all over the same n layers.
    step : StepFunction
        What each kind of step takes and moves.
    chiplet : ChipletType
        Bandwidth and latency inside the chiplet, and its off-chip limit.
    """
    start = step(None, {name: loop.first for name, loop in loops.items()})
    loaded = start.inputs + start.filters
    least = np.zeros_like(loaded)
    if (offchip := chiplet.offchip_elements_per_cycle) is not None:
        least = np.maximum(loaded, start.outputs) // offchip

    waiting = start.compute + noc_cycles(loaded, chiplet)
    cycles = np.maximum(waiting, np.maximum(noc_cycles(start.outputs, chiplet), least))
    inputs, filters, outputs = start.inputs, start.filters, start.outputs
    for moved, tiles, times in _kinds_of_steps(loops):
        kind = step(moved, tiles)
        delay = np.maximum(kind.compute, least)
        np.maximum(delay, noc_cycles(kind.inputs + kind.filters, chiplet), out=delay)
        np.maximum(delay, noc_cycles(kind.outputs, chiplet), out=delay)
        cycles = cycles + times * delay
        inputs = inputs + times * kind.inputs
        filters = filters + times * kind.filters
        outputs = outputs + times * kind.outputs
    return ArrayCosts(cycles, inputs, filters, outputs)


def _kinds_of_steps(
    loops: Mapping[str, Loop],
) -> Iterator[tuple[str, dict[str, Tile], IntArray]]:
    """Yield every kind of step but the first one: loop that moved, tiles, occurrences.

    Loops outside the moving one are on any of their tiles, loops inside it on their first.
    """
    names = list(loops)
    for position, moved in enumerate(names):
        outer = [loops[name].visits for name in names[:position]]
        inner = {name: loops[name].first for name in names[position + 1 :]}
        for choice in product(*outer, loops[moved].advances):
            times = prod((count for _, count in choice[1:]), start=choice[0][1])
            tiles = dict(zip(names, (tile for tile, _ in choice), strict=False))
            yield moved, tiles | inner, times
