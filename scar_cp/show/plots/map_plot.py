"""A schedule in space: a panel per window, chiplets where they sit, traffic on their links."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import networkx as nx

from scar_cp.judge.evaluation import WindowEvaluation, evaluate
from scar_cp.judge.schedule import Schedule, layers_text
from scar_cp.problem.compiled import Problem
from scar_cp.show.plots.idle_chiplets import idle_text, shown_box
from scar_cp.show.plots.style import (
    LEGEND_SIZE,
    in_house_style,
    legend_columns,
    model_fill,
    model_handles,
    short_name,
    text_on,
    totals,
)
from scar_cp.show.text.units import Units

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

__all__ = ["Position", "link_shares", "plot_map", "positions"]

Position = tuple[float, float]

_INCHES = 0.95
"""From a chiplet to its neighbour."""
_RADIUS = 0.33
_CORNERS = (0, 4, 6, 3, 5, 8)
"""Of the shapes of the chiplet types, in their order; 0: a round one."""
_MAX_COLUMNS = 3
_WIDEST = 24.0
"""Inches that maps beside each other may take; chiplets of larger ones are smaller."""
_LEAST_STEP = 0.55


@in_house_style
def plot_map(problem: Problem, schedule: Schedule) -> Figure:
    """Draw which chiplet holds which layers, and how busy every directed link is.

    The shape of a chiplet is its type's, its colour the model's, a thick frame marks a memory
    port. A link's colour and width show its busy cycles as a share of the window, which passes
    100 % where the problem's ``contention`` lets it. Of packages of more than 16 chiplets, rows and
    columns at the edges without work or traffic are left out.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.

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
    >>> figure = sc.plot_map(problem, sc.solve(problem).result.schedule)
    >>> figure.savefig("map.png")
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.figure import Figure

    evaluation = evaluate(problem, schedule)
    place = positions(problem)
    left, right, bottom, top = shown_box(problem, evaluation, place)
    width, height = right - left + 1, top - bottom + 1
    fitting = max(1, int(_WIDEST / (_LEAST_STEP * width)))
    columns = min(_MAX_COLUMNS, fitting, max(1, len(evaluation.windows)))
    rows = max(1, -(-len(evaluation.windows) // columns))
    step = min(_INCHES, _WIDEST / (width * columns))
    size = max(4.5, step * width * columns + 1.4), step * height * rows + 0.3 * rows + 1.1
    figure = Figure(figsize=size)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    most = max((max(link_shares(w).values(), default=0.0) for w in evaluation.windows), default=0.0)
    # Without its palest fifth, which is lost on white.
    shades = ListedColormap([colormaps["cividis"](0.8 - 0.8 * k / 255) for k in range(256)])
    colours = ScalarMappable(Normalize(0, most or 1.0), shades)
    units = Units(problem.clock_hz, digits=4)
    for axes in panels:
        axes.axis("off")
    for w, (axes, window) in enumerate(zip(panels, evaluation.windows, strict=False)):
        axes.set_title(f"window {w}: {units.time(window.latency_cycles)}")
        axes.set_aspect("equal")
        axes.set_xlim(left - 0.5, right + 0.5)
        axes.set_ylim(bottom - 0.5, top + 0.5)
        _links(axes, problem, window, place, shades, most)
        _chiplets(axes, problem, window, place, step / _INCHES)
    bar = figure.colorbar(
        colours,
        ax=panels,
        shrink=0.7,
        label="link busy [% of its window]",
        format="{x:.3g}",
    )
    bar.outline.set_visible(False)
    hidden = sum(not (left <= x <= right and bottom <= y <= top) for x, y in place)
    note = f"; {idle_text(hidden)} at the edges not shown" if hidden else ""
    head = f"Schedule of {problem.name}"
    figure.suptitle(f"{head}\n{totals(problem, evaluation)}{note}")
    _legend(figure, problem)
    return figure


def positions(problem: Problem) -> list[Position]:
    """Where chiplets are drawn: on their mesh, or spread by their links, neighbours 1 apart."""
    cells = [(c.col, -c.row) for c in problem.chiplets if c.row is not None and c.col is not None]
    if len(set(cells)) == problem.num_chiplets:
        return [(float(x), float(y)) for x, y in cells]
    spread = nx.spring_layout(problem.nop_graph, seed=0, iterations=200)
    found = [tuple(map(float, spread[c])) for c in range(problem.num_chiplets)]
    closest = min((math.dist(a, b) for a, b in combinations(found, 2)), default=1.0)
    return [(x / closest, y / closest) for x, y in found]


def link_shares(window: WindowEvaluation) -> dict[tuple[int, int], float]:
    """Busy cycles of every directed link, in per cent of the window."""
    whole = max(1, window.latency_cycles) / 100
    links = (link.split(">") for link in window.link_busy_cycles)
    return {
        (int(c), int(d)): cycles / whole
        for (c, d), cycles in zip(links, window.link_busy_cycles.values(), strict=True)
    }


def _links(
    axes: Axes,
    problem: Problem,
    window: WindowEvaluation,
    place: list[Position],
    colours: Colormap,
    most: float,
) -> None:
    """Links that are there in grey, directions that are used as arrows."""
    for c, d in problem.links:
        axes.plot(*zip(place[c], place[d], strict=True), color="#CCCCCC", linewidth=0.7, zorder=1)
    for (c, d), share in link_shares(window).items():
        (x, y), (to_x, to_y) = place[c], place[d]
        length = math.hypot(to_x - x, to_y - y)
        along = (to_x - x) / length, (to_y - y) / length
        side = -0.07 * along[1], 0.07 * along[0]  # to the left, so that both directions show
        ends = [
            (at[0] + side[0] + away * along[0], at[1] + side[1] + away * along[1])
            for at, away in (((x, y), _RADIUS), ((to_x, to_y), -_RADIUS))
        ]
        thickness = 0.8 + 2.7 * share / (most or 1.0)
        look = {"arrowstyle": "-|>", "mutation_scale": 7, "linewidth": thickness, "shrinkA": 0}
        arrow = axes.annotate(
            "",
            xytext=ends[0],
            xy=ends[1],
            arrowprops=look | {"shrinkB": 0, "color": colours(share / (most or 1.0))},
            zorder=3.5,  # over the corners of squares
        )
        arrow.set_gid(f"link-{c}-{d}")


def _chiplets(
    axes: Axes, problem: Problem, window: WindowEvaluation, place: list[Position], zoom: float
) -> None:
    at = {s.chiplet: s for s in window.segments}
    for c, (x, y) in enumerate(place):
        shape = _shape(problem, c, (x, y))
        axes.add_patch(shape)
        look: dict[str, Any] = {"color": "#777777"}
        text = ""
        if c in at:
            segment = at[c]
            shape.set(**model_fill(segment.model))
            look = text_on(segment.model)
            layers = layers_text(segment.first, segment.last)
            text = f"\n{short_name(problem, segment.model, 12)}\n{layers}"
        shape.set(edgecolor="black", gid=f"chiplet-{c}", zorder=3)
        shape.set_linewidth(2.2 if problem.chiplets[c].port == c else 0.5)
        axes.text(
            x, y, f"{c}{text}", ha="center", va="center", fontsize=5.5 * zoom, **look,
            linespacing=1.05, zorder=4, clip_on=True,
        )  # fmt: skip


def _shape(problem: Problem, chiplet: int, at: Position) -> Patch:
    from matplotlib.patches import Circle, RegularPolygon

    corners = _CORNERS[problem.chiplet_types[chiplet] % len(_CORNERS)]
    if corners == 0:
        return Circle(at, _RADIUS, facecolor="white")
    radius = _RADIUS * (math.sqrt(2) if corners == 4 else 1.15)
    turned = math.pi / 4 if corners == 4 else 0.0
    return RegularPolygon(at, corners, radius=radius, orientation=turned, facecolor="white")


def _legend(figure: Figure, problem: Problem) -> None:
    from matplotlib.lines import Line2D

    white: dict[str, Any] = {"color": "white", "markeredgecolor": "black", "markersize": 8}
    types = []
    for t, name in enumerate(problem.type_names):
        corners = _CORNERS[t % len(_CORNERS)]
        marker: Any = "s" if corners == 4 else (corners, 0, 0) if corners else "o"
        types.append(Line2D([], [], label=name, marker=marker, **white))
    port = Line2D([], [], label="memory port", marker="s", markeredgewidth=2.2, **white)
    handles = [*model_handles(problem), *types, port]
    most = max(2, int(figure.get_size_inches()[0] / 1.5))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=legend_columns(figure, [str(handle.get_label()) for handle in handles], most),
        fontsize=LEGEND_SIZE,
    )
