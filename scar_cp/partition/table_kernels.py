"""Inner loops of the tables of ranges."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled

__all__ = ["Lists", "farthest", "partitions", "take_least"]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]


class Lists(NamedTuple):
    """Partitions worth keeping, of every (end, counts): the first ``used`` of each list.

    A partition has a sum s, and a latency v: s and ``pace`` times its slowest pass. In a list sums
    rise and values fall. ``fresh`` ones need all of the counts.
    """

    used: Small
    sums: Ints
    values: Ints
    fresh: NDArray[np.bool_]


@compiled
def _insert(lists: Lists, end: int, k: int, total: int, value: int, fresh: bool, at: int) -> int:
    """Insert a partition at a place or beyond, unless it is beaten; the place, or -1 if too many.

    Those that it beats go.
    """
    used = lists.used[end, k]
    while at < used and lists.sums[end, k, at] < total:
        at += 1
    if at and lists.values[end, k, at - 1] <= value:
        return at
    if at < used and lists.sums[end, k, at] == total and lists.values[end, k, at] <= value:
        return at
    beaten = at
    while beaten < used and lists.values[end, k, beaten] >= value:
        beaten += 1
    if beaten == at and used == lists.sums.shape[2]:
        return -1
    sums, values, is_fresh = lists.sums[end, k], lists.values[end, k], lists.fresh[end, k]
    if beaten == at:
        for y in range(used, at, -1):
            sums[y], values[y], is_fresh[y] = sums[y - 1], values[y - 1], is_fresh[y - 1]
        used += 1
    elif beaten > at + 1:
        gone = beaten - at - 1
        used -= gone
        for y in range(at + 1, used):
            sums[y], values[y], is_fresh[y] = sums[y + gone], values[y + gone], is_fresh[y + gone]
    sums[at], values[at], is_fresh[at] = total, value, fresh
    lists.used[end, k] = used
    return at


@compiled
def _extend(
    lists: Lists, first: int, rest: int, end: int, k: int, added: int, slowest: int, longest: int
) -> bool:
    """Insert partitions that end before ``first``, with one more segment; whether there was room.

    With one more segment of sum σ and pass p, a partition has s + σ and ``σ + max(v, s + pace·p)``:
    one that neither has the smaller sum nor the smaller latency is never needed.
    """
    at = 0
    for x in range(lists.used[first, rest]):
        total, value = lists.sums[first, rest, x], lists.values[first, rest, x]
        if lists.fresh[first, rest, x]:
            longer = added + max(value, total + slowest)
            if longer <= longest:
                at = _insert(lists, end, k, total + added, longer, True, at)
                if at < 0:
                    return False
        if total + slowest >= value:
            break  # the others are worse in both
    return True


@compiled
def partitions(
    sums: Ints,
    passes: Ints,
    compute: Ints,
    pace: int,
    longest: int,
    steps: Ints,
    cells: Ints,
    start: int,
    lists: Lists,
) -> bool:
    """Every way worth keeping to cut ``start..end-1`` into segments; whether there was room.

    ``compute`` holds the compute cycles of one pass before each layer, per type: only they surely
    grow with a segment. ``cells`` are the counts in the padded order, ``steps`` those to one
    chiplet less of each type.
    """
    types, n, _ = sums.shape
    lists.used[start:] = 0
    lists.used[start, cells[0]] = 1
    lists.sums[start, cells[0], 0] = 0
    lists.values[start, cells[0], 0] = 0
    lists.fresh[start, cells[0], 0] = True
    added, slowest = np.empty((types, n), dtype=np.int64), np.empty((types, n), dtype=np.int64)
    lowest = np.empty(types, dtype=np.int64)
    for end in range(start + 1, n + 1):
        for t in range(types):
            lowest[t] = end
            for first in range(end - 1, start - 1, -1):
                if (pace + 1) * (compute[t, end] - compute[t, first]) > longest:
                    break
                lowest[t] = first
                added[t, first] = sums[t, first, end - 1]
                slowest[t, first] = pace * passes[t, first, end - 1]
        for k in cells[1:]:
            for t in range(types):  # what needs fewer chiplets
                rest = k - steps[t]
                at = 0
                for x in range(lists.used[end, rest]):
                    total, value = lists.sums[end, rest, x], lists.values[end, rest, x]
                    at = _insert(lists, end, k, total, value, False, at)
                    if at < 0:
                        return False
            for t in range(types):
                rest = k - steps[t]
                for first in range(end - 1, lowest[t] - 1, -1):
                    extra, slow = added[t, first], slowest[t, first]
                    if extra + slow > longest:
                        continue
                    if not _extend(lists, first, rest, end, k, extra, slow, longest):
                        return False
    return True


@compiled
def take_least(
    least: Ints, lists: Lists, crossing: Ints, start: int, first_end: int, cells: Ints
) -> None:
    """Fill in the least latencies of ranges from ``start`` to ``first_end`` or beyond."""
    for end in range(first_end, len(lists.used)):
        for a in range(len(cells)):
            count = lists.used[end, cells[a]]
            if count:
                least[start, end, a] = lists.values[end, cells[a], count - 1] + crossing[end]


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
