"""A schedule and its certificate as text: the parts of it, and how they are printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scar_cp.judge.bounds import best_bound
from scar_cp.judge.evaluation import Evaluation
from scar_cp.judge.schedule import layers_text
from scar_cp.judge.validation import Violation
from scar_cp.outcome.pareto import Front, largest_gaps
from scar_cp.outcome.result import Result
from scar_cp.outcome.solving import Outcome, relative_gap
from scar_cp.problem.compiled import Problem
from scar_cp.show.text.console import plain_console
from scar_cp.show.text.deadline_text import deadline_lines
from scar_cp.show.text.tables import Columns, narrowed, plain_table
from scar_cp.show.text.units import Units

__all__ = [
    "LEFT",
    "STOPPED",
    "certificate_lines",
    "folded_notes",
    "front_columns",
    "gap_text",
    "print_certificate",
    "print_evaluation",
    "print_front",
    "print_summary",
    "problem_text",
    "settings_text",
    "total_lines",
    "window_columns",
]

LEFT = {"window", "model", "layers", "chiplet", "found by"}
"""Columns of words; numbers stand at the right."""

STOPPED = {
    "gap": "stopped: the gap asked for is reached",
    "time": "stopped: the time limit is reached",
    "memory": "stopped: the next step would pass the memory limit",
    "interrupted": "stopped: interrupted; this is the best so far",
    "finished": "stopped: the solver has nothing more to try",
}
"""Why a search ended without a proof."""


def gap_text(gap: float | None) -> str:
    """A gap in per cent; one that is not 0 never reads as 0."""
    if gap is None:
        return "-"
    if gap == 0:
        return "0 %"
    return f"{100 * gap:.2f} %" if gap >= 0.00005 else f"{100 * gap:.1e} %"


def print_summary(outcome: Outcome, raw: bool = False) -> None:
    """Print the windows, the totals, and the bound and gap with their space.

    Parameters
    ----------
    outcome
        What `scar_cp.outcome.solving.solve` returned.
    raw
        Cycles and nJ, as files have them, instead of ms, mJ and J·s.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> sc.print_summary(sc.solve(problem))  # doctest: +ELLIPSIS
    window        model              layers  chiplet             pass  compute  model time
    0: 1.8191 ms  resnet50_block x4  0       3 shidiannao  0.27310 ms      98%   1.2450 ms
    ...
    bound 1.8191 ms (pipeline partitions), gap 0 %
    optimal: proven for the full space, at most 1 window(s)
    """
    if outcome.result.evaluation is not None:
        print_evaluation(outcome.problem, outcome.result.evaluation, (), raw)
    console = plain_console()
    for line in certificate_lines(outcome.result, outcome.problem, raw):
        console.print(line)


def print_certificate(result: Result, certificate: Mapping[str, Any], units: Units) -> None:
    """Say what a certificate proves, and what of the result it leaves out."""
    if certificate["bound"] is None:
        print("certified: no schedule keeps the deadlines")
        return
    bound = certificate["bound"]
    gap = gap_text(relative_gap(result.value, bound))
    least = units.value(result.objective, bound)
    print(f"certified: {result.objective} >= {least} in the full space, gap {gap}")
    best = best_bound(result.bounds, result.objective, result.space)
    if best is not None and best.value > bound:
        proven = units.value(result.objective, best.value)
        print(f"           the bound {proven} ({best.how}) is not in the certificate")


def print_evaluation(
    problem: Problem,
    evaluation: Evaluation | None,
    violations: Sequence[Violation],
    raw: bool = False,
) -> None:
    """Print a schedule's windows and totals, or the rules it breaks."""
    console = plain_console()
    if evaluation is not None:
        _print_table(window_columns(evaluation, problem, raw), "compute", "pass")
        units = _units_of(evaluation, raw)
        for line in [
            *total_lines(evaluation, problem, raw),
            *deadline_lines(problem, evaluation, units),
        ]:
            console.print(line)
    for violation in violations:
        console.print(f"violation: {violation}")


def print_front(front: Front, raw: bool = False) -> None:
    """Print the points of a front, and what may still lie between neighbours."""
    _print_table(front_columns(front, raw))


def window_columns(
    evaluation: Evaluation, problem: Problem | None = None, raw: bool = False
) -> Columns:
    """The segments of every window; without the problem, models and chiplets by number."""
    columns: Columns = {
        name: []
        for name in ("window", "model", "layers", "chiplet", "pass", "compute", "model time")
    }
    units = _units_of(evaluation, raw)
    for w, window in enumerate(evaluation.windows):
        label = f"{w}: {units.time(window.latency_cycles)}"
        shown = -1
        for s in window.segments:
            first = s.model != shown
            share = s.compute_cycles / s.pass_cycles if s.pass_cycles else 0.0
            cells = (
                label,
                _model(s.model, problem) if first else "",
                layers_text(s.first, s.last),
                f"{s.chiplet} {problem.chiplets[s.chiplet].type}" if problem else f"{s.chiplet}",
                units.time(s.pass_cycles),
                f"{share:.0%}",
                units.time(window.models[s.model]) if first else "",
            )
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
            label, shown = "", s.model
    return columns


