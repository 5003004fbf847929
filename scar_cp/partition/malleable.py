"""Bounds for any number of windows: models as malleable tasks.

In a window of length T, a model on a chiplets takes ``T >= S·(1 + (q-1)/a)`` for its serial time S
there, and no window has more chiplets than the package. Give every model's time a price ρ and every
chiplet-cycle of type t a price π, so that ``Σ ρ + Σ π·chiplets = 1``; then

    latency >= Σ over models and layers of the least ``(ρ + π·a)·(1 + (q-1)/|a|)·cycles``

over counts a and types t with a chiplet of type t. For ``λ·latency + μ·energy`` the layer's energy
on the type joins its price. Any prices give a valid bound; the best are looked for by subgradient
ascent.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.judge.bounds import simple_bounds
from scar_cp.problem.compiled import Problem

__all__ = ["malleable_bound"]

Floats = NDArray[np.float64]

_STEPS = 600
_SAFETY = 1e-9
"""Relative allowance for rounding in floating point."""


def malleable_bound(problem: Problem, latency_weight: int = 1, energy_weight: int = 0) -> int:
    """Bound ``λ·latency + μ·energy`` from below, for every space and any number of windows.

    Parameters
    ----------
    problem
        The compiled problem.
    latency_weight, energy_weight
        λ per cycle and μ per nJ.

    Returns
    -------
    int
        Rounded down.
    """
    fixed = energy_weight * _energy_besides_compute(problem)
    energy = [energy_weight * nj.astype(float) for nj in problem.compute_energy_nj]
    chiplets = np.array(problem.type_counts, dtype=float)
    counts = np.array([v for v in np.ndindex(*(c + 1 for c in problem.type_counts)) if sum(v)])
    fills = [1 + (run.passes - 1) / counts.sum(axis=1) for run in problem.models]
    work = [_least_cycles(problem, m) for m in range(len(problem.models))]
    num_models = len(work)
    budget = np.concatenate([np.ones(num_models), chiplets])
    shares = np.full(len(budget), 1 / len(budget))
    best = 0.0
    for step in range(_STEPS):
        look()
        prices = shares / budget
        value, slope = 0.0, np.zeros(len(budget))
        for m in range(num_models):
            rates = (prices[m] + counts @ prices[num_models:]) * fills[m]
            cheapest = [_cheapest(rates, counts, t) for t in range(len(chiplets))]
            cost = latency_weight * work[m] * rates[cheapest] + energy[m]
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
    return fixed + int(best * (1 - _SAFETY))


def _energy_besides_compute(problem: Problem) -> int:
    """Weights, model inputs and outputs: what every schedule spends on moving them."""
    least = next(b.value for b in simple_bounds(problem) if b.objective == "energy")
    return least - sum(int(nj.min(axis=1).sum()) for nj in problem.compute_energy_nj)


def _cheapest(rates: Floats, counts: NDArray[np.int64], t: int) -> int:
    """The counts with the least rate among those with a chiplet of a type."""
    having = np.flatnonzero(counts[:, t])
    return int(having[rates[having].argmin()])


def _least_cycles(problem: Problem, m: int) -> Floats:
    """What every layer adds to one pass at least, shape (num_layers, num_types)."""
    cycles = problem.compute_cycles[m].astype(float)
    if problem.weight_policy == "per_pass" and problem.overlap == "none":
        run = problem.models[m]
        cycles += [
            [layer.weight_load_cycles if previous < 0 else 0]
            for layer, previous in zip(run.layers, run.previous_uses, strict=True)
        ]
    return cycles
