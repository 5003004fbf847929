"""Give every model its counts in both of two windows, within the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.program import NEVER

__all__ = ["pack_pairs"]

Ints = NDArray[np.int64]


def pack_pairs(
    costs: Sequence[Ints],
    counts: Sequence[int],
    combine: Callable[[Ints, int], Ints],
    limits: Sequence[int],
) -> tuple[int, list[tuple[int, int]]] | None:
    """Choose a pair of counts per model, least cost together.

    Parameters
    ----------
    costs
        Per model, shape (num_counts, num_counts): the cost of having at most these chiplets in
        the first and in the second window.
    counts
        Chiplets of each type.
    combine
        How models combine: ``np.maximum`` for latency, ``np.add`` for energy.
    limits
        Per model, the cost from which a pair is of no interest.

    Returns
    -------
    value, pairs
        The least cost, and the indices of every model's counts; ``None`` if nothing fits.
    """
    shape = tuple(c + 1 for c in counts)
    vectors = np.array(list(np.ndindex(*shape)))
    both = (*shape, *shape)
    value = np.zeros(both, dtype=np.int64)
    steps: list[tuple[Ints, Ints]] = []
    for cost, limit in zip(costs, limits, strict=True):
        options = _undominated(cost, both, limit)
        best = np.full(both, NEVER, dtype=np.int64)
        chosen = np.full(both, -1, dtype=np.int64)
        for k, (a, b) in enumerate(options):
            vector = (*vectors[a], *vectors[b])
            to = tuple(slice(v, None) for v in vector)
            fewer = tuple(slice(0, s - v) for s, v in zip(both, vector, strict=True))
            together = combine(value[fewer], int(cost[a, b]))
            better = together < best[to]
            if better.any():
                best[to][better] = together[better]
                chosen[to][better] = k
        value = best
        steps.append((options, chosen))
    state = np.array([*counts, *counts])
    total = int(value[tuple(state)])
    if total >= NEVER:
        return None
    pairs = []
    for options, chosen in reversed(steps):
        a, b = (int(x) for x in options[chosen[tuple(state)]])
        pairs.append((a, b))
        state = state - np.concatenate([vectors[a], vectors[b]])
    return total, pairs[::-1]


def _undominated(cost: Ints, both: tuple[int, ...], limit: int) -> Ints:
    """Pairs below the limit that no pair with one chiplet fewer equals, cheapest first."""
    grid = cost.reshape(both)
    keep = grid < limit
    for axis in range(len(both)):
        fewer = np.full(both, NEVER, dtype=np.int64)
        to = tuple(slice(1, None) if i == axis else slice(None) for i in range(len(both)))
        at = tuple(slice(0, -1) if i == axis else slice(None) for i in range(len(both)))
        fewer[to] = grid[at]
        keep &= grid < fewer
    found = np.argwhere(keep.reshape(cost.shape))
    return found[np.argsort(cost[found[:, 0], found[:, 1]], kind="stable")]
