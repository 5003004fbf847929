"""What pipeline partitions are held to: every cut of a model's layers, on every placement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations, product
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from problems import random_problem

from scar_cp.judge.evaluation import evaluate
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.partition.program import NEVER
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.exhaustive import schedules

Ints = NDArray[np.int64]
Cut = list[tuple[int, int]]


def cuts(first: int, end: int, most: int) -> Iterator[Cut]:
    """Every way to cut ``first..end-1`` into at most so many segments."""
    for parts in range(1, min(most, end - first) + 1):
        for inner in combinations(range(first + 1, end), parts - 1):
            firsts = [first, *inner]
            yield list(zip(firsts, [f - 1 for f in [*inner, end]], strict=True))


def typed(cut: Cut, counts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every way to give the segments types, within the counts."""
    for types in product(range(len(counts)), repeat=len(cut)):
        if all(types.count(t) <= counts[t] for t in range(len(counts))):
            yield types


def range_of(kind: str, row: int, first: int, end: int) -> tuple[int, int]:
    """First layer and end of the range that a row of a table is about."""
    return {"range": (first, end), "prefix": (0, row), "suffix": (row, end)}[kind]


class Truth:
    """Every placement of every range of one model's layers, each alone in its window."""

    def __init__(self, problem: Problem, m: int = 0) -> None:
        self.problem, self.m = problem, m
        self.num_layers = problem.models[m].num_layers
        self._known: dict[tuple[int, int], list[tuple[list[int], int, int]]] = {}

    def placements(self, first: int, end: int) -> list[tuple[list[int], int, int]]:
        """Chiplets used per type, latency and energy of every cut on every path.

        The numbers are those of `CutCosts`, which is held to the evaluator elsewhere.
        """
        if (first, end) not in self._known:
            self._known[first, end] = list(self._look(first, end))
        return self._known[first, end]

    def _look(self, first: int, end: int) -> Iterator[tuple[list[int], int, int]]:
        problem = self.problem
        types = range(len(problem.types))
        if first == end:
            yield [0 for _ in types], 0, 0
        for cut in cuts(first, end, problem.num_chiplets):
            paths = list(permutations(range(problem.num_chiplets), len(cut)))
            latency, energy = CutCosts(problem, self.m, cut)(np.array(paths))
            for path, cycles, nj in zip(paths, latency.tolist(), energy.tolist(), strict=True):
                on = [problem.chiplet_types[c] for c in path]
                yield [on.count(t) for t in types], cycles, nj

    def within(self, first: int, end: int, counts: Sequence[int]) -> list[tuple[int, int]]:
        """Latency and energy of every placement within the counts."""
        return [
            (cycles, nj)
            for used, cycles, nj in self.placements(first, end)
            if all(u <= c for u, c in zip(used, counts, strict=True))
        ]

    def least(self, kind: str, first: int, end: int, cost: Callable[[int, int], int]) -> Ints:
        """Least cost of cycles and nJ, in the shape of a table: (rows, counts)."""
        rows = [end] if kind == "range" else range(self.num_layers + 1)
        vectors = list(np.ndindex(*(c + 1 for c in self.problem.type_counts)))
        return np.array(
            [
                [
                    min((cost(*point) for point in self.within(*ends, vector)), default=NEVER)
                    for vector in vectors
                ]
                for row in rows
                for ends in [range_of(kind, row, first, end)]
            ]
        )


def points(problem: Problem) -> list[tuple[int, int]]:
    """Latency and energy of every schedule of the full space."""
    evaluations = (evaluate(problem, s) for s in schedules(problem, "full"))
    return [(e.latency_cycles, e.energy_nj) for e in evaluations]


def many_passes(rng: Random, problem: Problem) -> Problem:
    """The problem with its models run once, or very often."""
    runs = []
    for run in problem.models:
        batch = rng.choice([1, 7, 500])
        runs.append(run.replace(batch=batch, minibatch=1, passes=batch))
    return problem.replace(models=tuple(runs))


def one_model(seed: int, **settings: Any) -> Problem:
    """One model of up to five layers; some have cheap, some have large tensors at their cuts."""
    rng = Random(seed)
    problem = random_problem(
        rng,
        windows=2,
        max_models=1,
        max_layers=5,
        max_chiplets=3,
        chain=seed % 3 == 0,
        max_schedules=100_000,
        **settings,
    )
    if seed % 2:
        problem = many_passes(rng, problem)
    if seed % 5 == 0:
        problem = with_tensors_times(problem, rng.choice([0, 10]))
    return problem


def with_tensors_times(problem: Problem, factor: int) -> Problem:
    """The problem with the costs of its tensors multiplied."""
    fields = ("nop_cycles", "dram_cycles", "nop_energy_nj_per_hop", "dram_energy_nj")
    runs = []
    for run in problem.models:
        tensors = (t.replace(**{f: factor * getattr(t, f) for f in fields}) for t in run.tensors)
        runs.append(run.replace(tensors=tuple(tensors)))
    return problem.replace(models=tuple(runs))
