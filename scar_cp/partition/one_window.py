"""One window: give each model a count of chiplets per type, and each count its partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.program import NEVER, Piece
from scar_cp.partition.table import Programme, Table, range_programmes
from scar_cp.problem.compiled import Problem

__all__ = ["CountTable", "Plan", "WindowPlan", "allocate", "count_limits", "partition_window"]

Ints = NDArray[np.int64]

WindowPlan = dict[int, list[Piece]]
"""The pieces of every model in one window."""


@dataclass(frozen=True)
class CountTable:
    """What counts of chiplets say of a model's latency in the one window there is.

    Attributes
    ----------
    groups
        Ids of the chiplets of each kind.
    least_cycles
        Per model, shape (counts[0] + 1, counts[1] + 1, ...): no partition over at most these
        chiplets takes less.
    """

    groups: tuple[tuple[int, ...], ...]
    least_cycles: tuple[Ints, ...]


@dataclass(frozen=True)
class Plan:
    """A certified interval, and what attains its upper end up to hops."""

    bound: int
    windows: tuple[WindowPlan, ...]
    table: CountTable | None = None
    """The table behind a plan of one window."""


def allocate(
    tables: Sequence[Ints], counts: Sequence[int], least_of: Callable[[Ints, int], Ints]
) -> tuple[int, list[int]]:
    """Share chiplets among models.

    Parameters
    ----------
    tables
        Per model, shape (num_counts,): the cost of having at most these chiplets.
    counts
        Chiplets of each type.
    least_of
        How models combine: ``np.maximum`` for latency, ``np.add`` for energy.

    Returns
    -------
    value : int
    shares : list of int
        Per model, the index of its counts.
    """
    shape = tuple(c + 1 for c in counts)
    vectors = list(np.ndindex(*shape))
    value = np.zeros(shape, dtype=np.int64)
    choices: list[Ints] = []
    for table in tables:
        best = np.full(shape, 2 * NEVER, dtype=np.int64)
        choice = np.zeros(shape, dtype=np.int64)
        for k in _worth_having(table.reshape(shape)):
            look()
            vector = vectors[k]
            to = tuple(slice(v, None) for v in vector)
            rest = tuple(slice(0, s - v) for s, v in zip(shape, vector, strict=True))
            together = least_of(value[rest], int(table[k]))
            better = together < best[to]
            best[to][better] = together[better]
            choice[to][better] = k
        value = best
        choices.append(choice)
    state = tuple(counts)
    shares = []
    for choice in reversed(choices):
        k = int(choice[state])
        shares.append(k)
        state = tuple(s - v for s, v in zip(state, vectors[k], strict=True))
    return int(value[tuple(counts)]), shares[::-1]


def _worth_having(table: Ints) -> list[int]:
    """Counts for which one chiplet fewer, of whatever type, costs more; the first of all, too."""
    worth = np.ones(table.shape, dtype=bool)
    for axis in range(table.ndim):
        now, fewer = np.moveaxis(table, axis, 0), np.moveaxis(worth, axis, 0)
        fewer[1:] &= now[1:] < now[:-1]
    return np.flatnonzero(worth).tolist()


def count_limits(
    problem: Problem, models: Iterable[int], most_segments: Mapping[int, int] | None
) -> dict[int, Ints]:
    """What to add to a model's values: `NEVER` for more chiplets than its segments may be."""
    totals = np.array([sum(v) for v in np.ndindex(*(c + 1 for c in problem.type_counts))])
    most = most_segments or {}
    return {m: np.where(totals > most.get(m, problem.num_chiplets), NEVER, 0) for m in models}


def partition_window(
    problem: Problem,
    ranges: Mapping[int, tuple[int, int]],
    most_segments: Mapping[int, int] | None = None,
    keep_going: Callable[[], bool] = lambda: True,
    programmes: Mapping[int, Programme] | None = None,
) -> Plan | None:
    """Find the least latency of one window whose layers are known.

    Parameters
    ----------
    problem
        The compiled problem.
    ranges
        First layer and end (exclusive) of every model in the window.
    most_segments
        Node counts that limit a model's segments (space ``scar``).
    keep_going
        Asked between refinements; when it says no, the interval stays open.
    programmes
        Of the same ranges, from `range_programmes`, kept by the caller who has more use for them.

    Returns
    -------
    Plan or None
        ``None`` if the models cannot all have a chiplet.
    """
    if not ranges:
        return Plan(0, ({},))
    programmes = programmes or range_programmes(problem, ranges)
    tables = [Table(programmes[m]) for m in ranges]
    excess = count_limits(problem, ranges, most_segments)
    while True:
        lows = [t.low[0] + excess[m] for m, t in zip(ranges, tables, strict=True)]
        bound, shares = allocate(lows, problem.type_counts, np.maximum)
        if bound >= NEVER:
            return None
        open_ended = [(t, k) for t, k in zip(tables, shares, strict=True) if t.up[0, k] > bound]
        # Refining a model that is not critical would not move the bound.
        refined = [t.refine(0, k) for t, k in open_ended if keep_going()]
        if not any(refined):
            pieces = [t.pieces(0, k) for t, k in zip(tables, shares, strict=True)]
            kinds = range(len(problem.used_types))
            groups = tuple(
                tuple(c for c, of in enumerate(problem.chiplet_types) if of == t) for t in kinds
            )
            least = tuple(t.low[0].reshape(t.shape) for t in tables)
            return Plan(bound, (dict(zip(ranges, pieces, strict=True)),), CountTable(groups, least))
