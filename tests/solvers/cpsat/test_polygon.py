"""The polygon around the front: its EDP is below that of every point, and met in the end."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from problems import seeds

from scar_cp.judge.objective import Objective
from scar_cp.solvers.cpsat.polygon import HalfPlane, Polygon

Point = tuple[int, int]

EDP = Objective("edp")


def least(points: list[Point]) -> tuple[int, int]:
    return min(x for x, _ in points), min(y for _, y in points)


def edp(points: list[Point]) -> int:
    return min(x * y for x, y in points)


def supporting(points: list[Point], weights: tuple[int, int]) -> HalfPlane:
    """The tightest half-plane of a direction, with a point on its border."""
    value, point = min((weights[0] * x + weights[1] * y, (x, y)) for x, y in points)
    return HalfPlane(*weights, value, point)


def closes(points: list[Point], polygon: Polygon, most: int = 200) -> int:
    """Cut until the best point seen meets the bound; the number of cuts."""
    best = None
    for cuts in range(most):
        bound = polygon.bound()
        assert bound <= edp(points)
        if best is not None and bound >= best:
            assert best == edp(points)
            return cuts
        plane = supporting(points, polygon.worst().direction())
        polygon.add(plane)
        assert plane.point is not None
        product = plane.point[0] * plane.point[1]
        best = product if best is None else min(best, product)
    raise AssertionError("the polygon does not close")


@pytest.mark.parametrize("largest", [1, 3, 10, 1_000, 2**30, 2**50])
@seeds(40, quick=2)
def test_it_closes_in_on_the_least_product(seed, largest):
    rng = Random(seed)
    count = rng.choice([1, 2, 3, 8, 30])
    points = [(rng.randint(0, largest), rng.randint(0, largest)) for _ in range(count)]
    slack = rng.choice([0, 1, 3])
    # A bound of 0 where more is true leaves a corner with product 0 that no sloping cut removes.
    corner = (max(min(1, x), x - slack) for x in least(points))
    closes(points, Polygon(*corner, EDP))


@seeds(60, quick=4)
def test_loose_repeated_and_skewed_cuts_never_pass_the_least_product(seed):
    rng = Random(seed)
    points = [(rng.randint(0, 60), rng.randint(0, 60)) for _ in range(rng.randint(1, 12))]
    polygon = Polygon(*least(points), EDP)
    for _ in range(30):
        weights = rng.choice([(1, 0), (0, 1), (rng.randint(1, 9), rng.randint(1, 9))])
        plane = supporting(points, weights)
        if rng.random() < 0.4:
            plane = HalfPlane(*weights, max(0, plane.value - rng.randint(0, 9)))
        before = polygon.bound()
        for _ in range(rng.choice([1, 2])):
            polygon.add(plane)
        assert before <= polygon.bound() <= edp(points)


@pytest.mark.parametrize(
    "points",
    [
        [(7, 5)],
        [(7, 5), (7, 5)],
        [(0, 5)],
        [(5, 0)],
        [(0, 0)],
        [(1, 5), (3, 3), (5, 1)],  # on one line
        [(0, 9), (9, 0)],
        [(4, 9), (4, 5), (4, 7)],
        [(9, 4), (5, 4)],
        [(1, 100), (2, 99), (100, 1)],
    ],
    ids=str,
)
def test_degenerate_fronts_close(points):
    closes(points, Polygon(*least(points), EDP))
    closes(points, Polygon(*(min(1, x) for x in least(points)), EDP))


def test_of_parallel_cuts_the_tighter_counts():
    polygon = Polygon(1, 1, EDP)
    for value in (6, 20, 12):
        polygon.add(HalfPlane(2, 2, value))
    # L + E >= 10 meets L >= 1 and E >= 1 at (1, 9) and (9, 1).
    assert polygon.bound() == 9
    polygon.add(HalfPlane(1, 0, 3))
    assert [(v.latency, v.energy) for v in polygon.vertices()] == [(3, 7), (9, 1)]


def test_a_vertex_between_integers_is_exact_and_its_bound_is_rounded_up():
    polygon = Polygon(0, 0, EDP)
    polygon.add(HalfPlane(3, 1, 10))
    polygon.add(HalfPlane(1, 3, 10))
    middle = polygon.vertices()[1]
    assert (middle.latency, middle.energy) == (Fraction(5, 2), Fraction(5, 2))
    polygon.add(HalfPlane(1, 0, 1))
    polygon.add(HalfPlane(0, 1, 1))
    # The corners are (1, 7), (5/2, 5/2) and (7, 1): 25/4 is less than 7, so the bound is 7.
    worst = polygon.worst()
    assert worst.latency * worst.energy == Fraction(25, 4)
    assert polygon.bound() == 7


def test_between_two_points_of_the_front_the_next_cut_runs_along_them():
    polygon = Polygon(1, 1, EDP)
    polygon.add(HalfPlane(9, 1, 19, (1, 10)))
    polygon.add(HalfPlane(1, 9, 19, (10, 1)))
    between = next(v for v in polygon.vertices() if v.steeper.point and v.flatter.point)
    assert between.direction() == (9, 9)
