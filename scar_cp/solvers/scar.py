"""The SCAR heuristic in its rule-based form (SPEC section 7; MICRO 2024, section IV).

Four engines in the paper's order: MCM-Reconfig packs layers into windows, PROV gives each model
of a window a node count, SEG cuts its layers into segments, SCHED walks them over the package.
Windows are searched one after the other and each takes its best placement: exact for latency and
energy, which add up over windows; for EDP each window minimises its own product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from scar_cp.pipeline import CutCosts, RangeCosts
from scar_cp.problem import Problem
from scar_cp.reconfig import reconfigure
from scar_cp.schedule import Schedule, Segment
from scar_cp.solvers.base import Claim, Request, Search

__all__ = ["ScarOptions", "scar", "search_window", "segmentations", "walks"]

Cut = tuple[tuple[int, int], ...]
"""Consecutive segments (first, last) of a layer range."""


@dataclass(frozen=True)
class ScarOptions:
    """Budgets of the heuristic; whatever they cut off is said in the claim's notes."""

    top_k: int = 3
    """Cuts kept per model, window and number of segments."""
    max_cuts: int = 20_000
    """Cuts scored per model, window and number of segments; beyond, small layers are merged."""
    max_walks: int = 20_000
    """Placements per model, window and number of segments."""
    max_nodes: int = 200_000
    """Nodes of the combination tree of one window."""


def scar(search: Search, options: ScarOptions | None = None) -> Claim:
    """Run the heuristic for every number of splits that the window count allows.

    In the spaces ``windowed`` and ``scar`` the problem's own windows are the only choice.

    Returns
    -------
    Claim
        Never exhausted: a heuristic proves nothing.
    """
    problem, space = search.problem, search.request.space
    if space in ("windowed", "scar"):
        packings: list[Problem] = [problem]
    else:
        splits = {0, min(4, problem.max_windows - 1), problem.max_windows - 1}
        packings = [reconfigure(problem, n) for n in sorted(splits)]
    notes: set[str] = set()
    for packed in packings:
        if search.remaining_s == 0 and search.schedule is not None:
            notes.add("window packings were cut off by the time limit")
            break
        schedule = _schedule(packed, search.request, options or ScarOptions(), notes)
        if schedule is not None:
            search.offer(schedule, "scar")
    return Claim(search.schedule, search.value, notes=tuple(sorted(notes)))


def _schedule(
    problem: Problem, request: Request, options: ScarOptions, notes: set[str]
) -> Schedule | None:
    windows: list[list[Segment]] = []
    for window in range(problem.max_windows):
        ranges = {}
        for m, model in enumerate(problem.models):
            inside = [i for i, layer in enumerate(model.layers) if layer.window == window]
            if any(layer.window is None for layer in model.layers) or model.max_segments is None:
                return None
            if inside:
                ranges[m] = (inside[0], inside[-1], model.max_segments[window])
        found = search_window(problem, request, ranges, options, notes)
        if found is None:
            return None
        windows.append(found)
    return Schedule.of(problem.name, windows)


@dataclass(frozen=True)
class _Option:
    """A model's cut on a set of chiplets, at its best placement there."""

    mask: int
    latency_cycles: int
    energy_nj: int
    cut: Cut
    path: tuple[int, ...]


def search_window(
    problem: Problem,
    request: Request,
    ranges: dict[int, tuple[int, int, int]],
    options: ScarOptions,
    notes: set[str],
    allowed: frozenset[int] | None = None,
) -> list[Segment] | None:
    """Find the best placement of one window.

    Parameters
    ----------
    problem
        The compiled problem.
    request
        Gives the objective.
    ranges
        First layer, last layer and node count of every model in the window.
    options
        Budgets.
    notes
        Collects what the budgets cut off.
    allowed
        Chiplets that may be used; default all.

    Returns
    -------
    list of Segment or None
        ``None`` if the models' walks cannot be disjoint.
    """
    wide = problem.num_chiplets > 62  # Python integers where a mask passes 64 bits
    bits = np.array([1 << c for c in range(problem.num_chiplets)], object if wide else np.int64)
    per_model = []
    for m, (low, high, nodes) in ranges.items():
        best: dict[int, _Option] = {}
        for cut in segmentations(problem, m, low, high, nodes, request, options, notes):
            paths = walks(problem, len(cut), options.max_walks, notes, allowed)
            if not len(paths):
                continue
            latency, energy = CutCosts(problem, m, cut)(paths)
            masks = bits[paths].sum(axis=1)
            scores = _scores(request, latency, energy)
            for k in np.argsort(scores, kind="stable"):
                mask = int(masks[k])
                option = _Option(
                    mask, int(latency[k]), int(energy[k]), cut, tuple(paths[k].tolist())
                )
                known = best.get(mask)
                if known is None or _score(request, option) < _score(request, known):
                    best[mask] = option
        per_model.append(sorted(best.values(), key=lambda o: (_score(request, o), o.path)))
    chosen = _combine(problem, request, per_model, options, notes)
    if chosen is None:
        return None
    return [
        Segment(model=m, first=first, last=last, chiplet=chiplet)
        for m, option in zip(ranges, chosen, strict=True)
        for (first, last), chiplet in zip(option.cut, option.path, strict=True)
    ]


