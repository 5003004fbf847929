"""Layers without multiplications: pooling, sums, products, resampling.

Any array runs them at the speed at which data pass the buffer's port.
"""

from __future__ import annotations

import numpy as np

from scar_cp.cost.columns import IntArray
from scar_cp.cost.shapes import Shapes
from scar_cp.cost.sweep import ArrayCosts, noc_cycles
from scar_cp.inputs.package import ChipletType

__all__ = ["stream"]


def stream(shapes: Shapes, chiplet: ChipletType) -> ArrayCosts:
    """Cost element-wise and pooling layers as one pass in and one pass out.

    A sum reads two operands of its output's size, a product one of them and one value per
    channel, pooling and resampling their input planes.

    Parameters
    ----------
    shapes : Shapes
        Layers with the operators pool, add, mul or resample.
    chiplet : ChipletType
        Bandwidth and latency inside the chiplet, and its off-chip limit.
    """
    outputs = shapes.K * shapes.OZ * shapes.OY * shapes.OX
    inputs = np.select(
        [shapes.is_op("add"), shapes.is_op("mul")],
        [2 * outputs, outputs + shapes.K],
        default=shapes.C * shapes.Z * shapes.Y * shapes.X,
    )
    cycles = np.maximum(noc_cycles(inputs, chiplet), noc_cycles(outputs, chiplet))
    if (offchip := chiplet.offchip_elements_per_cycle) is not None:
        cycles = np.maximum(cycles, np.maximum(inputs, outputs) // offchip)
    no_filters: IntArray = np.zeros_like(inputs)
    return ArrayCosts(cycles, inputs, no_filters, outputs)
