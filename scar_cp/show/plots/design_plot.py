"""A co-design as a picture: intervals of the candidates, and the map of the best package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scar_cp.codesign.design_search import Codesign
from scar_cp.show.plots.style import PALETTE, in_house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_design"]

_MOST = 20
"""Candidates that are shown."""


@in_house_style
def plot_design(design: Codesign) -> Figure:
    """Draw what is proven of the candidates with the least bounds, and the best package.

    Parameters
    ----------
    design
        After its search.
    """
    from matplotlib.figure import Figure

    shown = sorted(design.candidates, key=lambda one: one.bound)[:_MOST]
    figure = Figure(figsize=(8.6, 0.24 * len(shown) + 1.5))
    bars, grid = figure.subplots(1, 2, width_ratios=(3, 1.4))
    best = design.best
    for y, one in enumerate(shown):
        low = float(one.bound)
        colour = PALETTE[2] if one is best else PALETTE[0] if one in design.open else PALETTE[7]
        bars.plot([low], [y], marker="|", color=colour, markersize=9)
        if one.best is not None:
            high = float(one.best.total)
            bars.plot([low, high], [y, y], color=colour, linewidth=2)
            bars.plot([high], [y], marker="o", color=colour, markersize=4)
    if best is not None and best.best is not None:
        bars.axvline(float(best.best.total), color=PALETTE[2], linewidth=0.8, linestyle="--")
        _draw_package(grid, design, best.best.layout)
    bars.set_yticks(range(len(shown)), [design.counts_text(one.counts) for one in shown])
    bars.invert_yaxis()
    bars.set_xlabel(f"{design.design.objective}, mean relative to the package compared with")
    bars.set_title("| bound on all layouts   • best layout known")
    grid.set_axis_off()
    rows, columns = design.design.grid
    problems = ", ".join(problem.name for problem in design.base)
    figure.suptitle(f"Chiplet types of a {rows}x{columns} package for {problems}")
    return figure


def _draw_package(axes: Axes, design: Codesign, layout: tuple[int, ...]) -> None:
    rows, columns = design.design.grid
    for place, t in enumerate(layout):
        r, c = divmod(place, columns)
        axes.add_patch(_box(c, r, PALETTE[t % len(PALETTE)]))
        axes.text(c + 0.5, r + 0.5, design.names[t], ha="center", va="center", fontsize=6)
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    axes.set_aspect("equal")
    axes.set_title("best known package")


def _box(x: int, y: int, colour: str):  # type: ignore[no-untyped-def]
    from matplotlib.patches import Rectangle

    return Rectangle((x + 0.04, y + 0.04), 0.92, 0.92, facecolor=colour, edgecolor="black", lw=0.5)
