"""Tables of runs as bars: certified gaps by solver, and what decisions of the heuristic cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scar_cp.gaps import STEPS, GapSplit
from scar_cp.judging import JudgedRow
from scar_cp.plots.style import in_house_style, model_fill

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_gaps", "plot_losses"]

_GROUP = 0.8
"""Width of a scenario's bars together."""


@in_house_style
def plot_gaps(rows: Sequence[JudgedRow]) -> Figure:
    """Draw every run's gap to the best bound that any run has for its problem.

    Parameters
    ----------
    rows
        Rows of a comparison; one without a gap has a question mark.
    """
    cases = _cases(rows, ("package", "profile", "windows", "space", "objective"))
    solvers = list(dict.fromkeys(row.solver for row in rows))
    figure, axes = _empty(list(dict.fromkeys(cases)), len(solvers))
    width = _GROUP / len(solvers)
    groups = {case: x for x, case in enumerate(dict.fromkeys(cases))}
    for k, solver in enumerate(solvers):
        mine = [(groups[c], r.gap) for c, r in zip(cases, rows, strict=True) if r.solver == solver]
        places = [x - _GROUP / 2 + (k + 0.5) * width for x, _ in mine]
        bars = axes.bar(
            places,
            [0.0 if gap is None else 100 * gap for _, gap in mine],
            width,
            label=solver,
            linewidth=0.5,
            **model_fill(k),
        )
        labels = ["?" if gap is None else f"{100 * gap:.2g}" for _, gap in mine]
        axes.bar_label(bars, labels, fontsize=6, padding=1)
    axes.set_ylabel("certified gap [%]")
    _legend_above(figure)
    return figure


@in_house_style
def plot_losses(splits: Sequence[GapSplit]) -> Figure:
    """Draw, per problem, which share of the heuristic's value each of its decisions costs.

    Stacked is what a decision costs at least; what is lost at most, but not proven to be one
    decision's, stands in a dashed frame on top.

    Parameters
    ----------
    splits
        The split of every problem and objective.
    """
    cases = _cases(splits, ("package", "profile", "windows", "objective"))
    figure, axes = _empty(cases, 1)
    tops = [0.0] * len(splits)
    for k, (_, decision) in enumerate(STEPS):
        least = [100 * (split.losses[k].least or 0.0) for split in splits]
        axes.bar(
            range(len(splits)), least, _GROUP, tops, label=decision, linewidth=0.5, **model_fill(k)
        )
        tops = [top + more for top, more in zip(tops, least, strict=True)]
    most = [100 * (split.total[1] or 0.0) for split in splits]
    open_ = [
        (x, up_to, top)
        for x, (up_to, top) in enumerate(zip(most, tops, strict=True))
        if up_to > top
    ]
    if open_:
        axes.bar(
            [x for x, *_ in open_], [up_to - top for _, up_to, top in open_], _GROUP,
            [top for *_, top in open_], label="not proven whose", facecolor="none",
            edgecolor="black", linestyle="--", linewidth=0.8,
        )  # fmt: skip
    axes.set_ylabel("share of the heuristic's value [%]")
    _legend_above(figure)
    return figure


def _cases(rows: Sequence[JudgedRow] | Sequence[GapSplit], names: Sequence[str]) -> list[str]:
    """The scenario of every row, with what differs among rows of one scenario."""
    scenarios = {row.scenario for row in rows}
    told = [
        name
        for name in names
        if len({(r.scenario, getattr(r, name)) for r in rows}) > len(scenarios)
    ]
    return [
        "\n".join([row.scenario, *(_word(name, getattr(row, name)) for name in told)])
        for row in rows
    ]


def _word(name: str, value: object) -> str:
    return f"{value} window{'' if value == 1 else 's'}" if name == "windows" else str(value)


def _empty(cases: Sequence[str], bars: int) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    width = max(4.5, 1.2 + len(cases) * max(0.55, 0.3 * bars))
    figure = Figure(figsize=(min(width, 24.0), 3.6))
    axes = figure.add_subplot()
    lines = max((case.count("\n") for case in cases), default=0)
    axes.set_xticks(range(len(cases)), cases, fontsize=7 if lines < 2 else 6)
    axes.tick_params(axis="x", length=0)
    axes.margins(y=0.08)
    return figure, axes


def _legend_above(figure: Figure) -> None:
    columns = max(2, int(figure.get_size_inches()[0] / 1.6))
    figure.legend(loc="outside upper center", ncols=columns, fontsize=7)
