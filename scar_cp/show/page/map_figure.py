"""The maps of a schedule, a window beside the other: who sits where, and traffic on links."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scar_cp.judge.evaluation import SegmentEvaluation, WindowEvaluation, itemise
from scar_cp.judge.schedule import Schedule, layers_text
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.figure import cycles_text, figure_of, hover, plain, plotly_objects
from scar_cp.show.plots.idle_chiplets import shown_box
from scar_cp.show.plots.map_plot import Position, link_shares, positions
from scar_cp.show.plots.style import model_fill, short_name, text_on
from scar_cp.show.text.units import Units
from scar_cp.show.trace import energy_by_segment, segment_details, segment_key

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["map_caption", "map_figure"]

_SYMBOLS = ("circle", "square", "hexagon", "triangle-up", "pentagon", "octagon")
"""Of the chiplet types, in their order."""
_PIXELS = 110
"""From a chiplet to its neighbour."""
_SIZE = 68
_SHADES = ("#B7AB6F", "#7C7B78", "#44546C", "#00224E")
"""Of links, the darker the busier."""
_MARGIN = {"l": 10, "r": 130, "t": 10, "b": 10}
_TITLE = 0.7
"""Room for a window's title above its map, in steps from a chiplet to its neighbour."""
_PAGE = 1000
"""Pixels that maps beside each other may take."""


def map_caption(problem: Problem) -> str:
    """What the shapes of a map mean, and its frames."""
    shapes = ", ".join(
        f"{_SYMBOLS[t % len(_SYMBOLS)].partition('-')[0]} {name}"
        for t, name in enumerate(problem.type_names)
    )
    return f"Package, window by window: {shapes}; thick frames are memory ports"


