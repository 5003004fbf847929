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

__all__ = ["adam", "balance", "path_weights", "rate", "shortest", "slopes"]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
Floats = NDArray[np.float64]

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
def _add(most: Ints, gains: Ints, splits: Splits, result: Ints) -> None:
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
            _add(work[m % 2], gains[x, m], splits, work[(m + 1) % 2])
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
            _add(later[m + 1, y], gains[arcs[y], m], splits, later[m, y])
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
                _add(earlier[y], later[m + 1, y], splits, rest[y])
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
            _add(earlier[y], gains[x, m], splits, work)
            earlier[y] = work
    for y in range(len(arcs)):
        values[arcs[y]] = floors[length[arcs[y]]] + 1 - earlier[y, size - 1]


@compiled
def path_weights(
    arcs: Ints,
    window: Small,
    begin: Small,
    end: Small,
    values: Ints,
    forward: Ints,
    backward: Ints,
    temperature: float,
    weights: Floats,
) -> None:
    """How often each arc is on a path, if a path longer by d counts ``exp(-d / temperature)``."""
    ways = np.zeros(forward.shape)
    left = np.zeros(forward.shape)
    ways[0, 0] = 1.0
    left[-1] = 1.0
    for x in arcs:
        w, a, b = window[x], begin[x], end[x]
        if forward[w, a] < NEVER:
            longer = forward[w, a] + values[x] - forward[w + 1, b]
            ways[w + 1, b] += ways[w, a] * np.exp(-longer / temperature)
    for x in arcs[::-1]:
        w, a, b = window[x], begin[x], end[x]
        if backward[w + 1, b] < NEVER:
            longer = backward[w + 1, b] + values[x] - backward[w, a]
            left[w, a] += left[w + 1, b] * np.exp(-longer / temperature)
    for x in arcs:
        w, a, b = window[x], begin[x], end[x]
        weights[x] = 0.0
        if forward[w, a] < NEVER and backward[w + 1, b] < NEVER:
            longer = forward[w, a] + values[x] + backward[w + 1, b] - backward[0, 0]
            part = np.exp(-longer / temperature)
            weights[x] = ways[w, a] * part * left[w + 1, b] / left[0, 0]


@compiled
def _attained(gains: Ints, splits: Splits, counts: Ints) -> None:
    """Counts of every model that attain an arc's value."""
    models, size = gains.shape
    firsts, parts, rests = splits
    most = np.zeros((models + 1, size), dtype=np.int64)
    for m in range(models):
        _add(most[m], gains[m], splits, most[m + 1])
    s = size - 1
    for m in range(models - 1, -1, -1):
        chosen, best = 0, -4 * NEVER
        for q in range(firsts[s], firsts[s + 1]):
            value = most[m, rests[q]] + gains[m, parts[q]]
            if value > best:
                chosen, best = q, value
        counts[m] = parts[chosen]
        s = rests[chosen]


@compiled
def slopes(
    arcs: Ints,
    weights: Floats,
    prices: Ints,
    window: Small,
    begin: Small,
    end: Small,
    length: Small,
    reach: NDArray[np.int32],
    cuts: Ints,
    splits: Splits,
    gains: Ints,
    slope: Floats,
) -> None:
    """Slope of the softened bound along every price."""
    models = gains.shape[1]
    counts = np.empty(models, dtype=np.int64)
    last = prices.shape[0] - 2
    slope[:] = 0.0
    for x in arcs:
        if weights[x] < 1e-4:
            continue
        w = window[x]
        before, after = prices[w, begin[x]], prices[w + 1, end[x]]
        _attained(gains[x], splits, counts)
        for m in range(models):
            r = reach[length[x], counts[m]]
            low, high = cuts[m], cuts[m + 1]
            top = low + 1 if w == 0 else high
            chosen, best = low, -4 * NEVER
            for i in range(low, top):
                if w == last and r[i] != high - 1:
                    continue
                value = before[i] if w == last else before[i] - after[r[i]]
                if value > best:
                    chosen, best = i, value
            slope[w, begin[x], chosen] -= weights[x]
            slope[w + 1, end[x], r[chosen]] += weights[x]


@compiled
def adam(
    fine: Floats, slope: Floats, mean: Floats, square: Floats, step: int, pace: float, cuts: Ints
) -> None:
    """One step of Adam on the prices of inner borders, which then fall with cuts."""
    of_mean, of_square = 1 - 0.9**step, 1 - 0.99**step
    for w in range(1, fine.shape[0] - 1):
        for s in range(fine.shape[1]):
            for c in range(fine.shape[2]):
                g = slope[w, s, c]
                mean[w, s, c] = 0.9 * mean[w, s, c] + 0.1 * g
                square[w, s, c] = 0.99 * square[w, s, c] + 0.01 * g * g
                size = np.sqrt(square[w, s, c] / of_square) + 1e-2
                fine[w, s, c] += pace * (mean[w, s, c] / of_mean) / size
            for m in range(len(cuts) - 1):
                for c in range(cuts[m] + 1, cuts[m + 1]):
                    fine[w, s, c] = min(fine[w, s, c], fine[w, s, c - 1])