def _units_of(evaluation: Evaluation, raw: bool) -> Units:
    return Units() if raw else Units.of(evaluation)


def _model(m: int, problem: Problem | None) -> str:
    return f"{problem.run_names[m]} x{problem.models[m].batch}" if problem else f"{m}"


def total_lines(
    evaluation: Evaluation, problem: Problem | None = None, raw: bool = False
) -> list[str]:
    """Latency, energy and their product, and where the energy goes."""
    units = _units_of(evaluation, raw)
    cycles, nj = evaluation.latency_cycles, evaluation.energy_nj
    totals = (
        f"latency {units.time(cycles)}, energy {units.value('energy', nj)}, "
        f"EDP {units.value('edp', cycles * nj)}"
    )
    if problem is not None:
        samples = sum(m.batch for m in problem.models)
        rate = samples / evaluation.latency_s if evaluation.latency_s else float("inf")
        totals += f", {rate:.4g} samples/s"
    parts = ", ".join(
        f"{part} {nj / max(1, evaluation.energy_nj):.1%}"
        for part, nj in evaluation.energy_parts.items()
    )
    return [totals, f"energy by part: {parts}"]


def certificate_lines(
    result: Result, problem: Problem | None = None, raw: bool = False
) -> list[str]:
    """Value, bound and gap with their space, and notes.

    Without the problem the evaluation says the clock; where there is none, cycles and nJ.
    """
    lines = []
    units = Units(problem.clock_hz) if problem else Units.of(result.evaluation)
    if raw:
        units = Units()
    if result.value is not None:
        author = next((line.source for line in result.log if line.value == result.value), "")
        found_by = f", found by {author or result.solver}"
        value = units.value(result.objective, result.value)
        lines.append(f"{result.objective} {value}{found_by}")
    best = best_bound(result.bounds, result.objective, result.space)
    if best is not None:
        bound = units.value(result.objective, best.value)
        lines.append(f"bound {bound} ({best.how}), gap {gap_text(result.gap)}")
    space = f"{result.space} space"
    if problem is not None:
        space += f", at most {problem.max_windows} window(s)"
    if result.status == "optimal":
        lines.append(f"optimal: proven for the {space}")
    else:
        how = f" ({result.proof.caveat})" if result.proof and result.proof.caveat else ""
        lines.append(f"{result.status} in the {space}, after {result.seconds:.1f} s{how}")
    if result.stopped in STOPPED:
        lines.append(STOPPED[result.stopped])
    return [*lines, *(f"note: {note}" for note in folded_notes(result.notes))]


def folded_notes(notes: Iterable[str]) -> list[str]:
    """The notes, those that differ in their first number alone as one with a range.

    Examples
    --------
    >>> folded_notes(["cuts into 2 parts", "cuts into 3 parts", "cuts into 5 parts", "done"])
    ['cuts into 2-3, 5 parts', 'done']
    """
    numbers: dict[tuple[str, str], list[int]] = {}
    for note in notes:
        before, number, after = re.fullmatch(r"(\D*)(\d*)(.*)", note, re.DOTALL).groups()  # type: ignore[union-attr]
        numbers.setdefault((before, after), []).extend([int(number)] if number else [])
    return [f"{before}{_ranges(found)}{after}" for (before, after), found in numbers.items()]


def settings_text(result: Result) -> str:
    """What replaced settings of the file that the problem is named after; files by their names."""
    settings = result.origin.settings if result.origin is not None else {}
    return ", ".join(
        f"{key} {Path(value).stem if isinstance(value, str) else value}"
        for key, value in settings.items()
    )


def problem_text(result: Result) -> str:
    """What a result is about: the problem by its name, and what replaced settings of its file."""
    changed = settings_text(result)
    return f"{result.problem} with {changed}" if changed else result.problem


def _ranges(numbers: list[int]) -> str:
    """Numbers in ascending order; neighbours as first-last."""
    text = ""
    for n in sorted(set(numbers)):
        if n - 1 not in numbers:
            text += f", {n}" if text else str(n)
        elif n + 1 not in numbers:
            text += f"-{n}"
    return text


def front_columns(front: Front, raw: bool = False) -> Columns:
    """The points of a front, and how much less energy there may be between neighbours."""
    points = front.points
    units = Units(None if raw else front.clock_hz)
    gaps = [f"at most {gap_text(gap)}" for gap in largest_gaps(front)]
    columns: Columns = {
        "latency": [units.time(point.latency_cycles) for point in points],
        "energy": [units.value("energy", point.energy_nj) for point in points],
        "EDP": [units.value("edp", point.latency_cycles * point.energy_nj) for point in points],
    }
    columns["found by"] = ["weights" if point.supported else "budget" for point in points]
    columns["less energy possible before next"] = [*gaps, *([""] if points else [])]
    return columns


def _print_table(columns: Columns, *first_to_go: str) -> None:
    console = plain_console()
    hidden: list[str] = []
    if console.is_terminal:
        columns, hidden = narrowed(columns, console.width, first_to_go)
    head, *rows = plain_table(columns, LEFT)
    console.print(head, style="bold")
    for row in (*rows, *hidden):
        console.print(row)
