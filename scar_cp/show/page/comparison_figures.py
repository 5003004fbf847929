"""Tables of runs as figures: gaps by solver, and what decisions of the heuristic cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from scar_cp.show.page.figure import figure_of, hover, plain, plotly_objects
from scar_cp.show.plots.case_panels import case_names, in_order
from scar_cp.show.plots.gaps_plot import SPLIT_NAMES
from scar_cp.show.plots.style import PALETTE
from scar_cp.show.text.summary import gap_text
from scar_cp.studies.gap_splits import STEPS, GapSplit
from scar_cp.studies.judged_rows import JudgedRow

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["gaps_figure", "losses_figure"]


def gaps_figure(rows: Sequence[JudgedRow]) -> go.Figure:
    """Draw the certified gaps of every solver, a dot for each run.

    Parameters
    ----------
    rows
        Rows of a comparison; those without a gap are left out.
    """
    proven = [(row, row.gap) for row in rows if row.gap is not None]
    traces = [
        plotly_objects().Box(
            name=objective,
            x=[row.solver for row, _ in proven if row.objective == objective],
            y=[100 * gap for row, gap in proven if row.objective == objective],
            hovertext=[
                hover(str(row), f"gap {gap_text(gap)}")
                for row, gap in proven
                if row.objective == objective
            ],
            hoverinfo="text",
            boxpoints="all",
            jitter=0.4,
            pointpos=0,
            marker={"size": 4, "color": PALETTE[k % len(PALETTE)]},
            fillcolor="rgba(0,0,0,0.04)",
        )
        for k, objective in enumerate(dict.fromkeys(row.objective for row, _ in proven))
    ]
    return figure_of(
        traces,
        height=380,
        boxmode="group",
        yaxis={"title": {"text": "certified gap [%]"}, "rangemode": "tozero"},
    )


def losses_figure(splits: Sequence[GapSplit]) -> go.Figure:
    """Draw, per problem, which share of the heuristic's value each of its decisions costs.

    Parameters
    ----------
    splits
        The split of every problem and objective; what a decision costs at least is stacked, hatched
        on top what is lost at most, but not proven to be one decision's.
    """
    splits = in_order(splits, SPLIT_NAMES)
    cases = case_names(splits, SPLIT_NAMES)
    names = [case.replace("\n", " ") for case in cases]
    traces = [
        plotly_objects().Bar(
            name=f"{decision}, at least",
            x=list(range(len(splits))),
            y=[100 * (split.losses[k].least or 0.0) for split in splits],
            hovertext=[
                hover(
                    f"{name}: {decision}",
                    f"costs {gap_text(split.losses[k].least)} to {gap_text(split.losses[k].most)}",
                )
                for name, split in zip(names, splits, strict=True)
            ],
            hoverinfo="text",
            marker={"color": PALETTE[k]},
        )
        for k, (_, decision) in enumerate(STEPS)
    ]
    open_ = [
        max(0.0, (split.total[1] or 0.0) - sum(loss.least or 0.0 for loss in split.losses))
        for split in splits
    ]
    if any(open_):
        traces.append(
            plotly_objects().Bar(
                name="not proven whose",
                x=list(range(len(splits))),
                y=[100 * share for share in open_],
                hovertext=[
                    hover(f"{name}: not proven whose", f"at most {gap_text(share)}")
                    for name, share in zip(names, open_, strict=True)
                ],
                hoverinfo="text",
                marker={
                    "color": "rgba(0,0,0,0)",
                    "line": {"color": "#999999", "width": 1},
                    "pattern": {"shape": "/", "fgcolor": "#BBBBBB", "size": 6},
                },
            )
        )
    return figure_of(
        traces,
        height=380,
        barmode="stack",
        xaxis={
            "tickvals": list(range(len(splits))),
            "ticktext": [plain(case).replace("\n", "<br>") for case in cases],
        },
        yaxis={"title": {"text": "share of the heuristic's value [%]"}},
    )
