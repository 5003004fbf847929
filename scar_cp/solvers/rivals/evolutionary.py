"""Search by chance: independent draws, and a simple evolutionary search over whole schedules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from scar_cp.judge.validation import validate
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.model_costs import ModelCost, cost_alone, value_together
from scar_cp.solvers.rivals.genome import Gene, Genome, cross, draw, mutate, schedule_of

__all__ = ["EvolutionOptions", "evolutionary", "random_draws"]


@dataclass(frozen=True)
class EvolutionOptions:
    """Budgets in draws and generations, so that a seed gives the same run on any machine."""

    draws: int = 500
    """Schedules drawn by ``random``; most draws of ``evolutionary`` to fill its population."""
    population: int = 20
    generations: int = 100
    attempts: int = 10
    """Changes tried for one child before it is given up."""


def random_draws(search: Search, options: EvolutionOptions | None = None) -> Claim:
    """Offer schedules drawn at random; all draws are of the space, but may miss deadlines."""
    draws = (options or EvolutionOptions()).draws
    rng = np.random.default_rng(search.request.seed)
    notes: tuple[str, ...] = ()
    for k in range(1, draws + 1):
        schedule = schedule_of(search.problem, draw(search.problem, search.request.space, rng))
        search.offer(schedule, "random")
        if search.done and k < draws:
            notes = _stopped(search, f"{k} of {draws} draws")
            break
    if search.schedule is None:
        notes += search.objections(schedule)
    return Claim(search.schedule, search.value, notes=notes)


def evolutionary(search: Search, options: EvolutionOptions | None = None) -> Claim:
    """Improve a random population: the best of parents and children make the next generation.

    Every generation has as many children as parents. A child is a random parent, or each model
    from one of two, changed at random until it is a schedule of the space.
    """
    options = options or EvolutionOptions()
    rng = np.random.default_rng(search.request.seed)
    values = _Values(search)
    population: dict[Genome, int] = {}
    for _ in range(options.draws):
        genome = draw(search.problem, search.request.space, rng)
        _add(search, population, genome, values(genome))
        if len(population) == options.population or search.done:
            break
    if not population:
        schedule = schedule_of(search.problem, genome)
        return Claim(search.schedule, search.value, notes=search.objections(schedule))
    for generation in range(options.generations):
        parents = list(population)
        for genome, value in _children(search, parents, values, options, rng):
            _add(search, population, genome, value)
        if search.done:
            done = f"{generation} of {options.generations} generations"
            return Claim(search.schedule, search.value, notes=_stopped(search, done))
        best = sorted(population.items(), key=lambda item: item[1])[: options.population]
        population = dict(best)
    return Claim(search.schedule, search.value)


class _Values:
    """Values of genomes under the request; what a gene costs alone is looked up once."""

    def __init__(self, search: Search) -> None:
        self._problem, self._request = search.problem, search.request
        self._alone = [
            self._problem.replace(models=(model.replace(deadline_cycles=None),))
            for model in self._problem.models
        ]
        self._known: dict[tuple[int, Gene], ModelCost | None] = {}

    def __call__(self, genome: Genome) -> int | None:
        """The exact value of a schedule; ``None`` if it breaks a rule of the space."""
        places = [(piece.window, piece.chiplet) for gene in genome for piece in gene]
        if len(set(places)) < len(places):
            return None
        parts = []
        for m, gene in enumerate(genome):
            if (m, gene) not in self._known:
                self._known[m, gene] = self._cost(m, gene)
            cost = self._known[m, gene]
            if cost is None:
                return None
            parts.append(cost)
        return value_together(self._problem, self._request.goal, parts)

    def _cost(self, m: int, gene: Gene) -> ModelCost | None:
        alone = self._alone[m]
        schedule = schedule_of(alone, (gene,))
        if validate(alone, schedule, self._request.space):
            return None
        return cost_alone(alone, schedule)


def _children(
    search: Search,
    parents: list[Genome],
    values: _Values,
    options: EvolutionOptions,
    rng: Generator,
) -> Iterator[tuple[Genome, int]]:
    """Children of one generation, with their values."""
    for _ in range(options.population):
        for _ in range(options.attempts):
            if search.done:
                return
            one, other = (parents[k] for k in rng.integers(len(parents), size=2))
            child = cross(one, other, rng) if rng.random() < 0.5 else one
            child = mutate(search.problem, search.request.space, child, rng)
            value = None if child == one else values(child)
            if value is not None:
                yield child, value
                break


def _add(search: Search, population: dict[Genome, int], genome: Genome, value: int | None) -> None:
    """Keep a schedule of the space, and offer it if it is the best so far."""
    if value is None:
        return
    population[genome] = value
    if search.value is None or value < search.value:
        search.offer(schedule_of(search.problem, genome), "evolutionary")


def _stopped(search: Search, done: str) -> tuple[str, ...]:
    """Say that time ran out, unless the search ended for a better reason."""
    return (f"cut off by the time limit after {done}",) if search.remaining_s == 0 else ()
