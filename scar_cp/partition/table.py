"""F(range, counts): certified lower and upper values, refined where it matters."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from math import isqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.costs import SegmentCosts
from scar_cp.partition.program import NEVER, Piece, shortest_sums, trace
from scar_cp.problem import Problem

__all__ = ["Table"]

Ints = NDArray[np.int64]


class Table:
    """The pipeline-partition table of one model, for ranges with one end fixed.

    ``F = min Σ sum + (q-1)·max pass`` over partitions. The programme is run for some limits on
    the slowest segment only. Between two of them, l < h, every partition whose slowest pass lies
    in (l, h] costs at least ``sum(h) + (q-1)·l'``, with l' the next pass value above l: a valid
    lower bound on any set of limits, and exact once no pass value is left in between.

    Attributes
    ----------
    low, up
        Shape (rows, num_counts): cut, and counts of chiplets per type in C order ("at most").
        ``low`` never exceeds the least latency in the window, ``up`` is attained by
        `pieces` up to hops.
    """

    def __init__(
        self,
        problem: Problem,
        m: int,
        kind: Literal["range", "prefix", "suffix"],
        first: int = 0,
        end: int | None = None,
    ) -> None:
        """Prepare a table.

        Parameters
        ----------
        problem
            The compiled problem.
        m
            The model.
        kind
            ``range``: layers ``first..end-1`` only (one row). ``prefix``: layers ``0..cut-1``
            for every cut. ``suffix``: layers ``cut..L-1`` for every cut.
        first, end
            The range; default the whole model.
        """
        self.counts = problem.type_counts
        self.shape = tuple(c + 1 for c in self.counts)
        self.kind = kind
        n = problem.models[m].num_layers
        self._n = n
        self._first = first
        self._end = n if end is None else end
        high_open = kind == "prefix" or self._end < n
        costs = SegmentCosts.of(problem, m, "open" if kind == "suffix" else first, high_open)
        self.passes = costs.passes
        self._sums, self._pass = costs.sum_cycles, costs.pass_cycles
        if kind == "suffix":  # the same programme, run from the far end
            self._sums, self._pass = _mirrored(self._sums), _mirrored(self._pass)
        self._crossing = costs.crossing_cycles
        inside = np.triu_indices(n)
        values = np.unique(self._pass[:, inside[0], inside[1]])
        if kind == "range":  # some segment holds the longest layer, whatever its type
            layers = problem.compute_cycles[m][first : self._end].min(axis=1)
            values = values[values >= layers.max()]
        self._values: list[int] = values.tolist()
        self._samples: dict[int, Ints] = {}
        self._sample(self._values[-1])

    def _run(self, limit: int) -> Ints:
        start = 0 if self.kind == "suffix" else self._first
        return shortest_sums(self._sums, self._pass, limit, self.counts, start)

    def _sample(self, limit: int) -> None:
        if limit in self._samples:
            return
        least = self._run(limit)
        if self.kind == "suffix":
            least = least[::-1]
        crossing = self._crossing.reshape(-1, *(1 for _ in self.counts))
        least = np.minimum(least + crossing, NEVER)
        if self.kind == "range":
            least = least[self._end : self._end + 1]
        self._samples[limit] = least.reshape(len(least), -1)
        for name in ("low", "up", "_interval", "_intervals"):
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

    @cached_property
    def _interval(self) -> Ints:
        """Which interval attains ``low``."""
        lows = self._bounded(0)
        return np.asarray(lows.argmin(axis=0))

    def _bounded(self, side: int) -> Ints:
        """Value of every interval with its lower (0) or upper (1) limit as the slowest pass."""
        return np.stack(
            [
                self._samples[interval[1]] + (self.passes - 1) * interval[side]
                for interval in self._intervals
            ]
        )

    @cached_property
    def low(self) -> Ints:
        """Lower values."""
        return self._with_empty_range(self._bounded(0).min(axis=0))

    @cached_property
    def up(self) -> Ints:
        """Upper values."""
        return self._with_empty_range(self._bounded(1).min(axis=0))

    def _with_empty_range(self, values: Ints) -> Ints:
        if self.kind != "range":
            values[0 if self.kind == "prefix" else self._n] = 0
        return values

    def refine(self, row: int, counts: int) -> bool:
        """Split the interval that attains a lower value.

        Returns
        -------
        bool
            Whether there was anything to split; if not, the value is exact.
        """
        low, high = self._intervals[self._interval[row, counts]]
        i, j = bisect_left(self._values, low), bisect_left(self._values, high)
        if i == j:
            return False
        middle = bisect_left(self._values, isqrt(max(1, low) * high))
        self._sample(self._values[min(max(middle, i), j - 1)])
        return True

    def spread(self, most: int, samples: int) -> None:
        """Sample limits in equal ratios up to the largest that a latency of ``most`` admits."""
        highest = min(self._values[-1], max(1, most // self.passes))
        lowest = max(1, self._values[0], highest // 200)
        for limit in np.geomspace(min(lowest, highest), highest, samples):
            at = min(bisect_left(self._values, int(limit)), len(self._values) - 1)
            self._sample(self._values[at])

    def pieces(self, row: int, counts: int) -> list[Piece]:
        """Return a partition that attains an upper value, segments in layer order."""
        of = self._bounded(1)[:, row, counts]
        limit = self._intervals[int(of.argmin())][1]
        least = self._run(limit)
        left = np.unravel_index(counts, self.shape)
        chiplets = [int(c) for c in left]
        if self.kind != "suffix":
            end = self._end if self.kind == "range" else row
            return trace(self._sums, self._pass, limit, least, chiplets, end, self._first)
        n = self._n
        found = trace(self._sums, self._pass, limit, least, chiplets, n - row)
        return [Piece(n - 1 - p.last, n - 1 - p.first, p.type) for p in reversed(found)]


def _mirrored(costs: Ints) -> Ints:
    """Segment costs of the model with its layers in reverse."""
    return np.ascontiguousarray(costs[:, ::-1, ::-1].transpose(0, 2, 1))
