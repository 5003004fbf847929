"""Results of other cost models, one module per tool."""

from scar_cp.cost_sources.base import CostSource, LayerResult

__all__ = ["CostSource", "LayerResult"]
