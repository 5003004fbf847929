"""What a notebook shows: the tables of the command line in HTML."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from html import escape

from scar_cp.inputs.instance import Instance
from scar_cp.inputs.package import Package, Profile
from scar_cp.inputs.workload import Model
from scar_cp.judge.evaluation import Evaluation
from scar_cp.outcome.pareto import Front
from scar_cp.outcome.result import Result
from scar_cp.outcome.solving import Outcome
from scar_cp.problem.compiled import Problem
from scar_cp.show.text.inputs_text import record_lines
from scar_cp.show.text.summary import (
    LEFT,
    certificate_lines,
    front_columns,
    total_lines,
    window_columns,
)
from scar_cp.show.text.tables import Columns, html_table

__all__ = ["html_of"]


@singledispatch
def html_of(shown: object) -> str | None:
    """A piece of HTML that shows something, or ``None`` where its one line of text does."""
    return None


@html_of.register
def _(shown: Outcome) -> str:
    return _head(shown) + _judged(shown.result, shown.problem)


@html_of.register
def _(shown: Result) -> str:
    return _head(shown) + _judged(shown)


def _judged(result: Result, problem: Problem | None = None) -> str:
    """The windows of a result, if it has any, and its certificate."""
    windows = _windows(result.evaluation, problem) if result.evaluation else ""
    return windows + _lines(certificate_lines(result, problem))


@html_of.register
def _(shown: Evaluation) -> str:
    return _head(shown) + _windows(shown)


def _windows(evaluation: Evaluation, problem: Problem | None = None) -> str:
    table = html_table(window_columns(evaluation, problem), LEFT)
    return table + _lines(total_lines(evaluation, problem))


@html_of.register
def _(shown: Front) -> str:
    return _head(shown) + html_table(front_columns(shown), LEFT)


@html_of.register
def _(shown: Problem) -> str:
    models = shown.models
    deadlines = [model.deadline_cycles for model in models]
    columns: Columns = {
        "model": list(shown.run_names),
        "batch": [str(model.batch) for model in models],
        "at a time": [str(model.minibatch) for model in models],
        "layers": [str(model.num_layers) for model in models],
        "deadline cycles": ["-" if cycles is None else f"{cycles:,}" for cycles in deadlines],
    }
    kinds = zip(shown.type_counts, shown.type_names, strict=True)
    chiplets = ", ".join(f"{count} {name}" for count, name in kinds)
    settings = (
        f"weights {shown.weight_policy}, overlap {shown.overlap}, "
        f"contention {shown.contention}, routing {shown.routing}"
    )
    clock = f"{shown.clock_hz / 1e6:g} MHz"
    lines = [f"chiplets: {chiplets}, {clock}", settings]
    return _head(shown) + html_table(columns, {"model"}) + _lines(lines)


@html_of.register
def _(shown: Model | Package | Profile | Instance) -> str:
    text = "\n".join(record_lines(shown))
    return f"<pre>{escape(text)}</pre>"


def _head(shown: object) -> str:
    return f"<p><b>{escape(str(shown).strip('<>'))}</b></p>"


def _lines(lines: Iterable[str]) -> str:
    return f"<p>{'<br>'.join(map(escape, lines))}</p>"
