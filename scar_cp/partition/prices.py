"""Prices at the borders of windows: a lower bound for any number of windows.

Give every model m, every inner border w, every slot s of the time elapsed there and every cut c any
number ``u(m, w, s, c)``: the price of what is left to do. A window of length T that leads from slot
s to s' and model m from cut i to j is worth ``T - Σ (u(m, w, s, i) - u(m, w + 1, s', j))``. Along
any schedule the prices telescope, so that its latency is what its windows are worth: no less than
the shortest path over (border, slot) whose arcs are worth the least of any windows between them.
Inside a window all is whole: counts, layers, common begin and end; models are only tied to each
other through prices. For ``λ·latency + μ·energy`` a window is worth ``λ·T`` and what the energy of
its layers costs at least (`scar_cp.partition.energy_costs`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import pairwise
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.judge.price_proof import PriceProof
from scar_cp.partition import ascent_kernels
from scar_cp.partition import price_kernels as kernels
from scar_cp.partition.balance_kernels import balance
from scar_cp.partition.counts import Counts
from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.table_kernels import farthest

__all__ = ["Prices", "lengths_in_ratio"]

Ints = NDArray[np.int64]

_TARIFFS_EVERY = 50
"""Steps of climbing for which tariffs are kept."""
_WORTH_IT = 5_000
"""Part of the cap that a tariff other than the first must take off: it takes longer to look at."""
_ARCS_AT_ONCE = 200
"""Between two looks at the clock."""
_SHORTEST = 300
"""Lengths below this part of the longest are of one class."""
_SMALLER, _COOLER = 0.6, 0.7
"""Factors of step and temperature after steps in vain."""
_SMALLEST_STEP = 1e-5
"""Of a model's share of the latency."""


def lengths_in_ratio(longest: int, ratio: float) -> Ints:
    """Longest length of every class, rising."""
    count = ceil(log(_SHORTEST) / log(ratio))
    shorter = (min(longest, int(longest * ratio**-k)) for k in range(1, count + 1))
    return np.array(sorted({longest, *shorter}), dtype=np.int64)  # the longest as it is: no float


