"""What a schedule's energy and time go into: per model, per chiplet, by part."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scar_cp.judge.evaluation import Evaluation, itemise
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.timeline import slots, timeline
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.figure import figure_of, hover, plain, plotly_objects
from scar_cp.show.plots.idle_chiplets import chart_rows
from scar_cp.show.plots.style import PART_COLOURS

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["energy_figure", "time_figure"]

_MEANING = {
    "weights": "weights (from DRAM)",
    "reads": "reads (from DRAM)",
    "compute": "compute",
    "sends": "sends (over the NoP)",
    "writes": "writes (to DRAM)",
}

_LONGEST_NAME = 18
"""Letters of an upright name."""


def energy_figure(problem: Problem, schedule: Schedule) -> go.Figure:
    """Draw the energy of every model and of every chiplet, by part.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.
    """
    evaluation, charges = itemise(problem, schedule)
    spent: Counter[tuple[str, str]] = Counter()
    for charge in charges:
        for who in _model(problem, charge.segment.model), _chiplet(problem, charge.segment.chiplet):
            spent[who, charge.part] += charge.energy_nj
    return _stacked(problem, evaluation, spent, 1e-6, "mJ", "nJ", "energy")


def time_figure(problem: Problem, schedule: Schedule) -> go.Figure:
    """Draw how long every model and every chiplet is at work, over all windows, by part.

    Where transfers overlap with compute, parts add up to more than the passes take.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.
    """
    evaluation, _ = itemise(problem, schedule)
    spent: Counter[tuple[str, str]] = Counter()
    for window in timeline(problem, evaluation):
        for stage in window.stages:
            segment = stage.segment
            for who in _model(problem, segment.model), _chiplet(problem, segment.chiplet):
                spent[who, "weights"] += segment.once_cycles
                for slot in slots(segment, problem.overlap):
                    spent[who, slot.part] += stage.passes * slot.cycles
    scale = 1e3 / problem.clock_hz
    return _stacked(problem, evaluation, spent, scale, "ms", "cycles", "time at work")


def _model(problem: Problem, m: int) -> str:
    return f"{problem.run_names[m]} x{problem.models[m].batch}"


def _chiplet(problem: Problem, c: int) -> str:
    return f"{c} {problem.chiplets[c].type}"


def _stacked(
    problem: Problem,
    evaluation: Evaluation,
    spent: Counter[tuple[str, str]],
    scale: float,
    unit: str,
    exact_unit: str,
    what: str,
) -> go.Figure:
    """Bars of models on the left, of chiplets on the right."""
    models = [_model(problem, m) for m in range(len(problem.models))]
    chiplets = chart_rows(problem, evaluation).names
    bar = plotly_objects().Bar
    traces = []
    for part in PART_COLOURS:
        for names, axes in (models, {}), (chiplets, {"xaxis": "x2", "yaxis": "y2"}):
            amounts = [spent[name, part] for name in names]
            sums = [sum(spent[name, p] for p in PART_COLOURS) for name in names]
            texts = [
                hover(
                    name,
                    f"{_MEANING[part]}: {amount:,} {exact_unit}",
                    f"{amount / (whole or 1):.1%}",
                )
                for name, amount, whole in zip(names, amounts, sums, strict=True)
            ]
            traces.append(
                bar(
                    name=_MEANING[part],
                    legendgroup=part,
                    showlegend=not axes,
                    x=list(map(plain, names)),
                    y=[amount * scale for amount in amounts],
                    hovertext=texts,
                    hoverinfo="text",
                    marker={"color": PART_COLOURS[part]},
                    **axes,
                )
            )
    return figure_of(
        traces,
        height=360,
        barmode="stack",
        margin={
            "l": 70,
            "r": 80,
            "t": 40,
            "b": 120,
        },  # what does not fit is not shown at all
        xaxis=_names(models) | {"domain": [0, 0.4]},
        yaxis={"title": {"text": f"{what} [{unit}]"}},
        xaxis2=_names(chiplets) | {"domain": [0.47, 1]},
        yaxis2={"anchor": "x2"},
    )


def _names(names: list[str]) -> dict[str, object]:
    """An axis of upright names; where they are too many for it, not every one is shown."""
    short = {
        plain(name): plain(f"{name[: _LONGEST_NAME - 1]}…")
        for name in names
        if len(name) > _LONGEST_NAME
    }
    look = {"tickangle": 90, "tickfont": {"size": 10}}
    return {"type": "category", "labelalias": short, **look}
