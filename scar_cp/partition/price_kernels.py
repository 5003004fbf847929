"""Inner loops of the prices. All values are whole cycles.

An *arc* is a kind of window: its index w, the slots of elapsed time at its begin and end, and the
class k of its length, which is above ``floors[k]``. ``reach[k, a, i]`` is the farthest cut from i
in the class with at most the chiplets a; ``gains[x, m, a]`` is the most that model m then gains.
Cuts of all models stand one after the other: those of model m in ``cuts[m]:cuts[m + 1]``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled
from scar_cp.partition.counts import Splits

__all__ = ["NEVER", "add", "balance", "rate", "shortest"]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]

NEVER = 2**60


@compiled
def _gain(before: Ints, after: Ints, reach: Small, low: int, high: int) -> int:
    best = before[low] - after[reach[low]]
    for i in range(low + 1, high):
        best = max(best, before[i] - after[reach[i]])
    return int(best)


@compiled
def _model_gains(
    gains: Ints,
    before: Ints,
    after: Ints,
    reach: Small,
    low: int,
    high: int,
    is_first: bool,
    is_last: bool,
) -> None:
    """Most gain of one model on one arc, for every count; prices fall and reach rises with cuts."""
    end = high - 1
    for a in range(len(gains)):
        r = reach[a]
        if is_first and is_last:
            gains[a] = 0 if r[low] == end else -NEVER
        elif is_first:
            gains[a] = before[low] - after[r[low]]
        elif is_last:
            i, top = low, end
            while i < top:  # the earliest cut from which the end is reached has the highest price
                middle = (i + top) >> 1
                if r[middle] == end:
                    top = middle
                else:
                    i = middle + 1
            gains[a] = before[i]
        else:
            gains[a] = _gain(before, after, r, low, high)


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
    arcs: Ints,
    prices: Ints,
    window: Small,
    begin: Small,
    end: Small,
    length: Small,
    floors: Ints,
    reach: NDArray[np.int32],
    cuts: Ints,
    splits: Splits,
    gains: Ints,
    values: Ints,
) -> None:
    """Gains and values of some arcs: the least length minus gains, chiplets shared out at best."""
    models, size = gains.shape[1], gains.shape[2]
    last = prices.shape[0] - 2
    work = np.empty((2, size), dtype=np.int64)
    for x in arcs:
        w, k = window[x], length[x]
        work[0] = 0
        for m in range(models):
            _model_gains(
                gains[x, m],
                prices[w, begin[x]],
                prices[w + 1, end[x]],
                reach[k],
                cuts[m],
                cuts[m + 1],
                w == 0,
                w == last,
            )
            add(work[m % 2], gains[x, m], splits, work[(m + 1) % 2])
        values[x] = floors[k] + 1 - work[models % 2, size - 1]


@compiled
def shortest(
    arcs: Ints,
    window: Small,
    begin: Small,
    end: Small,
    values: Ints,
    forward: Ints,
    backward: Ints,
) -> None:
    """Shortest ways over (border, slot) from the begin and to the end; arcs come by window."""
    forward[:] = NEVER
    backward[:] = NEVER
    forward[0, 0] = 0
    backward[-1] = 0
    for x in arcs:
        w = window[x]
        if forward[w, begin[x]] < NEVER:
            value = forward[w, begin[x]] + values[x]
            if value < forward[w + 1, end[x]]:
                forward[w + 1, end[x]] = value
    for x in arcs[::-1]:
        w = window[x]
        if backward[w + 1, end[x]] < NEVER:
            value = backward[w + 1, end[x]] + values[x]
            if value < backward[w, begin[x]]:
                backward[w, begin[x]] = value


@compiled
def _spent_before(
    arcs: Ints,
    rest: Ints,
    forward: Ints,
    prices: Ints,
    begin: Small,
    length: Small,
    floors: Ints,
    reach: NDArray[np.int32],
    low: int,
    high: int,
    w: int,
    spent: Ints,
) -> None:
    """``spent[c]``: least value of all before the border that has the model at cut c or beyond."""
    size = rest.shape[1]
    top = low + 1 if w == 1 else high
    for y in range(len(arcs)):
        x = arcs[y]
        known = forward[w - 1, begin[x]] + floors[length[x]] + 1
        if known >= NEVER:
            continue
        price = prices[w - 1, begin[x]]
        for a in range(size):
            base = known - rest[y, size - 1 - a]
            if base >= NEVER // 2:  # others cannot go this way
                continue
            r = reach[length[x], a]
            for i in range(low, top):
                value = base - price[i]
                if value < spent[r[i] - low]:
                    spent[r[i] - low] = value
    for c in range(high - low - 2, -1, -1):
        spent[c] = min(spent[c], spent[c + 1])


@compiled
def _left_after(
    arcs: Ints,
    rest: Ints,
    backward: Ints,
    prices: Ints,
    end: Small,
    length: Small,
    floors: Ints,
    reach: NDArray[np.int32],
    low: int,
    high: int,
    w: int,
    left: Ints,
) -> None:
    """``left[c]``: least value of all after the border that has the model at cut c."""
    size = rest.shape[1]
    last = prices.shape[0] - 2
    for y in range(len(arcs)):
        x = arcs[y]
        known = backward[w + 1, end[x]] + floors[length[x]] + 1
        if known >= NEVER:
            continue
        price = prices[w + 1, end[x]]
        for a in range(size):
            base = known - rest[y, size - 1 - a]
            if base >= NEVER // 2:  # others cannot go this way
                continue
            r = reach[length[x], a]
            for i in range(high - 1, low - 1, -1):
                if w == last and r[i] != high - 1:
                    break
                value = base if w == last else base + price[r[i]]
                if value < left[i - low]:
                    left[i - low] = value


@compiled
def _half_way(spent: Ints, left: Ints, price: Ints) -> None:
    """Set a model's prices so that both sides of a node are worth the same, and fall with cuts.

    Any u from ``half - spent`` to ``left - (least - half)`` attains the most, which is
    ``least = min (spent + left)``.
    """
    least = NEVER
    for c in range(len(price)):
        if spent[c] < NEVER and left[c] < NEVER:
            least = min(least, spent[c] + left[c])
    if least >= NEVER:
        return
    half = least // 2
    highest = NEVER
    for c in range(len(price)):
        value = highest
        if spent[c] < NEVER and left[c] < NEVER:
            value = (left[c] - spent[c]) // 2
        elif left[c] < NEVER:
            value = left[c] - (least - half)
        elif spent[c] < NEVER:
            value = half - spent[c]
        highest = min(highest, value)
        price[c] = highest


@compiled
def balance(
    prices: Ints,
    w: int,
    s: int,
    ins: Ints,
    outs: Ints,
    begin: Small,
    end: Small,
    length: Small,
    floors: Ints,
    reach: NDArray[np.int32],
    cuts: Ints,
    splits: Splits,
    gains: Ints,
    values: Ints,
    forward: Ints,
    backward: Ints,
) -> None:
    """Set the prices of one model after the other at border w and slot s half way between sides.

    No prices of one model make the node worth more, the others' given: it never gets less.
    """
    models, size = gains.shape[1], gains.shape[2]
    last = prices.shape[0] - 2
    arcs = np.concatenate((ins, outs))
    later = np.zeros((models + 1, len(arcs), size), dtype=np.int64)
    for m in range(models - 1, 0, -1):
        for y in range(len(arcs)):
            add(later[m + 1, y], gains[arcs[y], m], splits, later[m, y])
    earlier = np.zeros((len(arcs), size), dtype=np.int64)
    rest = np.empty((len(arcs), size), dtype=np.int64)
    work = np.empty(size, dtype=np.int64)
    for m in range(models):
        low, high = cuts[m], cuts[m + 1]
        for y in range(len(arcs)):
            if m == 0:
                rest[y] = later[1, y]
            elif m == models - 1:
                rest[y] = earlier[y]
            else:
                add(earlier[y], later[m + 1, y], splits, rest[y])
        spent = np.full(high - low, NEVER, dtype=np.int64)
        left = np.full(high - low, NEVER, dtype=np.int64)
        _spent_before(ins, rest, forward, prices, begin, length, floors, reach, low, high, w, spent)
        _left_after(
            outs, rest[len(ins) :], backward, prices, end, length, floors, reach, low, high, w, left
        )
        _half_way(spent, left, prices[w, s, low:high])
        for y in range(len(arcs)):
            x = arcs[y]
            inside = y < len(ins)
            _model_gains(
                gains[x, m],
                prices[w - 1, begin[x]] if inside else prices[w, s],
                prices[w, s] if inside else prices[w + 1, end[x]],
                reach[length[x]],
                low,
                high,
                inside and w == 1,
                not inside and w == last,
            )
            add(earlier[y], gains[x, m], splits, work)
            earlier[y] = work
    for y in range(len(arcs)):
        values[arcs[y]] = floors[length[arcs[y]]] + 1 - earlier[y, size - 1]