def map_figure(problem: Problem, schedule: Schedule) -> go.Figure:
    """Draw which chiplet holds which layers, and how busy every directed link is.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.

    Returns
    -------
    plotly.graph_objects.Figure
        A map for each window, as many beside each other as fit a page.
    """
    evaluation, charges = itemise(problem, schedule)
    energy = {key: sum(parts.values()) for key, parts in energy_by_segment(charges).items()}
    place = positions(problem)
    most = max((s for w in evaluation.windows for s in link_shares(w).values()), default=0.0)
    left, right, low, top = shown_box(problem, evaluation, place)
    inside = [c for c, (x, y) in enumerate(place) if left <= x <= right and low <= y <= top]
    width, height = 1 + right - left, 1 + top - low
    per_row = max(1, int(_PAGE // (width * _PIXELS)))
    traces, titles = [], []
    for w, window in enumerate(evaluation.windows):
        row, column = divmod(w, per_row)
        east, south = column * width, row * (height + _TITLE)
        here = [(x + east, y - south) for x, y in place]
        at = {s.chiplet: s for s in window.segments}
        texts = [_chiplet_text(problem, w, c, at.get(c), energy) for c in inside]
        traffic = _traffic(window, here, most or 1.0, w)
        chiplets = _chiplets(problem, inside, at, here, texts)
        traces += [_wires(problem, set(inside), here), traffic, chiplets]
        titles.append(_title(problem, window, w, left + east, low - south + height - 0.4))
    columns, rows = min(per_row, len(evaluation.windows)), -(-len(evaluation.windows) // per_row)
    wide, high = max(1, columns) * width, max(1, rows) * (height + _TITLE)
    return figure_of(
        traces,
        height=round(high * _PIXELS) + _MARGIN["t"] + _MARGIN["b"],
        width=max(420, round(wide * _PIXELS) + _MARGIN["l"] + _MARGIN["r"]),
        margin=_MARGIN,
        showlegend=False,
        dragmode="pan",
        annotations=titles,
        xaxis=_axis(left - 0.5, left - 0.5 + wide),
        yaxis=_axis(low - 0.5 + height + _TITLE - high, low - 0.5 + height + _TITLE)
        | {"scaleanchor": "x"},
    )


def _axis(low: float, high: float) -> dict[str, Any]:
    return {"visible": False, "range": [low, high]}


def _title(
    problem: Problem, window: WindowEvaluation, w: int, x: float, y: float
) -> dict[str, Any]:
    dram = window.dram_busy_cycles / max(1, window.latency_cycles)
    time = Units(problem.clock_hz).time(window.latency_cycles)
    return {
        "x": x - 0.4,
        "y": y,
        "text": f"window {w}: {time}<br>DRAM busy {dram:.0%} of it",
        "align": "left",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "font": {"size": 12},
    }


def _wires(problem: Problem, inside: set[int], place: list[Position]) -> Any:
    """Every link between chiplets that are shown, as one broken line."""
    x: list[float | None] = []
    y: list[float | None] = []
    for c, d in (link for link in problem.links if inside.issuperset(link)):
        x += [place[c][0], place[d][0], None]
        y += [place[c][1], place[d][1], None]
    look = {"color": "#CCCCCC", "width": 1.5}
    return plotly_objects().Scatter(x=x, y=y, mode="lines", line=look, hoverinfo="skip")


def _traffic(window: WindowEvaluation, place: list[Position], most: float, w: int) -> Any:
    """An arrowhead for every direction that is used, to the left of its link."""
    x, y, angles, shares, texts = [], [], [], [], []
    for (c, d), share in link_shares(window).items():
        (from_x, from_y), (to_x, to_y) = place[c], place[d]
        along = to_x - from_x, to_y - from_y
        length = math.hypot(*along)
        x.append((from_x + to_x) / 2 - 0.09 * along[1] / length)
        y.append((from_y + to_y) / 2 + 0.09 * along[0] / length)
        angles.append(90 - math.degrees(math.atan2(along[1], along[0])))
        shares.append(share)
        busy = window.link_busy_cycles[f"{c}>{d}"]
        texts.append(hover(f"link {c} to {d}", f"busy {busy:,} cycles: {share:.3g} % of window"))
    return plotly_objects().Scatter(
        x=x,
        y=y,
        mode="markers",
        hovertext=texts,
        hoverinfo="text",
        marker={
            "symbol": "triangle-up",
            "angle": angles,
            "size": [9 + 9 * share / most for share in shares],
            "color": shares,
            "cmin": 0,
            "cmax": most,
            "colorscale": _SHADES,
            "showscale": w == 0,
            "colorbar": {
                "title": {"text": "link busy [% of window]", "side": "right"},
                "thickness": 12,
                "len": 0.8,
                "y": 0.45,
            },
        },
    )


def _chiplets(
    problem: Problem,
    inside: list[int],
    at: dict[int, SegmentEvaluation],
    place: list[Position],
    texts: list[str],
) -> Any:
    labels, colours, inks = [], [], []
    for c in inside:
        label, colour, ink = str(c), "white", "#777777"
        if c in at:
            layers = layers_text(at[c].first, at[c].last)
            name = short_name(problem, at[c].model, 10)
            label = f"{c}<br>{plain(name)}<br>{layers}"
            colour, ink = model_fill(at[c].model)["facecolor"], text_on(at[c].model)["color"]
        labels.append(label)
        colours.append(colour)
        inks.append(ink)
    ports = [problem.chiplets[c].port == c for c in inside]
    return plotly_objects().Scatter(
        x=[place[c][0] for c in inside],
        y=[place[c][1] for c in inside],
        mode="markers+text",
        text=labels,
        textfont={"size": 10, "color": inks},
        hovertext=texts,
        hoverinfo="text",
        marker={
            "symbol": [_SYMBOLS[problem.chiplet_types[c] % len(_SYMBOLS)] for c in inside],
            "size": _SIZE,
            "color": colours,
            "opacity": 1,
            "line": {"color": "black", "width": [3.5 if port else 1 for port in ports]},
        },
    )


def _chiplet_text(
    problem: Problem,
    w: int,
    c: int,
    segment: SegmentEvaluation | None,
    energy: dict[tuple[int, int, int], int],
) -> str:
    chiplet = problem.chiplets[c]
    title = f"chiplet {c} {chiplet.type}"
    port = "memory port" if chiplet.port == c else f"memory port {chiplet.port}"
    if segment is None:
        return hover(title, port, "idle")
    model = problem.models[segment.model]
    details = segment_details(problem, w, segment)
    return hover(
        title,
        port,
        f"{problem.run_names[segment.model]} x{model.batch}, layers {details['layers']}",
        details["layer_names"],
        f"{model.passes} passes, each {cycles_text(segment.pass_cycles, problem.clock_hz)}",
        f"weights {details['weight_bytes']:,} bytes",
        f"energy {energy[segment_key(w, segment)]:,} nJ",
    )
