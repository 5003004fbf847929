"""SEG: cut a model's layers of one window into segments, each cut scored alone."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.pipeline_costs import RangeCosts
from scar_cp.problem.compiled import Problem, range_sums
from scar_cp.solvers.scar.scoring import WindowScore

__all__ = ["Cut", "CutScores", "segmentations"]

Cut = tuple[tuple[int, int], ...]
"""Consecutive segments (first, last) of a layer range."""


class CutScores:
    """Scores of cuts of one layer range, the model being alone in the window.

    Compute is taken at its mean over chiplets, every transfer at the least hops.
    """

    def __init__(self, problem: Problem, m: int, low: int, high: int, score: WindowScore) -> None:
        costs = RangeCosts.of(problem, m, low, high)
        shares = np.array(problem.type_counts) / problem.num_chiplets
        cycles = range_sums(problem.compute_cycles[m][low : high + 1] @ shares)
        cycles += problem.models[m].weight_sums("weight_load_cycles", low, high)
        cycles += costs.transfer_cycles + costs.send_count * problem.hop_cycles
        energy = range_sums(problem.compute_energy_nj[m][low : high + 1] @ shares)
        energy += costs.transfer_energy_nj + costs.send_energy_nj_per_hop
        self._cycles, self._energy, self._score = cycles, energy, score
        self._more_passes = problem.models[m].passes - 1

    @property
    def prefix_cycles(self) -> NDArray[np.float64]:
        """Cycles of one pass of the first 1, 2, ... layers as one segment."""
        return np.asarray(self._cycles[0])

    def __call__(self, inner: NDArray[np.int64]) -> NDArray[np.float64]:
        """Score cuts, given by rows of the first layers of all segments but the first."""
        n = len(self._cycles)
        firsts = np.hstack([np.zeros((len(inner), 1), dtype=int), inner])
        lasts = np.hstack([inner - 1, np.full((len(inner), 1), n - 1)])
        passes = self._cycles[firsts, lasts]
        latency = passes.sum(axis=1) + self._more_passes * passes.max(axis=1)
        return self._score(latency, self._energy[firsts, lasts].sum(axis=1))


def segmentations(
    problem: Problem,
    m: int,
    low: int,
    high: int,
    nodes: int,
    score: WindowScore,
    top_k: int | None,
    max_cuts: int | None,
    notes: set[str],
    keep_going: Callable[[], bool] = lambda: True,
) -> list[Cut]:
    """The best cuts of layers ``low..high`` into each number of segments up to ``nodes``.

    Parameters
    ----------
    problem, m
        The compiled problem, and the model.
    low, high
        The layers of the window.
    nodes
        Most segments.
    score
        What cuts are rated by.
    top_k, max_cuts
        Cuts kept, and looked at, per number of segments.
    notes
        Collects what the budgets cut off.
    keep_going
        Asked before every further number of segments.
    """
    n = high - low + 1
    scores = CutScores(problem, m, low, high, score)
    kept: list[Cut] = []
    for parts in range(1, min(nodes, n) + 1):
        if kept and not keep_going():
            notes.add("cuts into more segments were left out by the time limit")
            break
        inner = _cut_points(scores.prefix_cycles, parts, max_cuts, notes)
        if top_k is not None and len(inner) > top_k:
            notes.add(f"of the cuts into {parts} segments the best {top_k} were kept")
        for k in np.argsort(scores(inner), kind="stable")[:top_k]:
            kept.append(as_cut(low, high, inner[k].tolist()))
    return kept


def as_cut(low: int, high: int, inner: list[int]) -> Cut:
    """The segments that begin at ``low`` and at ``low + i`` for every i of ``inner``."""
    firsts = [low, *(low + i for i in inner)]
    return tuple(zip(firsts, [*(first - 1 for first in firsts[1:]), high], strict=True))


def _cut_points(
    prefix_cycles: NDArray[np.float64], parts: int, budget: int | None, notes: set[str]
) -> NDArray[np.int64]:
    """Every way to cut a range into ``parts``: rows of first layers of the later parts.

    Where there are more than the budget, neighbouring small layers are merged first (the paper's
    cap on nodes): cut points are kept where the range's cycles pass equal shares.
    """
    n = len(prefix_cycles)
    points = np.arange(1, n)
    size = len(points)
    while budget is not None and size >= parts and comb(size, parts - 1) > budget:
        size -= 1
    if size < len(points):
        notes.add(f"cuts into {parts} segments were limited to merged layers")
        shares = prefix_cycles[-1] * np.arange(1, size + 1) / (size + 1)
        points = np.unique(np.clip(np.searchsorted(prefix_cycles, shares) + 1, 1, n - 1))
        others = np.setdiff1d(np.arange(1, n), points)  # one long layer may pass many shares
        spread = np.linspace(0, len(others) - 1, size - len(points)).astype(int)
        points = np.union1d(points, others[spread])
    rows = list(combinations(points.tolist(), parts - 1))
    return np.array(rows, dtype=np.int64).reshape(len(rows), parts - 1)
