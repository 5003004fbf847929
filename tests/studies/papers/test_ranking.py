"""How often packages are ordered as in the papers, by hand."""

from __future__ import annotations

import pytest

from scar_cp.studies.papers.cells import Cell
from scar_cp.studies.papers.ranking import (
    Agreement,
    Disagreement,
    Ranked,
    agreements_csv,
    disagreements_csv,
    misordered,
    rank,
)


def cell(strategy: str, package: str, published: float | None, ours: float, best: float) -> Cell:
    return Cell(
        *("physical", "sc4", "edp", strategy, package, "", "edp", "J.s", published, ours, best),
        optimum_least=None,
        optimum_most=None,
        gap=None,
    )


THREE = [
    cell("Stand.", "simba", 1.0, 10.0, 8.0),
    cell("Simba", "simba", 2.0, 30.0, 8.0),
    cell("Het", "het", 3.0, 20.0, 9.0),
]
"""Simba and Het are reversed."""


def test_one_reversed_pair_of_three() -> None:
    agreements, disagreements = rank("table-iv", THREE)
    where = ("table-iv", "physical", "sc4", "edp", "edp")
    assert agreements == [
        Agreement(*where, "heuristic", pairs=3, agreeing=2, share=0.6667),
        Agreement(*where, "optimum", pairs=1, agreeing=1, share=1.0),
    ]
    assert disagreements == [Disagreement(*where, "heuristic", "Simba", "Het", 0.6667, 1.5)]


@pytest.mark.parametrize(
    ("published", "ours", "agree"),
    [
        ((1.0, 1.0), (5.0, 5.0), True),
        ((1.0, 1.005), (5.0, 4.96), True),  # tied on both sides, whichever is first
        ((100.0, 101.0), (7.0, 7.0), True),  # 1 % is still a tie
        ((100.0, 102.0), (7.0, 7.0), False),
        ((1.0, 1.0), (5.0, 6.0), False),
        ((1.0, 2.0), (5.0, 6.0), True),
        ((2.0, 1.0), (5.0, 6.0), False),
    ],
)
def test_ties_agree_only_with_ties(
    published: tuple[float, float], ours: tuple[float, float], agree: bool
) -> None:
    a, b = (Ranked(name, *of) for name, *of in zip("ab", published, ours, strict=True))
    assert (misordered([a, b]) == []) is agree


def test_a_package_stands_for_its_better_strategy_in_the_paper() -> None:
    between = [*THREE[:2], cell("Het", "het", 1.5, 20.0, 9.0)]
    assert rank("x", between)[0][1].agreeing == 1  # 1.0 before 1.5, 8 before 9
    reversed_ = [*THREE[:2], cell("Het", "het", 0.5, 20.0, 9.0)]
    (agreement,) = (a for a in rank("x", reversed_)[0] if a.way == "optimum")
    assert agreement.agreeing == 0
    assert rank("x", reversed_)[1][-1].first == "simba"


def test_rows_without_a_published_figure_do_not_count() -> None:
    assert rank("x", [*THREE, cell("Other", "other", None, 1.0, 1.0)]) == rank("x", THREE)


def test_a_lone_strategy_has_no_pairs() -> None:
    assert rank("x", THREE[:1]) == ([], [])


def test_tables_name_every_column() -> None:
    agreements, disagreements = rank("table-iv", THREE)
    last = agreements_csv(agreements, "c").splitlines()[-1]
    assert last == "table-iv,physical,sc4,edp,edp,optimum,1,1,1.0"
    last = disagreements_csv(disagreements, "c").splitlines()[-1]
    assert last == "table-iv,physical,sc4,edp,edp,heuristic,Simba,Het,0.6667,1.5"
