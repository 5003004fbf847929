"""Rows of the experiments' tables: the papers' figure, our heuristic, our certified optimum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import inf
from typing import NamedTuple

from scar_cp.errors import ClaimError
from scar_cp.outcome.solving import relative_gap
from scar_cp.records.runs_csv import comment_head, to_csv
from scar_cp.studies.judged_rows import Row
from scar_cp.studies.papers.experiments import Ask, Experiment, Part, Strategy
from scar_cp.studies.papers.published import Figure, figures
from scar_cp.terms import ObjectiveName

__all__ = ["CLOCK_HZ", "Cell", "cells_csv", "cells_of"]

CLOCK_HZ = 500e6
"""Of every package of the papers (SCAR, Table II)."""

_UNITS = {
    "latency": ("s", CLOCK_HZ),
    "energy": ("J", 1e9),
    "edp": ("J.s", CLOCK_HZ * 1e9),
}
"""Unit of every quantity, and how many cycles, nJ, cycles x nJ it is."""


@dataclass(frozen=True)
class Cell:
    """One figure, three ways."""

    profile: str
    scenario: str
    search: str
    """What schedules were searched for."""
    strategy: str
    package: str
    relative_to: str
    """The strategy that the figures are ratios to; empty where they have the unit."""
    quantity: str
    unit: str
    published: float | None
    heuristic: float | None
    """Of the strategy's own schedule."""
    optimum: float | None
    """Of the best schedule known on the same package in as many windows as the exact solver's."""
    optimum_least: float | None
    """The true optimum (or ratio of two) is proven to lie between these; only for the quantity
    that was searched for."""
    optimum_most: float | None
    gap: float | None
    """Certified gap of the optimum, in the quantity that was searched for."""


class _Ways(NamedTuple):
    """A quantity of a strategy: its own schedule's, its package's optimum and that one's limits."""

    heuristic: float | None
    optimum: float | None = None
    least: float | None = None
    most: float | None = None

    def relative_to(self, other: _Ways) -> _Ways:
        return _Ways(
            _divided(self.heuristic, other.heuristic),
            _divided(self.optimum, other.optimum),
            _divided(self.least, other.most),
            _divided(self.most, other.least),
        )


@dataclass(frozen=True)
class _Spot:
    """One place of an experiment, and what was run there."""

    experiment: str
    profile: str
    scenario: str
    search: ObjectiveName
    rows: Mapping[Ask, Row]

    def cell(self, strategy: Strategy, reference: Strategy | None, quantity: str) -> Cell:
        relative_to = reference.name if reference else ""
        figure = Figure(
            *(self.experiment, self.scenario, self.search, strategy.name, relative_to, quantity)
        )
        ways = self._ways(strategy, quantity)
        if reference is not None:
            other = self._ways(reference, quantity)
            if reference.optimum_windows is None:  # compared by its own schedule
                other = _Ways(*[other.heuristic] * len(other))
            ways = ways.relative_to(other)
        exact = self._optimum(strategy)
        return Cell(
            *(self.profile, self.scenario, self.search, strategy.name, strategy.package),
            *(relative_to, quantity, "" if reference else _UNITS[quantity][0]),
            *(figures().get(figure), *ways),
            gap=None if exact is None else relative_gap(exact.value, exact.bound),
        )

    def _optimum(self, strategy: Strategy) -> Row | None:
        """The best schedule known on the package, with the exact solver's bound.

        The exact solver may be cut off before it finds what another strategy has.
        """
        ask = strategy.optimum(self.scenario, self.profile, self.search)
        exact = None if ask is None else self.rows.get(ask)
        if ask is None or exact is None:
            return None
        known = [
            row
            for other, row in self.rows.items()
            if _place(other) == _place(ask) and other.windows <= ask.windows
        ]
        best = min(known, key=lambda row: inf if row.value is None else row.value)
        if best.value is not None and exact.bound is not None and exact.bound > best.value:
            raise ClaimError(f"{exact}: the bound {exact.bound} lies above {best}: {best.value}")
        return replace(best, bound=exact.bound)

    def _ways(self, strategy: Strategy, quantity: str) -> _Ways:
        own = self.rows.get(strategy.own(self.scenario, self.profile, self.search))
        exact = self._optimum(strategy)
        ways = _Ways(_measured(own, quantity), _measured(exact, quantity))
        if exact is None or exact.bound is None or quantity != self.search:
            return ways
        return ways._replace(least=exact.bound / _UNITS[quantity][1], most=ways.optimum)


def _place(ask: Ask) -> tuple[str, ...]:
    """What runs must share for a schedule of one to be a schedule of the other."""
    return ask.scenario, ask.profile, ask.search, ask.package


def _measured(row: Row | None, quantity: str) -> float | None:
    """A quantity of a run's schedule in s, J or J·s."""
    if row is None or row.latency_cycles is None or row.energy_nj is None:
        return None
    edp = row.latency_cycles * row.energy_nj
    amount = {"latency": row.latency_cycles, "energy": row.energy_nj, "edp": edp}[quantity]
    return amount / _UNITS[quantity][1]


def _divided(value: float | None, by: float | None) -> float | None:
    return None if value is None or not by else value / by


def cells_of(experiment: Experiment, profile: str, rows: Mapping[Ask, Row]) -> list[Cell]:
    """The table of an experiment; what has not been run is left empty."""
    return [
        cell
        for part in experiment.parts
        for scenario in part.scenarios
        for search in part.searches
        for cell in _cells(part, _Spot(experiment.name, profile, scenario, search, rows))
    ]


def _cells(part: Part, spot: _Spot) -> Iterator[Cell]:
    named = {strategy.name: strategy for strategy in part.strategies}
    for quantity in _UNITS:
        for strategy in part.strategies:
            yield spot.cell(strategy, None, quantity)
        for name, reference in part.ratios:
            yield spot.cell(named[name], named[reference], quantity)


def cells_csv(experiment: Experiment, cells: Iterable[Cell], command: str) -> str:
    """A table as CSV, with its sources and its method in the head."""
    strategies = dict.fromkeys(s for part in experiment.parts for s in part.strategies)
    head = comment_head(
        f"command: {command}",
        f"published: {experiment.source}",
        "method: scar-cp compare; every run and its limits are in runs.csv beside this table;",
        "  clock 500 MHz; ratios are strategy / relative_to, also between two optima",
        *(f"strategy {strategy}" for strategy in strategies),
        "optimum: best schedule on the strategy's package, of cp-sat or another run of this",
        "  experiment in no more windows;",
        "  optimum_least, optimum_most: what the true optimum is proven to lie between;",
        "  gap: (value - bound) / value of the quantity that was searched for",
    )
    return to_csv([f.name for f in fields(Cell)], map(asdict, cells), head)
