"""SCHED: walks over NoP neighbours, and the tree that combines the models of a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.pipeline import CutCosts
from scar_cp.problem import Problem
from scar_cp.solvers.scar.scoring import WindowScore
from scar_cp.solvers.scar.segmentation import Cut

__all__ = ["Placement", "Placements", "Walks", "combine", "place_cuts"]

Ints = NDArray[np.int64]
Masks = NDArray[np.int64]
"""Sets of chiplets as bits; Python integers where there are more than 62."""


@dataclass(frozen=True)
class Placement:
    """A model's segments, and the chiplet of each."""

    cut: Cut
    path: tuple[int, ...]


@dataclass(frozen=True)
class Placements:
    """Placements of one model in one window, best first.

    ``busy`` holds the busy cycles of DRAM and of every link, without columns where there is no
    contention.
    """

    masks: Masks
    cycles: Ints
    energy_nj: Ints
    busy: Ints
    origin: tuple[Placement, ...]

    def __len__(self) -> int:
        """Number of placements."""
        return len(self.masks)


class Walks:
    """Depth-first walks over NoP neighbours, no chiplet twice, from every root in turn."""

    def __init__(
        self,
        problem: Problem,
        budget: int | None,
        notes: set[str],
        allowed: frozenset[int] | None = None,
    ) -> None:
        """Walk over the allowed chiplets (default: all), at most ``budget`` walks per length."""
        self._neighbours = problem.neighbours
        self._roots = sorted(allowed) if allowed is not None else list(range(problem.num_chiplets))
        self._budget, self._notes = budget, notes
        self._found: dict[int, Ints] = {}

    def __call__(self, length: int) -> Ints:
        """All walks of a length, shape (num_walks, length)."""
        if length not in self._found:
            self._found[length] = self._search(length)
        return self._found[length]

    def _search(self, length: int) -> Ints:
        found: list[list[int]] = []
        per_root = None if self._budget is None else -(-self._budget // len(self._roots))
        for root in self._roots:
            for taken, path in enumerate(self._extend([root], length)):
                if taken == per_root:
                    note = f"walks of {length} chiplets were cut off at {per_root} per root"
                    self._notes.add(note)
                    break
                found.append(path)
        return np.array(found, dtype=np.int64).reshape(len(found), length)

    def _extend(self, path: list[int], length: int) -> Iterator[list[int]]:
        if len(path) == length:
            yield path
            return
        for n in self._neighbours[path[-1]]:
            if n not in path and n in self._roots:
                yield from self._extend([*path, n], length)


def place_cuts(
    problem: Problem, m: int, cuts: Iterable[Cut], walks: Walks, score: WindowScore
) -> Placements:
    """Every cut on every walk; without contention, the best on each set of chiplets only."""
    found = [_place(problem, m, cut, walks(len(cut)), score) for cut in cuts]
    return _merged([placements for placements in found if len(placements)], problem, score)


def _place(problem: Problem, m: int, cut: Cut, paths: Ints, score: WindowScore) -> Placements:
    costs = CutCosts(problem, m, cut)
    cycles, energy = costs(paths)
    busy = costs.busy(paths)
    wide = problem.num_chiplets > 62  # Python integers where a mask passes 64 bits
    bits = np.array([1 << c for c in range(problem.num_chiplets)], object if wide else np.int64)
    masks = bits[paths].sum(axis=1)
    order = _best(masks, cycles, energy, score, problem.contention == "none")
    origin = tuple(Placement(cut, tuple(path)) for path in paths[order].tolist())
    return Placements(masks[order], cycles[order], energy[order], busy[order], origin)


def _merged(found: Sequence[Placements], problem: Problem, score: WindowScore) -> Placements:
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Placements(none, none, none, none.reshape(0, 0), ())
    masks = np.concatenate([p.masks for p in found])
    cycles = np.concatenate([p.cycles for p in found])
    energy = np.concatenate([p.energy_nj for p in found])
    busy = np.concatenate([p.busy for p in found])
    origin = [placement for p in found for placement in p.origin]
    order = _best(masks, cycles, energy, score, problem.contention == "none")
    return Placements(
        masks[order],
        cycles[order],
        energy[order],
        busy[order],
        tuple(origin[k] for k in order.tolist()),
    )


def _best(masks: Masks, cycles: Ints, energy: Ints, score: WindowScore, by_mask: bool) -> Ints:
    """Indices by ascending score; by mask, the best of each set of chiplets only."""
    order = np.argsort(score(cycles, energy), kind="stable")
    if by_mask:
        _, first = np.unique(masks[order], return_index=True)
        order = order[np.sort(first)]
    return np.asarray(order)


def combine(
    models: Sequence[Placements], score: WindowScore, max_nodes: int | None, notes: set[str]
) -> tuple[float, list[Placement]] | None:
    """Pick one placement per model, chiplets disjoint, best together.

    The scheduling tree has a level per model; branches that cannot beat the best are cut, which
    loses nothing: a window's score never falls with another model.

    Parameters
    ----------
    models
        Placements of every model in the window.
    score
        What windows are rated by.
    max_nodes
        Most inner nodes to visit.
    notes
        Says so if that cut something off.

    Returns
    -------
    score, placements
        ``None`` if no disjoint choice was found.
    """
    if not all(len(placements) for placements in models):
        return None
    # What the models further down cost at least.
    least_cycles = [max([int(p.cycles.min()) for p in models[k:]]) for k in range(len(models))]
    least_energy = [sum(int(p.energy_nj.min()) for p in models[k:]) for k in range(len(models))]
    best_score, best, visited = float("inf"), None, 0

    def descend(
        k: int, used: int, cycles: int, energy: int, busy: Ints, chosen: tuple[int, ...]
    ) -> None:
        nonlocal best_score, best, visited
        own, last = models[k], k + 1 == len(models)
        free = np.flatnonzero((own.masks & used) == 0)
        taken = busy + own.busy[free]
        slowest = np.maximum(cycles, own.cycles[free])
        if taken.shape[1]:
            slowest = np.maximum(slowest, taken.max(axis=1))
        spent = energy + own.energy_nj[free]
        if last:
            scores = score(slowest, spent)
        else:
            scores = score(np.maximum(slowest, least_cycles[k + 1]), spent + least_energy[k + 1])
        for i in np.argsort(scores, kind="stable").tolist():
            if scores[i] >= best_score:
                return
            here = int(free[i])
            if last:
                best_score, best = float(scores[i]), (*chosen, here)
                return
            if max_nodes is not None and visited >= max_nodes and best is not None:
                notes.add(f"the scheduling tree was cut off at {max_nodes} inner nodes")
                return
            visited += 1
            mask = used | int(own.masks[here])
            descend(k + 1, mask, int(slowest[i]), int(spent[i]), taken[i], (*chosen, here))

    descend(0, 0, 0, 0, np.zeros(models[0].busy.shape[1], dtype=np.int64), ())
    if best is None:
        return None
    chosen = [p.origin[k] for p, k in zip(models, best, strict=True)]
    return best_score, chosen
