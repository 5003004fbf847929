"""Inner loops of the prices. All values are whole numbers.

An *arc* is a kind of window: its index, the slots of elapsed time at its begin and end, and the
class of its length. Cuts of all models stand one after the other: those of model m in
``cuts[m]:cuts[m + 1]``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled
from scar_cp.partition.counts import Splits
from scar_cp.partition.program import NEVER

__all__ = [
    "Arcs",
    "Ranges",
    "Ways",
    "add",
    "choose",
    "costs_from",
    "least_ahead",
    "model_gain",
    "rate",
    "shortest",
]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]


class Arcs(NamedTuple):
    """One array for each property of all arcs."""

    window: Small
    begin: Small
    """Slot of elapsed time."""
    end: Small
    length: Small
    """Class of length."""


class Ranges(NamedTuple):
    """What models can do in windows of every class of length.

    ``reach[k, a, i]`` is the farthest cut from i in class k with at most the chiplets a. Under
    tariff o > 0, layers i..j-1 of model m on them cost
    ``costs[offsets[o, m] + (a·(L+1) + i)·(L+1) + j]`` beyond the least energy, less ``refund[o]``
    per cycle of the window; under tariff 0, nothing.
    """

    least: Ints
    """What the shortest window of every class costs without its models."""
    longest: Ints
    """Longest window of every class, in cycles."""
    reach: Small
    cuts: Ints
    splits: Splits
    costs: Ints
    offsets: Ints
    refund: Ints


class Ways(NamedTuple):
    """Shortest ways over (border, slot)."""

    forward: Ints
    backward: Ints


@compiled
def costs_from(ranges: Ranges, tariff: int, m: int, a: int) -> Ints:
    """Costs under a tariff other than the first, shape (L + 1, L + 1)."""
    n = ranges.cuts[m + 1] - ranges.cuts[m]
    at = ranges.offsets[tariff, m] + a * n * n
    return ranges.costs[at : at + n * n].reshape(n, n)


@compiled
def least_ahead(after: Ints, costs: Ints, i: int, reach: int, is_last: bool) -> int:
    """Least of a range's cost and the price at its end, over ends from i to what it reaches."""
    end = len(after) - 1
    if is_last:
        return int(costs[end]) if reach == end else NEVER
    best = after[i] + costs[i]
    for j in range(i + 1, reach + 1):
        best = min(best, after[j] + costs[j])
    return int(best)


@compiled
def _gain(
    before: Ints, after: Ints, reach: Small, low: int, high: int, is_first: bool, is_last: bool
) -> int:
    """Most gain where going on is free: prices fall and reach rises with cuts."""
    end = high - 1
    if is_first and is_last:
        return 0 if reach[low] == end else -NEVER
    if is_first:
        return int(before[low] - after[reach[low]])
    if is_last:
        i, top = low, end
        while i < top:  # the earliest cut from which the end is reached has the highest price
            middle = (i + top) >> 1
            if reach[middle] == end:
                top = middle
            else:
                i = middle + 1
        return int(before[i])
    best = before[low] - after[reach[low]]
    for i in range(low + 1, high):
        best = max(best, before[i] - after[reach[i]])
    return int(best)


@compiled
def model_gain(
    ranges: Ranges,
    before: Ints,
    after: Ints,
    m: int,
    a: int,
    k: int,
    tariff: int,
    is_first: bool,
    is_last: bool,
) -> int:
    """Most gain of a model with some chiplets, by what a tariff says of its energy."""
    low, high = ranges.cuts[m], ranges.cuts[m + 1]
    reach = ranges.reach[k, a]
    if tariff == 0:
        return _gain(before, after, reach, low, high, is_first, is_last)
    costs, most = costs_from(ranges, tariff, m, a), -NEVER
    for i in range(1 if is_first else high - low):
        ahead = least_ahead(after[low:high], costs[i], i, reach[low + i] - low, is_last)
        if ahead < NEVER:
            most = max(most, before[low + i] - ahead)
    if most == -NEVER:
        return most
    return int(most + ranges.refund[tariff] * ranges.longest[k])


@compiled
def add(most: Ints, gains: Ints, splits: Splits, result: Ints) -> None:
    """Most gain within every count of what is in ``most`` and of one more model."""
    firsts, parts, rests = splits
    for s in range(len(most)):
        best = -4 * NEVER
        for q in range(firsts[s], firsts[s + 1]):
            value = most[rests[q]] + gains[parts[q]]
            if value > best:
                best = value
        result[s] = max(best, -NEVER)


@compiled
def rate(
    some: Ints,
    prices: Ints,
    arcs: Arcs,
    ranges: Ranges,
    tariffs: NDArray[np.int8],
    gains: Ints,
    values: Ints,
) -> None:
    """Gains and values of some arcs: the least length's worth minus gains, all shared out at best.

    ``gains[x, m, a]`` is the most that model m gains on arc x with at most the chiplets a, by
    tariff ``tariffs[x, m, a]``.
    """
    models, size = gains.shape[1], gains.shape[2]
    last = prices.shape[0] - 2
    work = np.empty((2, size), dtype=np.int64)
    for x in some:
        w, k = arcs.window[x], arcs.length[x]
        before, after = prices[w, arcs.begin[x]], prices[w + 1, arcs.end[x]]
        work[0] = 0
        for m in range(models):
            for a in range(size):
                gains[x, m, a] = model_gain(
                    ranges, before, after, m, a, k, tariffs[x, m, a], w == 0, w == last
                )
            add(work[m % 2], gains[x, m], ranges.splits, work[(m + 1) % 2])
        values[x] = ranges.least[k] - work[models % 2, size - 1]


@compiled
def choose(
    some: Ints,
    prices: Ints,
    arcs: Arcs,
    ranges: Ranges,
    tariffs: NDArray[np.int8],
    worth_it: int,
) -> None:
    """Choose the tariffs under which gains are least; other than the first if that is worth it."""
    models, size = tariffs.shape[1], tariffs.shape[2]
    last = prices.shape[0] - 2
    for x in some:
        w, k = arcs.window[x], arcs.length[x]
        before, after = prices[w, arcs.begin[x]], prices[w + 1, arcs.end[x]]
        for m in range(models):
            for a in range(1, size):
                gain = model_gain(ranges, before, after, m, a, k, 0, w == 0, w == last)
                least, tariffs[x, m, a] = gain - worth_it, 0
                for o in range(1, len(ranges.refund)):
                    gain = model_gain(ranges, before, after, m, a, k, o, w == 0, w == last)
                    if gain < least:
                        least, tariffs[x, m, a] = gain, o


@compiled
def shortest(some: Ints, arcs: Arcs, values: Ints, ways: Ways) -> None:
    """Shortest ways over (border, slot) from the begin and to the end; arcs come by window."""
    forward, backward = ways
    forward[:] = NEVER
    backward[:] = NEVER
    forward[0, 0] = 0
    backward[-1] = 0
    for x in some:
        w = arcs.window[x]
        if forward[w, arcs.begin[x]] < NEVER:
            value = forward[w, arcs.begin[x]] + values[x]
            if value < forward[w + 1, arcs.end[x]]:
                forward[w + 1, arcs.end[x]] = value
    for x in some[::-1]:
        w = arcs.window[x]
        if backward[w + 1, arcs.end[x]] < NEVER:
            value = backward[w + 1, arcs.end[x]] + values[x]
            if value < backward[w, arcs.begin[x]]:
                backward[w, arcs.begin[x]] = value