class Prices:
    """Prices, the arcs they are for, and the bound they give.

    The bound is one for *any* prices that fall with cuts; all ways to change them keep that.

    Parameters
    ----------
    low
        Per model, lower values of all ranges: `RangeTable.low`.
    counts
        Of the package's chiplets.
    num_windows
        Most windows.
    longest
        Only schedules of a smaller latency matter.
    lengths
        Longest length of every class, rising to ``longest`` at least.
    slots
        Parts of the elapsed time with prices of their own.
    energy
        What a cycle is worth and what energy costs; as a rule, only latency matters.
    cap
        Only schedules that cost less matter; as a rule, ``longest``.

    Attributes
    ----------
    prices
        Shape (num_windows + 1, slots, cuts of all models); 0 at the first border and at the last.
    """

    def __init__(
        self,
        low: Sequence[Ints],
        counts: Counts,
        num_windows: int,
        longest: int,
        lengths: Ints,
        slots: int = 1,
        energy: EnergyCosts | None = None,
        cap: int | None = None,
    ) -> None:
        self._longest, self._slots, self._windows = longest, slots, num_windows
        self._cap = longest if cap is None else cap
        self._cuts = np.cumsum([0, *map(len, low)])
        energy = EnergyCosts.ignored(len(low)) if energy is None else energy
        reach = np.empty((len(lengths), counts.size, self._cuts[-1]), dtype=np.int32)
        for table, at in zip(low, self._cuts, strict=False):
            look()
            farthest(table, lengths, reach, int(at))
        self._ranges = kernels.Ranges(
            least=energy.latency_weight * np.array([0, *(lengths[:-1] + 1)]),
            longest=lengths,
            reach=reach,
            cuts=self._cuts,
            splits=counts.splits,
            costs=energy.costs,
            offsets=energy.offsets,
            refund=energy.refund,
        )
        self.prices = np.zeros((num_windows + 1, slots, self._cuts[-1]), dtype=np.int64)
        self._rounds: list[Ints] = []
        self._latency_weight = energy.latency_weight
        self._make_arcs()
        num_arcs = len(self._some)
        self._values = np.empty(num_arcs, dtype=np.int64)
        self._gains = np.empty((num_arcs, len(low), counts.size), dtype=np.int64)
        self._tariffs = np.zeros(self._gains.shape, dtype=np.int8)
        self._ways = kernels.Ways(*np.empty((2, num_windows + 1, slots), dtype=np.int64))
        self.rate()

    def _make_arcs(self) -> None:
        """Every window, pair of slots, and class of a length that some time in them allows."""
        width = -(-self._longest // self._slots)
        longest = self._ranges.longest
        shortest = np.array([0, *(longest[:-1] + 1)])
        arcs = [
            (w, a, b, k)
            for w in range(self._windows)
            for a in range(self._slots if w else 1)
            for b in range(a, self._slots)
            for k in np.flatnonzero(
                (shortest < (b + 1 - a) * width) & (longest >= (b - a - 1) * width + 1)
            )
        ]
        columns = np.array(arcs, dtype=np.int32).T
        self._arcs = kernels.Arcs(*(c.copy() for c in columns))
        self._keep(np.arange(len(arcs)))

    def _keep(self, some: Ints) -> None:
        self._some = some
        window, begin, end, _ = (column[some] for column in self._arcs)
        self._nodes = [
            [
                (some[(window == w - 1) & (end == s)], some[(window == w) & (begin == s)])
                for s in range(self._slots)
            ]
            for w in range(self._windows)
        ]

    @property
    def num_arcs(self) -> int:
        """Number of arcs that are left."""
        return len(self._some)

    @property
    def bound(self) -> int:
        """No schedule costs less, or ``cap`` if that is less."""
        return min(self._cap, int(self._ways.backward[0, 0]))

    def left(self, border: int) -> Ints:
        """Lower values of what is left to do at a border, for all cuts of the models together.

        Shape (cuts of the first model, cuts of the second, ...); C order.
        """
        of = [self.prices[border, :, a:b] for a, b in pairwise(self._cuts)]
        slots = range(self._slots)
        each = (
            reduce(np.add.outer, (u[s] for u in of), self._ways.backward[border, s]) for s in slots
        )
        return np.asarray(reduce(np.minimum, each))

    def rate(self, prices: Ints | None = None) -> int:
        """Take prices over, lowered to fall with cuts, and return their bound."""
        if prices is not None:
            for low, high in pairwise(self._cuts):  # the bound holds for prices that fall
                np.minimum.accumulate(prices[..., low:high], axis=-1, out=prices[..., low:high])
            self.prices = prices
            self.prices[[0, -1]] = 0  # nothing is paid for before the begin and after the end
        kernels.rate(
            *(self._some, self.prices, self._arcs, self._ranges, self._tariffs),
            *(self._gains, self._values),
        )
        self._find_paths()
        return self.bound

    def _find_paths(self) -> None:
        kernels.shortest(self._some, self._arcs, self._values, self._ways)

    def choose_tariffs(self) -> None:
        """Choose the best tariffs for the prices as they are: the bound hardly falls."""
        if len(self._ranges.refund) > 1:
            worth_it = self._cap // _WORTH_IT
            for some in np.array_split(self._some, 1 + len(self._some) // _ARCS_AT_ONCE):
                look()
                kernels.choose(some, self.prices, self._arcs, self._ranges, self._tariffs, worth_it)
            self.rate()

    def drop(self) -> int:
        """Drop arcs that no schedule cheaper than the cap takes; how many there were."""
        window, begin, end, _ = (column[self._some] for column in self._arcs)
        forward, backward = self._ways
        total = forward[window, begin] + self._values[self._some] + backward[window + 1, end]
        before = len(self._some)
        self._keep(self._some[total < self._cap])
        if len(self._some) < before:
            self._rounds.append(self.prices[1:-1].copy())
        return before - len(self._some)

    def proof(self, energy_weight: int = 0) -> PriceProof:
        """What the bound rests on, ``energy_weight`` (μ) being that of the tables of energy."""
        return PriceProof(
            weights=(self._latency_weight, energy_weight),
            longest_cycles=self._longest,
            cap=self._cap,
            tariffs=tuple(self._ranges.refund[1:].tolist()),
            lengths_cycles=self._ranges.longest,
            slots=self._slots,
            bound=self.bound,
            rounds=(*self._rounds, self.prices[1:-1].copy()),
        )

    def balance(self, rising: bool) -> None:
        """Balance every node, from the first border on or from the last: the bound never falls."""
        borders = range(1, self._windows)
        for w in borders if rising else reversed(borders):
            for s, (ins, outs) in enumerate(self._nodes[w]):
                look()
                if len(ins) and len(outs):
                    balance(
                        *(self.prices, w, s, ins, outs, self._arcs, self._ranges, self._ways),
                        *(self._tariffs, self._gains, self._values),
                    )
            self._find_paths()

    def ascend(
        self,
        step: float,
        temperature: float,
        most_steps: int,
        patience: int,
        keep_going: Callable[[], bool],
        with_tariffs: bool = True,
    ) -> None:
        """Climb the bound, softened over paths, by Adam; the best prices are kept.

        Parameters
        ----------
        step
            Of the first step, as a part of a model's share of the latency.
        temperature
            Paths so much longer than the shortest still count, as a part of the latency.
        most_steps
            Steps after which to stop.
        patience
            Steps without a better bound after which they get smaller.
        keep_going
            Asked after every step.
        with_tariffs
            Whether to choose tariffs now and then.
        """
        share = self._cap / (len(self._cuts) - 1)
        best, best_prices, best_tariffs = self.bound, self.prices.copy(), self._tariffs.copy()
        fine, slope = self.prices.astype(float), np.empty(self.prices.shape)
        mean, square = np.zeros_like(fine), np.zeros_like(fine)
        weights = np.zeros(len(self._values))
        taken = in_vain = 0
        for _ in range(most_steps):
            if step < _SMALLEST_STEP or not keep_going():
                break
            look()
            ascent_kernels.path_weights(
                *(self._some, self._arcs, self._values, self._ways),
                *(temperature * self._cap, weights),
            )
            ascent_kernels.slopes(
                *(self._some, weights, self.prices, self._arcs, self._ranges, self._tariffs),
                *(self._gains, slope),
            )
            taken, in_vain = taken + 1, in_vain + 1
            ascent_kernels.adam(fine, slope, mean, square, taken, step * share, self._cuts)
            self.rate(np.rint(fine).astype(np.int64))
            if with_tariffs and not taken % _TARIFFS_EVERY:
                self.choose_tariffs()
            if self.bound > best:
                best, best_prices, in_vain = self.bound, self.prices.copy(), 0
                if with_tariffs:
                    best_tariffs = self._tariffs.copy()
            if in_vain > patience:
                step, temperature = step * _SMALLER, temperature * _COOLER
                taken = in_vain = 0
                fine = best_prices.astype(float)
                mean[:] = square[:] = 0
                self._tariffs[:] = best_tariffs
                self.rate(best_prices.copy())
        self._tariffs[:] = best_tariffs
        self.rate(best_prices)

    def take(self, prices: Ints) -> None:
        """Begin with prices that were found with fewer slots."""
        slots = np.arange(self._slots) * prices.shape[1] // self._slots
        self.rate(prices[:, slots].copy())
