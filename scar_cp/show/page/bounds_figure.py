"""How value and bound came together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scar_cp.outcome.result import LogLine, Result
from scar_cp.show.page.figure import figure_of, hover, plotly_objects
from scar_cp.show.plots.style import PALETTE
from scar_cp.show.text.units import Units
from scar_cp.terms import ObjectiveName

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["bounds_figure"]


def bounds_figure(result: Result, units: Units) -> go.Figure:
    """Draw the best value and the best bound over the time of the search.

    Parameters
    ----------
    result
        A result; its log is what is drawn.
    units
        What values are told in.
    """
    objective = result.objective
    scatter = plotly_objects().Scatter
    traces = []
    for name, colour, numbers in (
        ("best value", PALETTE[6], [line.value for line in result.log]),
        ("best bound", PALETTE[5], [line.bound for line in result.log]),
    ):
        end = max([result.seconds, *(line.seconds for line in result.log)])
        texts = [
            _text(name, line, units.value(objective, n))
            for line, n in zip(result.log, numbers, strict=True)
        ]
        traces.append(
            scatter(
                name=name,
                x=[*(line.seconds for line in result.log), end],
                y=[_float(units, objective, n) for n in [*numbers, *numbers[-1:]]],
                hovertext=[*texts, *texts[-1:]],
                hoverinfo="text",
                mode="lines+markers",
                line={"shape": "hv", "color": colour},
                marker={"size": 5},
            )
        )
    return figure_of(
        traces,
        height=300,
        xaxis={"title": {"text": "time [s]"}, "rangemode": "tozero"},
        yaxis={"title": {"text": f"{objective} [{units.unit(objective)}]"}},
    )


def _float(units: Units, objective: ObjectiveName, number: int | None) -> float | None:
    """Values of EDP are too long for a browser's integers."""
    return None if number is None else float(units.in_unit(objective, number))


def _text(name: str, line: LogLine, shown: str) -> str:
    return hover(f"{name}: {shown}", f"after {line.seconds:.2f} s", f"moved by {line.source}")
