"""Certified lower and upper values of pipeline partitions, refined where it matters."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from math import isqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.program import NEVER, Piece, shortest_sums, trace
from scar_cp.partition.rents import Rents
from scar_cp.partition.segment_costs import SegmentCosts
from scar_cp.problem.compiled import Problem

__all__ = ["Programme", "Table", "range_programmes"]

Ints = NDArray[np.int64]
Kind = Literal["range", "prefix", "suffix"]


class Programme:
    """The partition programme of one model, for ranges with one end fixed.

    ``range``: layers ``first..end-1`` only (one row). ``prefix``: layers ``0..cut-1`` for every
    cut (one row each). ``suffix``: layers ``cut..L-1`` for every cut.

    Attributes
    ----------
    passes
        The model's passes.
    pass_values
        Every value that the slowest pass can take, ascending.
    shape
        Counts of chiplets per type, plus one.
    least
        As `_least`, which runs once for all tables of this programme.
    """

    def __init__(
        self,
        problem: Problem,
        m: int,
        kind: Kind,
        first: int = 0,
        end: int | None = None,
        rents: Rents | None = None,
    ) -> None:
        self.shape = tuple(c + 1 for c in problem.type_counts)
        self._kind, self._first = kind, first
        self._n = problem.models[m].num_layers
        self._end = self._n if end is None else end
        most = self._end - first if kind == "range" else self._n
        # More chiplets than layers are worth no more than that.
        self._counts = tuple(min(c, most) for c in problem.type_counts)
        high_open = kind == "prefix" or self._end < self._n
        low: int | Literal["open"] = "open" if kind == "suffix" else first
        self._costs = SegmentCosts.of(problem, m, low, high_open, rents)
        self.passes = self._costs.passes
        inside = np.triu_indices(self._n)
        values = np.unique(self._costs.pass_cycles[:, inside[0], inside[1]])
        if kind == "range":  # some segment holds the longest layer, whatever its type
            layers = problem.compute_cycles[m][first : self._end].min(axis=1)
            values = values[values >= layers.max()]
        self.pass_values: list[int] = values.tolist()
        passes = self._costs.pass_cycles
        self._passes = _mirrored(passes) if kind == "suffix" else passes
        self.least = lru_cache(maxsize=None)(self._least)

    def _sums(self, price: tuple[int, int]) -> Ints:
        sums = price[0] * self._costs.sum_cycles + price[1] * self._costs.energy_nj
        return _mirrored(sums) if self._kind == "suffix" else sums

    def _run(self, limit: int, price: tuple[int, int]) -> Ints:
        start = 0 if self._kind == "suffix" else self._first
        return shortest_sums(self._sums(price), self._passes, limit, self._counts, start)

    def fits(self, price: tuple[int, int]) -> bool:
        """Whether no sum of the programme passes 64 bits with these prices of cycles and nJ.

        A partition costs no more than every layer on its own, on its dearest type.
        """
        costs = self._costs
        most = 0
        for of, per_unit in zip((costs.sum_cycles, costs.energy_nj), price, strict=True):
            apart = sum(of.diagonal(axis1=1, axis2=2).max(axis=0).tolist())
            most += per_unit * (apart + int(of.max()))
        return most <= 4 * NEVER

    def _least(self, limit: int, price: tuple[int, int]) -> Ints:
        """Least ``price · (Σ sum, energy)`` with every pass within the limit.

        Returns
        -------
        array of shape (rows, num_counts)
            Counts in C order, "at most" so many of each type; `NEVER` where there is no way.
        """
        costs = self._costs
        crossing = price[0] * costs.crossing_cycles + price[1] * costs.crossing_energy_nj
        least = self._run(limit, price).reshape(self._n + 1, -1)
        least = least[::-1] if self._kind == "suffix" else least
        least = np.minimum(least + crossing[:, None], NEVER)
        if self._kind == "range":
            least = least[self._end : self._end + 1].copy()  # the rest may be let go
        return least if self._of_more is None else least[:, self._of_more]

    @cached_property
    def _of_more(self) -> Ints | None:
        """Where all counts find theirs among those that the programme tells apart."""
        told = tuple(c + 1 for c in self._counts)
        if told == self.shape:
            return None
        most = np.array(self._counts)[:, None]
        vectors = np.minimum(np.indices(self.shape).reshape(len(told), -1), most)
        return np.asarray(np.ravel_multi_index(tuple(vectors), told))

    def with_empty_range(self, values: Ints) -> Ints:
        """Set the values of cuts that leave no layer to 0."""
        if self._kind == "prefix":
            values[: self._first + 1] = 0
        elif self._kind == "suffix":
            values[self._n] = 0
        return values

    def spread(self, longest: int, samples: int) -> list[int]:
        """Limits in equal ratios up to the largest that a window length admits."""
        values = self.pass_values
        highest = max(1, min(values[-1], longest // self.passes))
        lowest = min(highest, max(1, values[0], highest // 200))
        ratios = np.geomspace(lowest, highest, samples)
        return sorted({values[min(bisect_left(values, int(x)), len(values) - 1)] for x in ratios})

    def pieces(self, row: int, counts: int, limit: int, price: tuple[int, int]) -> list[Piece]:
        """Return a partition that attains ``least``, segments in layer order."""
        sums, least = self._sums(price), self._run(limit, price)
        given = np.unravel_index(counts, self.shape)
        left = [min(int(c), most) for c, most in zip(given, self._counts, strict=True)]
        if self._kind != "suffix":
            end = self._end if self._kind == "range" else row
            return trace(sums, self._passes, limit, least, left, end, self._first)
        n = self._n
        found = trace(sums, self._passes, limit, least, left, n - row)
        return [Piece(n - 1 - p.last, n - 1 - p.first, p.type) for p in reversed(found)]

    def sums(self, row: int, pieces: Sequence[Piece]) -> tuple[int, int]:
        """Σ sum and energy of a partition, hops and shared reads at their least."""
        costs = self._costs
        cut = self._end if self._kind == "range" else row
        cycles, energy = int(costs.crossing_cycles[cut]), int(costs.crossing_energy_nj[cut])
        for p in pieces:
            cycles += int(costs.sum_cycles[p.type, p.first, p.last])
            energy += int(costs.energy_nj[p.type, p.first, p.last])
        return (cycles, energy) if pieces else (0, 0)

    def hop_nj(self, piece: Piece) -> int:
        """What a piece moves to and from memory: nJ per hop."""
        return int(self._costs.hop_nj[piece.type, piece.first, piece.last])

    def totals(self, row: int, pieces: Sequence[Piece]) -> tuple[int, int]:
        """Latency and energy of a partition, hops and shared reads at their least."""
        cycles, energy = self.sums(row, pieces)
        passes = (int(self._costs.pass_cycles[p.type, p.first, p.last]) for p in pieces)
        return cycles + (self.passes - 1) * max(passes, default=0), energy


def range_programmes(
    problem: Problem, ranges: Mapping[int, tuple[int, int]], rents: Rents | None = None
) -> dict[int, Programme]:
    """The programmes of some models in one window; by model its first layer and end."""
    return {m: Programme(problem, m, "range", *layers, rents) for m, layers in ranges.items()}


class Table:
    """The least latency ``F = min Σ sum + (q-1)·max pass`` for every cut and count.

    The programme is run for some limits on the slowest segment only. Between two of them, l < h,
    every partition whose slowest pass lies in (l, h] costs at least ``sum(h) + (q-1)·l'``, with
    l' the next pass value above l: a valid lower bound on any set of limits, and exact once no
    pass value is left in between.
    """

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self._values = self._programme.pass_values
        self._samples: dict[int, Ints] = {}
        self.shape = self._programme.shape
        self._sample(self._values[-1])

    def _sample(self, limit: int) -> None:
        if limit not in self._samples:
            self._samples[limit] = self._programme.least(limit, (1, 0))
            for name in ("low", "up", "_attained", "_intervals"):
                self.__dict__.pop(name, None)

    @cached_property
    def _intervals(self) -> list[tuple[int, int]]:
        """Per sampled limit: the least pass value above the limit before it, and the limit."""
        limits = sorted(self._samples)
        starts = [-1, *limits[:-1]]
        return [
            (self._values[bisect_right(self._values, before)], limit)
            for before, limit in zip(starts, limits, strict=True)
        ]

    def _bounded(self, side: int) -> Ints:
        """Value of every interval with its lower (0) or upper (1) limit as the slowest pass."""
        pace = self._programme.passes - 1
        return np.stack([self._samples[i[1]] + pace * i[side] for i in self._intervals])

    @cached_property
    def _attained(self) -> Ints:
        """Which interval attains ``low``."""
        return np.asarray(self._bounded(0).argmin(axis=0))

    @cached_property
    def low(self) -> Ints:
        """Lower values, shape (rows, num_counts); they never exceed the least latency."""
        return self._programme.with_empty_range(self._bounded(0).min(axis=0))

    @cached_property
    def up(self) -> Ints:
        """Upper values, shape (rows, num_counts); `pieces` attains them up to hops."""
        return self._programme.with_empty_range(self._bounded(1).min(axis=0))

    def refine(self, row: int, counts: int) -> bool:
        """Split the interval that attains a lower value.

        Returns
        -------
        bool
            Whether there was anything to split; if not, the value is exact.
        """
        low, high = self._intervals[self._attained[row, counts]]
        i, j = bisect_left(self._values, low), bisect_left(self._values, high)
        if i == j:
            return False
        middle = bisect_left(self._values, isqrt(max(1, low) * high))
        self._sample(self._values[min(max(middle, i), j - 1)])
        return True

    def spread(self, longest: int, samples: int) -> None:
        """Sample limits in equal ratios up to the largest that a window length admits."""
        for limit in self._programme.spread(longest, samples):
            self._sample(limit)

    def pieces(self, row: int, counts: int) -> list[Piece]:
        """Return a partition that attains an upper value, segments in layer order."""
        limit = self._intervals[int(self._bounded(1)[:, row, counts].argmin())][1]
        return self._programme.pieces(row, counts, limit, (1, 0))


def _mirrored(costs: Ints) -> Ints:
    """Segment costs of the model with its layers in reverse."""
    return np.ascontiguousarray(costs[:, ::-1, ::-1].transpose(0, 2, 1))
