"""What a page shows of a result, a front or a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from typing import TYPE_CHECKING

from scar_cp.judge.bounds import CpsatRun
from scar_cp.judge.evaluation import Evaluation
from scar_cp.judge.schedule import Schedule, layers_text
from scar_cp.outcome.pareto import Front
from scar_cp.outcome.result import Result
from scar_cp.problem.compiled import Problem
from scar_cp.show.output_files import Benchmark, Comparison, Splits
from scar_cp.show.page.bounds_figure import bounds_figure
from scar_cp.show.page.breakdown_figures import energy_figure, time_figure
from scar_cp.show.page.comparison_figures import gaps_figure, losses_figure
from scar_cp.show.page.front_figure import front_figure
from scar_cp.show.page.gantt_figure import gantt_figure
from scar_cp.show.page.map_figure import map_caption, map_figure
from scar_cp.show.page.page_tables import Table, table_of
from scar_cp.show.page.schedule_tables import schedule_tables
from scar_cp.show.text.comparison_text import comparison_notes, folded_columns, summary_columns
from scar_cp.show.text.gaps_text import gaps_columns
from scar_cp.show.text.outputs_text import bench_columns
from scar_cp.show.text.summary import (
    certificate_lines,
    front_columns,
    problem_text,
    total_lines,
)
from scar_cp.show.text.tables import Columns
from scar_cp.show.text.units import Units

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Section", "Table", "section_of", "section_of_result", "table_of"]


_AT_WORK = {
    "none": "Time at work by model and by chiplet",
    "full": "Time at work by model and by chiplet; transfers run beside compute",
}


@dataclass(frozen=True)
class Section:
    """A part of a page, in the order of its fields."""

    title: str
    certificate: list[str] = field(default_factory=list)
    closed: bool = False
    """Whether the certificate is a proof of optimality."""
    notes: list[str] = field(default_factory=list)
    figures: dict[str, go.Figure] = field(default_factory=dict)
    """By caption."""
    tables: list[Table] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    """How it came to be."""


def section_of_result(
    title: str, result: Result, problem: Problem | None, schedule: Schedule | None
) -> Section:
    """The certificate and, with its problem and valid schedule at hand, everything else.

    Parameters
    ----------
    title
        What tells it from others on the page.
    result
        A result.
    problem
        The problem it is about, if known.
    schedule
        Its schedule, if that is one of the problem.
    """
    lines = certificate_lines(result, problem)
    units = Units(problem.clock_hz) if problem else Units.of(result.evaluation)
    figures, tables = {}, []
    if problem is not None and schedule is not None and result.evaluation is not None:
        lines += total_lines(result.evaluation, problem)
        figures = {
            "Schedule over time: zoom by dragging, point at passes and layers": gantt_figure(
                problem, schedule
            ),
            map_caption(problem): map_figure(problem, schedule),
            "Energy by model and by chiplet": energy_figure(problem, schedule),
            _AT_WORK[problem.overlap]: time_figure(problem, schedule),
        }
        tables += schedule_tables(problem, schedule, result.evaluation)
        tables.append(table_of("Segments", _segments(problem, result.evaluation)))
    if result.log:
        figures["Best value and bound over the search"] = bounds_figure(result, units)
    if result.bounds:
        tables.append(table_of("Bounds", _bounds(result, units)))
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    about = [
        f"solver {result.solver}, {result.workers} workers, seed {result.seed}, "
        f"time limit {result.time_limit_s:g} s, took {result.seconds:g} s; {versions}",
        f"problem {problem_text(result)}, sha256 {result.problem_sha256}",
    ]
    closed = result.status == "optimal"
    return Section(title, lines, closed, [], figures, tables, about)


def _segments(problem: Problem, evaluation: Evaluation) -> Columns:
    resident = any(s.once_cycles for window in evaluation.windows for s in window.segments)
    columns: Columns = {}
    time = Units(problem.clock_hz).time
    for w, window in enumerate(evaluation.windows):
        for s in window.segments:
            model = problem.models[s.model]
            cells = {
                "window": str(w),
                "model": f"{problem.run_names[s.model]} x{model.batch}",
                "layers": layers_text(s.first, s.last),
                "chiplet": f"{s.chiplet} {problem.chiplets[s.chiplet].type}",
                "passes": str(model.passes),
                "a pass": time(s.pass_cycles),
                "compute": time(s.compute_cycles),
                "weights": time(s.weight_cycles - s.once_cycles),
                "reads": time(s.read_cycles),
                "sends": time(s.send_cycles),
                "writes": time(s.write_cycles),
            }
            if resident:
                cells["weights, once"] = time(s.once_cycles)
            for name, cell in cells.items():
                columns.setdefault(name, []).append(cell)
    return columns


def _bounds(result: Result, units: Units) -> Columns:
    columns: Columns = {
        "objective": [bound.objective for bound in result.bounds],
        "bound": [units.value(bound.objective, bound.value) for bound in result.bounds],
        "space": [bound.space for bound in result.bounds],
        "method": [bound.proof.by for bound in result.bounds],
        "proven by": [bound.how for bound in result.bounds],
    }
    if any(bound.proof.run for bound in result.bounds):
        columns["CP-SAT"] = [_run(bound.proof.run) for bound in result.bounds]
    return columns


def _run(run: CpsatRun | None) -> str:
    """The parameters and units of a run of CP-SAT, and the parameters of the second solve."""
    if run is None:
        return ""
    again = f"; again with {_parameters(run.confirmed_by)}" if run.confirmed_by else ""
    ticks = f"ticks of {run.cycles_per_tick:,} cycles, {run.nj_per_tick:,} nJ"
    return f"{_parameters(run.parameters)}; {ticks}{again}"


def _parameters(parameters: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items())


@singledispatch
def section_of(output: object, title: str) -> Section:
    """What there is to show of a front or a table."""
    raise TypeError(f"{title}: nothing is known of {type(output).__name__}")


@section_of.register
def _(output: Front, title: str) -> Section:
    if not output.points:
        return Section(title, notes=["the front has no points"])
    return Section(
        title,
        figures={"Latency and energy; no schedule lies in the grey region": front_figure(output)},
        tables=[table_of("Points", front_columns(output))],
        about=[f"problem {output.problem}, {output.space} space"],
    )


@section_of.register
def _(output: Comparison, title: str) -> Section:
    shared, columns = folded_columns(output.rows)
    return Section(
        title,
        notes=comparison_notes(output.rows),
        figures={"Certified gaps, a dot for each run": gaps_figure(output.rows)},
        tables=[
            table_of("Summary", summary_columns(output.rows)),
            table_of("Runs", columns),
        ],
        about=[", ".join(shared)],
    )


@section_of.register
def _(output: Benchmark, title: str) -> Section:
    return Section(title, tables=[table_of("Cases", bench_columns(output.rows))])


@section_of.register
def _(output: Splits, title: str) -> Section:
    return Section(
        title,
        figures={"What the heuristic's decisions cost": losses_figure(output.splits)},
        tables=[
            table_of(
                "Shares of the heuristic's value; a-b: not proven", gaps_columns(output.splits)
            )
        ],
    )
