"""Chiplet types that the tests of the cost model share."""

from __future__ import annotations

from typing import Any

from scar_cp.cost import LayerCosts, Shapes, cost_layers
from scar_cp.inputs.package import ChipletType
from scar_cp.inputs.workload import LayerShape

DATAFLOWS = ("nvdla", "shidiannao", "eyeriss")


def chiplet(dataflow: str, array: tuple[int, int] = (64, 64), **changes: Any) -> ChipletType:
    """Build MAESTRO's reading: sums in the buffer, latency 1, energy in MACs."""
    defaults: dict[str, Any] = {
        "noc_elements_per_cycle": 1024,
        "noc_latency_cycles": 1,
        "partial_sums": "buffer",
        "energy_unit_pj": 1.0,
    }
    return ChipletType(dataflow=dataflow, array=array, **(defaults | changes))


def cost(layer: LayerShape, on: ChipletType) -> LayerCosts:
    """Cost one layer."""
    return cost_layers(Shapes.from_layers([layer]), on)


def values(costs: LayerCosts) -> tuple[int, ...]:
    """Give everything that is additive over layers, for one layer."""
    parts = (costs.cycles, costs.macs, costs.l1_accesses, costs.l2_accesses)
    return tuple(int(part[0]) for part in parts)
