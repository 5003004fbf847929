"""The map of a schedule: who sits where, and traffic on links; a slider goes through windows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scar_cp.judge.evaluation import Evaluation, SegmentEvaluation, WindowEvaluation, itemise
from scar_cp.judge.schedule import Schedule, layers_text
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.figure import cycles_text, figure_of, hover, plain, plotly_objects
from scar_cp.show.plots.map_plot import Position, link_shares, positions
from scar_cp.show.plots.style import model_fill, text_on
from scar_cp.show.trace import energy_by_segment, segment_details, segment_key

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["map_figure"]

_SYMBOLS = ("circle", "square", "hexagon", "triangle-up", "pentagon", "octagon")
"""Of the chiplet types, in their order."""
_PIXELS = 110
"""From a chiplet to its neighbour."""
_SIZE = 68
_SHADES = ("#B7AB6F", "#7C7B78", "#44546C", "#00224E")
"""Of links, the darker the busier."""
_MARGIN = {"l": 10, "r": 110, "t": 50, "b": 10}
_SLIDER = 60
"""Its height, where there is one."""


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
        With more than one window, a slider chooses which one is shown.
    """
    evaluation, charges = itemise(problem, schedule)
    energy = {key: sum(parts.values()) for key, parts in energy_by_segment(charges).items()}
    place = positions(problem)
    most = max((s for w in evaluation.windows for s in link_shares(w).values()), default=0.0)
    traces = [_wires(problem, place)]
    for w, window in enumerate(evaluation.windows):
        at = {s.chiplet: s for s in window.segments}
        texts = [
            _chiplet_text(problem, w, c, at.get(c), energy) for c in range(problem.num_chiplets)
        ]
        traces += [_traffic(window, place, most or 1.0, w), _chiplets(problem, at, place, texts, w)]
    width, height = (1 + max(p[i] for p in place) - min(p[i] for p in place) for i in (0, 1))
    sliders = _sliders(problem, evaluation)
    margin = _MARGIN | {"b": _MARGIN["b"] + (_SLIDER if sliders else 0)}
    return figure_of(
        traces,
        height=round(height * _PIXELS) + margin["t"] + margin["b"],
        width=max(420, round(width * _PIXELS) + _MARGIN["l"] + _MARGIN["r"]),
        margin=margin,
        showlegend=False,
        dragmode="pan",
        title={"text": _title(problem, evaluation, 0), "font": {"size": 13}},
        sliders=sliders,
        xaxis=_axis([p[0] for p in place]),
        yaxis=_axis([p[1] for p in place]) | {"scaleanchor": "x"},
    )


def _axis(values: list[float]) -> dict[str, Any]:
    return {"visible": False, "range": [min(values) - 0.5, max(values) + 0.5]}


def _title(problem: Problem, evaluation: Evaluation, w: int) -> str:
    if not evaluation.windows:
        return "no window"
    window = evaluation.windows[w]
    dram = window.dram_busy_cycles / max(1, window.latency_cycles)
    time = cycles_text(window.latency_cycles, problem.clock_hz)
    return f"window {w}: {time}; DRAM busy {dram:.0%} of it"


def _sliders(problem: Problem, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Nothing to choose with one window."""
    count = len(evaluation.windows)
    if count < 2:
        return []
    steps = []
    for w in range(count):
        visible = [True, *(shown == w for shown in range(count) for _ in range(2))]
        changes = [{"visible": visible}, {"title.text": _title(problem, evaluation, w)}]
        steps.append({"label": str(w), "method": "update", "args": changes})
    return [{"steps": steps, "currentvalue": {"prefix": "window "}, "pad": {"t": 10}}]


def _wires(problem: Problem, place: list[Position]) -> Any:
    """Every link that is there, as one broken line."""
    x: list[float | None] = []
    y: list[float | None] = []
    for c, d in problem.links:
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
        visible=w == 0,
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
            "colorbar": {"title": {"text": "link busy<br>[% of window]"}, "thickness": 12},
        },
    )


def _chiplets(
    problem: Problem,
    at: dict[int, SegmentEvaluation],
    place: list[Position],
    texts: list[str],
    w: int,
) -> Any:
    labels, colours, inks = [], [], []
    for c in range(problem.num_chiplets):
        label, colour, ink = str(c), "white", "#777777"
        if c in at:
            layers = layers_text(at[c].first, at[c].last)
            name = problem.models[at[c].model].name
            label = f"{c}<br>{plain(name[:10])}<br>{layers}"
            colour, ink = model_fill(at[c].model)["facecolor"], text_on(at[c].model)["color"]
        labels.append(label)
        colours.append(colour)
        inks.append(ink)
    ports = [chiplet.port == chiplet.id for chiplet in problem.chiplets]
    return plotly_objects().Scatter(
        x=[p[0] for p in place],
        y=[p[1] for p in place],
        mode="markers+text",
        visible=w == 0,
        text=labels,
        textfont={"size": 10, "color": inks},
        hovertext=texts,
        hoverinfo="text",
        marker={
            "symbol": [_SYMBOLS[t % len(_SYMBOLS)] for t in problem.chiplet_types],
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
        f"{model.name} x{model.batch}, layers {details['layers']}",
        details["layer_names"],
        f"{model.passes} passes, each {cycles_text(segment.pass_cycles, problem.clock_hz)}",
        f"weights {details['weight_bytes']:,} bytes",
        f"energy {energy[segment_key(w, segment)]:,} nJ",
    )
