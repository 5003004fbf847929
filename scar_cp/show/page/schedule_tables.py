"""Tables about a schedule: its runs and chiplets, what limits it, and what would be faster."""

from __future__ import annotations

from collections import Counter

from scar_cp.judge.bottlenecks import at_work_cycles, bottlenecks, latency_with_twice
from scar_cp.judge.evaluation import Evaluation
from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.page_tables import Table, table_of
from scar_cp.show.plots.idle_chiplets import chart_rows
from scar_cp.show.text.deadline_text import deadline_columns
from scar_cp.show.text.tables import Columns
from scar_cp.show.text.units import Units, plain_digits

__all__ = ["problem_settings", "schedule_tables"]


def schedule_tables(problem: Problem, schedule: Schedule, evaluation: Evaluation) -> list[Table]:
    """What a reader asks of a schedule first.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A valid schedule of it.
    evaluation
        Its own.
    """
    units = Units(problem.clock_hz)
    settings = problem_settings(problem, units)
    return [
        table_of("What runs", _runs(problem, evaluation, units)),
        table_of(
            "What limits each window: shares of its time", _limits(problem, evaluation, units)
        ),
        table_of(
            "The same schedule with twice of a resource (a new search may do better)",
            _twice(problem, schedule, evaluation, units),
        ),
        table_of("Chiplets", _chiplets(problem, evaluation)),
        table_of("Settings", {"setting": list(settings), "value": list(settings.values())}),
    ]


def _runs(problem: Problem, evaluation: Evaluation, units: Units) -> Columns:
    columns = deadline_columns(problem, evaluation, units)
    if all(run.deadline_cycles is None for run in problem.models):
        columns = {name: columns[name] for name in ("run", "done")}
    columns["batch"] = [str(run.batch) for run in problem.models]
    columns["layers"] = [str(run.num_layers) for run in problem.models]
    columns["samples/s when done"] = [
        plain_digits(run.batch * problem.clock_hz / end, 4) if end else "-"
        for run, end in zip(problem.models, evaluation.completion_cycles, strict=True)
    ]
    return columns


def _limits(problem: Problem, evaluation: Evaluation, units: Units) -> Columns:
    found = bottlenecks(problem, evaluation)
    names = [problem.run_names[b.model] if b.model is not None else "-" for b in found]
    columns: Columns = {
        "window": [str(b.window) for b in found],
        "latency": [units.time(b.latency_cycles) for b in found],
        "slowest": [
            "a shared link or DRAM" if b.shared_cycles and b.latency_cycles else name
            for b, name in zip(found, names, strict=True)
        ],
    }
    parts = {
        "computing": [b.compute_cycles for b in found],
        "DRAM": [b.dram_cycles for b in found],
        "NoP": [b.nop_cycles for b in found],
        "weights, once": [b.load_cycles for b in found],
        "pipeline fills": [b.fill_cycles for b in found],
        "links or DRAM shared": [b.shared_cycles for b in found],
    }
    for name, cycles in parts.items():
        if any(cycles):
            columns[name] = [
                _share(c, b.latency_cycles) for c, b in zip(cycles, found, strict=True)
            ]
    return columns


def _twice(problem: Problem, schedule: Schedule, evaluation: Evaluation, units: Units) -> Columns:
    before = evaluation.latency_cycles
    found = latency_with_twice(problem, schedule)
    return {
        "twice the speed of": list(found),
        "latency": [units.time(cycles) for cycles in found.values()],
        "shorter by": [_share(before - cycles, before) for cycles in found.values()],
    }


def _chiplets(problem: Problem, evaluation: Evaluation) -> Columns:
    """A line for each chiplet; on a large package the idle ones share one."""
    whole, work = evaluation.latency_cycles, at_work_cycles(problem, evaluation)
    shown = list(chart_rows(problem, evaluation).of)
    columns = {
        "chiplet": [str(c) for c in shown],
        "type": [problem.chiplets[c].type for c in shown],
        "computing": [_share(work[c][0], whole) for c in shown],
        "moving data": [_share(work[c][1] - work[c][0], whole) for c in shown],
        "idle": [_share(whole - work[c][1], whole) for c in shown],
    }
    idle = Counter(c.type for c in problem.chiplets if c.id not in shown)
    if idle:
        types = ", ".join(f"{count} {name}" for name, count in sorted(idle.items()))
        line = (f"{idle.total()} others", types, *map(_share, (0, 0, whole), (whole,) * 3))
        for cells, cell in zip(columns.values(), line, strict=True):
            cells.append(cell)
    return columns


def problem_settings(problem: Problem, units: Units) -> dict[str, str]:
    """What a problem was compiled with, by name."""
    kinds = zip(problem.type_counts, problem.type_names, strict=True)
    return {
        "chiplets": ", ".join(f"{count} {name}" for count, name in kinds),
        "clock": f"{problem.clock_hz / 1e6:g} MHz",
        "DRAM latency": units.time(problem.dram_latency_cycles),
        "hop": units.time(problem.hop_cycles),
        "most windows": str(problem.max_windows),
        "weights": problem.weight_policy,
        "overlap": problem.overlap,
        "contention": problem.contention,
        "routing": problem.routing,
    }


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
