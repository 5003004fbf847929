"""List scheduling by upward ranks, adapted to pipelines.

HEFT (Topcuoglu, Hariri and Wu, IEEE TPDS 2002) takes tasks by descending upward rank and puts
each where it finishes first. Here the tasks of a model form a chain, and a chiplet that the chain
has left is not its own again in the same window. A chiplet works on all passes of its segment, so
"finishes first" becomes the least latency of the model in the window, as far as it is placed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np

from scar_cp.clock import look, while_in_time
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.problem.compiled import Problem
from scar_cp.problem.reconfig import expected_cycles, given_ranges, provision
from scar_cp.solvers.base import Claim, Search
from scar_cp.terms import Space

__all__ = ["heft", "upward_ranks"]

Ranges = dict[int, tuple[int, int]]
"""First and last layer of every model in a window."""

Cut = list[tuple[int, int]]
"""Consecutive layers (first, last): the tasks, or the segments, of one model."""


def heft(search: Search) -> Claim:
    """Place tasks by descending upward rank, each where its model's latency is then least.

    A schedule is offered for each of two kinds of task. Single layers, as in the original: they
    open chiplets early and see nothing of what comes after them. And stages: as many for each
    model as chiplets are its share, with about equal work. Latency alone guides both, whatever
    the objective.
    """
    problem, space = search.problem, search.request.space
    ranks = upward_ranks(problem)
    given = space in ("windowed", "scar")
    windows = given_ranges(problem) if given else _groups(problem, ranks)

    def schedule_of(tasks_of: Callable[[Problem, Ranges], dict[int, Cut]]) -> Schedule:
        placed = [
            _place(problem, space, w, tasks_of(problem, ranges), ranks)
            for w, ranges in enumerate(windows)
        ]
        return Schedule.of(problem.name, placed)

    schedule = schedule_of(_stages)
    search.offer(schedule, "heft")
    with while_in_time(lambda: search.remaining_s > 0):
        schedule = schedule_of(_layers)
        search.offer(schedule, "heft")
        notes = () if search.schedule is not None else search.objections(schedule)
        return Claim(search.schedule, search.value, notes=notes)
    note = "the time limit left no room for single layers"
    return Claim(search.schedule, search.value, notes=(note,))


def upward_ranks(problem: Problem) -> list[list[int]]:
    """Expected cycles of all passes from each layer to its model's end.

    Compute cycles are means over chiplets, and every tensor that a layer reads crosses one hop.

    Returns
    -------
    list of list of int
        Per model and layer, times the number of chiplets (so they are integers).
    """
    ranks = []
    for model, costs in zip(problem.models, expected_cycles(problem), strict=True):
        for tensor in model.tensors:
            if tensor.producer is not None and tensor.consumers:
                send = tensor.nop_cycles + problem.hop_cycles
                costs[tensor.producer] += send * model.passes * problem.num_chiplets
        ranks.append(np.cumsum(costs[::-1], dtype=object)[::-1].tolist())
    return ranks


def _groups(problem: Problem, ranks: list[list[int]]) -> list[Ranges]:
    """Whole models by descending rank, as many in a window as there are chiplets."""
    order = sorted(range(len(ranks)), key=lambda m: (-ranks[m][0], m))
    whole = {m: (0, model.num_layers - 1) for m, model in enumerate(problem.models)}
    size = problem.num_chiplets
    return [{m: whole[m] for m in order[k : k + size]} for k in range(0, len(order), size)]


def _layers(_problem: Problem, ranges: Ranges) -> dict[int, Cut]:
    """Every layer is a task."""
    return {m: [(i, i) for i in range(low, high + 1)] for m, (low, high) in ranges.items()}


def _stages(problem: Problem, ranges: Ranges) -> dict[int, Cut]:
    """Cut every model into stages of about equal cycles, each layer taken at its best type."""
    cycles = {
        m: problem.compute_cycles[m][low : high + 1].min(axis=1).tolist()
        for m, (low, high) in ranges.items()
    }
    if not 0 < len(ranges) <= problem.num_chiplets:
        return _layers(problem, ranges)
    work = [sum(each) * problem.models[m].passes for m, each in cycles.items()]
    nodes = provision(work, problem.num_chiplets)
    return {
        m: [(low + first, low + last) for first, last in _equal_shares(cycles[m], count)]
        for (m, (low, _)), count in zip(ranges.items(), nodes, strict=True)
    }


def _equal_shares(work: list[int], parts: int) -> Cut:
    """Cut a list into at most ``parts``, each layer in the share that holds its middle."""
    ends = np.cumsum(work, dtype=object)
    shares = [
        (2 * end - own) * parts // max(1, 2 * ends[-1]) for end, own in zip(ends, work, strict=True)
    ]
    groups = [list(inside) for _, inside in groupby(range(len(work)), key=lambda i: shares[i])]
    return [(inside[0], inside[-1]) for inside in groups]


def _place(
    problem: Problem, space: Space, window: int, tasks: dict[int, Cut], ranks: list[list[int]]
) -> list[Segment]:
    """Place the tasks of one window; one chiplet is kept for each model that has none yet."""
    order = sorted(
        ((m, first, last) for m, cut in tasks.items() for first, last in cut),
        key=lambda task: (-ranks[task[0]][task[1]], *task),
    )
    free = set(range(problem.num_chiplets))
    chains = {m: _Chain(problem, m, cut[-1][1]) for m, cut in tasks.items()}
    for m, first, last in order:
        look()
        chain = chains[m]
        options = free
        if chain.path:
            counts = problem.models[m].max_segments if space == "scar" else None
            waiting = sum(not other.path for other in chains.values())
            if len(free) <= waiting or (counts and len(chain.path) >= counts[window]):
                options = set()
            elif space != "full":
                options = free.intersection(problem.neighbours[chain.path[-1]])
        # More models than chiplets: a double booking, for the validator to name.
        chain.take(first, last, sorted(options) if options or chain.path else [0])
        free.discard(chain.path[-1])
    return [
        Segment(model=m, first=first, last=last, chiplet=chiplet)
        for m, chain in chains.items()
        for (first, last), chiplet in zip(chain.cut, chain.path, strict=True)
    ]


class _Chain:
    """The segments of one model in one window, as far as they are placed."""

    def __init__(self, problem: Problem, m: int, window_end: int) -> None:
        self._problem, self._m, self._end = problem, m, window_end
        self.cut: Cut = []
        self.path: list[int] = []

    def take(self, first: int, last: int, chiplets: list[int]) -> None:
        """Put the next task where the latency is least: where the last one is, or elsewhere.

        Ties stay, then take the lowest chiplet.
        """
        options = []
        if self.path:
            options += self._options([*self.cut[:-1], (self.cut[-1][0], last)], [self.path])
        if chiplets:
            further = [[*self.path, chiplet] for chiplet in chiplets]
            options += self._options([*self.cut, (first, last)], further)
        _, self.cut, self.path = min(options, key=lambda option: option[0])

    def _options(self, cut: Cut, paths: list[list[int]]) -> list[tuple[int, Cut, list[int]]]:
        latency, _ = CutCosts(self._problem, self._m, cut, self._end)(np.array(paths))
        return [(int(cycles), cut, path) for cycles, path in zip(latency, paths, strict=True)]
