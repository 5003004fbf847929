"""The chart of a schedule over time: zoom in on passes, point at a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scar_cp.judge.evaluation import itemise
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.timeline import Slot, Stage, WindowTimes, slots, timeline
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.figure import cycles_text, figure_of, hover, plain, plotly_objects
from scar_cp.show.plots.gantt_plot import BAR, STRIP, deadlines_in_sight
from scar_cp.show.plots.idle_chiplets import Rows, chart_rows
from scar_cp.show.plots.style import PART_COLOURS, model_fill
from scar_cp.show.trace import energy_by_segment, segment_details, segment_key

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["MAX_PASSES", "gantt_figure"]

MAX_PASSES = 40
"""Passes of a segment that get a bar of their own; one stands for the rest."""

_MARGIN = {"l": 90, "r": 20, "t": 30, "b": 45}
_LEGEND_LINE = 19
"""Pixels from a line of the legend to the next."""
_EDGE = {"color": "#555555", "width": 1, "dash": "dot"}
"""Of a window."""


@dataclass
class _Bars:
    """Bars that look alike, in the terms of the drawing library."""

    name: str
    look: dict[str, Any]
    height: tuple[float, float]
    """Where they begin, in rows from the middle of their row, and how high they are."""
    scale: float
    rows: list[int] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def add(self, row: int, start: float, end: float, text: str) -> None:
        """Add a bar, in cycles, if it lasts at all."""
        if end > start:
            self.rows.append(row)
            self.starts.append(start * self.scale)
            self.lengths.append((end - start) * self.scale)
            self.texts.append(text)

    def trace(self) -> Any:
        return plotly_objects().Bar(
            name=plain(self.name),
            orientation="h",
            y=self.rows,
            base=self.starts,
            x=self.lengths,
            hovertext=self.texts,
            hoverinfo="text",
            offset=self.height[0],
            width=self.height[1],
            marker=self.look,
        )


class _Chart:
    """Collects the bars of all stages by what they look like."""

    def __init__(self, problem: Problem, rows: Rows) -> None:
        scale = 1e3 / problem.clock_hz
        self.problem = problem
        self.rows = rows
        frame = {"color": "white", "width": 0.5}
        self.models = []
        for m, model in enumerate(problem.models):
            fill = model_fill(m)
            pattern = {"shape": fill["hatch"][:1].replace("o", "+"), "size": 5}
            look = {"color": fill["facecolor"], "line": frame, "pattern": pattern}
            self.models.append(_Bars(f"{problem.run_names[m]} x{model.batch}", look, BAR, scale))
        waiting = {"color": "white", "line": {"color": "#999999", "width": 1}}
        waiting["pattern"] = {"shape": "/", "fgcolor": "#BBBBBB", "size": 6}
        self.fill = _Bars("pipeline fills", waiting, BAR, scale)
        self.parts = {
            part: _Bars(part, {"color": colour, "line": frame}, STRIP, scale)
            for part, colour in PART_COLOURS.items()
        }
        self.loads = _Bars("weights, once", {"color": PART_COLOURS["weights"]}, BAR, scale)
        if problem.overlap == "full":
            bottom, height = STRIP
            for part, bars in self.parts.items():
                bars.height = bottom + (part != "compute") * height / 2, height / 2

    def traces(self) -> list[Any]:
        bars = [*self.models, self.fill, self.loads, *self.parts.values()]
        return [one.trace() for one in bars if one.rows]

    def add(self, w: int, window: WindowTimes, stage: Stage, energy: Mapping[str, int]) -> None:
        """Draw a stage: its wait, its load, its passes, and a strip with the parts of one."""
        segment, clock_hz = stage.segment, self.problem.clock_hz
        row, passes = self.rows.of[segment.chiplet], self.models[segment.model]
        details = segment_details(self.problem, w, segment)
        title = f"{passes.name}, layers {details['layers']}"
        place = f"window {w}, chiplet {self.rows.names[row]}"
        wait = stage.first_start - window.start - segment.once_cycles
        waits = hover(title, place, f"waits {cycles_text(wait, clock_hz)} for its first sample")
        self.fill.add(row, window.start, stage.load_start, waits)
        self.fill.add(row, stage.load_end, stage.first_start, waits)
        load = f"loads its weights once: {cycles_text(segment.once_cycles, clock_hz)}"
        weights = f"weights {details['weight_bytes']:,} bytes"
        self.loads.add(row, stage.load_start, stage.load_end, hover(title, place, load, weights))
        cycles = ", ".join(f"{part} {n:,}" for part, n in details["cycles_by_part"].items() if n)
        overlapped = self.problem.overlap == "full"
        about = (
            cycles_text(segment.pass_cycles, clock_hz),
            f"transfers beside compute: {cycles}" if overlapped else f"of these {cycles}",
            details["layer_names"],
            weights,
            f"energy of all passes {sum(energy.values()):,} nJ",
            place,
        )
        for k in range(min(stage.passes, MAX_PASSES)):
            text = hover(title, f"pass {k + 1} of {stage.passes}: {about[0]}", *about[1:])
            passes.add(row, stage.start(k), stage.end(k), text)
        if stage.passes > MAX_PASSES:
            rest = f"passes {MAX_PASSES + 1} to {stage.passes}, each {about[0]}"
            passes.add(row, stage.start(MAX_PASSES), stage.last_end, hover(title, rest, *about[1:]))
        self._strip(stage, title, place)

    def _strip(self, stage: Stage, title: str, place: str) -> None:
        """One period, stretched over all passes; compute layer by layer."""
        if stage.period == 0:
            return
        stretch = (stage.last_end - stage.first_start) / stage.period
        for slot in slots(stage.segment, self.problem.overlap):
            pieces = self._layers(stage, slot) if slot.part == "compute" else []
            whole = (slot.offset, slot.cycles, (f"{slot.part}: {slot.cycles:,} cycles a pass",))
            for offset, cycles, lines in pieces or [whole]:
                start = stage.first_start + offset * stretch
                self.parts[slot.part].add(
                    self.rows.of[stage.segment.chiplet],
                    start,
                    start + cycles * stretch,
                    hover(title, *lines, place, "(one pass, stretched over all)"),
                )

    def _layers(self, stage: Stage, slot: Slot) -> list[tuple[int, int, tuple[str, ...]]]:
        """Offset, cycles and description of every layer's compute within a pass."""
        segment = stage.segment
        kind = self.problem.chiplets[segment.chiplet].type
        found: list[tuple[int, int, tuple[str, ...]]] = []
        offset = slot.offset
        for i in range(segment.first, segment.last + 1):
            layer = self.problem.models[segment.model].layers[i]
            cycles = layer.compute_cycles[kind]
            lines = (
                f"layer {i} {layer.name}: compute {cycles:,} cycles a pass",
                f"weights {layer.weight_bytes:,} bytes",
                f"compute energy of all passes {layer.compute_energy_nj[kind]:,} nJ",
            )
            found.append((offset, cycles, lines))
            offset += cycles
        return found


