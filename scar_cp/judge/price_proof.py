"""What a bound by prices rests on: all that is needed to find it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PriceProof"]


@dataclass(frozen=True)
class PriceProof:
    """Prices under which ``λ·latency + μ·energy`` has a bound; energy beyond each layer's least.

    Attributes
    ----------
    weights
        λ per cycle and μ per nJ.
    longest_cycles
        It is about schedules of a smaller latency.
    cap
        The bound is no larger.
    tariffs
        ρ of each table of energy.
    lengths_cycles
        The longest length of every class, rising.
    slots
        Parts of the elapsed time with prices of their own.
    bound
        What they were found to prove.
    rounds
        Prices under which classes of lengths were dropped, and then the last ones: each of the
        shape (borders between windows, slots, cuts of all models).
    """

    weights: tuple[int, int]
    longest_cycles: int
    cap: int
    tariffs: tuple[int, ...]
    lengths_cycles: NDArray[np.int64]
    slots: int
    bound: int
    rounds: tuple[NDArray[np.int64], ...]
