"""Tables of runs as bars: certified gaps by solver, and what decisions of the heuristic cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scar_cp.show.plots.case_panels import (
    GROUP,
    case_names,
    grouped_bars,
    in_order,
    legend_below,
    panels_of,
    placed,
)
from scar_cp.show.plots.style import in_house_style, model_fill
from scar_cp.studies.gap_splits import STEPS, GapSplit
from scar_cp.studies.judged_rows import JudgedRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SPLIT_NAMES", "plot_gaps", "plot_losses"]

SPLIT_NAMES = ("package", "profile", "windows", "objective")
"""What tells splits of one scenario apart."""
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
    rows = in_order(rows)
    cases = case_names(rows)
    solvers = list(dict.fromkeys(row.solver for row in rows))
    figure, panels = panels_of(
        [list(dict.fromkeys(cases))], len(solvers), [_label(row.gap) for row in rows]
    )
    for axes, _, groups in panels:
        grouped_bars(
            axes,
            placed(groups, cases, rows),
            solvers,
            lambda row: None if row.gap is None else 100 * row.gap,
            lambda row: _label(row.gap),
        )
        axes.set_ylabel("certified gap [%]")
    objectives = ", ".join(dict.fromkeys(row.objective for row in rows))
    figure.suptitle(f"Certified gaps of {objectives} by solver: to the best bound of any run")
    legend_below(figure, solvers)
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
    from matplotlib.patches import Patch

    splits = in_order(splits, SPLIT_NAMES)
    figure, panels = panels_of([case_names(splits, SPLIT_NAMES)], 1)
    first = 0
    any_open = False
    for axes, _, groups in panels:
        shown = splits[first : first + len(groups)]
        first += len(groups)
        any_open |= _stacks(axes, shown)
        axes.set_ylabel("share of the heuristic's value [%]")
    figure.suptitle("What the decisions of the heuristic cost")
    decisions = [decision for _, decision in STEPS]
    legend_below(figure, decisions, *([Patch(**_OPEN)] if any_open else []))
    return figure


def _stacks(axes: Axes, splits: Sequence[GapSplit]) -> bool:
    """Draw the stack of every split; whether anything on them is open."""
    tops = [0.0] * len(splits)
    for k, (_, decision) in enumerate(STEPS):
        least = [100 * (split.losses[k].least or 0.0) for split in splits]
        axes.bar(
            range(len(splits)), least, GROUP, tops, label=decision, linewidth=0.5, **model_fill(k)
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
            [x for x, *_ in open_], [up_to - top for _, up_to, top in open_], GROUP,
            [top for *_, top in open_], **_OPEN,
        )  # fmt: skip
    return bool(open_)
