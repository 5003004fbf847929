"""Tables of runs as bars: certified gaps by solver, and what decisions of the heuristic cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scar_cp.show.plots.style import in_house_style, model_fill
from scar_cp.studies.gap_splits import STEPS, GapSplit
from scar_cp.studies.judged_rows import JudgedRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["case_names", "plot_gaps", "plot_losses"]

_GROUP = 0.8
"""Width of a scenario's bars together."""
_PAGE = 14.0
"""Inches that a picture may be wide."""
_OPEN: dict[str, Any] = {
    "label": "not proven whose",
    "facecolor": "none",
    "edgecolor": "black",
    "linestyle": "--",
    "linewidth": 0.8,
}


@in_house_style
def plot_gaps(rows: Sequence[JudgedRow]) -> Figure:
    """Draw every run's gap to the best bound that any run has for its problem.

    Parameters
    ----------
    rows
        Rows of a comparison; one without a gap has a question mark.
    """
    cases = case_names(rows, ("package", "profile", "windows", "space", "objective"))
    solvers = list(dict.fromkeys(row.solver for row in rows))
    width = _GROUP / len(solvers)
    figure, panels = _panels(list(dict.fromkeys(cases)), len(solvers))
    for axes, groups in panels:
        places = {case: x for x, case in enumerate(groups)}
        shown = [(places[c], row) for c, row in zip(cases, rows, strict=True) if c in places]
        for k, solver in enumerate(solvers):
            mine = [(x, row.gap) for x, row in shown if row.solver == solver]
            bars = axes.bar(
                [x - _GROUP / 2 + (k + 0.5) * width for x, _ in mine],
                [0.0 if gap is None else 100 * gap for _, gap in mine],
                width,
                label=solver,
                linewidth=0.5,
                **model_fill(k),
            )
            axes.bar_label(bars, [_label(gap) for _, gap in mine], fontsize=6, padding=1)
        axes.set_ylabel("certified gap [%]")
    _legend_above(figure, solvers)
    return figure


def _label(gap: float | None) -> str:
    """A gap in per cent where there is room for three letters; only 0 reads as 0."""
    if gap is None:
        return "?"
    return "<.1" if 0 < gap < 0.001 else f"{100 * gap:.2g}"


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
    cases = case_names(splits, ("package", "profile", "windows", "objective"))
    figure, panels = _panels(cases, 1)
    first = 0
    any_open = False
    for axes, groups in panels:
        shown = splits[first : first + len(groups)]
        first += len(groups)
        any_open |= _stacks(axes, shown)
        axes.set_ylabel("share of the heuristic's value [%]")
    _legend_above(figure, [decision for _, decision in STEPS], any_open)
    return figure


def _stacks(axes: Axes, splits: Sequence[GapSplit]) -> bool:
    """Draw the stack of every split; whether anything on them is open."""
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
            [top for *_, top in open_], **_OPEN,
        )  # fmt: skip
    return bool(open_)


def case_names(rows: Sequence[JudgedRow] | Sequence[GapSplit], names: Sequence[str]) -> list[str]:
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


def _panels(cases: Sequence[str], bars: int) -> tuple[Figure, list[tuple[Axes, list[str]]]]:
    """Axes below each other, each with as many of the cases as a page is wide."""
    from matplotlib.figure import Figure

    width = max(4.5, 1.2 + len(cases) * max(0.55, 0.3 * bars))
    per_row = max(1, len(cases))
    if width > _PAGE:
        per_row = max(1, int((_PAGE - 1.2) / max(0.65, 0.2 * bars)))
        width = _PAGE
    rows = [list(cases[k : k + per_row]) for k in range(0, len(cases), per_row)] or [[]]
    figure = Figure(figsize=(width, 3.6 if len(rows) == 1 else 0.6 + 2.2 * len(rows)))
    lines = max((case.count("\n") for case in cases), default=0)
    panels = []
    for axes, shown in zip(
        figure.subplots(len(rows), sharey=True, squeeze=False).flat, rows, strict=True
    ):
        axes.set_xticks(range(len(shown)), shown, fontsize=7 if lines < 2 else 6)
        axes.tick_params(axis="x", length=0)
        axes.margins(y=0.08)
        if len(rows) > 1:
            axes.set_xlim(-0.5, per_row - 0.5)
        panels.append((axes, shown))
    return figure, panels


def _legend_above(figure: Figure, names: Sequence[str], any_open: bool = False) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(label=name, linewidth=0.5, **model_fill(k)) for k, name in enumerate(names)]
    if any_open:
        handles.append(Patch(**_OPEN))
    columns = max(2, int(figure.get_size_inches()[0] / 1.6))
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, fontsize=7)
