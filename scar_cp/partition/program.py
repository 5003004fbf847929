"""The dynamic programme over cuts and chiplet counts, for a limit on the slowest segment.

This is pipeline mapping on heterogeneous processors (Benoit and Robert): minimising
``Σ pass + (q-1)·max pass`` is a shortest path for every limit on ``max pass``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look

__all__ = ["NEVER", "Piece", "shortest_sums", "trace"]

Ints = NDArray[np.int64]

NEVER = 2**60
"""Larger than any cost: no schedule does this."""


@dataclass(frozen=True)
class Piece:
    """A segment that has a type but no chiplet yet."""

    first: int
    last: int
    type: int


_MANY_COUNTS = 1500
"""Combinations of counts from which compiling pays."""


def shortest_sums(
    sums: Ints, passes: Ints, limit: int, counts: Sequence[int], start: int = 0
) -> Ints:
    """Least Σ sum of cutting ``start..l-1`` into segments whose pass is within the limit.

    Parameters
    ----------
    sums, passes
        Shape (num_types, L, L) over (type, first, last), see `SegmentCosts`.
    limit
        Longest pass allowed.
    counts
        Chiplets of each type that there are.
    start
        First layer.

    Returns
    -------
    array of shape (L + 1, counts[0] + 1, counts[1] + 1, ...)
        Least sum for every end l and *at most* so many chiplets of each type; at least `NEVER`
        where there is no way.
    """
    types, n, _ = sums.shape
    shape = tuple(c + 1 for c in counts)
    least = np.full((n + 1, *shape), NEVER, dtype=np.int64)
    least[start] = 0
    column = (slice(None), *(None for _ in counts))
    is_large = least[0].size > _MANY_COUNTS
    if is_large:
        from scar_cp.partition.sum_kernels import least_sums
    for end in range(start + 1, n + 1):
        look()
        for t in range(types):
            if not counts[t]:
                continue
            allowed = passes[t, start:end, end - 1] <= limit
            if not allowed.any():
                continue
            first = start + int(allowed.argmax())
            added = np.where(allowed[first - start :], sums[t, first:end, end - 1], NEVER)
            best = (
                least_sums(least, first, end, added)
                if is_large
                else (least[first:end] + added[column]).min(axis=0)
            )
            fewer = tuple(slice(0, -1) if s == t else slice(None) for s in range(types))
            more = (end, *(slice(1, None) if s == t else slice(None) for s in range(types)))
            np.minimum(least[more], best[fewer], out=least[more])
    return np.minimum(least, NEVER)


def trace(
    sums: Ints,
    passes: Ints,
    limit: int,
    least: Ints,
    counts: Sequence[int],
    end: int,
    start: int = 0,
) -> list[Piece]:
    """One way to attain ``least[end][counts]``."""
    pieces: list[Piece] = []
    left = list(counts)
    while end > start:
        look()
        piece = _last_piece(sums, passes, limit, least, left, start, end)
        pieces.append(piece)
        left[piece.type] -= 1
        end = piece.first
    return pieces[::-1]


def _last_piece(
    sums: Ints, passes: Ints, limit: int, least: Ints, left: Sequence[int], start: int, end: int
) -> Piece:
    target = least[(end, *left)]
    for t, count in enumerate(left):
        if count:
            before = tuple(c - (s == t) for s, c in enumerate(left))
            for first in range(end - 1, start - 1, -1):
                if (
                    passes[t, first, end - 1] <= limit
                    and least[(first, *before)] + sums[t, first, end - 1] == target
                ):
                    return Piece(first, end - 1, t)
    raise ValueError("no partition attains this value")
