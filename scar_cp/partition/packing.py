"""Give every model its counts in every window, within the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.program import NEVER

__all__ = ["pack"]

Ints = NDArray[np.int64]


def pack(
    costs: Sequence[Ints],
    counts: Sequence[int],
    combine: Callable[[Ints, int], Ints],
    limits: Sequence[int],
) -> tuple[int, list[tuple[int, ...]]] | None:
    """Choose counts per model and window, least cost together.

    Parameters
    ----------
    costs
        Per model, one axis of ``num_counts`` per window: the cost of having at most these
        chiplets in each.
    counts
        Chiplets of each type.
    combine
        How models combine: ``np.maximum`` for latency, ``np.add`` for energy.
    limits
        Per model, the cost from which a choice is of no interest.

    Returns
    -------
    value, choices
        The least cost, and the indices of every model's counts; ``None`` if nothing fits.
    """
    shape = tuple(c + 1 for c in counts)
    windows = costs[0].ndim if costs else 1
    vectors = np.array(list(np.ndindex(*shape)))
    every = shape * windows
    value = np.zeros(every, dtype=np.int64)
    steps: list[tuple[Ints, Ints]] = []
    for cost, limit in zip(costs, limits, strict=True):
        options = _undominated(cost, every, limit)
        best = np.full(every, NEVER, dtype=np.int64)
        chosen = np.full(every, -1, dtype=np.int64)
        for k, option in enumerate(options):
            look()
            vector = vectors[option].ravel()
            to = tuple(slice(v, None) for v in vector)
            fewer = tuple(slice(0, s - v) for s, v in zip(every, vector, strict=True))
            together = combine(value[fewer], int(cost[tuple(option)]))
            better = together < best[to]
            if better.any():
                best[to][better] = together[better]
                chosen[to][better] = k
        value = best
        steps.append((options, chosen))
    state = np.array(list(counts) * windows)
    total = int(value[tuple(state)])
    if total >= NEVER:
        return None
    choices = []
    for options, chosen in reversed(steps):
        option = options[chosen[tuple(state)]]
        choices.append(tuple(int(x) for x in option))
        state = state - vectors[option].ravel()
    return total, choices[::-1]


def _undominated(cost: Ints, every: tuple[int, ...], limit: int) -> Ints:
    """Choices below the limit that none with one chiplet fewer equals, cheapest first."""
    grid = cost.reshape(every)
    keep = grid < limit
    for axis in range(len(every)):
        fewer = np.full(every, NEVER, dtype=np.int64)
        to = tuple(slice(1, None) if i == axis else slice(None) for i in range(len(every)))
        at = tuple(slice(0, -1) if i == axis else slice(None) for i in range(len(every)))
        fewer[to] = grid[at]
        keep &= grid < fewer
    found = np.argwhere(keep.reshape(cost.shape))
    return found[np.argsort(cost[tuple(found.T)], kind="stable")]
