"""A schedule over time: a row per chiplet, a band per window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule, layers_text
from scar_cp.judge.timeline import Stage, WindowTimes, slots, timeline
from scar_cp.problem.compiled import Problem
from scar_cp.show.plots.idle_chiplets import chart_rows
from scar_cp.show.plots.style import (
    LEGEND_SIZE,
    PART_COLOURS,
    in_house_style,
    legend_columns,
    model_fill,
    model_handles,
    text_on,
    totals,
)
from scar_cp.show.text.units import plain_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BAR", "STRIP", "deadlines_in_sight", "plot_gantt"]

BAR = (-0.42, 0.56)
"""Bottom and height of a segment's bar, in rows."""
STRIP = (0.16, 0.24)
"""Bottom and height of the strip under it."""
_ROW = 0.34
"""Inches from a chiplet to the next."""
_MOST_INCHES = 24.0
"""For all rows; many are lower."""
_LETTERS = 6.0
"""Height of those in a bar, in points."""
_LEAST_LETTERS = 4.0
_IN_SIGHT = 1.3
"""Latencies up to which a deadline is shown."""


@in_house_style
def plot_gantt(problem: Problem, schedule: Schedule) -> Figure:
    """Draw when which chiplet works on what.

    A segment's bar has its resident load, a dashed frame while the pipeline fills, and then one
    bar for all its passes. The strip under it shows one pass, stretched over all of them: the
    parts of its period, blank where the segment waits for a slower one. Where transfers overlap
    with compute, they have the lower half of the strip. On packages of more than 16 chiplets, those
    that are idle throughout share a row.

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
    >>> figure = sc.plot_gantt(problem, sc.solve(problem).result.schedule)
    >>> figure.savefig("gantt.svg")
    """
    from matplotlib.figure import Figure

    evaluation = evaluate(problem, schedule)
    windows = timeline(problem, evaluation)
    rows = chart_rows(problem, evaluation)
    scale = 1e3 / problem.clock_hz
    inches = min(_ROW, _MOST_INCHES / len(rows.names))
    figure = Figure(figsize=(9.5, 1.8 + inches * len(rows.names)))
    axes = figure.add_subplot()
    ends = [evaluation.latency_cycles, *deadlines_in_sight(problem, evaluation.latency_cycles)]
    length = max(1, *ends) * scale
    axes.set_xlim(0, 1.003 * length)
    axes.set_ylim(len(rows.names) - 0.5, -0.5)
    axes.set_yticks(range(len(rows.names)), rows.names, fontsize=min(7.0, 60 * inches))
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(
        "time [ms]; bars: layers, passes x length of one; "
        "strips: one pass and the wait after it, stretched"
    )
    axes.set_title(f"Schedule of {problem.name}: {totals(problem, evaluation)}", pad=16, fontsize=9)
    for w, window in enumerate(windows):
        _band(axes, w, window, scale, length)
        for stage in window.stages:
            _stage(axes, problem, w, window, stage, scale, rows.of[stage.segment.chiplet], inches)
    for m, run in enumerate(problem.models):
        if run.deadline_cycles in ends[1:]:
            _deadline(axes, m, run.deadline_cycles * scale)
    _legend(figure, axes, problem, ends[1:])
    return figure


def deadlines_in_sight(problem: Problem, latency_cycles: int) -> list[int]:
    """Deadlines that a picture of the schedule shows: those not far beyond its end."""
    due = {run.deadline_cycles for run in problem.models if run.deadline_cycles is not None}
    return sorted(cycles for cycles in due if cycles <= _IN_SIGHT * latency_cycles)


def _deadline(axes: Axes, m: int, at: float) -> None:
    """A line in the model's colour."""
    look = {"color": model_fill(m)["facecolor"], "linewidth": 1.6, "linestyle": (0, (4, 1))}
    axes.axvline(at, gid=f"deadline-{m}", zorder=4, **look)


