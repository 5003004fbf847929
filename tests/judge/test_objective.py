from __future__ import annotations

from itertools import product

import pytest

from scar_cp.judge.objective import Objective

OBJECTIVES = [
    *map(Objective, ("latency", "energy", "edp")),
    *(Objective("weighted", weights) for weights in ((1, 1), (7, 2), (0, 3), (3, 0))),
]


@pytest.mark.parametrize(
    ("objective", "value"),
    [
        (Objective("latency"), 7),
        (Objective("energy"), 5),
        (Objective("edp"), 35),
        (Objective("weighted", (10, 1)), 75),
    ],
    ids=str,
)
def test_the_value_of_a_latency_and_an_energy(objective, value):
    assert objective.value(7, 5) == value


@pytest.mark.parametrize("objective", OBJECTIVES, ids=str)
def test_no_better_value_needs_more_than_the_most_cycles_or_nj(objective):
    points = list(product(range(9), repeat=2))
    for value, least in product(range(30), range(9)):
        most_cycles = objective.most_cycles(value, least)
        most_nj = objective.most_nj(value, least)
        for cycles, nj in points:
            if objective.value(cycles, nj) <= value:
                assert nj < least or most_cycles is None or cycles <= most_cycles
                assert cycles < least or most_nj is None or nj <= most_nj


@pytest.mark.parametrize(
    "arguments",
    [("speed",), ("weighted",), ("latency", (1, 0)), ("weighted", (0, 0)), ("weighted", (-1, 1))],
)
def test_what_has_no_meaning_is_refused(arguments):
    with pytest.raises(ValueError, match=r"objective|weights"):
        Objective(*arguments)
