"""A table of runs as bars: what every solver attains, and what is proven to be out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scar_cp.show.plots.case_panels import (
    GROUP,
    TOLD,
    case_names,
    grouped_bars,
    in_order,
    legend_below,
    panels_of,
    placed,
)
from scar_cp.show.plots.style import in_house_style
from scar_cp.show.text.units import Units, plain_digits
from scar_cp.studies.judged_rows import JudgedRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_values"]

_NAMES = tuple(name for name in TOLD if name != "objective")
"""Each objective has axes of its own."""
_WIDE = 50
"""Times the least value from which on an axis counts in powers of ten."""


@in_house_style
def plot_values(rows: Sequence[JudgedRow]) -> Figure:
    """Draw every run's value, and the best bound that any run has for its problem as a line.

    Parameters
    ----------
    rows
        Rows of a comparison; one without a value has a question mark.
    """
    from matplotlib.lines import Line2D

    rows = in_order(rows)
    objectives = list(dict.fromkeys(row.objective for row in rows))
    solvers = list(dict.fromkeys(row.solver for row in rows))
    by_objective = [[row for row in rows if row.objective == o] for o in objectives]
    names = [case_names(of, _NAMES) for of in by_objective]
    figure, panels = panels_of([list(dict.fromkeys(cases)) for cases in names], len(solvers))
    for axes, b, groups in panels:
        shown = placed(groups, names[b], by_objective[b])
        _draw(axes, shown, by_objective[b], solvers)
    figure.suptitle("Values by solver, with the certified bound on any schedule's value")
    bound = Line2D([], [], color="black", linewidth=1.6, label="certified bound")
    legend_below(figure, solvers, bound)
    return figure


def _draw(
    axes: Axes,
    shown: Sequence[tuple[int, JudgedRow]],
    rows: Sequence[JudgedRow],
    solvers: Sequence[str],
) -> None:
    """Bars of some rows, in the unit and scale of all rows of their objective."""
    objective = rows[0].objective
    has_clocks = all(row.clock_hz is not None for row in rows)

    def in_unit(row: JudgedRow, value: int) -> float:
        return float(_units(row, has_clocks).in_unit(objective, value))

    def height(row: JudgedRow) -> float | None:
        return None if row.value is None else in_unit(row, row.value)

    def label(row: JudgedRow) -> str:
        found = height(row)
        return "?" if found is None else plain_digits(found, 3)

    grouped_bars(axes, shown, solvers, height, label)
    bounds: dict[tuple[int, tuple[str, ...]], float] = {}
    for x, row in shown:
        if row.bound is not None:
            at = x, row.question
            bounds[at] = max(bounds.get(at, 0.0), in_unit(row, row.bound))
    axes.hlines(
        list(bounds.values()),
        [x - GROUP / 2 for x, _ in bounds],
        [x + GROUP / 2 for x, _ in bounds],
        color="black",
        linewidth=1.6,
        gid="bounds",
    )
    found = [value for row in rows if (value := height(row))]
    if found and max(found) > _WIDE * min(found):
        axes.set_yscale("log")
        axes.set_ylim(min([*found, *filter(None, bounds.values())]) / 2)
    unit = _units(rows[0], has_clocks).unit(objective)
    axes.set_ylabel(f"{objective} [{unit}]" if unit else objective)


def _units(row: JudgedRow, has_clocks: bool) -> Units:
    """Cycles and nJ where any row, of an older table, has no clock."""
    return Units(row.clock_hz if has_clocks else None)
