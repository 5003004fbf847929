"""Sweeps as pictures: lines over one parameter, or a map over two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scar_cp.show.plots.style import PALETTE, in_house_style
from scar_cp.sweeps.sweep_table import COLUMN_OF, bound_column

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SweepPanel", "axis_order", "plot_sweep_lines", "plot_sweep_map"]

Cells = Mapping[str, Any]


@dataclass(frozen=True)
class SweepPanel:
    """One of the diagrams of a picture."""

    title: str
    column: str
    """What it shows."""
    rows: Sequence[Cells]
    """Flat rows, see `scar_cp.sweeps.sweep_table.flat_rows`."""


_LABELS = {
    "latency_ms": "latency [ms]",
    "energy_mj": "energy [mJ]",
    "edp_j_s": "EDP [J·s]",
    "gap": "certified gap [%]",
    "seconds": "solving time [s]",
}
"""What axes say of columns."""

_MARKS = "osD^vPX*"
_OBJECTIVE_OF = {column: objective for objective, column in COLUMN_OF.items()}


def axis_order(values: Sequence[Any]) -> list[Any]:
    """Different values: numbers in their order, words as they come."""
    found = list(dict.fromkeys(_plain(value) for value in values))
    return sorted(found) if _are_numbers(found) else found


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value


def _are_numbers(values: Sequence[Any]) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


@in_house_style
def plot_sweep_lines(
    panels: Sequence[SweepPanel], x: str, lines: Sequence[str], title: str = ""
) -> Figure:
    """Draw columns over a parameter; bars go down to what is proven to be out of reach.

    Parameters
    ----------
    panels
        What stands beside each other.
    x
        The parameter along the axis: numbers stand where they belong, words beside each other.
    lines
        Parameters that have a line for each combination of their values.
    title
        Of the picture: which problems.
    """
    from matplotlib.figure import Figure

    columns = min(3, len(panels))
    high = -(-len(panels) // columns)
    figure = Figure(figsize=(max(4.6, 3.6 * columns), 0.5 + 2.9 * high))
    grid = figure.subplots(high, columns, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    names = list(dict.fromkeys(_line(row, lines) for panel in panels for row in panel.rows))
    for axes, panel in zip(grid.flat, panels, strict=False):
        _draw_lines(axes, panel, x, lines, names)
    if names != [""]:
        figure.legend(
            *grid.flat[0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=max(1, min(len(names), int(figure.get_size_inches()[0] / 1.8))),
            fontsize=7,
        )
    figure.suptitle(title)
    return figure


def _line(row: Cells, lines: Sequence[str]) -> str:
    return ", ".join(
        f"{name} {row[name]}" if isinstance(row[name], int | float) else str(row[name])
        for name in lines
    )


def _draw_lines(
    axes: Axes, panel: SweepPanel, x: str, lines: Sequence[str], names: Sequence[str]
) -> None:
    rows, y = panel.rows, panel.column
    order = axis_order([row[x] for row in rows])
    are_numbers = _are_numbers(order)
    for k, name in enumerate(names):
        mine = [row for row in rows if _line(row, lines) == name and row[y] is not None]
        mine.sort(key=lambda row: order.index(_plain(row[x])))
        at = [_plain(row[x]) if are_numbers else order.index(_plain(row[x])) for row in mine]
        axes.errorbar(
            at,
            [_number(row, y) for row in mine],
            yerr=([_below(row, y) for row in mine], [0.0] * len(mine)),
            label=name,
            color=PALETTE[k % len(PALETTE)],
            marker=_MARKS[k % len(_MARKS)],
            markersize=4,
            linewidth=1.2,
            capsize=2.5,
            linestyle="-" if are_numbers else "none",
        )
    if are_numbers and len(order) > 2 and order[0] > 0 and order[-1] >= 8 * order[0]:
        axes.set_xscale("log", base=2)
    if are_numbers:
        axes.set_xticks(order, [f"{value:g}" for value in order])
        axes.minorticks_off()
    else:
        axes.set_xticks(range(len(order)), list(map(str, order)), rotation=30, ha="right")
    axes.set_xlabel(x)
    axes.set_ylabel(_LABELS.get(y, y))
    axes.set_title(panel.title)
    axes.set_ylim(bottom=0)


def _number(row: Cells, column: str) -> Any:
    """What stands in a column, in the unit of its axis."""
    value = row[column]
    return 100 * value if column == "gap" and value is not None else value


def _below(row: Cells, y: str) -> float:
    """From a value down to its bound."""
    bound = row[bound_column(_OBJECTIVE_OF[y])] if y in _OBJECTIVE_OF else None
    return 0.0 if bound is None else max(0.0, row[y] - bound)


@in_house_style
def plot_sweep_map(panels: Sequence[SweepPanel], x: str, y: str, title: str = "") -> Figure:
    """Draw columns over two parameters, as maps with the numbers on them.

    Parameters
    ----------
    panels
        What stands beside each other.
    x, y
        The parameters.
    title
        Of the picture: which problems.
    """
    from matplotlib.figure import Figure

    every = [row for panel in panels for row in panel.rows]
    across, down = axis_order([r[x] for r in every]), axis_order([r[y] for r in every])
    size = max(3.6, 0.75 * len(across) + 1.8), max(2.4, 0.42 * len(down) + 1.4)
    columns = min(3, len(panels))
    high = -(-len(panels) // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * high))
    grid = figure.subplots(high, columns, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _draw_map(axes, panel, x, y, across, down)
    figure.suptitle(title)
    return figure


def _draw_map(
    axes: Axes, panel: SweepPanel, x: str, y: str, across: Sequence[Any], down: Sequence[Any]
) -> None:
    column = panel.column
    cells = {
        (_plain(r[x]), _plain(r[y])): _number(r, column)
        for r in panel.rows
        if r[column] is not None
    }
    table = [[cells.get((a, b), float("nan")) for a in across] for b in down]
    axes.imshow(table, cmap="viridis_r", aspect="auto", origin="lower")
    middle = (min(cells.values(), default=0.0) + max(cells.values(), default=0.0)) / 2
    for (a, b), value in cells.items():
        colour = "white" if value > middle else "black"
        at, over = across.index(a), down.index(b)
        axes.text(at, over, f"{value:.4g}", ha="center", va="center", fontsize=6, color=colour)
    slant: dict[str, Any] = {} if _are_numbers(across) else {"rotation": 30, "ha": "right"}
    axes.set_xticks(range(len(across)), list(map(str, across)), **slant)
    axes.set_yticks(range(len(down)), list(map(str, down)))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(f"{panel.title}: {_LABELS.get(column, column)}")
