"""SCHED: walks over NoP neighbours, and the tree that combines the models of a window."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.scar.scoring import WindowScore
from scar_cp.solvers.scar.segmentation import Cut

__all__ = ["Placement", "Placements", "Walks", "combine", "place_cuts"]

Ints = NDArray[np.int64]
Masks = NDArray[np.int64]
"""Sets of chiplets as bits; Python integers where there are more than 62."""


_STEPS_PER_WALK = 100
"""Steps of the search for every walk that the budget allows: where walks are rare, it ends."""
_NODES_WITHOUT = 20
"""A scheduling tree that has found no placement yet may visit so many times its budget."""


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
        keep_going: Callable[[], bool] = lambda: True,
    ) -> None:
        """Walk over the allowed chiplets (default: all), at most ``budget`` walks per length.

        Where walks of a length are rare, the search for them is limited as well.
        """
        self._neighbours = problem.neighbours
        self._roots = sorted(allowed) if allowed is not None else list(range(problem.num_chiplets))
        self._budget, self._notes, self._keep_going = budget, notes, keep_going
        self._allowed = frozenset(self._roots)
        self._found: dict[int, Ints] = {}

    def __call__(self, length: int) -> Ints:
        """All walks of a length, shape (num_walks, length)."""
        if length not in self._found:
            self._found[length] = self._search(length)
        return self._found[length]

    def _search(self, length: int) -> Ints:
        most = None if self._budget is None else -(-self._budget // len(self._roots))
        found = [walk for root in self._roots for walk in self._from(root, length, most)]
        return np.array(found, dtype=np.int64).reshape(len(found), length)

    def _from(self, root: int, length: int, most: int | None) -> list[list[int]]:
        """Walks of one root, depth first in the order of neighbours."""
        if length == 1:
            return [[root]]
        found: list[list[int]] = []
        walk, open_ = [root], [iter(self._neighbours[root])]
        steps = 0
        while open_:
            following = next((c for c in open_[-1] if c in self._allowed and c not in walk), None)
            if following is None:
                walk.pop()
                open_.pop()
                continue
            steps += 1
            if (most is not None and steps > _STEPS_PER_WALK * most) or (
                steps % 1000 == 0 and not self._keep_going()
            ):
                self._notes.add(f"the search for walks of {length} chiplets was cut off")
                break
            if len(walk) + 1 < length:
                walk.append(following)
                open_.append(iter(self._neighbours[following]))
            elif len(found) == most:
                self._notes.add(f"walks of {length} chiplets were cut off at {most} per root")
                break
            else:
                found.append([*walk, following])
        return found


def place_cuts(
    problem: Problem,
    m: int,
    cuts: Iterable[Cut],
    walks: Walks,
    score: WindowScore,
    keep_going: Callable[[], bool] = lambda: True,
) -> Placements:
    """Every cut on every walk, without those that are of no use on their set of chiplets.

    Of no use is what another placement on the same chiplets beats in all that the score looks
    at; under contention everything is kept. If time runs out, later cuts are left out.
    """
    found: list[Placements] = []
    for cut in cuts:
        if found and not keep_going():
            break
        found.append(_place(problem, m, cut, walks(len(cut)), score))
    return _merged([placements for placements in found if len(placements)], problem, score)


def _place(problem: Problem, m: int, cut: Cut, paths: Ints, score: WindowScore) -> Placements:
    costs = CutCosts(problem, m, cut)
    cycles, energy = costs(paths)
    busy = costs.busy(paths)
    wide = problem.num_chiplets > 62  # Python integers where a mask passes 64 bits
    bits = np.array([1 << c for c in range(problem.num_chiplets)], object if wide else np.int64)
    masks = bits[paths].sum(axis=1)
    order = _best(masks, cycles, energy, score, problem.contention != "none")
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
    order = _best(masks, cycles, energy, score, problem.contention != "none")
    return Placements(
        masks[order],
        cycles[order],
        energy[order],
        busy[order],
        tuple(origin[k] for k in order.tolist()),
    )


def _best(masks: Masks, cycles: Ints, energy: Ints, score: WindowScore, contended: bool) -> Ints:
    """Indices of what is to be kept, by ascending score."""
    if contended:
        kept = np.arange(len(masks))
    else:
        kept = _undominated(masks, *score.matters(cycles, energy))
    order = np.lexsort((cycles[kept], energy[kept], score(cycles[kept], energy[kept])))
    return np.asarray(kept[order])


def _undominated(masks: Masks, first: Ints, second: Ints) -> Ints:
    """Indices of pairs that no other pair of the same mask equals or beats in both."""
    _, group = np.unique(masks, return_inverse=True)
    _, rank = np.unique(second, return_inverse=True)
    order = np.lexsort((rank, first, group))
    # Later groups have smaller keys, so the running minimum starts anew with each.
    key = rank[order] - group[order] * (len(rank) + 1)
    before = np.concatenate([[np.iinfo(np.int64).max], np.minimum.accumulate(key)[:-1]])
    return np.asarray(order[key < before])


def combine(
    models: Sequence[Placements],
    score: WindowScore,
    max_nodes: int | None,
    notes: set[str],
    keep_going: Callable[[], bool] = lambda: True,
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
        Says so if that, or time, cut something off.
    keep_going
        Asked now and then.

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
            limit = max_nodes
            if limit is not None and best is None:
                limit *= _NODES_WITHOUT
            if limit is not None and visited >= limit:
                notes.add(f"the scheduling tree was cut off at {limit} inner nodes")
                return
            if visited % 100 == 99 and not keep_going():
                notes.add("the scheduling tree was cut off by the time limit")
                return
            visited += 1
            mask = used | int(own.masks[here])
            descend(k + 1, mask, int(slowest[i]), int(spent[i]), taken[i], (*chosen, here))

    descend(0, 0, 0, 0, np.zeros(models[0].busy.shape[1], dtype=np.int64), ())
    if best is None:
        return None
    chosen = [p.origin[k] for p, k in zip(models, best, strict=True)]
    return best_score, chosen
