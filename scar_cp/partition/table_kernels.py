"""Inner loops of the tables of ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled

__all__ = ["farthest", "least_sums", "lower"]

Ints = NDArray[np.int64]

NEVER = 2**60


@compiled
def least_sums(
    sums: Ints,
    passes: Ints,
    compute: Ints,
    limit: int,
    steps: Ints,
    padding: Ints,
    start: int,
    least: Ints,
    slowest: Ints,
) -> None:
    """Least sum of cutting ``start..end-1`` into segments whose pass is within the limit.

    Fills ``least`` and the slowest pass of what attains it, both of shape (L + 1, padded counts).
    ``compute`` holds the compute cycles of one pass before each layer, per type: only they surely
    grow with a segment.
    """
    types, n, _ = sums.shape
    size = least.shape[1]
    for end in range(start, n + 1):
        for k in range(size):
            least[end, k] = NEVER
            slowest[end, k] = 0
    for k in range(size):
        least[start, k] = 0
    for p in padding:
        least[start, p] = NEVER
    for end in range(start + 1, n + 1):
        row, slow = least[end], slowest[end]
        for t in range(types):
            step = steps[t]
            for first in range(end - 1, start - 1, -1):
                if compute[t, end] - compute[t, first] > limit:
                    break
                one = passes[t, first, end - 1]
                if one > limit:
                    continue
                added = sums[t, first, end - 1]
                before, slow_before = least[first], slowest[first]
                for k in range(step, size):
                    value = before[k - step] + added
                    better = value < row[k]
                    row[k] = value if better else row[k]
                    slow[k] = max(one, slow_before[k - step]) if better else slow[k]
        for p in padding:
            row[p] = NEVER


@compiled
def lower(
    low: Ints,
    up: Ints,
    least: Ints,
    slowest: Ints,
    crossing: Ints,
    pace: int,
    above: int,
    start: int,
    cells: Ints,
) -> None:
    """Lower what is known of ranges from ``start`` to what one limit says.

    All partitions that are slower than the limit before are as slow as ``above`` at least.
    """
    for end in range(start + 1, len(least)):
        for a in range(len(cells)):
            value = least[end, cells[a]]
            if value < NEVER:
                value += crossing[end]
                low[start, end, a] = min(low[start, end, a], value + pace * above)
                attained = value + pace * slowest[end, cells[a]]
                up[start, end, a] = min(up[start, end, a], attained)


@compiled
def farthest(low: Ints, lengths: Ints, reach: NDArray[np.int32], offset: int) -> None:
    """``reach[k, a, offset + i]``: offset plus the farthest end within ``lengths[k]`` from i."""
    n = low.shape[0]
    for a in range(low.shape[2]):
        for i in range(n):
            j = n - 1
            for k in range(len(lengths) - 1, -1, -1):
                while j > i and low[i, j, a] > lengths[k]:
                    j -= 1
                reach[k, a, offset + i] = offset + j
