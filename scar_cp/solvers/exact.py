"""The solver ``cp-sat``: heuristic, pipeline partitions, then CP-SAT on the layer-level model."""

from __future__ import annotations

from scar_cp.schedule import Schedule
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.cpsat.model import Answer, CpsatModel, covers
from scar_cp.solvers.partitions import partition_latency
from scar_cp.solvers.scar import scar

__all__ = ["cpsat"]

MAX_ASSIGNMENTS = 150_000
"""Largest number of (layer, window, chiplet) triples for which the model is built."""


def cpsat(search: Search) -> Claim:
    """Find schedules and bounds with CP-SAT, starting from the heuristic.

    Where the model does not state the problem's settings exactly, or would be too large, the
    heuristic's schedule and the bounds that need no search are the answer, and the notes say so.
    """
    problem, request = search.problem, search.request
    notes: tuple[str, ...] = ()
    if request.hint:
        notes = scar(search).notes
    if not search.closed and request.objective != "energy":
        partition_latency(search)
    if search.closed or search.remaining_s == 0:
        return Claim(search.schedule, search.value, notes=notes)
    layers = sum(m.num_layers for m in problem.models)
    size = layers * problem.max_windows * problem.num_chiplets
    if not covers(problem):
        reason = "the layer-level model covers per_pass weights, overlap none, contention none"
        return Claim(search.schedule, search.value, notes=(*notes, reason))
    if size > MAX_ASSIGNMENTS:
        reason = f"{size} layer assignments are too many for the layer-level model"
        return Claim(search.schedule, search.value, notes=(*notes, reason))
    if request.objective == "edp":
        return _edp_corner(search, notes)
    weights = {
        "latency": (1, 0),
        "energy": (0, 1),
        "weighted": request.weights or (1, 0),
    }[request.objective]
    answer = _solve(search, weights, search.remaining_s, bounds_objective=True)
    if answer.status == "infeasible" and search.schedule is None:
        return Claim(None, exhausted=True, notes=notes)
    if answer.status == "optimal" and answer.value is not None:
        search.raise_bound(answer.value, "cp-sat")
        return Claim(answer.schedule, answer.value, exhausted=True, notes=notes)
    return Claim(search.schedule, search.value, notes=notes)


def _solve(
    search: Search, weights: tuple[int, int], time_limit_s: float, bounds_objective: bool
) -> Answer:
    """Solve one linear objective; its schedules are offered, its bounds recorded if asked."""
    problem, request = search.problem, search.request
    model = CpsatModel(problem, request.space, *weights, max_cycles=_worst_latency(search))
    if search.schedule is not None:
        model.hint(_without_empty_windows(search))
    if bounds_objective and search.bound is not None:
        model.at_least(search.bound)
    with search.interruptible(model.stop):
        return model.solve(
            time_limit_s,
            request.workers,
            request.seed,
            on_schedule=lambda schedule: search.offer(schedule, "cp-sat"),
            on_bound=lambda bound: (
                search.raise_bound(bound, "cp-sat") if bounds_objective else None
            ),
        )


def _edp_corner(search: Search, notes: tuple[str, ...]) -> Claim:
    """Bound EDP by the product of the least latency and the least energy."""
    product = 1
    for weights in ((1, 0), (0, 1)):
        answer = _solve(search, weights, search.remaining_s / 2, bounds_objective=False)
        if answer.status == "infeasible" and search.schedule is None:
            return Claim(None, exhausted=True, notes=notes)
        product *= max(0, answer.bound or 0)
    search.raise_bound(product, "cp-sat corner")
    return Claim(search.schedule, search.value, notes=notes)


def _worst_latency(search: Search) -> int:
    """A latency above that of any schedule of interest.

    Everything one after the other, every tensor moved as far as it can be, to every consumer.
    """
    problem = search.problem
    farthest = max(map(max, problem.hops)) * problem.hop_cycles
    through = problem.dram_latency_cycles + farthest
    total = 0
    for m, run in enumerate(problem.models):
        cycles = int(problem.compute_cycles[m].max(axis=1).sum())
        cycles += sum(la.weight_load_cycles + through for la in run.layers)
        for tensor in run.tensors:
            reads = len(tensor.consumers) * (tensor.dram_cycles + through)
            sends = len(tensor.consumers) * (tensor.nop_cycles + farthest)
            cycles += reads + sends + tensor.dram_cycles + through
        total += run.passes * cycles
    return total


def _without_empty_windows(search: Search) -> Schedule:
    """The incumbent with its empty windows last, where the space lets windows move."""
    assert search.schedule is not None
    if search.request.space in ("windowed", "scar"):
        return search.schedule
    used = [list(window) for window in search.schedule.windows if window]
    return Schedule.of(search.schedule.problem, used)
