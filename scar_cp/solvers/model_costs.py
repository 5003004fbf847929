"""What each model costs alone, and what the models of a schedule cost together.

What a model costs in a window depends on its own segments only (SPEC section 5). Models meet in
the longest of their latencies, in the busy times of shared resources and in the chiplets that
they keep from each other. So a search that tries many combinations evaluates each model's
segments once, alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.objective import Objective
from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem

__all__ = ["ModelCost", "cost_alone", "value_together"]


@dataclass(frozen=True)
class ModelCost:
    """What the segments of one model cost alone, in cycles and nJ."""

    last_window: int
    window_cycles: tuple[int, ...]
    """T(m,w) of every window, 0 where the model is absent."""
    busy_cycles: dict[tuple[int, str], int]
    """By window and shared resource, as far as the problem's contention looks at them."""
    energy_nj: int


def cost_alone(alone: Problem, schedule: Schedule) -> ModelCost:
    """Evaluate a schedule, its last window not empty, of a problem that has one model only."""
    evaluation = evaluate(alone, schedule)
    busy: dict[tuple[int, str], int] = {}
    for w, window in enumerate(evaluation.windows):
        if alone.contention in ("dram", "links"):
            busy[w, "dram"] = window.dram_busy_cycles
        if alone.contention == "links":
            busy |= {(w, link): cycles for link, cycles in window.link_busy_cycles.items()}
    cycles = [window.models.get(0, 0) for window in evaluation.windows]
    absent = [0] * (alone.max_windows - len(cycles))
    return ModelCost(len(cycles) - 1, (*cycles, *absent), busy, evaluation.energy_nj)


def value_together(
    problem: Problem, objective: Objective, parts: Sequence[ModelCost]
) -> int | None:
    """Combine the models' costs to the objective; ``None`` if one misses its deadline."""
    windows = range(problem.max_windows)
    lengths: list[int] = [max(part.window_cycles[w] for part in parts) for w in windows]
    if problem.contention != "none":
        busy: Counter[tuple[int, str]] = Counter()
        for part in parts:
            busy.update(part.busy_cycles)
        for (w, _), cycles in busy.items():
            lengths[w] = max(lengths[w], cycles)
    for model, part in zip(problem.models, parts, strict=True):
        last = part.last_window
        own = part.window_cycles if problem.contention == "none" else lengths
        done = sum(lengths[:last]) + own[last]
        if model.deadline_cycles is not None and done > model.deadline_cycles:
            return None
    return objective.value(sum(lengths), sum(part.energy_nj for part in parts))
