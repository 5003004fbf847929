"""What is minimised: an objective's value, what it says of latency and energy, and its text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from scar_cp.terms import ObjectiveName

__all__ = ["UNITS", "Objective", "Value"]

Amount = TypeVar("Amount", int, Fraction, NDArray[np.float64], NDArray[np.int64])

UNITS: dict[ObjectiveName, str] = {
    "latency": "cycles",
    "energy": "nJ",
    "edp": "cycles x nJ",
    "weighted": "",
}
"""Of each objective's values."""

Value = Callable[[int, int], int]
"""An objective that grows with cycles and with nJ."""


@dataclass(frozen=True)
class Objective:
    """A name of SPEC section 7, with the weights of cycles and of nJ where it needs them.

    Raises
    ------
    ValueError
        If there is no such objective, or if the weights do not fit it.

    Examples
    --------
    >>> from scar_cp.judge import Objective
    >>> Objective("edp").value(7, 5), Objective("weighted", (10, 1)).value(7, 5)
    (35, 75)
    """

    name: ObjectiveName
    weights: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse what has no meaning."""
        if self.name not in get_args(ObjectiveName):
            raise ValueError(f"objective must be one of {get_args(ObjectiveName)}: {self.name!r}")
        if (self.name == "weighted") != (self.weights is not None):
            raise ValueError("weights belong to the objective 'weighted', and it needs them")
        if self.weights is not None and (min(self.weights) < 0 or not any(self.weights)):
            raise ValueError(f"weights must not be negative, nor both 0: {self.weights}")

    @property
    def is_product(self) -> bool:
        """Whether it is no weighted sum of latency and energy."""
        return self.name == "edp"

    @property
    def linear(self) -> tuple[int, int]:
        """Weights of cycles and nJ; without a meaning for a product."""
        if self.weights is not None:
            return self.weights
        return {"latency": (1, 0), "energy": (0, 1)}.get(self.name, (0, 0))

    def value(self, cycles: Amount, nj: Amount) -> Amount:
        """The value of a latency and an energy, or of arrays of them."""
        if self.is_product:
            return cycles * nj
        by_cycles, by_nj = self.linear
        return by_cycles * cycles + by_nj * nj

    def of(self, numbers: Any) -> int:
        """The value of an evaluation."""
        return int(self.value(numbers.latency_cycles, numbers.energy_nj))

    def most_cycles(self, value: int, least_nj: int) -> int | None:
        """The largest latency with which a value can be attained; ``None``: any, or no limit."""
        by_cycles, by_nj = (least_nj, 0) if self.is_product else self.linear
        return max(0, value - by_nj * least_nj) // by_cycles if by_cycles else None

    def most_nj(self, value: int, least_cycles: int) -> int | None:
        """The largest energy with which a value can be attained; ``None``: any, or no limit."""
        by_cycles, by_nj = (0, least_cycles) if self.is_product else self.linear
        return max(0, value - by_cycles * least_cycles) // by_nj if by_nj else None
