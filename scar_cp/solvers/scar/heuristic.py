"""The heuristic as a solver: its engines, window by window.

Windows are searched one after the other and each takes its best placement: exact for latency and
energy, which add up over windows; for EDP each window minimises its own product.
"""

from __future__ import annotations

import numpy as np

from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.judge.validation import space_is_defined
from scar_cp.partition.sizes import MOST_RANGE_LAYERS, RANGE_NOTE
from scar_cp.problem.compiled import Problem
from scar_cp.problem.reconfig import given_ranges, reconfigure, reprovision
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.scar.cut_evolution import Individual, LayerRange, evolve
from scar_cp.solvers.scar.scheduling import Placement, Placements, Walks, combine, place_cuts
from scar_cp.solvers.scar.scoring import WindowScore
from scar_cp.solvers.scar.segmentation import Cut, segmentations

__all__ = ["scar", "search_window"]

_EXHAUSTIVE_CHIPLETS = 9
"""Larger packages get the evolutionary SEG (the paper: exhaustive on 3x3)."""


def scar(search: Search) -> Claim:
    """Run the heuristic with the modes and budgets of ``search.request.scar``.

    In the spaces ``windowed`` and ``scar`` the problem's own windows are the only choice.

    Returns
    -------
    Claim
        Never exhausted: a heuristic proves nothing.
    """
    notes: set[str] = set()
    for packed in _packings(search):
        if search.remaining_s == 0 and search.schedule is not None:
            notes.add("window packings were cut off by the time limit")
            break
        schedule = _schedule(packed, search, notes)
        if schedule is not None and not search.offer(schedule, "scar"):
            notes.update(search.objections(schedule))
    if search.schedule is None and not notes:
        notes.add("no packing puts all models into windows with a chiplet for each")
    return Claim(search.schedule, search.value, notes=tuple(sorted(notes)))


def _packings(search: Search) -> list[Problem]:
    """The problem with the windows and node counts that are to be tried."""
    problem, request = search.problem, search.request
    if request.space != "scar" and request.scar.target != "latency":
        problem = reprovision(problem, request.scar.target)
    if request.space in ("windowed", "scar") or request.scar.windows == "given":
        return [problem]
    target = request.scar.target
    others = (reconfigure(problem, n, target=target) for n in (0, problem.max_windows - 1))
    packings: list[Problem] = []
    for packed in (problem, *others):
        if packed not in packings:
            packings.append(packed)
    return packings


def _schedule(problem: Problem, search: Search, notes: set[str]) -> Schedule | None:
    request = search.request
    if not space_is_defined(problem, "scar"):
        return None
    exhaustive = request.scar.provisioning == "exhaustive" and request.space != "scar"
    windows: list[list[Segment]] = []
    for w, inside in enumerate(given_ranges(problem)):
        # Every distribution together: a model may have all that the others leave.
        most = problem.num_chiplets - len(inside) + 1
        ranges = {}
        for m, (first, last) in inside.items():
            counts = problem.models[m].max_segments or ()
            ranges[m] = (first, last, most if exhaustive else counts[w])
        found = search_window(problem, search, ranges, notes, w)
        if found is None:
            return None
        windows.append(found)
    return Schedule.of(problem.name, windows)


def search_window(
    problem: Problem,
    search: Search,
    ranges: dict[int, LayerRange],
    notes: set[str],
    window: int = 0,
    allowed: frozenset[int] | None = None,
) -> list[Segment] | None:
    """Find the best placement of one window.

    Parameters
    ----------
    problem
        The compiled problem.
    search
        Gives the clock, and by its request the objective, the seed, modes and budgets.
    ranges
        First layer, last layer and node count of every model in the window.
    notes
        Collects what the budgets cut off.
    window
        Its number: every window draws its own random numbers.
    allowed
        Chiplets that may be used; default all.

    Returns
    -------
    list of Segment or None
        ``None`` if no disjoint walks of the models were found.
    """
    if not ranges:
        return []
    if any(last - first >= MOST_RANGE_LAYERS for first, last, _ in ranges.values()):
        notes.add(f"the heuristic was left out: {RANGE_NOTE}")
        return None
    request = search.request
    options, score = request.scar, WindowScore(request)

    def keep_going() -> bool:
        return search.remaining_s > 0

    walks = Walks(problem, options.max_walks, notes, allowed, keep_going)
    evolutionary = options.segmentation == "evolutionary" or (
        options.segmentation == "auto" and problem.num_chiplets > _EXHAUSTIVE_CHIPLETS
    )
    top_k = 1 if evolutionary else options.top_k
    cuts: dict[int, list[Cut]] = {}
    for m, layers in ranges.items():
        if search.schedule is not None and not keep_going():  # a first schedule comes in any case
            notes.add("the search of a window was cut off by the time limit")
            return None
        cuts[m] = segmentations(
            problem, m, *layers, score, top_k, options.max_cuts, notes, keep_going
        )
    if not all(cuts.values()):
        return None
    if evolutionary:
        placed: dict[tuple[int, Cut], Placements] = {}

        def placements(individual: Individual) -> list[Placements]:
            found = []
            for m, cut in zip(ranges, individual, strict=True):
                key = m, cut
                if key not in placed:
                    placed[key] = place_cuts(problem, m, [cut], walks, score, keep_going)
                found.append(placed[key])
            return found

        def fitness(individual: Individual) -> float:
            if sum(map(len, individual)) > problem.num_chiplets or not keep_going():
                return float("inf")
            found = combine(placements(individual), score, options.max_nodes, notes, keep_going)
            return float("inf") if found is None else found[0]

        # From whole models to as many segments as they may have, alike for all.
        steps = -(-options.population // 2)
        shares = [k / max(1, steps - 1) for k in range(steps)]
        seeds = [tuple(of[round(s * (len(of) - 1))] for of in cuts.values()) for s in shares]
        individual = evolve(
            list(ranges.values()),
            seeds,
            fitness,
            options.population,
            options.generations,
            np.random.default_rng([request.seed, window]),
        )
        models = placements(individual)
    else:
        models = [place_cuts(problem, m, of, walks, score, keep_going) for m, of in cuts.items()]
    found = combine(models, score, options.max_nodes, notes, keep_going)
    if not keep_going():
        notes.add("the search of a window was cut off by the time limit")
    return None if found is None else _segments(ranges, found[1])


def _segments(ranges: dict[int, LayerRange], chosen: list[Placement]) -> list[Segment]:
    return [
        Segment(model=m, first=first, last=last, chiplet=chiplet)
        for m, placement in zip(ranges, chosen, strict=True)
        for (first, last), chiplet in zip(placement.cut, placement.path, strict=True)
    ]