def _scores(
    request: Request, latency: NDArray[np.int64], energy: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score candidates; floats, because products may pass 2^63 and only the order matters."""
    cycles, nj = latency.astype(float), energy.astype(float)
    if request.objective == "weighted" and request.weights:
        return np.asarray(request.weights[0] * cycles + request.weights[1] * nj)
    # Energy breaks the ties of latency and the other way round, far below one unit.
    if request.objective == "latency":
        return np.asarray(cycles + nj * 1e-12)
    if request.objective == "energy":
        return np.asarray(nj + cycles * 1e-12)
    return np.asarray(cycles * nj)


def _score(request: Request, option: _Option) -> float:
    return float(
        _scores(request, np.array([option.latency_cycles]), np.array([option.energy_nj]))[0]
    )


def segmentations(
    problem: Problem,
    m: int,
    low: int,
    high: int,
    nodes: int,
    request: Request,
    options: ScarOptions,
    notes: set[str],
) -> list[Cut]:
    """The best cuts of a layer range into 1 to ``nodes`` segments, each scored alone.

    A cut's score takes compute at its mean over chiplets and every transfer at the least hops.
    """
    n = high - low + 1
    costs = RangeCosts.of(problem, m, low, high)
    shares = np.array(problem.type_counts) / problem.num_chiplets
    layers = problem.models[m].layers[low : high + 1]
    cycles = _range_sums(problem.compute_cycles[m][low : high + 1] @ shares)
    cycles += _range_sums(np.array([float(la.weight_load_cycles) for la in layers]))
    cycles += costs.transfer_cycles + costs.send_count * problem.hop_cycles
    energy = _range_sums(problem.compute_energy_nj[m][low : high + 1] @ shares)
    energy += costs.transfer_energy_nj + costs.send_energy_nj_per_hop
    kept: list[Cut] = []
    for parts in range(1, min(nodes, n) + 1):
        inner = _cut_points(cycles[0], parts, options.max_cuts, notes)
        firsts = np.hstack([np.zeros((len(inner), 1), dtype=int), inner])
        lasts = np.hstack([inner - 1, np.full((len(inner), 1), n - 1)])
        passes = cycles[firsts, lasts]
        more = problem.models[m].passes - 1
        latency = passes.sum(axis=1) + more * passes.max(axis=1)
        scores = _scores(request, latency, energy[firsts, lasts].sum(axis=1))
        for k in np.argsort(scores, kind="stable")[: options.top_k]:
            ends = zip(firsts[k].tolist(), lasts[k].tolist(), strict=True)
            kept.append(tuple((low + first, low + last) for first, last in ends))
    return kept


def _range_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of ``values[i..j]``, as a matrix over (i, j)."""
    prefix = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(prefix[None, 1:] - prefix[:-1, None])


def _cut_points(
    prefix_cycles: NDArray[np.float64], parts: int, budget: int, notes: set[str]
) -> NDArray[np.int64]:
    """Every way to cut a range into ``parts``: rows of first layers of the later parts.

    Where there are more than ``budget``, neighbouring small layers are merged first (the paper's
    cap on nodes): cut points are kept where the range's cycles pass equal shares.
    """
    n = len(prefix_cycles)
    points = np.arange(1, n)
    size = len(points)
    while size > parts and comb(size, parts - 1) > budget:
        size -= 1
    if size < len(points):
        notes.add(f"cuts into {parts} segments were limited to merged layers")
        shares = prefix_cycles[-1] * np.arange(1, size + 1) / (size + 1)
        points = np.unique(np.clip(np.searchsorted(prefix_cycles, shares) + 1, 1, n - 1))
    rows = list(combinations(points.tolist(), parts - 1))
    return np.array(rows, dtype=np.int64).reshape(len(rows), parts - 1)


def walks(
    problem: Problem,
    length: int,
    budget: int,
    notes: set[str],
    allowed: frozenset[int] | None = None,
) -> NDArray[np.int64]:
    """Depth-first walks over NoP neighbours, no chiplet twice, from every root in turn.

    Returns
    -------
    array of shape (num_walks, length)
    """

    def extend(path: list[int]) -> Iterator[list[int]]:
        if len(path) == length:
            yield path
            return
        for n in problem.neighbours[path[-1]]:
            if n not in path and n in roots:
                yield from extend([*path, n])

    roots = sorted(allowed) if allowed is not None else range(problem.num_chiplets)
    found: list[list[int]] = []
    per_root = -(-budget // len(roots))
    for root in roots:
        for taken, path in enumerate(extend([root])):
            if taken == per_root:
                notes.add(f"walks of {length} chiplets were cut off at {per_root} per root")
                break
            found.append(path)
    return np.array(found, dtype=np.int64).reshape(len(found), length)


def _combine(
    problem: Problem,
    request: Request,
    per_model: Sequence[Sequence[_Option]],
    options: ScarOptions,
    notes: set[str],
) -> list[_Option] | None:
    """Pick one option per model, chiplets disjoint, best together: a tree cut by its bound."""
    best_score = float("inf")
    best: list[_Option] | None = None
    visited = 0

    def together(latency: int, energy: int) -> float:
        return float(_scores(request, np.array([latency]), np.array([energy]))[0])

    def descend(k: int, used: int, latency: int, energy: int, chosen: list[_Option]) -> None:
        nonlocal best_score, best, visited
        if k == len(per_model):
            score = together(latency, energy)
            if score < best_score:
                best_score, best = score, list(chosen)
            return
        for option in per_model[k]:
            if visited >= options.max_nodes and best is not None:
                notes.add(f"the placement tree was cut off at {options.max_nodes} nodes")
                return
            if option.mask & used:
                continue
            visited += 1
            reached = max(latency, option.latency_cycles)
            spent = energy + option.energy_nj
            if together(reached, spent) < best_score:
                descend(k + 1, used | option.mask, reached, spent, [*chosen, option])

    descend(0, 0, 0, 0, [])
    return best
