"""A bound on latency for any number of windows: models as malleable tasks.

In a window of length T, a model on a chiplets takes ``T >= S·(1 + (q-1)/a)`` for its serial time S
there, and no window has more chiplets than the package. Give every model's time a price ρ and every
chiplet-cycle of type t a price π, so that ``Σ ρ + Σ π·chiplets = 1``; then

    latency >= Σ over models and layers of the least ``(ρ + π·a)·(1 + (q-1)/|a|)·cycles``

over counts a and types t with a chiplet of type t. Any prices give a valid bound; the best are
looked for by subgradient ascent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.problem import Problem

__all__ = ["malleable_bound"]

Floats = NDArray[np.float64]

_STEPS = 600
_SAFETY = 1e-9
"""Relative allowance for rounding in floating point."""


def malleable_bound(problem: Problem) -> int:
    """Bound the latency from below, for every space and any number of windows.

    Returns
    -------
    int
        Cycles, rounded down.
    """
    chiplets = np.array(problem.type_counts, dtype=float)
    counts = np.array([v for v in np.ndindex(*(c + 1 for c in problem.type_counts)) if sum(v)])
    fills = [1 + (run.passes - 1) / counts.sum(axis=1) for run in problem.models]
    work = [_least_cycles(problem, m) for m in range(len(problem.models))]
    num_models = len(work)
    budget = np.concatenate([np.ones(num_models), chiplets])
    shares = np.full(len(budget), 1 / len(budget))
    best = 0.0
    for step in range(_STEPS):
        prices = shares / budget
        value, slope = 0.0, np.zeros(len(budget))
        for m in range(num_models):
            rates = (prices[m] + counts @ prices[num_models:]) * fills[m]
            cheapest = [_cheapest(rates, counts, t) for t in range(len(chiplets))]
            cost = work[m] * rates[cheapest]
            chosen = cost.argmin(axis=1)
            value += float(cost.min(axis=1).sum())
            for t, k in enumerate(cheapest):
                cycles = work[m][chosen == t, t].sum() * fills[m][k]
                slope[m] += cycles
                slope[num_models:] += cycles * counts[k]
        best = max(best, value)
        gain = slope / budget
        gain -= gain @ shares
        shares = shares * np.exp(gain / (np.abs(gain).max() + 1e-300) / np.sqrt(step + 1))
        shares /= shares.sum()
    return int(best * (1 - _SAFETY))


def _cheapest(rates: Floats, counts: NDArray[np.int64], t: int) -> int:
    """The counts with the least rate among those with a chiplet of a type."""
    having = np.flatnonzero(counts[:, t])
    return int(having[rates[having].argmin()])


def _least_cycles(problem: Problem, m: int) -> Floats:
    """What every layer adds to one pass at least, shape (num_layers, num_types)."""
    cycles = problem.compute_cycles[m].astype(float)
    if problem.weight_policy == "per_pass" and problem.overlap == "none":
        cycles += np.array([[la.weight_load_cycles] for la in problem.models[m].layers])
    return cycles
