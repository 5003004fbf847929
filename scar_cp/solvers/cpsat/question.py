"""A question to CP-SAT in numbers that it can add up, and what the answer says in cycles and nJ."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from scar_cp.partition.one_window import CountTable
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.cpsat.energy import least_nj
from scar_cp.solvers.cpsat.polygon import HalfPlane
from scar_cp.solvers.cpsat.ticks import MAX_TICKS, UNITS, Ticks, coarse, common_ticks
from scar_cp.solvers.cpsat.variables import Limits

__all__ = ["Question", "ask_for"]

_LEAST_WEIGHT = 16
"""Weights that must be rounded keep this much: the direction is then off by at most a sixteenth."""


@dataclass(frozen=True)
class Question:
    """Which ``λ·latency + μ·energy``, in ticks, is the least of all schedules within limits.

    Attributes
    ----------
    problem
        With its costs in ticks.
    weights
        Of ticks of latency and of energy; their direction may be rounded.
    ticks
        Units of the CP model.
    limits
        In ticks.
    exact
        Whether the ticks divide every cost.
    """

    problem: Problem
    weights: tuple[int, int]
    ticks: Ticks
    limits: Limits
    exact: bool

    @property
    def direction(self) -> tuple[int, int]:
        """The weights of cycles and nJ that were asked about in the end, without common factor."""
        by_cycles, by_nj = self.weights[0] * self.ticks.nj, self.weights[1] * self.ticks.cycles
        common = gcd(by_cycles, by_nj)
        return by_cycles // common, by_nj // common

    def half_plane(self, bound: int, point: tuple[int, int] | None = None) -> HalfPlane:
        """What a bound in ticks says of cycles and nJ."""
        by_cycles, by_nj = self.direction
        scale = self._scale
        return HalfPlane(by_cycles, by_nj, -(-bound * scale[0] // scale[1]), point)

    def most_ticks(self, value: int) -> int:
        """The largest objective of the model for schedules up to a value along the direction."""
        numerator, denominator = self._scale
        return value * denominator // numerator

    @property
    def _scale(self) -> tuple[int, int]:
        """One unit of the model's objective along the direction, as a fraction."""
        by = 0 if self.weights[0] else 1
        tick = (self.ticks.cycles, self.ticks.nj)[by]
        return self.direction[by] * tick, self.weights[by]

    def table(self, table: CountTable | None) -> CountTable | None:
        """A table of latencies in ticks."""
        if table is None:
            return None
        least = tuple(np.asarray(of // self.ticks.cycles) for of in table.least_cycles)
        return CountTable(table.groups, least)


def ask_for(
    problem: Problem, weights: tuple[int, int], limits: Limits, at_least: Ticks = UNITS
) -> Question:
    """Put a question about cycles and nJ into ticks.

    A tick divides every cost if that is enough to keep sums small; then, and if the weights need
    not be rounded, the answer is exact.

    Parameters
    ----------
    problem
        The compiled problem.
    weights
        Of cycles and nJ, not both 0.
    limits
        In cycles and nJ.
    at_least
        Smaller ticks are not wanted.

    Returns
    -------
    Question
    """
    common = common_ticks(problem)
    cycles = limits.cycles or 0
    ticks = Ticks(
        max(at_least.cycles, common.cycles * _ceil(cycles, common.cycles * MAX_TICKS)),
        max(at_least.nj, common.nj),
    )
    unit = 1
    while True:
        ticking = coarse(problem, ticks)
        within = Limits(
            None if limits.cycles is None else limits.cycles // ticks.cycles,
            None if limits.nj is None else limits.nj // ticks.nj,
            limits.least_cycles // ticks.cycles,
        )
        extra_cycles = (within.cycles or 0) - within.least_cycles
        # In rounded ticks the layers may cost less by far, so that more can be saved.
        extra_nj = 0 if within.nj is None else max(0, within.nj - least_nj(ticking))
        if extra_nj > MAX_TICKS:
            ticks = Ticks(ticks.cycles, ticks.nj * _ceil(extra_nj, MAX_TICKS))
            continue
        small = _in_ticks(weights, ticks, unit)
        worth = max(*small, small[0] * extra_cycles + small[1] * extra_nj)
        if worth <= MAX_TICKS and (not all(weights) or all(small)):
            break
        unit *= 1 + max(1, worth // MAX_TICKS)
        # A weight that is rounded keeps so much of itself, by larger ticks.
        ticks = Ticks(
            *(
                tick * _ceil(_LEAST_WEIGHT * unit, weight * tick) if unit > 1 else tick
                for tick, weight in zip((ticks.cycles, ticks.nj), weights, strict=True)
            )
        )
    exact = common.cycles % ticks.cycles == 0 and common.nj % ticks.nj == 0
    return Question(ticking, small, ticks, within, exact)


def _in_ticks(weights: tuple[int, int], ticks: Ticks, unit: int) -> tuple[int, int]:
    """Weights of ticks: those of cycles and nJ without common factor, or rounded to a unit."""
    if not all(weights):
        return int(weights[0] > 0), int(weights[1] > 0)
    by_cycles, by_nj = weights[0] * ticks.cycles, weights[1] * ticks.nj
    if unit > 1:
        return by_cycles // unit, by_nj // unit
    common = gcd(by_cycles, by_nj)
    return by_cycles // common, by_nj // common


def _ceil(a: int, b: int) -> int:
    """How many times b it takes to reach a, once at least."""
    return max(1, -(-a // b))
