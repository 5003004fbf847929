"""Inner loop that balances prices: what is before a border against what is after it.

Arcs, ranges and ways are those of `scar_cp.partition.price_kernels`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled
from scar_cp.partition.price_kernels import (
    Arcs,
    Ranges,
    Ways,
    add,
    costs_from,
    least_ahead,
    model_gain,
)
from scar_cp.partition.program import NEVER

__all__ = ["balance"]

Ints = NDArray[np.int64]


@compiled
def _spent_before(
    some: Ints,
    rest: Ints,
    prices: Ints,
    arcs: Arcs,
    ranges: Ranges,
    ways: Ways,
    tariffs: NDArray[np.int8],
    m: int,
    w: int,
    spent: Ints,
) -> None:
    """``spent[c]``: least value of all before the border that has the model at cut c or beyond."""
    size = rest.shape[1]
    low, high = ranges.cuts[m], ranges.cuts[m + 1]
    top = low + 1 if w == 1 else high
    for y in range(len(some)):
        x = some[y]
        k = arcs.length[x]
        known = ways.forward[w - 1, arcs.begin[x]] + ranges.least[k]
        if known >= NEVER:
            continue
        price = prices[w - 1, arcs.begin[x]]
        for a in range(size):
            base = known - rest[y, size - 1 - a]
            if base >= NEVER // 2:  # others cannot go this way
                continue
            r, o = ranges.reach[k, a], tariffs[x, m, a]
            if o > 0:
                base -= ranges.refund[o] * ranges.longest[k]
                costs = costs_from(ranges, o, m, a)
                for i in range(top - low):
                    for j in range(i, r[low + i] - low + 1):
                        if costs[i, j] < NEVER:
                            spent[j] = min(spent[j], base - price[low + i] + costs[i, j])
                continue
            for i in range(low, top):
                value = base - price[i]
                if value < spent[r[i] - low]:
                    spent[r[i] - low] = value
    for c in range(high - low - 2, -1, -1):
        spent[c] = min(spent[c], spent[c + 1])


@compiled
def _left_after(
    some: Ints,
    rest: Ints,
    prices: Ints,
    arcs: Arcs,
    ranges: Ranges,
    ways: Ways,
    tariffs: NDArray[np.int8],
    m: int,
    w: int,
    left: Ints,
) -> None:
    """``left[c]``: least value of all after the border that has the model at cut c."""
    size = rest.shape[1]
    low, high = ranges.cuts[m], ranges.cuts[m + 1]
    last = prices.shape[0] - 2
    for y in range(len(some)):
        x = some[y]
        k = arcs.length[x]
        known = ways.backward[w + 1, arcs.end[x]] + ranges.least[k]
        if known >= NEVER:
            continue
        price = prices[w + 1, arcs.end[x]]
        for a in range(size):
            base = known - rest[y, size - 1 - a]
            if base >= NEVER // 2:  # others cannot go this way
                continue
            r, o = ranges.reach[k, a], tariffs[x, m, a]
            if o > 0:
                base -= ranges.refund[o] * ranges.longest[k]
                costs = costs_from(ranges, o, m, a)
                for i in range(high - low):
                    reach = r[low + i] - low
                    ahead = least_ahead(price[low:high], costs[i], i, reach, w == last)
                    if ahead < NEVER:
                        left[i] = min(left[i], base + ahead)
                continue
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
    arcs: Arcs,
    ranges: Ranges,
    ways: Ways,
    tariffs: NDArray[np.int8],
    gains: Ints,
    values: Ints,
) -> None:
    """Set the prices of one model after the other at border w and slot s half way between sides.

    No prices of one model make the node worth more, the others' given: it never gets less.
    """
    models, size = gains.shape[1], gains.shape[2]
    last = prices.shape[0] - 2
    splits = ranges.splits
    some = np.concatenate((ins, outs))
    later = np.zeros((models + 1, len(some), size), dtype=np.int64)
    for m in range(models - 1, 0, -1):
        for y in range(len(some)):
            add(later[m + 1, y], gains[some[y], m], splits, later[m, y])
    earlier = np.zeros((len(some), size), dtype=np.int64)
    rest = np.empty((len(some), size), dtype=np.int64)
    work = np.empty(size, dtype=np.int64)
    for m in range(models):
        low, high = ranges.cuts[m], ranges.cuts[m + 1]
        for y in range(len(some)):
            if m == 0:
                rest[y] = later[1, y]
            elif m == models - 1:
                rest[y] = earlier[y]
            else:
                add(earlier[y], later[m + 1, y], splits, rest[y])
        spent = np.full(high - low, NEVER, dtype=np.int64)
        left = np.full(high - low, NEVER, dtype=np.int64)
        _spent_before(ins, rest, prices, arcs, ranges, ways, tariffs, m, w, spent)
        _left_after(outs, rest[len(ins) :], prices, arcs, ranges, ways, tariffs, m, w, left)
        _half_way(spent, left, prices[w, s, low:high])
        for y in range(len(some)):
            x, inside = some[y], y < len(ins)
            before = prices[w - 1, arcs.begin[x]] if inside else prices[w, s]
            after = prices[w, s] if inside else prices[w + 1, arcs.end[x]]
            is_first, is_last = inside and w == 1, not inside and w == last
            for a in range(size):
                gains[x, m, a] = model_gain(
                    *(ranges, before, after, m, a, arcs.length[x], tariffs[x, m, a]),
                    *(is_first, is_last),
                )
            add(earlier[y], gains[x, m], splits, work)
            earlier[y] = work
    for y in range(len(some)):
        values[some[y]] = ranges.least[arcs.length[some[y]]] - earlier[y, size - 1]
