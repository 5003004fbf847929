"""Inner loops of the search over cuts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled
from scar_cp.partition.counts import Splits
from scar_cp.partition.program import NEVER

__all__ = ["Energy", "anneal", "seed_random", "window_cost"]

Ints = NDArray[np.int64]

_STRETCHES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
"""How much longer than the least a window may be, where that saves energy."""

_A_BORDER, _A_RANGE = 0.03, 0.2
"""How often a border goes elsewhere, and how often a model's window moves as a whole."""
_TWO_AT_ONCE = 0.4
"""How often two cuts move together."""
_ANYWHERE, _TO_AN_END = 0.15, 0.25
"""How often a cut moves anywhere, and how often (beside that) as far as it can; else, nearby."""
_NEARBY = 0.25
"""Part of its room within which a cut moves nearby."""


class Energy(NamedTuple):
    """What energy costs, as `scar_cp.partition.energy_costs.EnergyCosts` has it."""

    latency_weight: int
    costs: Ints
    offsets: Ints
    refund: Ints


@compiled
def seed_random(seed: int) -> None:
    """Begin a repeatable sequence of random numbers."""
    np.random.seed(seed)


@compiled
def window_length(
    tables: Ints, offsets: Ints, sizes: Ints, begins: Ints, ends: Ints, splits: Splits, work: Ints
) -> int:
    """Least length of a window whose layers are known, with chiplets shared out at best.

    ``tables`` holds the flat range tables of all models, each from its offset; ``work`` is scratch
    of shape (2, num_counts).
    """
    firsts, parts, rests = splits
    size = work.shape[1]
    shared, more = work[0], work[1]
    for s in range(size):
        shared[s] = 0
    for m in range(len(offsets)):
        if begins[m] == ends[m]:
            continue
        at = offsets[m] + (begins[m] * sizes[m] + ends[m]) * size
        for s in range(size):
            least = NEVER
            for q in range(firsts[s], firsts[s + 1]):
                value = max(shared[rests[q]], tables[at + parts[q]])
                if value < least:
                    least = value
            more[s] = least
        for s in range(size):
            shared[s] = more[s]
    return int(shared[size - 1])


@compiled
def window_cost(
    tables: Ints,
    offsets: Ints,
    sizes: Ints,
    begins: Ints,
    ends: Ints,
    splits: Splits,
    energy: Energy,
    work: Ints,
) -> int:
    """What a window costs whose layers are known: its time, and the energy its layers then need.

    The energy is what tariffs say of it, for some lengths from the least on.
    """
    least = window_length(tables, offsets, sizes, begins, ends, splits, work)
    if least >= NEVER or len(energy.refund) == 1:
        return least if least >= NEVER else least * energy.latency_weight
    firsts, parts, rests = splits
    size = work.shape[1]
    best = NEVER
    for stretch in _STRETCHES:
        length = least + int(least * stretch)
        if length * energy.latency_weight >= best:
            break
        shared, alone = work[0], work[1]
        shared[:] = 0
        for m in range(len(offsets)):
            i, j, n = begins[m], ends[m], sizes[m]
            if i == j:
                continue
            at = offsets[m] + (i * n + j) * size
            for a in range(size):
                alone[a] = NEVER
                if tables[at + a] <= length:
                    alone[a] = 0
                    for o in range(1, len(energy.refund)):
                        cost = energy.costs[energy.offsets[o, m] + (a * n + i) * n + j]
                        alone[a] = max(alone[a], cost - energy.refund[o] * length)
            for s in range(size - 1, -1, -1):  # smaller counts are still without this model
                cheapest = NEVER
                for q in range(firsts[s], firsts[s + 1]):
                    cheapest = min(cheapest, shared[rests[q]] + alone[parts[q]])
                shared[s] = cheapest
        best = min(best, length * energy.latency_weight + shared[size - 1])
    return int(best)