def _band(axes: Axes, w: int, window: WindowTimes, scale: float, whole: float) -> None:
    """The window behind its bars, with its length above."""
    left, right = window.start * scale, window.end * scale
    axes.axvspan(left, right, color="#F2F2F2" if w % 2 else "white", zorder=0, gid=f"window-{w}")
    axes.axvline(right, color="#888888", linewidth=0.8, zorder=1)
    share = (right - left) / whole
    if share > 0:
        text = f"window {w}: {plain_digits(right - left, 4)} ms" if share > 0.16 else f"{w}"
        place = ((left + right) / 2, 1.01)
        axes.text(
            *place, text, transform=axes.get_xaxis_transform(), ha="center", va="bottom", fontsize=7
        )


def _stage(
    axes: Axes,
    problem: Problem,
    w: int,
    window: WindowTimes,
    stage: Stage,
    scale: float,
    row: int,
    inches: float,
) -> None:
    segment = stage.segment
    name = f"{w}-{segment.chiplet}"

    def bar(kind: str, start: int, end: int, height: tuple[float, float], **look: object) -> None:
        if end > start:
            place = [(start * scale, (end - start) * scale)]
            axes.broken_barh(
                place,
                (row + height[0], height[1]),
                gid=f"{kind}-{name}",
                **look,  # type: ignore[arg-type]
            )

    fill = model_fill(segment.model)
    waiting = {"facecolor": "none", "edgecolor": fill["facecolor"], "linestyle": (0, (3, 2))}
    bar("fill", window.start, stage.load_start, BAR, **waiting)
    bar("fill", stage.load_end, stage.first_start, BAR, **waiting)
    load = {"facecolor": PART_COLOURS["weights"], "edgecolor": "black", "linewidth": 0.3}
    bar("load", stage.load_start, stage.load_end, BAR, **load)
    bar("passes", stage.first_start, stage.last_end, BAR, linewidth=0.5, **fill)
    _strip(axes, problem, stage, scale, row, f"strip-{name}")
    width = (stage.last_end - stage.first_start) * scale / axes.get_xlim()[1]
    points = 0.84 * 72 * axes.figure.get_size_inches()[0] * width  # type: ignore[union-attr]
    layers = layers_text(segment.first, segment.last)
    size = min(_LETTERS, 0.9 * 72 * inches * BAR[1])
    one_pass = plain_digits(segment.pass_cycles * scale, 3)
    texts = (f"{layers}: {stage.passes} x {one_pass} ms", layers)
    text = next((text for text in texts if len(text) * 0.6 * size < points), None)
    if text is not None and size >= _LEAST_LETTERS:
        middle = (stage.first_start + stage.last_end) / 2 * scale
        axes.text(
            middle, row + BAR[0] + BAR[1] / 2, text, ha="center", va="center_baseline",
            fontsize=size, **text_on(segment.model),
        )  # fmt: skip


def _strip(axes: Axes, problem: Problem, stage: Stage, scale: float, row: int, gid: str) -> None:
    """One period, stretched over all passes."""
    if stage.period == 0:
        return
    start = stage.first_start * scale
    # The last pass has no gap after it, so that all periods together may be longer than the bar.
    stretch = (stage.last_end - stage.first_start) * scale / stage.period
    bottom, height = STRIP
    for part, offset, cycles in slots(stage.segment, problem.overlap):
        if cycles == 0:
            continue
        low, high = bottom, height
        if problem.overlap == "full":
            low, high = bottom + (part != "compute") * height / 2, height / 2
        axes.broken_barh(
            [(start + offset * stretch, cycles * stretch)],
            (row + low, high),
            facecolor=PART_COLOURS[part],
            gid=f"{gid}-{part}",
        )


def _legend(figure: Figure, axes: Axes, problem: Problem, deadlines: list[int]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    notes = {"weights": " (in a bar: once)"}
    parts = [
        Patch(label=part + notes.get(part, ""), facecolor=colour)
        for part, colour in PART_COLOURS.items()
    ]
    wait = Patch(label="pipeline fills", facecolor="none", edgecolor="black", linestyle=(0, (3, 2)))
    due = [Line2D([], [], color="black", linestyle=(0, (4, 1)), label="deadline of the colour")]
    handles = [*model_handles(problem), wait, *parts, *(due if deadlines else [])]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=legend_columns(figure, [str(handle.get_label()) for handle in handles], 6),
        fontsize=LEGEND_SIZE,
        handlelength=1.6,
    )
