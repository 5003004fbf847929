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
    blocks = [list(dict.fromkeys(cases)) for cases in names]
    figure, panels = panels_of(
        blocks, len(solvers), [_label(row, of) for of in by_objective for row in of]
    )
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

    def height(row: JudgedRow) -> float | None:
        return _in_unit(row, row.value, rows)

    grouped_bars(axes, shown, solvers, height, lambda row: _label(row, rows))
    bounds: dict[tuple[int, tuple[str, ...]], float] = {}
    for x, row in shown:
        if row.bound is not None:
            at = x, row.question
            bounds[at] = max(bounds.get(at, 0.0), _in_unit(row, row.bound, rows) or 0.0)
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
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylim(min([*found, *filter(None, bounds.values())]) / 2)
    unit = _units(rows[0], rows).unit(objective)
    axes.set_ylabel(f"{objective} [{unit}]" if unit else objective)


def _label(row: JudgedRow, rows: Sequence[JudgedRow]) -> str:
    found = _in_unit(row, row.value, rows)
    return "?" if found is None else plain_digits(found, 3)


def _in_unit(row: JudgedRow, value: int | None, rows: Sequence[JudgedRow]) -> float | None:
    return None if value is None else float(_units(row, rows).in_unit(row.objective, value))


def _units(row: JudgedRow, rows: Sequence[JudgedRow]) -> Units:
    """Cycles and nJ where any of the rows, of an older table, has no clock."""
    return Units(row.clock_hz if all(r.clock_hz is not None for r in rows) else None)
