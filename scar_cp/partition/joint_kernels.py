"""Inner loop of the search over all models' cuts at once. All values are whole cycles.

A *state* is a border and every model's cut there, numbered ``Σ cut · stride``. Least latencies of
model m stand in ``values`` from ``offsets[m]`` on, by counts, begin and end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.compiling import compiled

__all__ = ["least_left"]

Ints = NDArray[np.int64]
Small = NDArray[np.int32]


@compiled
def least_left(
    w: int,
    cap: int,
    states_left: Ints,
    known: Ints,
    is_exact: NDArray[np.bool_],
    chosen: Small,
    cuts: Ints,
    good: Ints,
    values: Ints,
    offsets: Ints,
    ends: Ints,
    strides: Ints,
    splits: Small,
) -> int:
    """Least latency of what is left from the state in ``cuts[w]``, or what is known if that is all.

    The result is a lower value in any case, and the least one if it is below ``cap`` and
    ``states_left`` has not run out. In a window of length T a model goes as far as it can: if that
    leaves v to do, then any shorter window, which goes no farther, leaves at least as much.
    ``chosen`` is the state after the first window of what attains an exact value.
    """
    models = len(ends)
    state, is_done = 0, True
    for m in range(models):
        state += cuts[w, m] * strides[m]
        is_done &= cuts[w, m] == ends[m]
    if is_done:
        return 0
    if known[w, state] >= cap or is_exact[w, state] or states_left[0] <= 0:
        return int(known[w, state])
    states_left[0] -= 1
    best = cap
    is_last = w == len(known) - 1
    begin, reached = cuts[w], cuts[w + 1]
    rows = np.empty(models, dtype=np.int64)
    following = 0
    for q in range(-1, len(splits)):
        split = splits[good[w] if q < 0 else q]
        is_wasteful = False
        for m in range(models):
            is_wasteful |= begin[m] == ends[m] and split[m] > 0
            rows[m] = offsets[m] + (split[m] * (ends[m] + 1) + begin[m]) * (ends[m] + 1)
            reached[m] = ends[m]
        if is_wasteful:
            continue
        if is_last:
            length = 0
            for m in range(models):
                length = max(length, values[rows[m] + ends[m]])
            if length < best:
                best = length
                if q >= 0:
                    good[w] = q
            continue
        most = best - 1
        while most >= 0:
            length, after = 0, 0
            for m in range(models):
                while values[rows[m] + reached[m]] > most:
                    reached[m] -= 1
                length = max(length, values[rows[m] + reached[m]])
                after += reached[m] * strides[m]
            left = known[w + 1, after]
            if length + left < best:
                left = least_left(
                    w + 1,
                    best - length,
                    states_left,
                    known,
                    is_exact,
                    chosen,
                    cuts,
                    good,
                    values,
                    offsets,
                    ends,
                    strides,
                    splits,
                )
                if length + left < best:
                    best, following = length + left, after
                    if q >= 0:
                        good[w] = q
            most = min(best - left, length) - 1
    known[w, state] = max(known[w, state], best)
    if best < cap and (is_last or states_left[0] > 0):
        is_exact[w, state] = True
        chosen[w, state] = following
    return int(known[w, state])
