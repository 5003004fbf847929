"""What a place near memory is worth, where most chiplets are farther away.

A segment moves weights and tensors between its chiplet and a memory port, over as many hops as the
chiplet has. Bounds that put every segment on the nearest chiplet are loose on large packages: there
is no room for all. So every chiplet of type t at distance d asks for a *rent* r(t, d) >= 0, in nJ.
A segment of type t that moves h nJ per hop then costs at least the least of ``h·d + r(t, d)`` over
the distances d of its type. No chiplet hosts two segments of a window: what all segments pay in
rents is no more than the rents of all chiplets. So for *any* rents

    energy >= Σ over segments of (what they cost without hops + least of h·d + r) - Σ all rents,

the Lagrangian relaxation of "at most so many segments at each distance". The rents that fit a
schedule best are what its last segment at each distance would pay to be nearer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scar_cp.problem.compiled import Problem

__all__ = ["Rents", "rents_for"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Rents:
    """Rents by type and distance to memory.

    Attributes
    ----------
    places
        Per type: ascending distances with the number of chiplets that have them.
    nj
        Per type, for each of its distances, what one chiplet asks for; not negative.
    """

    places: tuple[tuple[tuple[int, int], ...], ...]
    nj: tuple[tuple[int, ...], ...]

    @classmethod
    def none(cls, problem: Problem) -> Rents:
        """No rents: every segment is as near as any chiplet of its type."""
        places = _places(problem)
        return cls(places, tuple((0,) * len(of) for of in places))

    @property
    def nearest(self) -> Ints:
        """Distance of the nearest chiplet of each type."""
        return np.array([of[0][0] for of in self.places])

    @property
    def may_differ(self) -> bool:
        """Whether chiplets of some type are not all equally far from memory."""
        return any(len(of) > 1 for of in self.places)

    @property
    def are_idle(self) -> bool:
        """Whether no chiplet asks for anything."""
        return not any(map(any, self.nj))

    @cached_property
    def total_nj(self) -> int:
        """The rents of all chiplets of the package."""
        return sum(
            count * rent
            for of, rents in zip(self.places, self.nj, strict=True)
            for (_, count), rent in zip(of, rents, strict=True)
        )

    def least_nj(self, nj_per_hop: Ints) -> Ints:
        """Least of hops and rent for every segment, first axis the types."""
        ways = [
            np.min(
                [amount * hops + rent for (hops, _), rent in zip(of, rents, strict=True)], axis=0
            )
            for amount, of, rents in zip(nj_per_hop, self.places, self.nj, strict=True)
        ]
        return np.stack(ways)


def rents_for(problem: Problem, nj_per_hop: Sequence[Sequence[int]]) -> Rents:
    """The rents at which nobody would move.

    Parameters
    ----------
    problem
        The compiled problem.
    nj_per_hop
        Per type, what each segment of one window moves.
    """
    places, rents = _places(problem), []
    for of, amounts in zip(places, nj_per_hop, strict=True):
        first, mine = 0, sorted(amounts, reverse=True)
        # Who moves most is nearest: the first who has to go farther sets the difference.
        steps = []
        for (near, count), (far, _) in pairwise(of):
            first += count
            steps.append((far - near) * (mine[first] if first < len(mine) else 0))
        rents.append(tuple(sum(steps[k:]) for k in range(len(of))))
    return Rents(places, tuple(rents))


def _places(problem: Problem) -> tuple[tuple[tuple[int, int], ...], ...]:
    distances: list[Counter[int]] = [Counter() for _ in problem.used_types]
    for hops, of in zip(problem.port_hops, problem.chiplet_types, strict=True):
        distances[of][hops] += 1
    return tuple(tuple(sorted(of.items())) for of in distances)
