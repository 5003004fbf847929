"""Whole schedules as one chain of pieces per model: drawn and changed at random."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

from numpy.random import Generator

from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.problem.compiled import Problem
from scar_cp.problem.reconfig import given_ranges
from scar_cp.terms import Space

__all__ = ["Gene", "Genome", "Piece", "cross", "draw", "mutate", "schedule_of"]

T = TypeVar("T")


class Piece(NamedTuple):
    """A segment of some model, and its window."""

    window: int
    chiplet: int
    first: int
    last: int


Gene = tuple[Piece, ...]
"""All pieces of one model, in layer order."""

Genome = tuple[Gene, ...]
"""One gene per model."""


def schedule_of(problem: Problem, genome: Genome) -> Schedule:
    """Write a genome as a schedule; windows after the last used one are left out."""
    windows: list[list[Segment]] = [
        [] for _ in range(1 + max(piece.window for gene in genome for piece in gene))
    ]
    for m, gene in enumerate(genome):
        for window, chiplet, first, last in gene:
            windows[window].append(Segment(model=m, first=first, last=last, chiplet=chiplet))
    return Schedule.of(problem.name, windows)


# --- at random ---------------------------------------------------------------------------------


def draw(problem: Problem, space: Space, rng: Generator) -> Genome:
    """Draw a schedule of a space, deadlines apart.

    Where no schedule of the space exists, the result breaks one of its rules.
    """
    given = space in ("windowed", "scar")
    windows = given_ranges(problem) if given else _draw_windows(problem, rng)
    genes: list[list[Piece]] = [[] for _ in problem.models]
    for w, ranges in enumerate(windows):
        most = {m: high - low + 1 for m, (low, high) in ranges.items()}
        if space == "scar":
            counts = {m: problem.models[m].max_segments or () for m in ranges}
            most = {m: min(layers, counts[m][w]) for m, layers in most.items()}
        for m, path in _draw_paths(problem, space, most, rng).items():
            cut = _draw_cut(*ranges[m], len(path), rng)
            genes[m] += [Piece(w, c, *ends) for c, ends in zip(path, cut, strict=True)]
    return tuple(map(tuple, genes))


def _draw_windows(problem: Problem, rng: Generator) -> list[dict[int, tuple[int, int]]]:
    """Layers of every model in every window; no window has more models than chiplets."""
    windows: list[dict[int, tuple[int, int]]] = [{} for _ in range(problem.max_windows)]
    room = [problem.num_chiplets] * problem.max_windows
    for placed, m in enumerate(rng.permutation(len(problem.models)).tolist(), start=1):
        layers = problem.models[m].num_layers
        spare = sum(room) - (len(problem.models) - placed)
        with_room = [w for w, places in enumerate(room) if places > 0] or [0]
        count = _up_to(min(layers, len(with_room), spare), rng)
        chosen = sorted(rng.choice(with_room, count, replace=False).tolist())
        for w, ends in zip(chosen, _draw_cut(0, layers - 1, count, rng), strict=True):
            windows[w][m] = ends
            room[w] -= 1
    return windows


def _draw_paths(
    problem: Problem, space: Space, most: dict[int, int], rng: Generator
) -> dict[int, list[int]]:
    """Disjoint chiplets for the models of one window, at least one and at most ``most`` each."""
    free = rng.permutation(problem.num_chiplets).tolist()
    paths: dict[int, list[int]] = {}
    for k in rng.permutation(len(most)).tolist():
        m = list(most)[k]
        others = len(most) - len(paths) - 1
        path = [free.pop() if free else 0]
        for _ in range(_up_to(min(most[m], len(free) + 1 - others), rng) - 1):
            near = free if space == "full" else problem.neighbours[path[-1]]
            options = [c for c in near if c in free]
            if not options:
                break
            path.append(_one_of(options, rng))
            free.remove(path[-1])
        paths[m] = path
    return paths


def _draw_cut(low: int, high: int, parts: int, rng: Generator) -> list[tuple[int, int]]:
    """Cut layers ``low..high`` into parts that are not empty."""
    inner = sorted((low + 1 + rng.choice(high - low, parts - 1, replace=False)).tolist())
    return [(first, end - 1) for first, end in pairwise([low, *inner, high + 1])]


def _up_to(most: int, rng: Generator) -> int:
    return int(rng.integers(1, max(1, most), endpoint=True))


def _one_of(options: Sequence[T], rng: Generator) -> T:
    return options[int(rng.integers(len(options)))]


# --- changes -----------------------------------------------------------------------------------


def cross(one: Genome, other: Genome, rng: Generator) -> Genome:
    """Take each model from either parent; two models may then claim one chiplet."""
    return tuple(_one_of(pair, rng) for pair in zip(one, other, strict=True))


def mutate(problem: Problem, space: Space, genome: Genome, rng: Generator) -> Genome:
    """Change one thing about a schedule; the result may break a rule.

    A border between two segments moves (of one window or of two), a segment is split or joined
    with the next, it moves to another chiplet or window, or it swaps chiplets with another one.
    """
    m = int(rng.integers(len(genome)))
    gene = list(genome[m])
    k = int(rng.integers(len(gene)))
    piece, following = gene[k], gene[k + 1 : k + 2]
    change = rng.integers(5)
    if change == 0 and following:
        border = _step(piece.last, piece.first, following[0].last - 1, rng)
        gene[k : k + 2] = _divided(piece, following[0], border)
    elif change == 1 and piece.first < piece.last:
        place = _free_place(problem, space, genome, m, k, rng)
        backwards = place.window < piece.window or (
            place.window == piece.window and rng.random() < 0.5
        )
        parts = (place, piece) if backwards else (piece, place)
        gene[k : k + 1] = _divided(*parts, int(rng.integers(piece.first, piece.last)))
    elif change == 2 and following:
        place = _one_of((piece, following[0]), rng)
        gene[k : k + 2] = [place._replace(first=piece.first, last=following[0].last)]
    elif change == 3:
        gene[k] = _free_place(problem, space, genome, m, k, rng)
    elif change == 4:
        return _swapped(genome, m, k, rng)
    return (*genome[:m], tuple(gene), *genome[m + 1 :])


def _divided(left: Piece, right: Piece, border: int) -> list[Piece]:
    """Two pieces side by side over the layers that they span, ``border`` the last on the left."""
    first, last = min(left.first, right.first), max(left.last, right.last)
    return [left._replace(first=first, last=border), right._replace(first=border + 1, last=last)]


def _step(border: int, low: int, high: int, rng: Generator) -> int:
    """A border nearby or far away, all magnitudes of the step alike, within ``low..high``."""
    step = int((high - low + 1) ** rng.random())
    return min(high, max(low, border + (step if rng.random() < 0.5 else -step)))


def _free_place(
    problem: Problem, space: Space, genome: Genome, m: int, k: int, rng: Generator
) -> Piece:
    """A piece's layers on a free chiplet, in a window between its neighbours'; itself if none."""
    piece, gene = genome[m][k], genome[m]
    windows = range(piece.window, piece.window + 1)
    if space in ("full", "adjacent"):
        before = gene[k - 1].window if k else 0
        after = gene[k + 1].window if k + 1 < len(gene) else problem.max_windows - 1
        windows = range(before, after + 1)
    window = _one_of(windows, rng)
    taken = {p.chiplet for other in genome for p in other if p.window == window}
    free = [c for c in range(problem.num_chiplets) if c not in taken]
    return piece._replace(window=window, chiplet=_one_of(free, rng)) if free else piece


def _swapped(genome: Genome, m: int, k: int, rng: Generator) -> Genome:
    """Exchange a piece's chiplet with another one's of the same window."""
    piece = genome[m][k]
    inside = [p.chiplet for gene in genome for p in gene if p.window == piece.window]
    exchange = {piece.chiplet: _one_of(inside, rng)}
    exchange[exchange[piece.chiplet]] = piece.chiplet
    return tuple(
        tuple(
            p._replace(chiplet=exchange.get(p.chiplet, p.chiplet))
            if p.window == piece.window
            else p
            for p in gene
        )
        for gene in genome
    )