@compiled
def _nearby(low: int, high: int, cut: int) -> int:
    """Another place for a cut within its room: mostly close, sometimes anywhere or at an end."""
    draw = np.random.random()
    if draw < _ANYWHERE:
        return low + np.random.randint(high - low + 1)
    if draw < _ANYWHERE + _TO_AN_END:
        return low if np.random.random() < 0.5 else high
    step = max(1, int((high - low) * _NEARBY * np.random.random() ** 2))
    step = step if np.random.random() < 0.5 else -step
    return min(high, max(low, cut + step))


@compiled
def _move(cuts: Ints) -> tuple[int, int]:
    """Move some cuts; the first and last window that changed."""
    windows, models = cuts.shape[0] - 1, cuts.shape[1]
    w = 1 + np.random.randint(windows - 1)
    draw = np.random.random()
    if draw < _A_BORDER:  # take a border away, and cut another window in two
        v = np.random.randint(windows - 1)
        first, last = min(w - 1, v), max(w, v + 1)
        for x in range(w, windows):
            cuts[x] = cuts[x + 1]
        for x in range(windows, v + 1, -1):
            cuts[x] = cuts[x - 1]
        part = np.random.random()
        for m in range(models):
            low, high = cuts[v, m], cuts[v + 2, m]
            if np.random.random() < 0.5:
                cuts[v + 1, m] = low + int((high - low) * part)
            else:
                cuts[v + 1, m] = low if np.random.random() < 0.5 else high
        return first, last
    if draw < _A_BORDER + _A_RANGE and windows > 2:  # a model's window moves as a whole
        w = 1 + np.random.randint(windows - 2)
        m = np.random.randint(models)
        low, high = cuts[w - 1, m], cuts[w + 2, m]
        new = _nearby(low, high, cuts[w, m])
        by = new - cuts[w, m]
        cuts[w, m] = new
        cuts[w + 1, m] = min(high, max(new, cuts[w + 1, m] + by))
        return w - 1, w + 1
    for _ in range(1 + (np.random.random() < _TWO_AT_ONCE)):
        m = np.random.randint(models)
        cuts[w, m] = _nearby(cuts[w - 1, m], cuts[w + 1, m], cuts[w, m])
    return w - 1, w


@compiled
def anneal(
    tables: Ints,
    offsets: Ints,
    sizes: Ints,
    splits: Splits,
    energy: Energy,
    cuts: Ints,
    costs: Ints,
    best_cuts: Ints,
    best: int,
    steps: int,
    hot: float,
    cold: float,
) -> int:
    """Move cuts at random; dearer schedules are taken the less often the colder it is.

    ``cuts`` (borders, models) and ``costs`` (windows) are where it goes on; ``best_cuts`` is kept
    with the least total, which is returned.
    """
    work = np.empty((2, len(splits[0]) - 1), dtype=np.int64)
    old_cuts, old_costs = cuts.copy(), costs.copy()
    cool = (cold / hot) ** (1.0 / steps)
    temperature = hot
    for _ in range(steps):
        temperature *= cool
        first, last = _move(cuts)
        allowed = costs.sum() - temperature * np.log(1 - np.random.random())
        total = 0
        if last - first + 1 < len(costs):
            total = costs[:first].sum() + costs[last + 1 :].sum()
        for w in range(first, last + 1):
            cost = window_cost(
                *(tables, offsets, sizes, cuts[w], cuts[w + 1], splits, energy, work)
            )
            costs[w] = cost
            total += cost
            if cost >= NEVER or total > allowed:
                break
        if total > allowed:
            cuts[first : last + 2] = old_cuts[first : last + 2]
            costs[first : last + 1] = old_costs[first : last + 1]
            continue
        old_cuts[first : last + 2] = cuts[first : last + 2]
        old_costs[first : last + 1] = costs[first : last + 1]
        if total < best:
            best = total
            best_cuts[:] = cuts
    return best
