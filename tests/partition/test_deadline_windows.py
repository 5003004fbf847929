"""Whole runs in windows, the earliest deadline first, against all ways to group them."""

from __future__ import annotations

from itertools import combinations, pairwise
from random import Random

from problems import seeds
from random_problems import random_problem

import scar_cp as sc
from scar_cp.partition.deadline_windows import DeadlineWindows
from scar_cp.partition.one_window import partition_window


def due(problem, rng: Random):
    """The problem with deadlines that may or may not be kept."""
    horizon = sc.solve(problem, solver="standalone").result.value or 1000
    runs = tuple(
        run.replace(deadline_cycles=rng.choice([None, *(rng.randint(0, horizon) for _ in "123")]))
        for run in problem.models
    )
    return problem.replace(models=runs)


@seeds(60, quick=10)
def test_groups_end_as_early_as_any_in_the_order_of_deadlines(seed) -> None:
    rng = Random(f"groups {seed}")
    problem = due(random_problem(rng), rng)
    never = 2**62
    ends = [never if m.deadline_cycles is None else m.deadline_cycles for m in problem.models]
    order = sorted(range(len(ends)), key=lambda m: (ends[m], m))
    best = None
    for size in range(min(len(order), problem.max_windows)):
        for cuts in combinations(range(1, len(order)), size):
            borders = [0, *cuts, len(order)]
            total = 0
            for a, b in pairwise(borders):
                ranges = {m: (0, problem.models[m].num_layers) for m in sorted(order[a:b])}
                plan = partition_window(problem, ranges)
                total = never if plan is None else total + plan.bound
                if total > ends[order[a]]:
                    total = never
            if total < never:
                best = total if best is None else min(best, total)
    plan = DeadlineWindows(problem).windows()
    assert (None if plan is None else plan.bound) == best


@seeds(40, quick=10)
def test_the_least_tardiness_is_the_least_that_has_windows(seed) -> None:
    rng = Random(f"tardiness {seed}")
    windows = DeadlineWindows(due(random_problem(rng), rng))
    late = windows.least_tardiness()
    if windows.windows(late) is None:
        assert late > 2**50, "nothing runs at all"
        return
    assert late == 0 or windows.windows(late - 1) is None
