"""Annealed cuts: what they are said to take is what their windows take together."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
from problems import random_schedule, seeds

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.validation import validate
from scar_cp.partition import many_windows
from scar_cp.partition.annealing import annealed_cuts
from scar_cp.partition.many_windows import annealed_windows, latency_bounds, plan_of, range_tables
from scar_cp.partition.placement import place

from .priced import QUICK, drawn_problem, tables_of


def drawn(seed):
    """A problem, and a schedule to begin from."""
    rng = Random(f"annealing {seed}")
    while True:
        problem = drawn_problem(rng)
        start = random_schedule(rng, problem)
        if start is not None:
            return rng, problem, start


def cuts_at_borders(problem, schedule):
    """First layer of every model that is not done at each border."""
    rows = []
    for w in range(problem.max_windows + 1):
        done = [s for window in schedule.windows[:w] for s in window]
        rows.append(
            [
                max((s.last + 1 for s in done if s.model == m), default=0)
                for m in range(len(problem.models))
            ]
        )
    return np.array(rows)


def total_length(tables, cuts):
    """Sum of what windows take, by trying every sharing of the chiplets."""
    vectors, package = tables.counts.vectors, tables.counts.vectors[-1]
    total = 0
    for begins, ends in pairwise(cuts.tolist()):
        shared = {tuple(0 for _ in package): 0}
        for table, i, j in zip(tables.models, begins, ends, strict=True):
            more: dict[tuple[int, ...], int] = {}
            for used, length in shared.items():
                for a, vector in enumerate(vectors):
                    both = tuple(x + y for x, y in zip(used, vector, strict=True))
                    if all(x <= y for x, y in zip(both, package, strict=True)):
                        longer = max(length, int(table.least[i, j, a]))
                        more[both] = min(more.get(both, longer), longer)
            shared = more
        total += min(shared.values())
    return total


@seeds(15, quick=2)
def test_annealed_cuts_rise_from_begin_to_end_and_take_what_they_are_said_to(seed):
    _, problem, start = drawn(seed)
    longest = evaluate(problem, start).latency_cycles
    tables = tables_of(problem, longest)
    begin = cuts_at_borders(problem, start)
    least = [table.least for table in tables.models]

    def search():
        return list(annealed_cuts(least, tables.counts, begin, seed))

    found = search()
    totals = [total_length(tables, begin), *(total for total, _ in found)]
    assert all(after <= before for before, after in pairwise(totals))
    for total, cuts in found:
        assert not cuts[0].any()
        assert cuts[-1].tolist() == [run.num_layers for run in problem.models]
        assert (np.diff(cuts, axis=0) >= 0).all()
        assert total == total_length(tables, cuts)
    for (total, cuts), (again, same) in zip(found, search(), strict=True):
        assert total == again
        assert (cuts == same).all()


@seeds(12, quick=1)
def test_annealed_windows_are_schedules_and_no_bound_passes_them(seed, monkeypatch):
    monkeypatch.setattr(many_windows, "_LEVELS", QUICK)
    _, problem, start = drawn(seed)
    best = evaluate(problem, start).latency_cycles
    tables = range_tables(problem, best)
    found = (windows for windows in annealed_windows(tables, start, seed) if windows is not None)
    for plan in (plan_of(problem, windows) for windows in found):
        assert plan is not None
        placed = place(problem, plan.windows, adjacent=False)
        assert placed is not None
        assert not validate(problem, placed, "full")
        latency = evaluate(problem, placed).latency_cycles
        assert plan.bound <= latency  # hops and contention add to it
        best = min(best, latency)
    bounds = [step.bound for step in latency_bounds(tables, best, lambda: True)]
    assert all(bound <= best for bound in bounds)
    assert bounds == sorted(bounds)
