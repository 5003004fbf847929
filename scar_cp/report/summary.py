"""A schedule and its certificate as text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scar_cp.evaluation import Evaluation
from scar_cp.pareto import Front, largest_gaps
from scar_cp.problem import Problem
from scar_cp.result import Result
from scar_cp.schedule import layers_text
from scar_cp.solving import Outcome
from scar_cp.validation import Violation

__all__ = ["certificate", "gap_text", "print_evaluation", "print_front", "print_summary"]

_TABLE_WIDTH = 110


def gap_text(gap: float | None) -> str:
    """A gap in per cent; one that is not 0 never reads as 0."""
    if gap is None:
        return "-"
    if gap == 0:
        return "0 %"
    return f"{100 * gap:.2f} %" if gap >= 0.00005 else f"{100 * gap:.1e} %"


def print_summary(problem: Problem, outcome: Outcome) -> None:
    """Print the windows, the totals, and the bound and gap with their space."""
    result = outcome.result
    if result.evaluation is not None:
        print_evaluation(problem, result.evaluation, ())
    console = _console()
    for line in certificate(result, problem.max_windows):
        console.print(line)
    for note in outcome.notes:
        console.print(f"note: {note}")


def certificate(result: Result, max_windows: int | None = None) -> list[str]:
    """What is known and proven: value, bound and gap, and the space they are about."""
    unit = {"latency": " cycles", "energy": " nJ", "edp": " cycles x nJ", "weighted": ""}
    space = f"{result.space} space"
    if max_windows is not None:
        space += f", at most {max_windows} window(s)"
    lines = []
    if result.value is not None:
        author = next((line.source for line in result.log if line.value == result.value), "")
        found_by = f", found by {author or result.solver}"
        lines.append(f"{result.objective} {result.value:,}{unit[result.objective]}{found_by}")
    if result.bound is not None:
        source = next(b.source for b in reversed(result.bounds) if b.value == result.bound)
        lines.append(f"bound {result.bound:,} ({source}), gap {gap_text(result.gap)}")
    if result.status == "optimal":
        lines.append(f"optimal: proven for the {space}")
    else:
        lines.append(f"{result.status} in the {space}, after {result.seconds:.1f} s")
    return lines


def print_evaluation(
    problem: Problem, evaluation: Evaluation | None, violations: Sequence[Violation]
) -> None:
    """Print a schedule's windows and totals, or the rules it breaks."""
    console = _console()
    if evaluation is not None:
        console.print(_windows_table(problem, evaluation))
        samples = sum(m.batch for m in problem.models)
        rate = samples / evaluation.latency_s if evaluation.latency_s else float("inf")
        console.print(
            f"latency {evaluation.latency_cycles:,} cycles = {_ms(evaluation.latency_s)}, "
            f"energy {evaluation.energy_nj:,} nJ = {evaluation.energy_j * 1e3:.4g} mJ, "
            f"EDP {evaluation.edp_js:.4g} J·s, {rate:.4g} samples/s"
        )
        parts = ", ".join(
            f"{part} {nj / max(1, evaluation.energy_nj):.1%}"
            for part, nj in evaluation.energy_parts.items()
        )
        console.print(f"energy by part: {parts}")
    for violation in violations:
        console.print(f"violation: {violation}")


def print_front(problem: Problem, front: Front) -> None:
    """Print the points of a front, and what may still lie between neighbours."""
    console = _console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("latency", "energy", "EDP J·s", "found by", "less energy possible before next"):
        table.add_column(name, justify="left" if name == "found by" else "right", no_wrap=True)
    for point, gap in zip(front.points, [*largest_gaps(front), None], strict=True):
        seconds = point.latency_cycles / problem.clock_hz
        table.add_row(
            _ms(seconds),
            f"{point.energy_nj / 1e6:,.4f} mJ",
            f"{seconds * point.energy_nj / 1e9:.4g}",
            "weights" if point.supported else "budget",
            "" if gap is None else f"at most {gap_text(gap)}",
        )
    console.print(table)


def _windows_table(problem: Problem, evaluation: Evaluation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("window", "model", "layers", "chiplet", "pass cycles", "compute", "model time"):
        right = name in ("pass cycles", "compute", "model time")
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for w, window in enumerate(evaluation.windows):
        label = f"{w}: {_ms(window.latency_cycles / problem.clock_hz)}"
        shown = -1
        for s in window.segments:
            first = s.model != shown
            time = _ms(window.models[s.model] / problem.clock_hz) if first else ""
            share = s.compute_cycles / s.pass_cycles if s.pass_cycles else 0.0
            chiplet = problem.chiplets[s.chiplet]
            table.add_row(
                label,
                f"{problem.models[s.model].name} x{problem.models[s.model].batch}" if first else "",
                layers_text(s.first, s.last),
                f"{s.chiplet} {chiplet.type}",
                f"{s.pass_cycles:,}",
                f"{share:.0%}",
                time,
            )
            label, shown = "", s.model
    return table


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.4g} ms"


def _console() -> Console:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.width = max(console.width, _TABLE_WIDTH)  # a pipe has no width of its own
    return console
