"""Good cuts for any number of windows, by simulated annealing on the tables of ranges.

A window's length, and the energy its layers then need, follow from its layers, by a
packing of counts that takes microseconds; so what
is searched is only where every model is cut at every border.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.annealing_kernels import Energy, anneal, seed_random, window_cost
from scar_cp.partition.counts import Counts
from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.program import NEVER

__all__ = ["annealed_cuts"]

Ints = NDArray[np.int64]

_STEPS_PER_CUT = 400
"""Moves of one run, for every cut that could be chosen at every border."""
_CHUNKS = 20
"""Parts of a run, between which the clock is looked at."""
_IN_VAIN = 5
"""Runs without a better total after which no more is expected."""
_HOT, _COLD = 6e-3, 2e-5
"""First and last temperature, as parts of the total cost."""


def annealed_cuts(
    tables: Sequence[Ints],
    counts: Counts,
    start: Ints,
    seed: int,
    energy: EnergyCosts | None = None,
    keep_going: Callable[[], bool] = lambda: True,
) -> Iterator[tuple[int, Ints]]:
    """Search for cuts of the least total cost, again and again, until that brings nothing.

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
    energy
        What energy costs, if it does.
    keep_going
        Asked within runs; the last run is cut short.

    Yields
    ------
    total : int
        Least total cost found by then, as the tables have it: cycles, or weighted sums.
    cuts : array
        Shaped as ``start``.
    """
    flat = np.concatenate([table.ravel() for table in tables])
    sizes = np.array([len(table) for table in tables])
    offsets = np.cumsum([0, *(table.size for table in tables)])[:-1]
    energy = EnergyCosts.ignored(len(tables)) if energy is None else energy
    weighed = Energy(energy.latency_weight, energy.costs, energy.offsets, energy.refund)
    best_cuts = np.array(start, dtype=np.int64)
    best = sum(_costs(flat, offsets, sizes, best_cuts, counts, weighed).tolist())
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
        costs = _costs(flat, offsets, sizes, cuts, counts, weighed)
        for _ in range(_CHUNKS):
            look()
            if not keep_going():
                break
            best = anneal(
                *(flat, offsets, sizes, counts.splits, weighed, cuts, costs, best_cuts, best),
                *(steps, hot, hot * cooling),
            )
            hot *= cooling
        in_vain = in_vain + 1 if best == before else 0
        yield best, best_cuts.copy()
        if not keep_going():
            return


def _costs(
    flat: Ints, offsets: Ints, sizes: Ints, cuts: Ints, counts: Counts, energy: Energy
) -> Ints:
    """Least cost of every window."""
    work = np.empty((2, counts.size), dtype=np.int64)
    return np.array(
        [
            window_cost(flat, offsets, sizes, begins, ends, counts.splits, energy, work)
            for begins, ends in pairwise(cuts)
        ]
    )
