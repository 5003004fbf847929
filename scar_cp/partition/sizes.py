"""Which problems are small enough for a search, told without loading it: it may be compiled."""

from __future__ import annotations

from math import comb, prod

from scar_cp.problem.compiled import Problem

__all__ = [
    "MOST_COUNTS",
    "MOST_RANGE_LAYERS",
    "MOST_SPLIT_COUNTS",
    "RANGE_NOTE",
    "is_joint_small",
    "num_counts",
]

MOST_COUNTS = 130
"""Combinations of chiplet counts beyond which pairs of them are too many."""
MOST_SPLIT_COUNTS = 40
"""Most combinations for which distances to memory are told apart by prices."""
MOST_RANGE_LAYERS = 1600
"""Of a range whose segments are all priced, in tables of its square; they take about 0.5 GB."""
RANGE_NOTE = f"models of more than {MOST_RANGE_LAYERS} layers are too long"
_MOST_STATES = 60_000_000
"""Of all borders: they take 13 bytes each."""
_MOST_MODELS = 3
"""Few states of more are alike enough to be known when they are met again."""
_MOST_SHARINGS = 1000
"""Ways to share out the package's chiplets, all tried in every state."""


def num_counts(problem: Problem) -> int:
    """Number of combinations of chiplet counts, the tables' width."""
    return prod(c + 1 for c in problem.type_counts)


def is_joint_small(problem: Problem) -> bool:
    """Whether the cuts of all models at a border are few enough to be searched together."""
    models = len(problem.models)
    states = problem.max_windows * prod(run.num_layers + 1 for run in problem.models)
    sharings = prod(comb(c + models - 1, c) for c in problem.type_counts)
    return models <= _MOST_MODELS and states <= _MOST_STATES and sharings <= _MOST_SHARINGS
