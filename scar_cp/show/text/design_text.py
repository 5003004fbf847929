"""The answer of a co-design as text."""

from __future__ import annotations

from collections.abc import Iterator

from scar_cp.codesign.design_search import Candidate, Codesign
from scar_cp.codesign.package_cost import package_cost
from scar_cp.show.text.summary import gap_text
from scar_cp.show.text.tables import Columns, plain_table
from scar_cp.show.text.units import Units

__all__ = ["design_lines"]

_MOST = 12
"""Candidates that are shown."""


def design_lines(design: Codesign) -> Iterator[str]:
    """The best package with its map, what is proven of it, and how others compare.

    Parameters
    ----------
    design
        After its search.
    """
    best = design.best
    compared = design.design.against or "each instance's own package"
    objective = design.design.objective
    if best is None or best.best is None:
        yield "no package was found in the time; with more, the same command goes on"
        return
    known = best.best
    columns = design.design.grid[1]
    width = max(map(len, design.names))
    yield f"best known: {design.counts_text(best.counts)}"
    for r in range(design.design.grid[0]):
        row = known.layout[r * columns : (r + 1) * columns]
        yield "  " + "  ".join(design.names[t].ljust(width) for t in row).rstrip()
    yield ""
    yield from plain_table(_instances(design, known.values), {"instance"})
    yield ""
    yield f"{objective} relative to {compared}, mean: {float(known.total):.4f}"
    yield f"bound on all packages: {float(design.bound):.4f}, gap {gap_text(design.gap)}"
    yield _verdict(design, best)
    yield ""
    yield from plain_table(_candidates(design), {"counts", "status"})
    left = len(design.candidates) - _MOST
    if left > 0:
        yield f"... and {left} more"


def _instances(design: Codesign, values: tuple[int, ...]) -> Columns:
    problems, objective = design.base, design.design.objective
    return {
        "instance": [problem.name for problem in problems],
        "best": [
            Units(problem.clock_hz).value(objective, value)
            for problem, value in zip(problems, values, strict=True)
        ],
        "compared with": [Units(row.clock_hz).value(objective, row.value) for row in design.other],
        "ratio": [
            f"{value / row.value:.4f}" if row.value else "-"
            for value, row in zip(values, design.other, strict=True)
        ],
    }


def _verdict(design: Codesign, best: Candidate) -> str:
    if not design.open:
        others = len(design.candidates) - 1
        return f"proven: none of the {others} other counts of chiplet types has a better layout"
    count = len(design.open)
    return f"open: {count} other counts may hold a package that is better within the gap"


def _candidates(design: Codesign) -> Columns:
    shown = sorted(design.candidates, key=lambda one: one.bound)[:_MOST]
    best = design.best
    cost = design.design.cost
    prices: Columns = {}
    if cost is not None:
        made = [
            package_cost(list(zip(design.names, one.counts, strict=True)), cost) for one in shown
        ]
        prices = {"cost": ["-" if price is None else f"{price:,.4g}" for price in made]}
    return {
        "counts": [design.counts_text(one.counts) for one in shown],
        **prices,
        "bound": [f"{float(one.bound):.4f}" for one in shown],
        "best": [f"{float(one.best.total):.4f}" if one.best else "-" for one in shown],
        "solves": [str(sum(answer.level for answer in one.answers)) for one in shown],
        "status": [
            "best known" if one is best else "open" if one in design.open else "cannot be better"
            for one in shown
        ],
    }
