"""Good cuts for any number of windows, by simulated annealing on the tables of ranges.

A window's length follows from its layers, by a packing of counts that takes microseconds; so what
is searched is only where every model is cut at every border.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.annealing_kernels import anneal, seed_random, window_length
from scar_cp.partition.counts import Counts
from scar_cp.partition.program import NEVER

__all__ = ["annealed_cuts"]

Ints = NDArray[np.int64]

_STEPS_PER_CUT = 100
"""Moves of one run, for every cut that could be chosen at every border."""
_CHUNKS = 20
"""Parts of a run, between which the clock is looked at."""
_IN_VAIN = 10
"""Runs without a better total after which no more is expected."""
_HOT, _COLD = 2e-2, 2e-5
"""First and last temperature, as parts of the total length."""


def annealed_cuts(
    tables: Sequence[Ints], counts: Counts, start: Ints, seed: int
) -> Iterator[tuple[int, Ints]]:
    """Search for cuts of the least total length, again and again, until that brings nothing.

    Parameters
    ----------
    tables
        Per model, its table of ranges.
    counts
        Of the package's chiplets.
    start
        Shape (num_windows + 1, num_models): cuts to begin from, from 0 to the models' ends. If a
        window does not fit, nothing is found.
    seed
        Of the moves.

    Yields
    ------
    total : int
        Least total length found by then, in cycles, as the tables have it.
    cuts : array
        Shaped as ``start``.
    """
    flat = np.concatenate([table.ravel() for table in tables])
    sizes = np.array([len(table) for table in tables])
    offsets = np.cumsum([0, *(table.size for table in tables)])[:-1]
    best_cuts = np.array(start, dtype=np.int64)
    best = sum(_lengths(flat, offsets, sizes, best_cuts, counts).tolist())
    if best >= NEVER:
        return
    yield best, best_cuts.copy()
    if len(start) < 3:
        return
    seed_random(seed)
    steps = _STEPS_PER_CUT * (len(start) - 2) * int(sizes.sum()) // _CHUNKS
    cooling = (_COLD / _HOT) ** (1 / _CHUNKS)
    in_vain = 0
    while in_vain < _IN_VAIN and best > 0:
        cuts, before, hot = best_cuts.copy(), best, _HOT * best
        lengths = _lengths(flat, offsets, sizes, cuts, counts)
        for _ in range(_CHUNKS):
            look()
            best = anneal(
                *(flat, offsets, sizes, counts.splits, cuts, lengths, best_cuts, best),
                *(steps, hot, hot * cooling),
            )
            hot *= cooling
        in_vain = in_vain + 1 if best == before else 0
        yield best, best_cuts.copy()


def _lengths(flat: Ints, offsets: Ints, sizes: Ints, cuts: Ints, counts: Counts) -> Ints:
    """Least length of every window."""
    work = np.empty((2, counts.size), dtype=np.int64)
    return np.array(
        [
            window_length(flat, offsets, sizes, begins, ends, counts.splits, work)
            for begins, ends in pairwise(cuts)
        ]
    )
