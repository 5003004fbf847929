"""One look for all figures of a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from scar_cp.errors import ScarError

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["cycles_text", "figure_of", "hover", "plain", "plotly_objects"]

_LAYOUT: dict[str, Any] = {
    "template": "none",
    "font": {"family": "system-ui, sans-serif", "size": 12},
    "margin": {"l": 90, "r": 20, "t": 40, "b": 45},
    "hovermode": "closest",
    "hoverlabel": {"align": "left", "font": {"size": 12}},
    # At the top of the figure: above the chart, room that it needed before it got wider would stay.
    "legend": {"orientation": "h", "yref": "container", "y": 1, "yanchor": "top", "x": 0.0},
    # Beside the chart: above it the toolbar would cover legend and title.
    "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)"},
}
_TOOLBAR = 50
"""Pixels at the right."""


def plotly_objects() -> Any:
    """The library that draws.

    Raises
    ------
    ScarError
        If it is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise ScarError("reports need plotly: pip install 'scar-cp[report]'") from error
    return go


def figure_of(traces: list[Any], height: int, **layout: Any) -> go.Figure:
    """A figure in the look of all, as wide as the page, with room for the names at the left."""
    look = {**_LAYOUT, "height": height, **layout}
    look["margin"] = {**look["margin"], "r": max(_TOOLBAR, look["margin"]["r"])}
    figure = plotly_objects().Figure(traces, look)
    return figure.update_yaxes(automargin=True, title_standoff=10)


def plain(text: str) -> str:
    """Text that is shown as it stands: tags would be obeyed, and entities of quotes be shown."""
    return escape(text, quote=False)


def hover(title: str, *lines: str) -> str:
    """The text over a thing; anything may stand in names."""
    return "<br>".join([f"<b>{plain(title)}</b>", *map(plain, lines)])


def cycles_text(cycles: int, clock_hz: float) -> str:
    """Cycles, and how long they take."""
    return f"{cycles:,} cycles = {cycles / clock_hz * 1e3:.4g} ms"
