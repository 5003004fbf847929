"""What a reader of another tool's results is, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

__all__ = ["CostSource", "LayerResult"]


class LayerResult(NamedTuple):
    """One layer's result as found: numbers still as written."""

    place: str
    """Where in the file, for messages; empty for the file as a whole."""
    model: str
    """Empty where the file does not say."""
    layer: str
    cycles: str
    """Of one sample, on one chiplet."""
    energy: str
    """Of one sample, in the source's unit."""


@dataclass(frozen=True)
class CostSource:
    """A reader of another tool's results: what a cost source, built in or plugged in, provides.

    Numbers are checked, and refused with their place, after they are read: they must be decimal,
    at least 0 and below 10^18. Cycles are then rounded up, energies to the nearest pJ, and a layer
    that stands twice is refused.
    """

    read: Callable[[Path], Sequence[LayerResult]]
    """Reads one file; raises `scar_cp.InputError` with every fault that it finds in its shape."""
    energy_unit_pj: Fraction | None
    """The unit of energies in pJ; None: the user gives it."""
    names_model: bool = False
    """Whether results name their model; where they do not, the user does."""
