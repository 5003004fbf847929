"""SEG on larger packages: an evolutionary search over the cuts of all models of a window.

An individual is a cut per model; its fitness is the score of the window that SCHED makes of it.
The better half of a generation lives on; children take each model's cut from one of two parents
(tournaments of two), and one model's cut is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from scar_cp.solvers.scar.segmentation import Cut, as_cut

__all__ = ["Individual", "LayerRange", "evolve"]

LayerRange = tuple[int, int, int]
"""First layer, last layer and node count of a model in a window."""
Individual = tuple[Cut, ...]
"""A cut per model."""


def evolve(
    ranges: Sequence[LayerRange],
    seeds: Sequence[Individual],
    fitness: Callable[[Individual], float],
    population: int,
    generations: int,
    rng: np.random.Generator,
) -> Individual:
    """Search for the cuts whose window scores least.

    Parameters
    ----------
    ranges
        Layers and node count of every model.
    seeds
        Individuals to begin with; the rest of the first generation is drawn.
    fitness
        Less is better; infinite where there is no placement.
    population, generations
        Individuals per generation, and generations after the first.
    rng
        The only source of chance.
    """
    known: dict[Individual, float] = {}

    def rated(individual: Individual) -> float:
        if individual not in known:
            known[individual] = fitness(individual)
        return known[individual]

    current = list(seeds[:population])
    while len(current) < population:
        current.append(tuple(_draw(layers, rng) for layers in ranges))
    for _ in range(generations):
        current.sort(key=rated)
        survivors = current[: max(1, population // 2)]
        children: list[Individual] = []
        while len(survivors) + len(children) < population:
            parents = [min(rng.integers(len(current), size=2).tolist()) for _ in range(2)]
            child = [current[parents[rng.integers(2)]][k] for k in range(len(ranges))]
            k = int(rng.integers(len(ranges)))
            child[k] = _changed(child[k], ranges[k], rng)
            children.append(tuple(child))
        current = survivors + children
    return min(current, key=rated)


def _draw(layers: LayerRange, rng: np.random.Generator) -> Cut:
    """A cut into any number of segments, at any places."""
    low, high, nodes = layers
    n = high - low + 1
    parts = int(rng.integers(1, min(nodes, n) + 1))
    inner = sorted((1 + rng.choice(n - 1, parts - 1, replace=False)).tolist()) if parts > 1 else []
    return as_cut(low, high, inner)


def _changed(cut: Cut, layers: LayerRange, rng: np.random.Generator) -> Cut:
    """The cut with one place moved, added or taken away."""
    low, high, nodes = layers
    n = high - low + 1
    inner = [first - low for first, _ in cut[1:]]
    free = sorted(set(range(1, n)) - set(inner))
    changes = ["move", "add", "remove"]
    change = changes[int(rng.integers(3))]
    if change in ("move", "remove") and inner:
        inner.pop(int(rng.integers(len(inner))))
    if change in ("move", "add") and free and len(inner) + 2 <= min(nodes, n):
        inner.append(free[int(rng.integers(len(free)))])
    return as_cut(low, high, sorted(inner))
