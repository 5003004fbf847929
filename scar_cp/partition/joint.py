"""Search over the cuts of all models together, with prices as the estimate of what is left.

Prices tie models to each other only on average. For two or three models the cuts of all at a border
are few enough to be looked at together: depth first over windows, where what is known of a state
grows with every visit, and where a cap on the latency rises in small steps. Each step either proves
that nothing is below the cap or ends with a shortest sequence of cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.counts import Counts
from scar_cp.partition.joint_kernels import least_left
from scar_cp.partition.prices import Prices

__all__ = ["JointCuts"]

Ints = NDArray[np.int64]

_STEP = 1.003
"""From one cap to the next."""
_STATES_AT_ONCE = 500
"""Between two looks at the clock: about a quarter of a second."""


class JointCuts:
    """What is known of every state, a border and all models' cuts there.

    Parameters
    ----------
    low
        Per model, lower values of all ranges: `RangeTable.low`.
    counts
        Of the package's chiplets.
    num_windows
        Most windows.
    prices
        For the same tables, windows and counts, of any quality.

    Attributes
    ----------
    bound
        No schedule that is shorter than what the prices are for has a smaller latency.
    """

    def __init__(
        self, low: Sequence[Ints], counts: Counts, num_windows: int, prices: Prices
    ) -> None:
        look()
        self._ends = np.array([len(table) - 1 for table in low])
        shape = tuple(int(end) + 1 for end in self._ends)
        self._strides = np.array([prod(shape[m + 1 :]) for m in range(len(shape))])
        self._values = np.concatenate([table.transpose(2, 0, 1).ravel() for table in low])
        self._offsets = np.cumsum([0, *(table.size for table in low)])[:-1]
        self._splits = np.array(list(_shared_out(counts, len(low))), dtype=np.int32)
        self._known = np.zeros((num_windows, prod(shape)), dtype=np.int64)
        for border in range(1, num_windows):
            look()
            np.maximum(prices.left(border).ravel(), 0, out=self._known[border])
        self._known[0] = max(0, prices.bound)  # its other states are never visited
        self._is_exact = np.zeros(self._known.shape, dtype=np.bool_)
        self._chosen = np.zeros(self._known.shape, dtype=np.int32)
        self._shape = shape
        self._cuts = np.zeros((num_windows + 1, len(shape)), dtype=np.int64)
        self._good = np.zeros(num_windows, dtype=np.int64)

    @property
    def bound(self) -> int:
        """No less is attained, or no less than the largest cap so far."""
        return int(self._known[0, 0])

    @property
    def cuts(self) -> Ints | None:
        """Cuts whose windows take no longer than the bound, if there are some below the caps.

        Shape (num_windows + 1, num_models).
        """
        if not self._is_exact[0, 0]:
            return None
        end = int(self._ends @ self._strides)
        states = [0]
        for chosen in self._chosen[:-1]:
            states.append(int(chosen[states[-1]]) if states[-1] < end else end)
        states.append(end)
        return np.array([np.unravel_index(state, self._shape) for state in states])

    def raise_bound(self, longest: int, keep_going: Callable[[], bool]) -> Iterator[None]:
        """Raise the bound until it is ``longest``, or until the least latency is known."""
        while self.bound < longest and not self._is_exact[0, 0]:
            cap = min(longest, int(self.bound * _STEP) + 1)
            while self.bound < cap and not self._is_exact[0, 0]:
                if not keep_going():
                    return
                look()
                self._cuts[0] = 0
                least_left(
                    *(0, cap, np.array([_STATES_AT_ONCE]), self._known, self._is_exact),
                    *(self._chosen, self._cuts, self._good, self._values, self._offsets),
                    *(self._ends, self._strides, self._splits),
                )
                yield


def _shared_out(counts: Counts, models: int) -> Iterator[tuple[int, ...]]:
    """Every way to give each chiplet to some model, as the places of vectors of counts."""
    place = {vector: k for k, vector in enumerate(counts.vectors)}
    for parts in product(counts.vectors, repeat=models - 1):
        rest = tuple(
            most - sum(used) for most, *used in zip(counts.vectors[-1], *parts, strict=True)
        )
        if min(rest) >= 0:
            yield (*(place[part] for part in parts), place[rest])
