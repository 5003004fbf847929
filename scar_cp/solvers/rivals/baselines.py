"""Comparison schedules without a search of their own (SPEC section 7)."""

from __future__ import annotations

import numpy as np

from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.partition.pipeline_costs import CutCosts
from scar_cp.problem.reconfig import provision
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.scar.heuristic import search_window

__all__ = ["nn_baton", "simba", "standalone"]


def standalone(search: Search) -> Claim:
    """Put each model whole on one chiplet of its own.

    The longest models choose first, each the free chiplet that suits it best. With more models
    than chiplets, the rest go to further windows.
    """
    problem = search.problem
    costs = []
    for m, model in enumerate(problem.models):
        single = CutCosts(problem, m, [(0, model.num_layers - 1)])
        latency, energy = single(np.arange(problem.num_chiplets)[:, None])
        costs.append(energy if search.request.objective == "energy" else latency)
    order = sorted(range(len(costs)), key=lambda m: (-int(costs[m].min()), m))
    windows: list[list[Segment]] = []
    for start in range(0, len(order), problem.num_chiplets):
        free = set(range(problem.num_chiplets))
        window = []
        for m in order[start : start + problem.num_chiplets]:
            chiplet = min(free, key=lambda c, m=m: (int(costs[m][c]), c))  # type: ignore[misc]
            free.remove(chiplet)
            last = problem.models[m].num_layers - 1
            window.append(Segment(model=m, first=0, last=last, chiplet=chiplet))
        windows.append(window)
    schedule = Schedule.of(problem.name, windows)
    search.offer(schedule, "standalone")
    return Claim(search.schedule, search.value, notes=search.objections(schedule))


def simba(search: Search) -> Claim:
    """Pipeline every model over chiplets of one dataflow, all models in one window.

    Each dataflow of the package is tried; node counts follow the models' work on it, and
    chiplets of other dataflows stay idle.
    """
    problem = search.problem
    notes: set[str] = set()
    for t, count in enumerate(problem.type_counts):
        if count < len(problem.models):
            notes.add(f"{problem.type_names[t]}: {count} chiplets for {len(problem.models)} models")
            continue
        if search.remaining_s == 0 and search.schedule is not None:
            notes.add(f"{problem.type_names[t]}: left out by the time limit")
            continue
        work = [
            int(cycles[:, t].sum()) * model.passes
            for model, cycles in zip(problem.models, problem.compute_cycles, strict=True)
        ]
        ranges = {
            m: (0, problem.models[m].num_layers - 1, nodes)
            for m, nodes in enumerate(provision(work, count))
        }
        allowed = frozenset(c for c, of in enumerate(problem.chiplet_types) if of == t)
        window = search_window(problem, search, ranges, notes, allowed=allowed)
        if window is not None:
            schedule = Schedule.of(problem.name, [window])
            search.offer(schedule, "simba")
            notes.update(search.objections(schedule))
    return Claim(search.schedule, search.value, notes=tuple(sorted(notes)))


def nn_baton(search: Search) -> Claim:
    """Run the models one after the other, in list order, each whole on the same chiplet.

    Every chiplet is tried; a chain of models of one window each needs as many windows as models.
    """
    problem = search.problem
    for chiplet in range(problem.num_chiplets):
        windows = [
            [Segment(model=m, first=0, last=model.num_layers - 1, chiplet=chiplet)]
            for m, model in enumerate(problem.models)
        ]
        schedule = Schedule.of(problem.name, windows)
        search.offer(schedule, "nn-baton")
        if search.remaining_s == 0 and chiplet + 1 < problem.num_chiplets:
            note = f"chiplets after {chiplet} were cut off by the time limit"
            return Claim(search.schedule, search.value, notes=(note,))
    notes = search.objections(schedule) if search.schedule is None else ()
    return Claim(search.schedule, search.value, notes=notes)