def _legend_lines(names: list[str]) -> int:
    """How many lines the names take on a wide screen: one, or columns as wide as the longest."""
    widths = [45 + 7 * len(name) for name in names]
    wide = 1050
    if sum(widths) <= wide:
        return 1
    return -(-len(names) // max(1, wide // max(widths)))


def gantt_figure(problem: Problem, schedule: Schedule) -> go.Figure:
    """Draw when which chiplet works on what.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per chiplet: passes as bars, below them one pass stretched over all, with the
        compute of every layer.
    """
    evaluation, charges = itemise(problem, schedule)
    windows = timeline(problem, evaluation)
    energy = energy_by_segment(charges)
    lines = chart_rows(problem, evaluation)
    chart, scale = _Chart(problem, lines), 1e3 / problem.clock_hz
    for w, window in enumerate(windows):
        for stage in window.stages:
            chart.add(w, window, stage, energy[segment_key(w, stage.segment)])
    ends = [window.end * scale for window in windows]
    due = [
        (m, problem.run_names[m], run.deadline_cycles * scale)
        for m, run in enumerate(problem.models)
        if run.deadline_cycles in deadlines_in_sight(problem, evaluation.latency_cycles)
    ]
    traces = chart.traces()
    rows = max(28, 46 - len(lines.names)) * len(lines.names)
    legend = _LEGEND_LINE * _legend_lines([trace.name for trace in traces])
    return figure_of(
        traces,
        height=rows + legend + _MARGIN["t"] + _MARGIN["b"],
        barmode="overlay",
        dragmode="zoom",
        margin=_MARGIN,
        xaxis={
            "title": {"text": "time [ms]"},
            "range": [0, 1.002 * max([*ends, *(at for *_, at in due)], default=1)],
        },
        yaxis={
            "tickvals": list(range(len(lines.names))),
            "ticktext": [plain(name) for name in lines.names],
            "range": [len(lines.names) - 0.5, -0.5],
            "fixedrange": True,
        },
        shapes=[
            {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": _EDGE}
            for x in ends
        ]
        + [
            {
                "type": "line",
                "x0": at,
                "x1": at,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": model_fill(m)["facecolor"], "width": 2, "dash": "dash"},
            }
            for m, _, at in due
        ],
        annotations=[
            {
                "x": window.start * scale,
                "y": 1,
                "yref": "paper",
                "text": f"window {w}",
                "showarrow": False,
                "xanchor": "left",
                "yanchor": "bottom",
                "font": {"size": 10, "color": "#555555"},
            }
            for w, window in enumerate(windows)
        ]
        + [
            {
                "x": at,
                "y": 0,
                "yref": "paper",
                "text": plain(f"{name} due"),
                "showarrow": False,
                "xanchor": "right",
                "yanchor": "bottom",
                "textangle": -90,
                "font": {"size": 10},
            }
            for _, name, at in due
        ],
    )
