"""Whether schedules order packages as the papers do.

Two strategies are tied where they differ by at most 1 %. A pair agrees if both sides order it the
same way, or both have it tied. The heuristic is compared strategy by strategy. The optimum belongs
to a package: there the paper's figures are those of its better strategy on that package, by the
quantity that was searched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations
from typing import NamedTuple

from scar_cp.records.runs_csv import comment_head, to_csv
from scar_cp.studies.papers.cells import Cell

__all__ = [
    "TIE",
    "Agreement",
    "Disagreement",
    "Ranked",
    "agreements_csv",
    "disagreements_csv",
    "misordered",
    "rank",
]

TIE = 0.01
"""Largest relative difference of two that count as equal."""


@dataclass(frozen=True)
class Agreement:
    """Pairs of one scenario, search and quantity that are ordered as in the paper."""

    experiment: str
    profile: str
    scenario: str
    search: str
    quantity: str
    way: str
    """``heuristic`` or ``optimum``."""
    pairs: int
    agreeing: int
    share: float


@dataclass(frozen=True)
class Disagreement:
    """A pair that is ordered otherwise."""

    experiment: str
    profile: str
    scenario: str
    search: str
    quantity: str
    way: str
    first: str
    second: str
    published_ratio: float
    """First / second."""
    our_ratio: float


class Ranked(NamedTuple):
    """A strategy, or a package, with what both sides say of it."""

    name: str
    published: float
    ours: float


def misordered(ranked: Sequence[Ranked]) -> list[tuple[Ranked, Ranked]]:
    """The pairs that the two sides order differently, or that only one of them has tied."""
    return [
        (a, b)
        for a, b in combinations(ranked, 2)
        if _order(a.published, b.published) != _order(a.ours, b.ours)
    ]


def _order(a: float, b: float) -> int:
    """-1, 0 (tied) or 1."""
    if max(a, b) <= (1 + TIE) * min(a, b):
        return 0
    return -1 if a < b else 1


def rank(experiment: str, cells: Iterable[Cell]) -> tuple[list[Agreement], list[Disagreement]]:
    """Compare all pairs of an experiment's table.

    Parameters
    ----------
    experiment
        Its name.
    cells
        Its table; only what has a published figure counts.
    """
    agreements: list[Agreement] = []
    disagreements: list[Disagreement] = []
    places: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        if cell.published is not None:
            places.setdefault((cell.profile, cell.scenario, cell.search), []).append(cell)
    for place, inside in places.items():
        better = _better_strategies(inside)
        for quantity in dict.fromkeys(cell.quantity for cell in inside):
            of = [cell for cell in inside if cell.quantity == quantity]
            of_packages = [cell for cell in of if better.get(cell.package) == cell.strategy]
            for way, ranked in (
                ("heuristic", _ranked((c.strategy, c.published, c.heuristic) for c in of)),
                ("optimum", _ranked((c.package, c.published, c.optimum) for c in of_packages)),
            ):
                where = experiment, *place, quantity, way
                wrong = misordered(ranked)
                pairs = len(ranked) * (len(ranked) - 1) // 2
                if pairs:
                    agreeing = pairs - len(wrong)
                    share = round(agreeing / pairs, 4)
                    agreements.append(Agreement(*where, pairs, agreeing, share))
                disagreements += (
                    Disagreement(
                        *(*where, a.name, b.name),
                        published_ratio=round(a.published / b.published, 4),
                        our_ratio=round(a.ours / b.ours, 4),
                    )
                    for a, b in wrong
                )
    return agreements, disagreements


def _better_strategies(cells: Iterable[Cell]) -> Mapping[str, str]:
    """Of every package, the strategy that is best in the paper by what was searched for."""
    best: dict[str, Cell] = {}
    for cell in cells:
        if cell.quantity == cell.search:
            best[cell.package] = min(best.get(cell.package, cell), cell, key=_published)
    return {package: cell.strategy for package, cell in best.items()}


def _published(cell: Cell) -> float:
    assert cell.published is not None
    return cell.published


def _ranked(figures: Iterable[tuple[str, float | None, float | None]]) -> list[Ranked]:
    """What both sides have a figure for."""
    return [
        Ranked(name, published, ours)
        for name, published, ours in figures
        if published is not None and ours is not None
    ]


def _method(command: str) -> str:
    return comment_head(
        f"command: {command}",
        "method: from the tables of the experiments beside this one; all pairs of strategies with",
        f"  a published figure; tied where they differ by at most {TIE:.0%}; the optimum over",
        "  packages, the paper's figures being those of its better strategy on each",
    )


def agreements_csv(agreements: Iterable[Agreement], command: str) -> str:
    """Shares of agreeing pairs as CSV."""
    return to_csv([f.name for f in fields(Agreement)], map(asdict, agreements), _method(command))


def disagreements_csv(disagreements: Iterable[Disagreement], command: str) -> str:
    """Pairs that are ordered otherwise as CSV."""
    columns = [f.name for f in fields(Disagreement)]
    return to_csv(columns, map(asdict, disagreements), _method(command))
