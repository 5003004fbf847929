"""What energy costs inside a window: tariffs for its time.

Let ``G(i, j, a)`` be the least ``μ·energy + ρ·latency`` of all partitions of layers i..j-1 of a
model on counts a. In a window of length T their energy then costs ``G(i, j, a) - ρ·T`` at least,
whatever ρ >= 0: a *tariff* that charges ρ for every cycle of the layers' latency and refunds ρ for
every cycle of the window. Energy is counted beyond that of each layer on its thriftiest type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.counts import Counts
from scar_cp.partition.program import NEVER
from scar_cp.partition.range_table import Cutting, fill_between, starts_of
from scar_cp.partition.segment_costs import costs_by_start
from scar_cp.problem.compiled import Problem

__all__ = ["EnergyCosts"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class EnergyCosts:
    """Costs of all ranges under every tariff; the first one charges and costs nothing.

    Attributes
    ----------
    latency_weight
        What a cycle of the latency is worth.
    costs
        Of model m under tariff o from ``offsets[o, m]`` on, by counts, begin and end.
    offsets
        Shape (num_tariffs, num_models).
    refund
        Per cycle of a window, shape (num_tariffs,).
    """

    latency_weight: int
    costs: Ints
    offsets: Ints
    refund: Ints

    @classmethod
    def ignored(cls, models: int) -> EnergyCosts:
        """Only latency matters."""
        none = np.zeros(1, dtype=np.int64)
        return cls(1, none, np.zeros((1, models), dtype=np.int64), none)

    @classmethod
    def of(
        cls, problem: Problem, weights: tuple[int, int], rates: Sequence[int], most: int
    ) -> EnergyCosts:
        """Tables of all models.

        Parameters
        ----------
        problem
            The compiled problem.
        weights
            λ per cycle of the latency, and μ per nJ.
        rates
            ρ of every tariff but the first.
        most
            Ranges that cost more, under a tariff and without its refund, are of no interest; what
            they cost may not be told.
        """
        models, tables = range(len(problem.models)), [np.zeros(1, dtype=np.int64)]
        tables += [_costs(problem, m, weights[1], rate, most) for rate in rates for m in models]
        ends = np.cumsum([table.size for table in tables])
        offsets = np.zeros((1 + len(rates), len(models)), dtype=np.int64)
        offsets[1:] = ends[:-1].reshape(len(rates), len(models))
        flat = np.concatenate([table.ravel() for table in tables])
        return cls(weights[0], flat, offsets, np.array([0, *rates], dtype=np.int64))


def _costs(problem: Problem, m: int, energy_weight: int, rate: int, most: int) -> Ints:
    """Least ``μ·energy + ρ·latency`` of every range, shape (num_counts, L + 1, L + 1).

    Ranges that begin where no table begins cost what the next table says without arrivals.
    """
    n, counts = problem.models[m].num_layers, Counts(problem.type_counts)
    energy = problem.compute_energy_nj[m]
    beyond = energy - energy.min(axis=1, keepdims=True)
    excess = energy_weight * np.minimum(beyond, most // max(1, energy_weight) + 1)
    before = np.zeros((excess.shape[1], n + 1), dtype=np.int64)
    before[:, 1:] = excess.T.cumsum(axis=1)
    paid = before[:, None, 1:] - before[:, :-1, None]
    least = np.full((n + 1, n + 1, counts.size), NEVER, dtype=np.int64)
    cut, starts = Cutting(problem, m, most, counts), starts_of(problem, m)
    cut.weigh(rate)
    anywhere, at_the_end = (costs_by_start(problem, m, high_open) for high_open in (True, False))
    for start, (costs, ending) in enumerate(zip(anywhere, at_the_end, strict=True)):
        look()
        if start not in starts:
            continue
        sums, passes, crossing = costs
        cut.fill(least, start, start + 1, rate * sums + paid, rate * passes, rate * crossing)
        if (costs[1] != ending[1]).any():
            sums, passes, crossing = ending
            least[start, n] = NEVER
            cut.fill(least, start, n, rate * sums + paid, rate * passes, rate * crossing)
    if len(starts) < n:
        fill_between(least, problem, m, starts, cut, rate, paid)
    borders = np.arange(n + 1)
    least[borders, borders] = 0
    return np.ascontiguousarray(least.transpose(2, 0, 1))
