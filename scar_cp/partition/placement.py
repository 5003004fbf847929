"""From pieces with types to segments on chiplets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scar_cp.clock import in_time
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.partition.one_window import WindowPlan
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.partition.program import Piece
from scar_cp.problem.compiled import Problem

__all__ = ["place"]

_MAX_STEPS = 50_000


def place(problem: Problem, windows: Sequence[WindowPlan], adjacent: bool) -> Schedule | None:
    """Put every piece on a chiplet of its type, few hops from the piece before it.

    Parameters
    ----------
    problem
        The compiled problem.
    windows
        Pieces per window and model, within the package's counts.
    adjacent
        Whether consecutive pieces must sit on neighbours.

    Returns
    -------
    Schedule or None
        ``None`` if no such placement was found (which proves nothing).
    """
    placed = []
    for plan in windows:
        paths = (
            _walk(problem, plan) if adjacent else _improved(problem, plan, _greedy(problem, plan))
        )
        if paths is None:
            return None
        placed.append(
            [
                Segment(model=m, first=piece.first, last=piece.last, chiplet=chiplet)
                for m, path in paths.items()
                for piece, chiplet in zip(plan[m], path, strict=True)
            ]
        )
    return Schedule.of(problem.name, placed)


def _free(problem: Problem, piece: Piece, used: set[int]) -> list[int]:
    return [c for c, t in enumerate(problem.chiplet_types) if t == piece.type and c not in used]


def _greedy(problem: Problem, plan: WindowPlan) -> dict[int, list[int]]:
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


def _improved(
    problem: Problem, plan: WindowPlan, paths: dict[int, list[int]]
) -> dict[int, list[int]]:
    """Swap chiplets of one type (used or idle) while the window gets shorter or thriftier."""
    costs = {
        m: CutCosts(problem, m, [(p.first, p.last) for p in pieces]) for m, pieces in plan.items()
    }

    def cost(m: int, path: list[int]) -> tuple[int, int]:
        latency, energy = costs[m](np.array([path]))
        return int(latency[0]), int(energy[0])

    current = {m: cost(m, path) for m, path in paths.items()}

    def total(of: dict[int, tuple[int, int]]) -> tuple[int, int, int]:
        cycles = [latency for latency, _ in of.values()]
        return max(cycles, default=0), sum(cycles), sum(energy for _, energy in of.values())

    types = problem.chiplet_types
    improving = True
    while improving:
        improving = False
        for c in range(problem.num_chiplets):
            for d in range(c):
                if types[c] != types[d] or not in_time():
                    continue
                swap = {c: d, d: c}
                changed = {
                    m: [swap.get(x, x) for x in path]
                    for m, path in paths.items()
                    if c in path or d in path
                }
                attempt = current | {m: cost(m, path) for m, path in changed.items()}
                if total(attempt) < total(current):
                    current, paths, improving = attempt, paths | changed, True
    return paths


def _walk(problem: Problem, plan: WindowPlan) -> dict[int, list[int]] | None:
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
