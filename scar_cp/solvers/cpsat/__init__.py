"""The layer-level CP-SAT model: assignment, segmentation, timing and placement."""

from scar_cp.solvers.cpsat.model import CpsatModel

__all__ = ["CpsatModel"]
