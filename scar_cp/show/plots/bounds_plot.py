"""How value and bound came together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scar_cp.outcome.result import Result
from scar_cp.show.plots.style import PALETTE, in_house_style
from scar_cp.show.text.summary import gap_text, problem_text
from scar_cp.show.text.units import Units
from scar_cp.terms import ObjectiveName

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_bounds"]


@in_house_style
def plot_bounds(result: Result) -> Figure:
    """Draw the best value and the best bound over the time of the search.

    The gap between them is shaded; each step says what moved it where there is room. Values are in
    ms, mJ and J·s if the result has a schedule, which says the clock.

    Parameters
    ----------
    result
        A result; its log is what is drawn.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ScarError
        Without matplotlib.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> sc.plot_bounds(sc.solve(problem).result).savefig("bounds.png")
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.5, 3.6))
    axes = figure.add_subplot()
    seconds = [line.seconds for line in result.log]
    end = max([result.seconds, *seconds])
    lines = [*result.log, *result.log[-1:]]
    seconds = [*seconds, end][: len(lines)]
    units = Units.of(result.evaluation)
    values = [_number(units, result.objective, line.value) for line in lines]
    bounds = [_number(units, result.objective, line.bound) for line in lines]
    value_colour, bound_colour = PALETTE[6], PALETTE[5]
    axes.step(seconds, values, where="post", color=value_colour, label="best value", gid="value")
    axes.step(seconds, bounds, where="post", color=bound_colour, label="best bound", gid="bound")
    axes.fill_between(
        seconds, bounds, values, step="post", color="#DDDDDD", linewidth=0, label="gap", gid="gap"
    )
    axes.set_xlim(0, end or 1.0)
    _authors(axes, result, seconds, values)
    gap = "unknown" if result.gap is None else gap_text(result.gap)
    axes.set_title(
        f"Value and bound of {problem_text(result)}\n"
        f"{result.solver}, {result.space} space, gap {gap}"
    )
    axes.set_xlabel("time [s]")
    unit = units.unit(result.objective)
    axes.set_ylabel(f"{result.objective} [{unit}]" if unit else result.objective)
    axes.legend()
    return figure


def _number(units: Units, objective: ObjectiveName, value: int | None) -> float:
    """Values of EDP are too long for numpy's integers."""
    return float("nan") if value is None else float(units.in_unit(objective, value))


def _authors(axes: Axes, result: Result, seconds: Sequence[float], values: Sequence[float]) -> None:
    """Who found the values, at the first step of each."""
    author, value = "", None
    for line, x, y in zip(result.log, seconds, values, strict=False):
        moved, value = line.value != value, line.value
        if not moved or line.source == author:
            continue
        author = line.source
        late = x > 0.7 * axes.get_xlim()[1]
        axes.annotate(
            line.source,
            (x, y),
            xytext=(-3 if late else 3, 3),
            textcoords="offset points",
            ha="right" if late else "left",
            fontsize=6,
        )
