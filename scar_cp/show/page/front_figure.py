"""The latency-energy front and what is proven about the rest of the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scar_cp.outcome.pareto import Front
from scar_cp.show.page.figure import figure_of, hover, plotly_objects
from scar_cp.show.plots.style import PALETTE
from scar_cp.show.text.units import Units

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["front_figure"]


def front_figure(front: Front) -> go.Figure:
    """Draw the points and the region that is proven to hold none.

    Parameters
    ----------
    front
        A front with at least one point.
    """
    scatter = plotly_objects().Scatter
    latencies = [point.latency_cycles for point in front.points]
    right = max(latencies) + (max(latencies) - min(latencies) or max(latencies) // 10) // 4
    limits = front.limits(0, right)
    across = 1e6 if front.clock_hz is None else front.clock_hz / 1e3
    units = Units(front.clock_hz)
    traces = []
    if front.half_planes or front.budgets:
        traces.append(
            scatter(
                name="proven empty",
                x=[0, limits[0][0] / across, *(x / across for x, _ in limits)],
                y=[1e9, 1e9, *(least / 1e6 for _, least in limits)],
                fill="tozeroy",
                fillcolor="#DDDDDD",
                mode="lines",
                line={"color": "#BBBBBB"},
                hoverinfo="skip",
            )
        )
    for supported, name in ((True, "found by weights"), (False, "found by budget")):
        points = [point for point in front.points if point.supported == supported]
        texts = [
            hover(name, units.time(point.latency_cycles), units.value("energy", point.energy_nj))
            for point in points
        ]
        traces.append(
            scatter(
                name=name,
                x=[point.latency_cycles / across for point in points],
                y=[point.energy_nj / 1e6 for point in points],
                mode="markers",
                marker={"size": 9, "color": PALETTE[5 if supported else 6]},
                hovertext=texts,
                hoverinfo="text",
            )
        )
    return figure_of(
        traces,
        height=380,
        xaxis={
            "title": {"text": f"latency [{'million cycles' if front.clock_hz is None else 'ms'}]"},
            "range": _around(latencies, across),
        },
        yaxis={
            "title": {"text": "energy [mJ]"},
            "range": _around([point.energy_nj for point in front.points], 1e6),
        },
    )


def _around(values: list[int], unit: float) -> list[float]:
    """The range of the values in a unit, with a margin."""
    spread = max(values) - min(values) or max(1, values[0] // 10)
    return [(min(values) - spread / 8) / unit, (max(values) + spread / 4) / unit]
