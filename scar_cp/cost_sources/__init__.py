"""Results of other cost models, one module per tool."""

from scar_cp.cost_sources.cost_source import CostSource, LayerResult

__all__ = ["CostSource", "LayerResult"]
