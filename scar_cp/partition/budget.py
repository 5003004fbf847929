"""The least energy of a model's partitions within a window length.

Minimising energy under a budget of cycles is a constrained shortest path. The slowest segment is
limited as in the latency tables: with it in (l, h], the budget leaves ``V - (q-1)·l'`` cycles
for the sum, l' being the next pass value above l. What is left is priced (Lagrange): for every
price, ``E >= (least of (price·sum + μ·E) - price·left) / μ``. Limits and prices are added where
the bound is wanted, prices halving towards the budget as in LARAC (Juttner et al. 2001).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.program import NEVER, Piece
from scar_cp.partition.table import Programme

__all__ = ["BudgetTable"]

Ints = NDArray[np.int64]

_MU = 256
"""Cycles are priced in multiples of 1/_MU nJ."""
_DEAREST = 2**24
_CYCLES, _ENERGY = (1, 0), (0, 1)


class BudgetTable:
    """Lower values of energy under a budget, for ranges with one end fixed.

    Cuts (rows) and counts are numbered as in `scar_cp.partition.table.Table`.
    """

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self._pace = self._programme.passes - 1
        self._values = self._programme.pass_values
        self._samples: dict[int, dict[tuple[int, int], Ints]] = {}
        self._forget = lru_cache(maxsize=64)(self._bound)
        self._pieces = lru_cache(maxsize=4096)(self._programme.pieces)
        self._sample(self._values[-1])

    def _sample(self, limit: int, *prices: tuple[int, int]) -> None:
        known = self._samples.get(limit, {})
        wanted = {_CYCLES, _ENERGY, *prices} - known.keys()
        # All or nothing: time may run out in between.
        fresh = {price: self._programme.least(limit, price) for price in sorted(wanted)}
        self._samples[limit] = known | fresh
        self._forget.cache_clear()

    def spread(self, longest: int, samples: int) -> None:
        """Sample limits in equal ratios up to the largest that a window length admits."""
        for limit in self._programme.spread(longest, samples):
            self._sample(limit)

    def energy_within(self, cycles: int) -> Ints:
        """Least energy of every cut and count within a window length, `NEVER` if too short."""
        return self._forget(cycles)[0]

    def _intervals(self) -> list[tuple[int, int]]:
        """Per sampled limit: the least pass value above the limit before it, and the limit."""
        limits = sorted(self._samples)
        starts = [-1, *limits[:-1]]
        return [
            (self._values[bisect_right(self._values, before)], limit)
            for before, limit in zip(starts, limits, strict=True)
        ]

    def _bound(self, cycles: int) -> tuple[Ints, Ints, list[tuple[int, int]]]:
        """Bounds, the interval that attains each, and the intervals."""
        intervals = self._intervals()
        bounds = []
        for low, limit in intervals:
            look()
            of, left = self._samples[limit], cycles - self._pace * low
            bound = np.where(of[_CYCLES] > left, NEVER, of[_ENERGY])
            for (price, mu), least in of.items():
                # Beyond, the budget is worth more than any partition costs: nothing is bounded.
                if price and mu and 0 <= price * left <= 2 * NEVER:
                    bound = np.maximum(bound, -((price * left - least) // mu))
            bounds.append(np.minimum(bound, NEVER))
            if self._pace * low > cycles:
                break
        stacked = np.stack(bounds)
        best = self._programme.with_empty_range(stacked.min(axis=0))
        return best, stacked.argmin(axis=0), intervals

    def _at(self, row: int, counts: int, cycles: int) -> tuple[int, int]:
        """The interval of limits that attains a bound."""
        _, attained, intervals = self._forget(cycles)
        return intervals[int(attained[row, counts])]

    def _best_price(self, row: int, counts: int, left: int, limit: int) -> tuple[int, int]:
        def bound(price: tuple[int, int]) -> int:
            least = int(self._samples[limit][price][row, counts])
            return -((price[0] * left - least) // price[1])

        return max((p for p in self._samples[limit] if p[1]), key=bound)

    def partition(self, row: int, counts: int, cycles: int) -> tuple[list[Piece], int, int] | None:
        """The thriftiest partition found within a window length, with its cycles and energy."""
        if self.energy_within(cycles)[row, counts] >= NEVER:
            return None
        found = None
        _, attained = self._at(row, counts, cycles)
        limits = sorted(self._samples)
        near = limits[max(0, bisect_left(limits, attained) - 3) : bisect_right(limits, attained)]
        for limit in near:
            for price, least in self._samples[limit].items():
                if least[row, counts] < NEVER:
                    pieces = self._pieces(row, counts, limit, price)
                    used, energy = self._programme.totals(row, pieces)
                    if used <= cycles and (found is None or energy < found[2]):
                        found = pieces, used, energy
        return found

    def refine(self, row: int, counts: int, cycles: int) -> bool:
        """Tighten ``energy_within(cycles)`` at one cut and count.

        Returns
        -------
        bool
            Whether anything was refined.
        """
        if self.energy_within(cycles)[row, counts] >= NEVER:
            return False
        low, limit = self._at(row, counts, cycles)
        left = cycles - self._pace * low
        best = self._best_price(row, counts, left, limit)
        i, j = bisect_left(self._values, low), bisect_left(self._values, limit)
        if i < j:
            middle = bisect_left(self._values, isqrt(max(1, low) * limit))
            self._sample(self._values[min(max(middle, i), j - 1)], best)
            return True
        pieces = self._pieces(row, counts, limit, best)
        used, energy = self._programme.sums(row, pieces)
        if used == left or (used < left and best == _ENERGY):
            return False
        between = self._between(limit, best, used > left, energy, cycles)
        if between is None or not self._programme.fits(between):
            return False
        self._sample(limit, between)
        return True

    def _between(
        self, limit: int, best: tuple[int, int], dearer: bool, energy: int, cycles: int
    ) -> tuple[int, int] | None:
        """A price half-way (by ratio) to the next one; ``None`` where they are adjacent."""
        known = sorted(p for p, mu in self._samples[limit] if mu)
        k = known.index(best[0])
        if dearer and k + 1 == len(known):
            if best[0] > _DEAREST:
                return None
            return max(4 * best[0], _MU * energy // (16 * max(1, cycles)), 1), _MU
        low, high = (known[k], known[k + 1]) if dearer else (known[k - 1], known[k])
        if high <= low * 1.02 + 1:
            return None
        middle = isqrt(low * high) if low else high // 8
        return min(max(middle, low + 1), high - 1), _MU
