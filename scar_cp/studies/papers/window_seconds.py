"""Seconds of every model in every window (SCAR, Table VI)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from scar_cp.outcome.result import Result
from scar_cp.records.yaml_json import read_json_record
from scar_cp.studies.papers.cells import CLOCK_HZ, Cell
from scar_cp.studies.papers.experiments import Experiment
from scar_cp.studies.papers.jobs import Plan
from scar_cp.studies.papers.published import Figure, figures

__all__ = ["window_cells", "window_seconds"]

MODELS = ("GPT-L", "BERT-L", "U-Net", "ResNet")
"""The paper's names, in the order of the scenario."""

Shown = Mapping[tuple[str, str], float]
"""Figures of one schedule by row (a model, or ``window``) and column."""


def window_seconds(result: Result) -> Shown:
    """A schedule as the table has it.

    Returns
    -------
    mapping
        ``W0``, ``W1``, ... seconds of a model in a window, and of the window itself; ``ideal``
        their sum, as if the model never waited; ``total`` seconds until it ends; ``layers``.
    """
    if result.evaluation is None or result.schedule is None:
        return {}
    shown: dict[tuple[str, str], float] = {}
    ends = dict(zip(MODELS, result.evaluation.completion_cycles, strict=True))
    for m, name in enumerate(MODELS):
        cycles = [window.models.get(m, 0) for window in result.evaluation.windows]
        shown |= {(name, f"W{w}"): spent / CLOCK_HZ for w, spent in enumerate(cycles)}
        shown[name, "ideal"] = sum(cycles) / CLOCK_HZ
        shown[name, "total"] = ends[name] / CLOCK_HZ
        segments = (s for window in result.schedule.windows for s in window if s.model == m)
        shown[name, "layers"] = float(sum(s.last - s.first + 1 for s in segments))
    for w, window in enumerate(result.evaluation.windows):
        shown["window", f"W{w}"] = window.latency_cycles / CLOCK_HZ
    shown["window", "total"] = result.evaluation.latency_cycles / CLOCK_HZ
    shown["window", "layers"] = sum(shown[name, "layers"] for name in MODELS)
    return shown


def window_cells(experiment: Experiment, profile: str, plan: Plan) -> Iterator[Cell]:
    """The table of the heuristic's and the exact solver's schedules.

    A window that a schedule has not takes no time.
    """
    (part,) = experiment.parts
    (strategy,), (scenario,), (search,) = part.strategies, part.scenarios, part.searches
    own = _result(plan[strategy.own(scenario, profile, search)].result)
    optimum = strategy.optimum(scenario, profile, search)
    exact = None if optimum is None else _result(plan[optimum].result)
    heuristic, best = window_seconds(own) if own else {}, window_seconds(exact) if exact else {}
    for figure, published in figures().items():
        if figure[:3] == Figure(experiment.name, scenario, search, "", "", "")[:3]:
            place = figure.strategy, figure.quantity
            yield Cell(
                *(profile, scenario, search, figure.strategy, strategy.package, ""),
                quantity=figure.quantity,
                unit="" if figure.quantity == "layers" else "s",
                published=published,
                heuristic=heuristic.get(place, 0.0) if heuristic else None,
                optimum=best.get(place, 0.0) if best else None,
                optimum_least=None,
                optimum_most=None,
                gap=None if exact is None else exact.gap,
            )


def _result(path: Path | None) -> Result | None:
    """A kept result; none where the run failed."""
    return read_json_record(path, Result) if path is not None and path.is_file() else None
