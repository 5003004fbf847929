"""All packages of a grid: counts per chiplet type first, places after them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

from scar_cp.codesign.design_file import DesignFile, Offer, read_design
from scar_cp.errors import Fault, InputError, collecting
from scar_cp.files.instance_files import read_instance
from scar_cp.inputs.instance import Instance
from scar_cp.problem.compiled import Problem
from scar_cp.problem.compiler import compile_instance
from scar_cp.problem.reconfig import reconfigure

__all__ = [
    "Counts",
    "Layout",
    "all_counts",
    "base_problem",
    "check_design",
    "ideal",
    "laid_out",
    "layouts",
]

Counts = tuple[int, ...]
"""Chiplets of each type, in the order of the file."""
Layout = tuple[int, ...]
"""Type of each place of the grid, row by row."""


def all_counts(design: DesignFile) -> list[Counts]:
    """Every number of chiplets per type that fills the grid within the limits.

    Examples
    --------
    >>> design = DesignFile(format="scar-cp/codesign@1", instances=[{"instance": "sc4"}],
    ...     grid=[1, 2], types={"a": Offer(takes={"mm2": 2}), "b": Offer(takes={"mm2": 3})},
    ...     limits={"mm2": 5})
    >>> all_counts(design)
    [(1, 1), (2, 0)]
    """
    offers = list(design.types.values())
    room = design.grid[0] * design.grid[1]
    return [
        counts
        for counts in _filled(room, offers)
        if all(
            sum(n * o.takes.get(kind, 0.0) for n, o in zip(counts, offers, strict=True)) <= limit
            for kind, limit in design.limits.items()
        )
    ]


def _filled(room: int, offers: Sequence[Offer]) -> Iterator[Counts]:
    first, *rest = offers
    most = room if first.most is None else min(room, first.most)
    if not rest:
        if first.least <= room <= most:
            yield (room,)
        return
    for n in range(first.least, most + 1):
        for others in _filled(room - n, rest):
            yield (n, *others)


def check_design(path: Path) -> None:
    """Read a co-design and all that it refers to.

    Raises
    ------
    InputError
        With the faults of all files.
    """
    design = read_design(path)
    faults: list[Fault] = []
    for one in design.instances:
        with collecting(faults):
            base_problem(read_instance(one.instance), design)
        if design.against is not None:
            with collecting(faults):
                read_instance(one.instance, {"package": design.against})
    if not all_counts(design):
        faults.append(Fault(str(path), "limits", None, "no counts of the types keep all limits"))
    if faults:
        raise InputError(
            replace(fault, file=str(path), place="against", is_parameter=False)
            if fault.is_parameter
            else fault
            for fault in faults
        )


def layouts(counts: Counts, problem: Problem, most: int, seed: int) -> list[Layout]:
    """Places for chiplets, of symmetric ones one; a sample where there are too many.

    Parameters
    ----------
    counts
        Chiplets of each type.
    problem
        On the grid: its symmetries are those of links and ports.
    most
        How many at most.
    seed
        Of the sample.

    Returns
    -------
    list of tuple of int
    """
    symmetries = _symmetries(problem)
    found: dict[Layout, None] = {}
    for layout in _arranged(counts, most, seed):
        same = min(tuple(layout[at] for at in symmetry) for symmetry in symmetries)
        found[same] = None
        if len(found) == most:
            break
    return list(found)


def _arranged(counts: Counts, most: int, seed: int) -> Iterator[Layout]:
    """All arrangements if they are few, otherwise random ones."""
    room, rng = sum(counts), Random(seed)
    ways, left = 1, room
    for n in counts:
        for k in range(n):
            ways = ways * (left - k) // (k + 1)
        left -= n
    if ways <= 64 * most:
        yield from _arrangements(counts, list(range(room)), {})
        return
    flat = [t for t, n in enumerate(counts) for _ in range(n)]
    for _ in range(8 * most):
        rng.shuffle(flat)
        yield tuple(flat)


def _arrangements(
    counts: Sequence[int], free: list[int], chosen: dict[int, int]
) -> Iterator[Layout]:
    t = len(counts) - 1
    if t == 0:
        filled = chosen | dict.fromkeys(free, 0)
        yield tuple(filled[place] for place in range(len(filled)))
        return
    for places in combinations(free, counts[t]):
        rest = [place for place in free if place not in places]
        yield from _arrangements(counts[:t], rest, chosen | dict.fromkeys(places, t))


def _symmetries(problem: Problem) -> list[tuple[int, ...]]:
    """Mirrorings and turns of the grid under which links and ports stay what they are."""
    place = {(c.row or 0, c.col or 0): c.id for c in problem.chiplets}
    rows = 1 + max(r for r, _ in place)
    columns = 1 + max(c for _, c in place)
    links = {frozenset(link) for link in problem.links}
    found = []
    for flip_rows in (False, True):
        for flip_columns in (False, True):
            for turn in (False, True) if rows == columns else (False,):
                to = []
                for r, c in sorted(place):
                    at = (rows - 1 - r if flip_rows else r, columns - 1 - c if flip_columns else c)
                    to.append(place[at[::-1] if turn else at])
                same_links = {frozenset((to[a], to[b])) for a, b in links} == links
                same_ports = all(
                    problem.hops[to[c.id]][problem.chiplets[to[c.id]].port]
                    == problem.hops[c.id][c.port]
                    for c in problem.chiplets
                )
                if same_links and same_ports:
                    found.append(tuple(to))
    return found


def base_problem(instance: Instance, design: DesignFile) -> Problem:
    """The problem of an instance on the grid, with the costs of every type.

    Its own package gives all but the chiplets: clock, network, memory. The types of the places are
    of no account.

    Raises
    ------
    InputError
        If a type is not among the instance's.
    """
    names = list(design.types)
    faults = [
        Fault(name, "", None, f"is no chiplet type of {instance.file}", is_parameter=False)
        for name in names
        if name not in instance.chiplet_types
    ]
    if faults:
        raise InputError(faults)
    rows, columns = design.grid
    places = [names[k % len(names)] for k in range(max(rows * columns, len(names)))]
    grid = tuple(tuple(places[r * columns : (r + 1) * columns]) for r in range(rows))
    own = instance.package
    is_same = own.layout is not None and [len(row) for row in own.layout] == [columns] * rows
    ports = own.memory_ports if is_same else None
    package = own.replace(layout=grid, chiplets=None, links=None, memory_ports=ports)
    settings = instance.settings
    if design.windows is not None:
        settings = settings.replace(windows=design.windows, n_splits=None)
    on_grid = replace(instance, package=package, settings=settings)
    problem = compile_instance(on_grid)
    if len(problem.types) == len(names):
        return problem
    # More types than places: the costs of the others come from packages that have them.
    others = [
        base_problem(instance, design.replace(types={name: design.types[name]}))
        for name in names
        if name not in problem.type_names
    ]
    return _with_costs_of(problem, others)


def _with_costs_of(problem: Problem, others: Sequence[Problem]) -> Problem:
    models = []
    for m, run in enumerate(problem.models):
        layers = []
        for la, layer in enumerate(run.layers):
            more = [other.models[m].layers[la] for other in others]
            cycles = {k: v for of in (layer, *more) for k, v in of.compute_cycles.items()}
            energy = {k: v for of in (layer, *more) for k, v in of.compute_energy_nj.items()}
            layers.append(layer.replace(compute_cycles=cycles, compute_energy_nj=energy))
        models.append(run.replace(layers=tuple(layers)))
    types = (*problem.types, *(kind for other in others for kind in other.types))
    return problem.replace(models=tuple(models), types=types)


def laid_out(base: Problem, names: Sequence[str], layout: Layout) -> Problem:
    """The problem with chiplets of these types at their places."""
    chiplets = tuple(
        chiplet.replace(type=names[t]) for chiplet, t in zip(base.chiplets, layout, strict=True)
    )
    return reconfigure(base.replace(chiplets=chiplets))


def ideal(base: Problem, names: Sequence[str], counts: Counts) -> Problem:
    """The problem on a package whose chiplets are all neighbours, each with a memory port.

    No layout of these counts has fewer hops anywhere, nor less room on a link: what is proven here
    is proven of all of them.
    """
    layout = [t for t, n in enumerate(counts) for _ in range(n)]
    ids = range(len(layout))
    chiplets = tuple(
        base.chiplets[i].replace(type=names[layout[i]], row=None, col=None, port=i) for i in ids
    )
    links = tuple(combinations(ids, 2))
    return reconfigure(base.replace(chiplets=chiplets, links=links, routing="shortest"))
