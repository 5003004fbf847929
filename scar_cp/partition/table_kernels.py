"""Inner loops of the tables of ranges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled

__all__ = ["farthest", "partitions", "take_least"]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]


@compiled
def _extend(
    sums_before: Ints,
    values_before: Ints,
    used_before: int,
    added: int,
    slowest: int,
    longest: int,
    sums: Ints,
    values: Ints,
    used: int,
) -> int:
    """Merge partitions with one more segment into others; how many there are then, or -1.

    Sums rise and values fall. -1 says that there is no room for all.
    """
    at = 0
    for x in range(used_before):
        total = sums_before[x] + added
        value = added + max(values_before[x], sums_before[x] + slowest)
        if value <= longest:
            while at < used and sums[at] < total:
                at += 1
            if not (at and values[at - 1] <= value) and not (
                at < used and sums[at] == total and values[at] <= value
            ):
                beaten = at
                while beaten < used and values[beaten] >= value:
                    beaten += 1
                if beaten == at:
                    if used == len(sums):
                        return -1
                    for y in range(used, at, -1):
                        sums[y], values[y] = sums[y - 1], values[y - 1]
                    used += 1
                elif beaten > at + 1:
                    gone = beaten - at - 1
                    used -= gone
                    for y in range(at + 1, used):
                        sums[y], values[y] = sums[y + gone], values[y + gone]
                sums[at], values[at] = total, value
        if sums_before[x] + slowest >= values_before[x]:
            break  # the others are worse in both
    return used


@compiled
def partitions(
    sums: Ints,
    passes: Ints,
    compute: Ints,
    pace: int,
    longest: int,
    steps: Ints,
    padding: Ints,
    start: int,
    used: Small,
    sums_of: Ints,
    values_of: Ints,
) -> bool:
    """Every way worth keeping to cut ``start..end-1`` into segments; whether there was room.

    A partition has a sum s, and a latency v: s and ``pace`` times its slowest pass. With one more
    segment of sum σ and pass p it has s + σ and ``σ + max(v, s + pace·p)``: one that neither has
    the smaller sum nor the smaller latency is never needed. Those of (end, counts) are the first
    ``used`` entries of ``sums_of`` and ``values_of``, shape (L + 1, padded counts, room); the last
    one has the least latency. ``compute`` holds the compute cycles of one pass before each layer,
    per type: only they surely grow with a segment.
    """
    types, n, _ = sums.shape
    size = used.shape[1]
    used[start:] = 0
    used[start] = 1
    for p in padding:
        used[start, p] = 0
    sums_of[start, :, 0] = 0
    values_of[start, :, 0] = 0
    for end in range(start + 1, n + 1):
        for t in range(types):
            for first in range(end - 1, start - 1, -1):
                if (pace + 1) * (compute[t, end] - compute[t, first]) > longest:
                    break
                added, slowest = sums[t, first, end - 1], pace * passes[t, first, end - 1]
                if added + slowest > longest:
                    continue
                for k in range(steps[t], size):
                    rest = k - steps[t]
                    if used[first, rest]:
                        count = _extend(
                            *(sums_of[first, rest], values_of[first, rest], used[first, rest]),
                            *(added, slowest, longest),
                            *(sums_of[end, k], values_of[end, k], used[end, k]),
                        )
                        if count < 0:
                            return False
                        used[end, k] = count
        for p in padding:
            used[end, p] = 0
    return True


@compiled
def take_least(
    least: Ints,
    used: Small,
    values_of: Ints,
    crossing: Ints,
    start: int,
    first_end: int,
    cells: Ints,
) -> None:
    """Fill in the least latencies of ranges from ``start`` to ``first_end`` or beyond."""
    for end in range(first_end, len(used)):
        for a in range(len(cells)):
            count = used[end, cells[a]]
            if count:
                least[start, end, a] = values_of[end, cells[a], count - 1] + crossing[end]


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
