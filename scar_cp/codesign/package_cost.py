"""What a package costs to make: dies that work, the interposer under them, and their bonding.

After Feng and Ma, "Chiplet Actuary" (DAC 2022): a die's share of its wafer over its yield, and for
a package whose chips are bonded last, everything on it over the yield of all bonds. Costs of design
and of tests are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from scar_cp.records.record import NonNegativeFloat, PositiveFloat, Record

__all__ = ["PackageCost", "Wafer", "die_cost", "die_yield", "dies_per_wafer", "package_cost"]

_MM2_PER_CM2 = 100.0


class Wafer(Record):
    """What a process costs."""

    price: PositiveFloat
    """Of one wafer, in any currency."""
    defects_per_cm2: NonNegativeFloat
    clustering: PositiveFloat = 3.0
    """Of the negative binomial law of yield: the larger, the more evenly defects are spread."""
    diameter_mm: PositiveFloat = 300.0


class PackageCost(Record):
    """What goes into the cost of a package."""

    area_mm2: Annotated[dict[str, PositiveFloat], Field(min_length=1)]
    """Of one chiplet, by type."""
    chiplet: Wafer
    interposer: Wafer | None = None
    """Null: chiplets sit on the substrate itself."""
    interposer_area_factor: Annotated[float, Field(ge=1)] = 1.1
    """Area of the interposer, and of the substrate, over that of all chiplets."""
    substrate_price_per_mm2: NonNegativeFloat = 0.0
    bond_yield: Annotated[float, Field(gt=0, le=1)] = 0.99
    """Share of chiplets that are bonded without harm; one bad bond loses the package."""


def dies_per_wafer(area_mm2: float, diameter_mm: float) -> float:
    """Whole dies of a wafer: its area over theirs, less what the rim cuts.

    The usual approximation, π·d²/4A - π·d/√(2A), of square dies.

    Examples
    --------
    >>> round(dies_per_wafer(100.0, 300.0))
    640
    """
    rim = math.pi * diameter_mm / math.sqrt(2 * area_mm2)
    return math.pi * diameter_mm**2 / (4 * area_mm2) - rim


def die_yield(area_mm2: float, wafer: Wafer) -> float:
    """Share of dies without a defect: (1 + A·D/α)^-α, the negative binomial law.

    Source: Feng and Ma (DAC 2022), after Cunningham (1990).

    Examples
    --------
    >>> die_yield(100.0, Wafer(price=1.0, defects_per_cm2=0.0))
    1.0
    """
    defects = area_mm2 / _MM2_PER_CM2 * wafer.defects_per_cm2
    return float((1 + defects / wafer.clustering) ** -wafer.clustering)


def die_cost(area_mm2: float, wafer: Wafer) -> float | None:
    """A wafer's price over its good dies; None if no whole die fits."""
    dies = dies_per_wafer(area_mm2, wafer.diameter_mm)
    return None if dies < 1 else wafer.price / (dies * die_yield(area_mm2, wafer))


def package_cost(counts: Sequence[tuple[str, int]], cost: PackageCost) -> float | None:
    """Of a package with these chiplets, in the currency of the prices.

    Parameters
    ----------
    counts
        Name and number of each chiplet type.
    cost
        Areas, wafers and bonds.

    Returns
    -------
    float or None
        None if a die or the interposer does not fit on its wafer.
    """
    dies = [(n, die_cost(cost.area_mm2[name], cost.chiplet)) for name, n in counts if n]
    area_mm2 = cost.interposer_area_factor * sum(n * cost.area_mm2[name] for name, n in counts)
    base = 0.0 if cost.interposer is None else die_cost(area_mm2, cost.interposer)
    if base is None or any(price is None for _, price in dies):
        return None
    chiplets = sum(n * (price or 0.0) for n, price in dies)
    bonds = cost.bond_yield ** sum(n for _, n in counts)
    return (chiplets + base + cost.substrate_price_per_mm2 * area_mm2) / bonds
