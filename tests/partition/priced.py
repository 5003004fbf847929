"""Tiny problems with prices at their borders, drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from problems import random_problem, scaled

from scar_cp.errors import ScarError
from scar_cp.judge.bounds import simple_bounds
from scar_cp.partition import many_windows
from scar_cp.partition.counts import Counts
from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.kinds import by_port_distance
from scar_cp.partition.many_windows import RangeTables
from scar_cp.partition.prices import Prices
from scar_cp.partition.range_table import range_table
from scar_cp.problem.compiled import Problem
from scar_cp.problem.problem_faults import problem_faults
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import count_schedules, exhaustive

from .brute_force import many_passes

Ints = NDArray[np.int64]


def optimum(problem: Problem, objective: Any = "latency", weights: Any = None) -> int | None:
    """Least value of any schedule of the full space; none if there is no schedule."""
    search = Search(problem, Request(objective=objective, weights=weights))
    exhaustive(search)
    return search.value


def drawn_problem(rng: Random, *, deadlines: bool = False, most: int = 2_000) -> Problem:
    """One to five windows; models may be equal, costs zero or huge, passes many."""
    while True:
        windows = rng.choice([1, 2, 3, 3, 4, 4, 5])
        problem = random_problem(
            rng,
            windows=windows,
            max_total_layers=rng.choice([2, 4, 6]),
            max_chiplets=rng.choice([1, 2, 3, 4]),
            chain=rng.random() < 0.3,
            deadlines=deadlines,
            max_schedules=most,
        )
        problem = problem.replace(contention=rng.choice(["none", problem.contention]))
        draw = rng.random()
        if draw < 0.3:
            problem = many_passes(rng, problem)
        if 0.2 < draw < 0.4:
            problem = problem.replace(hop_cycles=0)
        if rng.random() < 0.2:
            same = problem.models[:1] * rng.randint(2, 4)
            named = (run.replace(name=f"model{m}") for m, run in enumerate(same))
            problem = problem.replace(models=tuple(named))
        if rng.random() < 0.3 and not deadlines:
            problem = scaled(problem, rng.choice([0, 1_000, 2**20 + 1, 2**30 + 7, 2**36]), 1)
        if rng.random() < 0.4:
            problem = by_port_distance(problem, 200)
        if problem_faults(problem, "drawn"):
            continue
        try:
            if count_schedules(problem, "full", most):
                return problem
        except ScarError:
            continue


def tables_of(problem: Problem, longest: int) -> RangeTables:
    """Range tables of all models."""
    models = tuple(range_table(problem, m, longest) for m in range(len(problem.models)))
    return RangeTables(problem, Counts(problem.type_counts), models)


def drawn_lengths(rng: Random, longest: int) -> Ints:
    """Classes of lengths, the last of which goes at least to ``longest``."""
    if longest < 500 and rng.random() < 0.3:
        return np.arange(longest + 1)
    inner = [rng.randint(0, longest) for _ in range(rng.choice([0, 1, 3, 10, 30]))]
    near = [longest >> k for k in range(rng.choice([1, 3, 8]))]
    return np.array(sorted({*inner, *near, longest + rng.choice([0, 0, 1, 9])}), dtype=np.int64)


def drawn_prices(rng: Random, shape: Sequence[int], cuts: Sequence[int], longest: int) -> Ints:
    """Prices of inner borders that fall with the cuts of a model."""
    borders, slots, _ = shape
    prices = np.zeros(shape, dtype=np.int64)
    most = rng.choice([0, 1, 3, longest, longest, longest // 2, 3 * longest, 2**40])
    least = rng.choice([0, 0, -most // 2, -most])
    shared = rng.random() < 0.4  # by borders, slots and models, but for their lengths
    for w in range(1, borders - 1):
        for s in range(slots):
            for low, high in pairwise(cuts):
                size = high - low
                if shared:
                    of = [most * (size - c) // size for c in range(size)]
                elif rng.random() < 0.2:
                    of = [rng.randint(least, most)] * size
                else:
                    of = sorted((rng.randint(least, most) for _ in range(size)), reverse=True)
                prices[w, s, low:high] = of
    return prices


def new_prices(
    rng: Random,
    tables: RangeTables,
    longest: int,
    energy: EnergyCosts | None = None,
    cap: int | None = None,
) -> Prices:
    """Prices of 0, with random classes of lengths and slots."""
    low = [table.low for table in tables.models]
    return Prices(
        low,
        tables.counts,
        tables.problem.max_windows,
        longest,
        drawn_lengths(rng, longest),
        rng.randint(1, 5),
        energy,
        cap,
    )


def least_energy(problem: Problem) -> int:
    """What `EnergyCosts` counts beyond."""
    return next(b.value for b in simple_bounds(problem) if b.objective == "energy")


def drawn_energy(
    rng: Random, problem: Problem, weights: tuple[int, int], cap: int | None = None
) -> EnergyCosts:
    """Tariffs of all sizes; of those up to what a cycle is worth, costs may end at a cap."""
    top = weights[0] if cap is not None and rng.random() < 0.5 else 2 * weights[0]
    rates = [rng.choice([0, 1, top, rng.randint(0, top)]) for _ in range(rng.randint(1, 3))]
    return EnergyCosts.of(problem, weights, rates, cap if cap and top == weights[0] else 2**60)


def cuts_of(tables: RangeTables) -> list[int]:
    """Where each model's cuts begin among all, and the end."""
    return [0, *np.cumsum([len(table.low) for table in tables.models]).tolist()]


QUICK = tuple(replace(level, steps=min(level.steps, 15)) for level in many_windows._LEVELS)
"""All levels of prices, with short climbs."""
