"""From pieces with types to segments on chiplets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from scar_cp.clock import in_time
from scar_cp.judge.objective import Value
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.partition.one_window import WindowPlan
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.partition.program import Piece
from scar_cp.problem.compiled import Problem

__all__ = ["place"]

_MAX_STEPS = 50_000
_MOST_SWAPS = 30_000
"""Swaps after which a sweep over all is the last: only large packages have so many."""

Point = tuple[int, int]
"""Cycles and nJ."""
Paths = dict[int, list[int]]
"""The chiplets of every model's pieces."""


def place(
    problem: Problem, windows: Sequence[WindowPlan], adjacent: bool, value: Value | None = None
) -> Schedule | None:
    """Put every piece on a chiplet of its type, few hops from the piece before it.

    Parameters
    ----------
    problem
        The compiled problem.
    windows
        Pieces per window and model, within the package's counts.
    adjacent
        Whether consecutive pieces must sit on neighbours.
    value
        What hops are to be saved for, a function of cycles and nJ; without it, latency.

    Returns
    -------
    Schedule or None
        ``None`` if no such placement was found (which proves nothing).
    """
    placed: list[list[Segment]] = []
    for paths in _walks(problem, windows) if adjacent else _near(problem, windows, value):
        if paths is None:
            return None
        placed.append(
            [
                Segment(model=m, first=piece.first, last=piece.last, chiplet=chiplet)
                for m, path in paths.items()
                for piece, chiplet in zip(windows[len(placed)][m], path, strict=True)
            ]
        )
    return Schedule.of(problem.name, placed)


def _walks(problem: Problem, windows: Sequence[WindowPlan]) -> Iterator[Paths | None]:
    return (_walk(problem, plan) for plan in windows)


def _near(
    problem: Problem, windows: Sequence[WindowPlan], value: Value | None
) -> Iterator[Paths | None]:
    """Greedy placements, improved one window after the other."""
    placements = [_Placement(problem, plan) for plan in windows]
    for placement in placements:
        others = [other.point for other in placements if other is not placement]
        cycles, nj = (sum(amounts) for amounts in zip((0, 0), *others, strict=True))

        def total(point: Point, cycles: int = cycles, nj: int = nj) -> int:
            return point[0] if value is None else value(cycles + point[0], nj + point[1])

        placement.improve(total)
        yield placement.paths


def _free(problem: Problem, piece: Piece, used: set[int]) -> list[int]:
    return [c for c, t in enumerate(problem.chiplet_types) if t == piece.type and c not in used]


def _greedy(problem: Problem, plan: WindowPlan) -> Paths:
    """Each piece on the free chiplet nearest to the piece before it, then to a port."""
    used: set[int] = set()
    paths: dict[int, list[int]] = {}
    for m, pieces in sorted(plan.items(), key=lambda item: -len(item[1])):
        path: list[int] = []
        for piece in pieces:
            before = problem.hops[path[-1]] if path else problem.port_hops
            free = _free(problem, piece, used)
            path.append(min(free, key=lambda c: (before[c], problem.port_hops[c], c)))
            used.add(path[-1])
        paths[m] = path
    return {m: paths[m] for m in plan}


class _Placement:
    """Where the pieces of one window are, and what that costs each model."""

    def __init__(self, problem: Problem, plan: WindowPlan) -> None:
        self._problem = problem
        self._cuts = {
            m: CutCosts(problem, m, [(p.first, p.last) for p in pieces])
            for m, pieces in plan.items()
        }
        self.paths = _greedy(problem, plan)
        self._costs = {m: self._cost(m, path) for m, path in self.paths.items()}

    def _cost(self, m: int, path: list[int]) -> Point:
        latency, energy = self._cuts[m](np.array([path]))
        return int(latency[0]), int(energy[0])

    @property
    def point(self) -> Point:
        """Latency and energy of the window."""
        return _point(self._costs)

    def improve(self, value: Callable[[Point], int]) -> None:
        """Swap chiplets of one type, used or idle, while that is worth it; then for any model."""

        def worth(costs: dict[int, Point]) -> tuple[int, int, int]:
            point = _point(costs)
            return value(point), sum(cycles for cycles, _ in costs.values()), point[1]

        types = self._problem.chiplet_types
        pairs = [(c, d) for c in range(len(types)) for d in range(c) if types[c] == types[d]]
        best, improving, sweeps = worth(self._costs), True, 0
        while improving and sweeps * len(pairs) < _MOST_SWAPS:
            improving = False
            sweeps += 1
            for c, d in pairs:
                if not in_time():
                    return
                swap = {c: d, d: c}
                changed = {
                    m: [swap.get(x, x) for x in path]
                    for m, path in self.paths.items()
                    if c in path or d in path
                }
                costs = self._costs | {m: self._cost(m, path) for m, path in changed.items()}
                if changed and (now := worth(costs)) < best:
                    best, improving = now, True
                    self._costs, self.paths = costs, self.paths | changed


def _point(costs: Mapping[int, Point]) -> Point:
    """Latency and energy of a window from those of its models."""
    cycles = max((cycles for cycles, _ in costs.values()), default=0)
    return cycles, sum(nj for _, nj in costs.values())


def _walk(problem: Problem, plan: WindowPlan) -> Paths | None:
    """Disjoint walks over neighbours with the pieces' types, longest model first."""
    order = sorted(plan, key=lambda m: -len(plan[m]))
    steps = 0

    def extend(k: int, path: list[int], done: dict[int, list[int]], used: set[int]) -> bool:
        nonlocal steps
        if k == len(order):
            return True
        m = order[k]
        if len(path) == len(plan[m]):
            done[m] = path
            return extend(k + 1, [], done, used)
        piece = plan[m][len(path)]
        near = problem.neighbours[path[-1]] if path else range(problem.num_chiplets)
        for c in near:
            steps += 1
            if steps > _MAX_STEPS:
                return False
            if (
                c not in used
                and problem.chiplet_types[c] == piece.type
                and extend(k, [*path, c], done, used | {c})
            ):
                return True
        return False

    done: dict[int, list[int]] = {}
    return {m: done[m] for m in plan} if extend(0, [], done, set()) else None
