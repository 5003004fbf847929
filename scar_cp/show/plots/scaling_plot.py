"""How time and memory of a search grow, one size at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scar_cp.show.plots.style import PALETTE, in_house_style
from scar_cp.studies.bench import SCALING, Case, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_scaling"]

_COLUMNS = {"seconds": "time [s]", "peak_mb": "peak memory [MB]"}


@in_house_style
def plot_scaling(rows: Sequence[Row]) -> Figure:
    """Draw seconds and peak memory over chiplets, models, layers and windows.

    A case that ended before its certified gap is a hollow mark.

    Parameters
    ----------
    rows
        Of the suite ``scaling``; those of other cases are left out.
    """
    from matplotlib.figure import Figure

    found = {row.key: row for row in rows}
    figure = Figure(figsize=(10, 4.4))
    grid = figure.subplots(len(_COLUMNS), len(SCALING), sharey="row")
    for line, (column, label) in zip(grid, _COLUMNS.items(), strict=True):
        line[0].set_ylabel(label)
        for axes, (varied, cases) in zip(line, SCALING.items(), strict=True):
            shown = [
                (size, case, found[case.key]) for size, case in cases.items() if case.key in found
            ]
            _draw(axes, shown, column)
            axes.set_xlabel(varied)
    figure.suptitle("Time and memory of a search, one size at a time; hollow: gap not reached")
    return figure


def _draw(axes: Axes, shown: Sequence[tuple[int, Case, Row]], column: str) -> None:
    from matplotlib.ticker import LogLocator

    heights = [getattr(row, column) for *_, row in shown]
    axes.plot([size for size, *_ in shown], heights, color=PALETTE[5])
    for (size, case, row), height in zip(shown, heights, strict=True):
        ended = row.gap is not None and row.gap <= case.gap
        axes.plot(
            [size], [height], "o", color=PALETTE[5], fillstyle="full" if ended else "none", ms=5
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = [size for size, *_ in shown]
    axes.set_xticks(sizes, [str(size) for size in sizes], rotation=45)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.5)
