"""The analytical cost model: layers and a chiplet type in, time and energy out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, runtime_checkable

import numpy as np

from scar_cp.cost.columns import Columns, FloatArray, IntArray
from scar_cp.cost.nests import Nests, fold_rows, read_as_nests
from scar_cp.cost.shapes import Shapes
from scar_cp.cost.streaming import stream
from scar_cp.cost.sweep import ArrayCosts
from scar_cp.errors import Fault, InputError
from scar_cp.inputs.package import ChipletType
from scar_cp.plugins import DATAFLOWS

__all__ = ["Dataflow", "LayerCosts", "cost_layers"]


@runtime_checkable
class Dataflow(Protocol):
    """How an array runs loop nests: what a dataflow, built in or plugged in, provides.

    Both methods get n nests, n = 0 included, of one sample, and the type of the chiplet that runs
    them. They return n whole numbers (int64) per column: ``cycles`` of the clock, at least 1, and
    the elements that pass between buffer and array in ``input_reads``, ``filter_reads`` and
    ``output_writes``. Anything else is refused.

    All the rest is done for every dataflow alike: reading layers as nests, repeating them by group
    and sample, energy (MACs and accesses that follow from these columns, see `LayerCosts`), layers
    without multiplications, which pass at the speed of the buffer's port, and, in the schedule,
    weights from DRAM and transfers between chiplets.
    """

    def dense(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost one run of each of n nests, none of them depthwise."""

    def depthwise(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        """Cost one run of each of n depthwise nests."""


@dataclass(frozen=True, eq=False)
class LayerCosts(Columns):
    """What n layers cost, one sample each, every group included; columns of shape (n,).

    Accesses are elements read or written. L2 is the chiplet's buffer: its reads of inputs
    and filters and its writes of outputs face the array, the three others face the rest of
    the package. L1 is the elements' own memory.
    """

    cycles: IntArray
    macs: IntArray
    """Multiply-accumulates of the layer as the chiplet type reads it."""
    l1_accesses: IntArray
    input_l2_reads: IntArray
    input_l2_writes: IntArray
    filter_l2_reads: IntArray
    filter_l2_writes: IntArray
    output_l2_reads: IntArray
    output_l2_writes: IntArray
    mac_utilisation: FloatArray
    """Share of the array's multiplier cycles that do a multiply-accumulate of the layer:
    macs / (cycles x elements), between 0 and 1."""
    mapped_rows: IntArray
    """Height of the output plane as mapped; for a folded gemm, of the rectangle chosen."""
    mapped_columns: IntArray
    """Width of the same."""

    @property
    def l2_accesses(self) -> IntArray:
        """Reads and writes of the buffer, shape (n,)."""
        return (
            self.input_l2_reads
            + self.input_l2_writes
            + self.filter_l2_reads
            + self.filter_l2_writes
            + self.output_l2_reads
            + self.output_l2_writes
        )

    def energy_pj(self, chiplet: ChipletType) -> FloatArray:
        """Energy in pJ, shape (n,): L2 and L1 accesses in units of one MAC, and the MACs."""
        units = (
            self.l2_accesses * chiplet.l2_access_units
            + self.l1_accesses * chiplet.l1_access_units
            + self.macs
        )
        return np.asarray(units * chiplet.energy_unit_pj, dtype=np.float64)

    def energy_pj_exact(self, chiplet: ChipletType) -> list[Fraction]:
        """Energy in pJ without rounding, taking the parameters as the decimals they print as."""
        unit = Fraction(repr(chiplet.energy_unit_pj))
        per_l1 = Fraction(repr(chiplet.l1_access_units))
        per_l2 = Fraction(repr(chiplet.l2_access_units))
        counts = (self.l2_accesses.tolist(), self.l1_accesses.tolist(), self.macs.tolist())
        return [
            (l2 * per_l2 + l1 * per_l1 + macs) * unit for l2, l1, macs in zip(*counts, strict=True)
        ]


def cost_layers(shapes: Shapes, chiplet: ChipletType) -> LayerCosts:
    """Cost every layer, alone and one sample at a time, on one chiplet.

    Parameters
    ----------
    shapes : Shapes
        n layers.
    chiplet : ChipletType
        The chiplet type.

    Returns
    -------
    LayerCosts
        n rows, in the order of ``shapes``.

    Raises
    ------
    KeyError
        If no dataflow has the name that the chiplet type gives.
    InputError
        If the dataflow is a plug-in that is broken, or whose costs are no whole numbers.
    """
    compute = shapes.multiplies
    parts = [
        _cost_compute(shapes.take(compute), chiplet),
        _cost_streaming(shapes.take(~compute), chiplet),
    ]
    positions = np.concatenate([np.flatnonzero(compute), np.flatnonzero(~compute)])
    return LayerCosts.concatenate(parts).take(np.argsort(positions))


def _cost_compute(shapes: Shapes, chiplet: ChipletType) -> LayerCosts:
    nests = read_as_nests(shapes, chiplet)
    if chiplet.gemm != "fold":
        return _cost_nests(nests, chiplet)
    candidates, origin = fold_rows(nests, shapes.is_op("gemm"))
    costs = _cost_nests(candidates, chiplet)
    # Fewest cycles, then least energy, then the tallest.
    order = np.lexsort((-costs.mapped_rows, costs.energy_pj(chiplet), costs.cycles, origin))
    _, best = np.unique(origin[order], return_index=True)
    return costs.take(order[best])


def _cost_nests(nests: Nests, chiplet: ChipletType) -> LayerCosts:
    """Cost nests and their repeats.

    Counts follow MAESTRO's energy accounting, which the calibration confirms: a MAC reads
    its two operands and the sum from L1 and writes the sum back, what enters the array is
    written to L1 once, and what enters or leaves the layer passes L2 once more.
    """
    array = _cost_array(nests, chiplet)
    l1_accesses = 4 * nests.macs + array.input_reads + array.filter_reads
    macs = nests.repeats * nests.macs
    cycles = nests.repeats * array.cycles
    return LayerCosts(
        cycles=cycles,
        macs=macs,
        l1_accesses=nests.repeats * l1_accesses,
        input_l2_reads=nests.repeats * array.input_reads,
        input_l2_writes=nests.repeats * nests.input_elements,
        filter_l2_reads=nests.repeats * array.filter_reads,
        filter_l2_writes=nests.repeats * nests.filter_elements,
        output_l2_reads=nests.repeats * nests.output_elements,
        output_l2_writes=nests.repeats * array.output_writes,
        mac_utilisation=macs / (cycles * float(chiplet.num_pes)),
        mapped_rows=nests.rows,
        mapped_columns=nests.columns,
    )


def _cost_array(nests: Nests, chiplet: ChipletType) -> ArrayCosts:
    dataflow: Dataflow = DATAFLOWS[chiplet.dataflow]
    dense, depthwise = nests.take(~nests.depthwise), nests.take(nests.depthwise)
    parts = [dataflow.dense(dense, chiplet), dataflow.depthwise(depthwise, chiplet)]
    for part, given in zip(parts, (dense, depthwise), strict=True):
        _check(part, len(given), chiplet.dataflow)
    positions = np.concatenate([np.flatnonzero(~nests.depthwise), np.flatnonzero(nests.depthwise)])
    return ArrayCosts.concatenate(parts).take(np.argsort(positions))


def _check(costs: ArrayCosts, num_nests: int, dataflow: str) -> None:
    """Refuse what would not stay exact: a plug-in's columns may be anything."""
    least = {"cycles": 1, "input_reads": 0, "filter_reads": 0, "output_writes": 0}
    faults = [
        Fault(
            *(DATAFLOWS.group, dataflow, name),
            f"must be an int64 array of shape ({num_nests},), each at least {minimum}",
        )
        for name, minimum in least.items()
        for column in [np.asarray(getattr(costs, name, None))]
        if column.shape != (num_nests,) or column.dtype != np.int64 or (column < minimum).any()
    ]
    if faults:
        raise InputError(faults)


def _cost_streaming(shapes: Shapes, chiplet: ChipletType) -> LayerCosts:
    flow = stream(shapes, chiplet)
    none = np.zeros_like(flow.cycles)
    return LayerCosts(
        cycles=flow.cycles,
        macs=none,
        l1_accesses=none,
        input_l2_reads=flow.input_reads,
        input_l2_writes=none,
        filter_l2_reads=none,
        filter_l2_writes=none,
        output_l2_reads=none,
        output_l2_writes=flow.output_writes,
        mac_utilisation=none.astype(np.float64),
        mapped_rows=shapes.OZ * shapes.OY,
        mapped_columns=shapes.OX,
    )
