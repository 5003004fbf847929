"""Bounds on weighted sums of latency and energy for any number of windows, by prices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.many_windows import Level, RangeTables, best_start, rising_bounds, those
from scar_cp.partition.prices import Prices

__all__ = ["SumBounds"]

Ints = NDArray[np.int64]

_LEVELS = (
    Level(1.04, 1, 12, energy=False),
    Level(1.02, 1, 4, (0.003,), energy=False),
    Level(1.02, 1, 2, (0.002, 0.001, 0.0005)),
    Level(1.01, 1, 1, (0.0005,)),
)
_LATER = _LEVELS[2:]
"""With the prices of another weight to begin with."""


class SumBounds:
    """Bounds for one weight of latency after the other; each begins with the last one's prices.

    Parameters
    ----------
    tables
        Of the problem.
    energy
        What energy costs; its weight is the same for all bounds.
    longest
        Only schedules of a smaller latency matter, and the tables are for them.
    climbs
        Whether prices climb.
    """

    def __init__(
        self, tables: RangeTables, energy: EnergyCosts, longest: int, climbs: bool = True
    ) -> None:
        self._climbs = climbs
        self._tables, self._energy, self._longest = tables, energy, longest
        self._prices: Ints | None = None
        self._weight = 1

    def count(self, energy: EnergyCosts) -> None:
        """From now on, with these tables of energy, of the same weight."""
        self._energy = energy

    def least(
        self, latency_weight: int, cap: int, keep_going: Callable[[], bool]
    ) -> Iterator[Prices]:
        """Prices of rising lower bounds on the sum, energy counted beyond each layer's least.

        Parameters
        ----------
        latency_weight
            Per cycle.
        cap
            Only schedules that cost less matter: no bound passes it.
        keep_going
            Asked between steps.
        """
        if cap < 1 or self._longest < 1:  # nothing costs less
            return
        energy = replace(self._energy, latency_weight=latency_weight)
        levels = those(_LEVELS if self._prices is None else _LATER, self._climbs, slots=True)
        if self._prices is None:
            self._prices, _ = best_start(
                self._tables, self._longest, levels[0], keep_going, energy, cap
            )
        else:
            self._prices = np.rint(self._prices * (latency_weight / self._weight)).astype(np.int64)
        self._weight = latency_weight
        longest, start = self._longest, self._prices
        steps = rising_bounds(self._tables, levels, start, longest, keep_going, energy, cap)
        for prices in steps:
            self._prices = prices.prices
            yield prices
