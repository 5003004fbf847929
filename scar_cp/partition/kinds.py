"""Chiplet types told apart by their distance to memory, where that stays small."""

from __future__ import annotations

from math import prod

from scar_cp.problem.compiled import Problem

__all__ = ["by_port_distance"]


def by_port_distance(problem: Problem, most_counts: int) -> Problem:
    """Return the same problem with a type for every (type, distance to the memory port).

    Tables take hops to memory at their least per type, so this makes them exact. Schedules
    are the same. The problem is returned as it is if it has, or would have, more than
    ``most_counts`` combinations of chiplet counts.
    """
    distances = [f"{c.type}+{problem.port_hops[c.id]}" for c in problem.chiplets]
    names = sorted(set(distances))
    if len(names) == len(problem.used_types):
        return problem
    if prod(distances.count(name) + 1 for name in names) > most_counts:
        return problem
    base = {name: name.rpartition("+")[0] for name in names}
    buffers = {t.name: t for t in problem.used_types}

    def split(table: dict[str, int]) -> dict[str, int]:
        return {name: table[base[name]] for name in names}

    models = tuple(
        run.replace(
            layers=tuple(
                layer.replace(
                    compute_cycles=split(layer.compute_cycles),
                    compute_energy_nj=split(layer.compute_energy_nj),
                )
                for layer in run.layers
            )
        )
        for run in problem.models
    )
    return problem.replace(
        types=tuple(buffers[base[name]].replace(name=name) for name in names),
        chiplets=tuple(
            c.replace(type=name) for c, name in zip(problem.chiplets, distances, strict=True)
        ),
        models=models,
    )
