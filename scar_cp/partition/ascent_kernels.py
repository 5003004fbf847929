"""Inner loops of climbing a bound of prices: how it is softened, where it rises, and one step.

Arcs, ranges and ways are those of `scar_cp.partition.price_kernels`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled
from scar_cp.partition.counts import Splits
from scar_cp.partition.price_kernels import Arcs, Ranges, Ways, add, costs_from, least_ahead
from scar_cp.partition.program import NEVER

__all__ = ["adam", "path_weights", "slopes"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@compiled
def path_weights(
    some: Ints, arcs: Arcs, values: Ints, shortest: Ways, temperature: float, weights: Floats
) -> None:
    """How often each arc is on a path, if a path longer by d counts ``exp(-d / temperature)``."""
    forward, backward = shortest
    ways = np.zeros(forward.shape)
    left = np.zeros(forward.shape)
    ways[0, 0] = 1.0
    left[-1] = 1.0
    for x in some:
        w, a, b = arcs.window[x], arcs.begin[x], arcs.end[x]
        if forward[w, a] < NEVER:
            longer = forward[w, a] + values[x] - forward[w + 1, b]
            ways[w + 1, b] += ways[w, a] * np.exp(-longer / temperature)
    for x in some[::-1]:
        w, a, b = arcs.window[x], arcs.begin[x], arcs.end[x]
        if backward[w + 1, b] < NEVER:
            longer = backward[w + 1, b] + values[x] - backward[w, a]
            left[w, a] += left[w + 1, b] * np.exp(-longer / temperature)
    for x in some:
        w, a, b = arcs.window[x], arcs.begin[x], arcs.end[x]
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
        add(most[m], gains[m], splits, most[m + 1])
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
    some: Ints,
    weights: Floats,
    prices: Ints,
    arcs: Arcs,
    ranges: Ranges,
    tariffs: NDArray[np.int8],
    gains: Ints,
    slope: Floats,
) -> None:
    """Slope of the softened bound along every price."""
    models = gains.shape[1]
    counts = np.empty(models, dtype=np.int64)
    last = prices.shape[0] - 2
    slope[:] = 0.0
    for x in some:
        if weights[x] < 1e-4:
            continue
        w, k = arcs.window[x], arcs.length[x]
        before, after = prices[w, arcs.begin[x]], prices[w + 1, arcs.end[x]]
        _attained(gains[x], ranges.splits, counts)
        for m in range(models):
            a, o = counts[m], tariffs[x, m, counts[m]]
            low, high = ranges.cuts[m], ranges.cuts[m + 1]
            reach = ranges.reach[k, a]
            i, best = low, -4 * NEVER
            if o == 0:
                for c in range(low, low + 1 if w == 0 else high):
                    if w == last and reach[c] != high - 1:
                        continue
                    value = before[c] if w == last else before[c] - after[reach[c]]
                    if value > best:
                        i, best = c, value
                j = reach[i]
            else:
                costs = costs_from(ranges, o, m, a)
                for c in range(1 if w == 0 else high - low):
                    ahead = least_ahead(
                        after[low:high], costs[c], c, reach[low + c] - low, w == last
                    )
                    if ahead < NEVER and before[low + c] - ahead > best:
                        i, best = low + c, before[low + c] - ahead
                j = reach[i]  # the farthest of those that are as good
                while w != last and j > i and before[i] - after[j] - costs[i - low, j - low] < best:
                    j -= 1
            slope[w, arcs.begin[x], i] -= weights[x]
            slope[w + 1, arcs.end[x], j] += weights[x]


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
