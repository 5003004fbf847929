"""What a schedule's time goes to: what limits each window, and what twice of a resource would save.

Cycles are the evaluator's (SPEC section 5); a window is told by its slowest model, and that by the
slowest segment of its pipeline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from scar_cp.judge.evaluation import Evaluation, SegmentEvaluation, WindowEvaluation, evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem
from scar_cp.records.record import Record

__all__ = ["RESOURCES", "Bottleneck", "at_work_cycles", "bottlenecks", "latency_with_twice"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Bottleneck:
    """Where the cycles of a window go: all parts add up to its latency."""

    window: int
    latency_cycles: int
    model: int | None
    """The slowest; None where a shared resource takes longer than every model, or nothing runs."""
    compute_cycles: int = 0
    """Of the passes of the slowest segment of that model, as are the next two."""
    dram_cycles: int = 0
    """Weights, reads and writes."""
    nop_cycles: int = 0
    """Sends to other chiplets of the window."""
    load_cycles: int = 0
    """Weights that are loaded once, of all segments."""
    fill_cycles: int = 0
    """The first pass of all other segments: the pipeline fills."""
    shared_cycles: int = 0
    """Beyond the slowest model: links or DRAM are busy for longer."""


def bottlenecks(problem: Problem, evaluation: Evaluation) -> list[Bottleneck]:
    """What limits each window.

    Parameters
    ----------
    problem
        The compiled problem.
    evaluation
        Of a schedule of it.
    """
    return [_bottleneck(problem, w, window) for w, window in enumerate(evaluation.windows)]


def _bottleneck(problem: Problem, w: int, window: WindowEvaluation) -> Bottleneck:
    slowest = max(window.models, key=lambda m: window.models[m], default=None)
    if slowest is None:
        return Bottleneck(w, window.latency_cycles, None, shared_cycles=window.latency_cycles)
    own = window.models[slowest]
    segments = [s for s in window.segments if s.model == slowest]
    worst = max(segments, key=lambda s: s.pass_cycles)
    passes = problem.models[slowest].passes
    compute, dram, nop = _parts(worst, problem.overlap == "full")
    return Bottleneck(
        w,
        window.latency_cycles,
        slowest if own == window.latency_cycles else None,
        passes * compute,
        passes * dram,
        passes * nop,
        sum(s.once_cycles for s in segments),
        sum(s.pass_cycles for s in segments) - worst.pass_cycles,
        window.latency_cycles - own,
    )


def _parts(segment: SegmentEvaluation, is_overlapped: bool) -> tuple[int, int, int]:
    """Compute, DRAM and NoP of one pass; what is hidden behind the longer one takes no time."""
    each = segment.weight_cycles - segment.once_cycles
    dram, nop = each + segment.read_cycles + segment.write_cycles, segment.send_cycles
    if not is_overlapped:
        return segment.compute_cycles, dram, nop
    if segment.compute_cycles >= dram + nop:
        return segment.compute_cycles, 0, 0
    return 0, dram, nop


def at_work_cycles(problem: Problem, evaluation: Evaluation) -> list[tuple[int, int]]:
    """Cycles that each chiplet computes, and that it is at work at all (transfers included)."""
    found = [(0, 0) for _ in problem.chiplets]
    for window in evaluation.windows:
        for s in window.segments:
            passes = problem.models[s.model].passes
            computes, works = found[s.chiplet]
            work = passes * s.pass_cycles + s.once_cycles
            found[s.chiplet] = computes + passes * s.compute_cycles, works + work
    return found


RESOURCES = {
    "compute": ("compute_cycles",),
    "DRAM bandwidth": ("dram_cycles", "weight_load_cycles"),
    "NoP bandwidth": ("nop_cycles", "weight_nop_cycles"),
    "DRAM and hop latency": ("dram_latency_cycles", "hop_cycles"),
}
"""Costs of a problem that a resource stands for."""


def latency_with_twice(problem: Problem, schedule: Schedule) -> dict[str, int]:
    """Latency of the same schedule with twice the speed of one resource, in cycles.

    Costs are halved and rounded up. A new search with that resource may do better still.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A valid schedule of it.

    Returns
    -------
    dict of str to int
        By name, see `RESOURCES`.
    """
    return {
        name: evaluate(_with_half(problem, costs), schedule).latency_cycles
        for name, costs in RESOURCES.items()
    }


def _with_half(problem: Problem, costs: tuple[str, ...]) -> Problem:
    models = tuple(
        model.replace(
            layers=tuple(_halved(layer, costs) for layer in model.layers),
            tensors=tuple(_halved(tensor, costs) for tensor in model.tensors),
        )
        for model in problem.models
    )
    return _halved(problem.replace(models=models), costs)


def _halved(of: R, costs: tuple[str, ...]) -> R:
    """A record with half of those of the costs that it has."""
    mine = [name for name in costs if name in type(of).model_fields]
    return of.replace(**{name: _half(getattr(of, name)) for name in mine}) if mine else of


def _half(cycles: int | dict[str, int]) -> int | dict[str, int]:
    if isinstance(cycles, dict):
        return {name: -(-value // 2) for name, value in cycles.items()}
    return -(-cycles // 2)
