"""EDP without a product: half-planes around the supported points of the front.

Latency x energy is quasi-concave, so over any set of points it is least at an extreme point of the
convex hull: a point that minimises ``λ·latency + μ·energy`` for some weights. Every solve with a
proven bound v gives the half-plane ``λL + μE >= v``; EDP is at least its smallest value over the
vertices of the polygon that they cut out together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from scar_cp.judge.objective import Objective

__all__ = ["HalfPlane", "Polygon", "Vertex", "small"]

_MOST_CUTS = 40
"""Half-planes after which a polygon is left as it is."""
_FEW_CUTS = 4
"""Half-planes that may leave a polygon as it was before further time counts as spent in vain."""


@dataclass(frozen=True)
class HalfPlane:
    """``latency_weight·L + energy_weight·E >= value``, and a schedule's point on its border."""

    latency_weight: int
    energy_weight: int
    value: int
    point: tuple[int, int] | None = None
    final: bool = True
    """Whether asking again in this direction would give no more."""


@dataclass(frozen=True)
class Vertex:
    """Where the borders of two half-planes meet: the first is steeper."""

    latency: Fraction
    energy: Fraction
    steeper: HalfPlane
    flatter: HalfPlane

    def direction(self) -> tuple[int, int]:
        """Weights of the next solve that may cut the vertex off.

        Between two known points of the front: along their connection, which ends the search
        between them if nothing lies below. Otherwise along EDP's own tangent.
        """
        if self.latency == 0 or self.energy == 0:  # along the axis, or it would never move
            return (1, 0) if self.latency == 0 else (0, 1)
        a, b = self.steeper.point, self.flatter.point
        if a is not None and b is not None and a[0] < b[0] and a[1] > b[1]:
            return a[1] - b[1], b[0] - a[0]
        return max(1, round(self.energy)), max(1, round(self.latency))


class Polygon:
    """The region of (latency, energy) that proven bounds leave, and the objective's least value."""

    def __init__(self, least_latency: int, least_energy: int, objective: Objective) -> None:
        self._planes = [HalfPlane(1, 0, least_latency), HalfPlane(0, 1, least_energy)]
        self._objective = objective

    def add(self, plane: HalfPlane) -> None:
        """Cut with a half-plane."""
        self._planes.append(plane)

    def with_plane(self, plane: HalfPlane) -> Polygon:
        """The polygon cut with one more half-plane."""
        other = Polygon(0, 0, self._objective)
        other._planes = [*self._planes, plane]
        return other

    def vertices(self) -> list[Vertex]:
        """Corners of the lower left border, by rising latency."""
        planes = sorted(
            self._planes,
            key=lambda p: Fraction(p.energy_weight, p.latency_weight + p.energy_weight),
        )
        chain: list[HalfPlane] = []
        for plane in planes:
            while chain and self._covers(plane, chain):
                chain.pop()
            if not chain or _meet(chain[-1], plane) is not None:
                chain.append(plane)
        found = []
        for steeper, flatter in pairwise(chain):
            corner = _meet(steeper, flatter)
            if corner is not None:
                found.append(Vertex(*corner, steeper, flatter))
        return found

    def _covers(self, plane: HalfPlane, chain: list[HalfPlane]) -> bool:
        """Whether the last border of the chain is behind the new one and the one before it."""
        last = chain[-1]
        if _meet(last, plane) is None:  # parallel: the tighter stays
            return plane.value * _size(last) >= last.value * _size(plane)
        if len(chain) < 2:
            return False
        corner = _meet(chain[-2], plane)
        assert corner is not None
        latency, energy = corner
        return last.latency_weight * latency + last.energy_weight * energy >= last.value

    def worst(self) -> Vertex:
        """The vertex with the smallest value."""
        return min(self.vertices(), key=self._value)

    def direction(self) -> tuple[int, int]:
        """Weights of the next solve: those of the sum, or what may cut off the worst vertex."""
        of = self._objective
        return self.worst().direction() if of.is_product else of.linear

    def cut(
        self,
        minimise: Callable[[tuple[int, int]], HalfPlane | None],
        enough: Callable[[int], bool],
    ) -> None:
        """Cut off the worst vertex again and again, until it stays.

        Parameters
        ----------
        minimise
            Given weights of cycles and nJ, what is known of the least sum; ``None``: nothing.
        enough
            Told every bound on the value; whether no more is wanted.
        """
        for cuts in range(_MOST_CUTS):
            plane = minimise(self.direction())
            if plane is None:
                return
            before = self.bound()
            self.add(plane)
            stays = self.bound() <= before and (plane.final or cuts > _FEW_CUTS)
            if enough(self.bound()) or stays:
                return

    def bound(self) -> int:
        """The value is at least this."""
        return ceil(self._value(self.worst()))

    def _value(self, vertex: Vertex) -> Fraction:
        return self._objective.value(vertex.latency, vertex.energy)


def _size(plane: HalfPlane) -> int:
    return plane.latency_weight + plane.energy_weight


def _meet(a: HalfPlane, b: HalfPlane) -> tuple[Fraction, Fraction] | None:
    """Where two borders cross; ``None`` if they are parallel."""
    det = a.latency_weight * b.energy_weight - a.energy_weight * b.latency_weight
    if det == 0:
        return None
    latency = Fraction(a.value * b.energy_weight - a.energy_weight * b.value, det)
    energy = Fraction(a.latency_weight * b.value - a.value * b.latency_weight, det)
    return latency, energy


def small(weights: tuple[int, int]) -> tuple[int, int]:
    """About the same direction in integers of at most 16 bits, neither of them 0."""
    shrink = 1 + max(weights) // 2**16
    return max(1, weights[0] // shrink), max(1, weights[1] // shrink)
