"""The inner loop of the partition programme, compiled for packages with many counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled

__all__ = ["least_sums"]

Ints = NDArray[np.int64]


def least_sums(least: Ints, first: int, end: int, added: Ints) -> Ints:
    """Least of ``least[i] + added[i - first]`` over ``first <= i < end``, for all counts.

    Parameters
    ----------
    least
        Shape (layers + 1, counts...).
    first, end
        Which rows.
    added
        Shape (end - first,).

    Returns
    -------
    array of shape (counts...)
    """
    flat = least.reshape(len(least), -1)
    return _least(flat, first, end, added).reshape(least.shape[1:])


@compiled
def _least(least: Ints, first: int, end: int, added: Ints) -> Ints:
    best: Ints = least[first] + added[0]
    for i in range(first + 1, end):
        more = added[i - first]
        for k in range(best.size):
            total = least[i, k] + more
            if total < best[k]:
                best[k] = total
    return best
