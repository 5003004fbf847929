"""Inner loops of the search over cuts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled
from scar_cp.partition.counts import Splits

__all__ = ["anneal", "seed_random", "window_length"]

Ints = NDArray[np.int64]

NEVER = 2**60

_A_BORDER, _A_RANGE = 0.03, 0.2
"""How often a border goes elsewhere, and how often a model's window moves as a whole."""
_TWO_AT_ONCE = 0.4
"""How often two cuts move together."""
_ANYWHERE, _TO_AN_END = 0.15, 0.25
"""How often a cut moves anywhere, and how often (beside that) as far as it can; else, nearby."""
_NEARBY = 0.25
"""Part of its room within which a cut moves nearby."""


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
    cuts: Ints,
    lengths: Ints,
    best_cuts: Ints,
    best: int,
    steps: int,
    hot: float,
    cold: float,
) -> int:
    """Move cuts at random; longer schedules are taken the less often the colder it is.

    ``cuts`` (borders, models) and ``lengths`` (windows) are where it goes on; ``best_cuts`` is kept
    with the shortest total, which is returned.
    """
    work = np.empty((2, len(splits[0]) - 1), dtype=np.int64)
    old_cuts, old_lengths = cuts.copy(), lengths.copy()
    cool = (cold / hot) ** (1.0 / steps)
    temperature = hot
    for _ in range(steps):
        temperature *= cool
        first, last = _move(cuts)
        allowed = lengths.sum() - temperature * np.log(1 - np.random.random())
        total = 0
        if last - first + 1 < len(lengths):
            total = lengths[:first].sum() + lengths[last + 1 :].sum()
        for w in range(first, last + 1):
            length = window_length(tables, offsets, sizes, cuts[w], cuts[w + 1], splits, work)
            lengths[w] = length
            total += length
            if length >= NEVER or total > allowed:
                break
        if total > allowed:
            cuts[first : last + 2] = old_cuts[first : last + 2]
            lengths[first : last + 1] = old_lengths[first : last + 1]
            continue
        old_cuts[first : last + 2] = cuts[first : last + 2]
        old_lengths[first : last + 1] = lengths[first : last + 1]
        if total < best:
            best = total
            best_cuts[:] = cuts
    return best
