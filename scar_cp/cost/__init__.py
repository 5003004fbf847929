"""Time and energy of layers on chiplets, from the mapping of each dataflow."""

from scar_cp.cost.analytical import Dataflow, LayerCosts, cost_layers
from scar_cp.cost.columns import Columns
from scar_cp.cost.nests import Nests
from scar_cp.cost.shapes import Shapes
from scar_cp.cost.sweep import ArrayCosts

__all__ = ["ArrayCosts", "Columns", "Dataflow", "LayerCosts", "Nests", "Shapes", "cost_layers"]
