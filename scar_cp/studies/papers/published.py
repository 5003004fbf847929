"""The papers' figures: SCAR (MICRO 2024, arXiv 2405.00790) and its predecessor (2312.09401)."""

from __future__ import annotations

from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

from scar_cp.records.record import Record, Seq
from scar_cp.records.yaml_json import read_record
from scar_cp.terms import Target

__all__ = ["PREDECESSOR", "SCAR", "Figure", "figures"]

SCAR = "SCAR (MICRO 2024, arXiv 2405.00790)"
PREDECESSOR = "SCAR's predecessor (arXiv 2312.09401)"


class Figure(NamedTuple):
    """What a published number is about."""

    experiment: str
    scenario: str
    search: str
    """What the schedules were searched for."""
    strategy: str
    relative_to: str
    """The strategy that a ratio is relative to; empty for s, J and J·s."""
    quantity: str


class _Grid(Record):
    experiment: str
    search: Target
    relative_to: str = ""
    scenarios: Seq[str]
    quantities: Seq[str]
    rows: dict[str, Seq[float | None]]


class _Published(Record):
    format: Literal["scar-cp/published@1"]
    grids: Seq[_Grid]


@cache
def figures() -> dict[Figure, float]:
    """Every published figure."""
    return {
        Figure(grid.experiment, scenario, grid.search, strategy, grid.relative_to, quantity): value
        for grid in read_record(Path(__file__).with_name("published.yaml"), _Published).grids
        for strategy, values in grid.rows.items()
        for (scenario, quantity), value in zip(
            product(grid.scenarios, grid.quantities), values, strict=True
        )
        if value is not None
    }
