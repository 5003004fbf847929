"""A question to CP-SAT in numbers that it can add up, and what the answer says in cycles and nJ."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from scar_cp.partition.one_window import CountTable
from scar_cp.problem import Problem
from scar_cp.solvers.cpsat.energy import least_nj
from scar_cp.solvers.cpsat.ticks import MAX_TICKS, UNITS, Ticks, common_ticks
from scar_cp.solvers.cpsat.variables import Limits
from scar_cp.solvers.supported import HalfPlane

__all__ = ["Question", "ask_for"]

_LEAST_WEIGHT = 16
"""Weights that must be rounded keep this much: the direction is then off by at most a sixteenth."""


@dataclass(frozen=True)
class Question:
    """Which ``λ·latency + μ·energy``, in ticks, is the least of all schedules within limits.

    Attributes
    ----------
    weights
        Of ticks of latency and of energy; their direction may be rounded.
    ticks
        Units of the CP model.
    limits
        In ticks.
    exact
        Whether the ticks divide every cost.
    """

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
    saved_nj = 0 if limits.nj is None else max(0, limits.nj - least_nj(problem))
    ticks = Ticks(
        max(at_least.cycles, common.cycles * -(-cycles // (common.cycles * MAX_TICKS) or -1)),
        max(at_least.nj, common.nj * -(-saved_nj // (common.nj * MAX_TICKS) or -1)),
    )
    small = (int(weights[0] > 0), int(weights[1] > 0))
    if all(weights):
        extra_cycles = max(0, cycles - limits.least_cycles)
        worth = weights[0] * extra_cycles + weights[1] * saved_nj
        small = weights[0] * ticks.cycles, weights[1] * ticks.nj
        shared = gcd(*small)
        unit = -(-max(worth, *small) // MAX_TICKS)
        if unit <= shared:
            small = small[0] // shared, small[1] // shared
        else:
            ticks = Ticks(
                ticks.cycles * -(-_LEAST_WEIGHT * unit // small[0]),
                ticks.nj * -(-_LEAST_WEIGHT * unit // small[1]),
            )
            small = weights[0] * ticks.cycles // unit, weights[1] * ticks.nj // unit
    return Question(
        small,
        ticks,
        Limits(
            None if limits.cycles is None else limits.cycles // ticks.cycles,
            None if limits.nj is None else limits.nj // ticks.nj,
            limits.least_cycles // ticks.cycles,
        ),
        common.cycles % ticks.cycles == 0 and common.nj % ticks.nj == 0,
    )
