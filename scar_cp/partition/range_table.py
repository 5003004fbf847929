"""Tables of all ranges of a model: the least latency of layers ``i..j-1`` in one window."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.counts import Counts
from scar_cp.partition.program import NEVER
from scar_cp.partition.segment_costs import costs_by_start
from scar_cp.partition.table_kernels import least_sums, lower
from scar_cp.problem.compiled import Problem

__all__ = ["RangeTable", "range_table"]

Ints = NDArray[np.int64]

_DEPTH = 200
"""Limits on the slowest pass go down to this part of the largest: a window's length divided by the
chiplets and by a few."""


@dataclass(frozen=True)
class RangeTable:
    """Values of every range of a model's layers in one window.

    Arrays have the shape (L + 1, L + 1, num_counts): begin, end, and *at most* so many chiplets of
    each type. What takes longer than was asked for is at least `NEVER`.

    Attributes
    ----------
    low
        No schedule is faster. More layers never take less: a value is at most that of any range
        around it.
    up
        Attained by a partition, up to hops; a pass may send its tensors as if each could be
        written instead, even where the window ends with the model.
    """

    low: Ints
    up: Ints


def range_table(problem: Problem, m: int, longest: int, ratio: float) -> RangeTable:
    """Lower and attained values of the least latency of every range of a model's layers.

    ``Σ sum + (q-1)·max pass`` is a shortest path for every limit on the slowest pass. Between two
    limits l < h a partition costs at least ``sum(h) + (q-1)·(l + 1)``.

    Parameters
    ----------
    problem
        The compiled problem.
    m
        The model.
    longest
        Ranges that take longer are of no interest, nor are passes longer than a q-th of it.
    ratio
        Between limits on the slowest pass: values are at most this factor too small.

    """
    run = problem.models[m]
    n, pace = run.num_layers, run.passes - 1
    counts = Counts(problem.type_counts)
    low = np.full((n + 1, n + 1, counts.size), NEVER, dtype=np.int64)
    up = low.copy()
    least = np.empty((n + 1, counts.padded_size), dtype=np.int64)
    slowest = np.empty_like(least)
    compute = np.zeros((len(problem.used_types), n + 1), dtype=np.int64)
    compute[:, 1:] = problem.compute_cycles[m].T.cumsum(axis=1)
    limits = _limits(longest, run.passes, ratio)
    for start, (sums, passes, crossing) in enumerate(costs_by_start(problem, m)):
        for above, limit in zip([-1, *limits], limits, strict=False):
            look()
            least_sums(
                sums,
                passes,
                compute,
                limit,
                counts.steps,
                counts.padding,
                start,
                least,
                slowest,
            )
            lower(
                *(low, up, least, slowest, crossing, pace, above + 1),
                *(start, counts.padded),
            )
    _keep_rising(low)
    up[np.arange(n + 1), np.arange(n + 1)] = 0
    return RangeTable(low, up)


def _limits(longest: int, passes: int, ratio: float) -> list[int]:
    """Limits on the slowest pass, rising; a window is at least as long as all of its passes."""
    largest = max(1, longest // passes)
    if passes == 1:
        return [largest]
    count = ceil(log(_DEPTH) / log(ratio))
    smaller = (min(largest, int(largest * ratio**-k)) for k in range(1, count + 1))
    return sorted({largest, *smaller})  # the largest as it is: no float


def _keep_rising(low: Ints) -> None:
    """Lower every value to that of the ranges around it; a range without layers takes nothing."""
    np.minimum.accumulate(low, axis=0, out=low)
    low[:] = np.minimum.accumulate(low[:, ::-1], axis=1)[:, ::-1]
    borders = np.arange(len(low))
    low[borders[:, None] >= borders[None, :]] = 0
