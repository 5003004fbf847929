"""The solver ``cp-sat``: heuristic, pipeline partitions, then CP-SAT on the layer-level model.

Each stage hands the next a better incumbent and a better bound. The last is exact for every
setting; it closes small problems, and improves large ones where it can.
"""

from __future__ import annotations

from scar_cp.errors import ModelOverflowError
from scar_cp.schedule import Schedule
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.baselines import simba, standalone
from scar_cp.solvers.cpsat.model import Answer, CpsatModel
from scar_cp.solvers.partitions import partition
from scar_cp.solvers.scar.heuristic import scar
from scar_cp.solvers.supported import HalfPlane, Polygon

__all__ = ["cpsat", "expected_memory_gb"]

MAX_OBJECTIVE = 2**61
"""CP-SAT rejects objectives whose domain comes near 2^62."""


def cpsat(search: Search) -> Claim:
    """Find schedules and bounds: heuristic, pipeline partitions, layer-level model."""
    request = search.request
    standalone(search)  # a schedule at once, however large the package
    cut_off: tuple[str, ...] = ()
    if request.hint:
        simba(search)
        cut_off = scar(search).notes
    if request.tables and not search.done:
        partition(search)
    notes = cut_off if search.author == "scar" and not search.closed else ()
    if search.done:
        return Claim(search.schedule, search.value, notes=notes)
    need_gb = expected_memory_gb(search)
    if need_gb > request.memory_limit_gb:
        reason = (
            f"the layer-level model would take about {need_gb:.1f} GB, "
            f"the memory limit is {request.memory_limit_gb:g} GB: it was not built"
        )
        return Claim(search.schedule, search.value, notes=(*notes, reason))
    try:
        return _layer_level(search, notes)
    except ModelOverflowError as error:
        return Claim(search.schedule, search.value, notes=(*notes, str(error)))


def _layer_level(search: Search, notes: tuple[str, ...]) -> Claim:
    """Search on the layer-level model, from the incumbent and the bounds there are."""
    request = search.request
    if request.objective == "edp":
        return _minimise_edp(search, notes)
    weights = {"latency": (1, 0), "energy": (0, 1)}.get(request.objective, request.weights)
    assert weights is not None
    if _scaled(search, weights) != weights:
        reason = "the objective may pass CP-SAT's 64 bits: the layer-level model was not solved"
        return Claim(search.schedule, search.value, notes=(*notes, reason))
    answer = _solve(search, weights, search.remaining_s, search.bound)
    if answer.status == "infeasible" and search.schedule is None:
        return Claim(None, exhausted=True, notes=notes)
    if answer.status == "optimal" and answer.value is not None:
        search.raise_bound(answer.value, "cp-sat")
        return Claim(answer.schedule, answer.value, exhausted=True, notes=notes)
    return Claim(search.schedule, search.value, notes=notes)


def expected_memory_gb(search: Search) -> float:
    """What CP-SAT will take for the layer-level model, from its size alone.

    Measured on Sc4, Sc6 and Sc8 with one to three windows and two workers: up to 0.12 MB for
    every possible place (layer, window, chiplet), about a third of it for the model itself.
    """
    problem = search.problem
    layers = sum(m.num_layers for m in problem.models)
    places = layers * problem.max_windows * problem.num_chiplets
    return places * (0.04 + 0.04 * search.request.workers) / 1000


def _minimise_edp(search: Search, notes: tuple[str, ...]) -> Claim:
    """Cut the polygon of possible (latency, energy) until its smallest EDP is attained."""
    polygon = Polygon(search.least("latency"), search.least("energy"))
    solves = 0
    while not search.done:
        vertex = polygon.worst()
        search.raise_bound(min(polygon.bound(), search.value or MAX_OBJECTIVE**2), "cp-sat polygon")
        if search.done:
            break
        weights = _scaled(search, vertex.direction())
        # A solve that runs out of time still tightens the polygon: leave time for others.
        limit = search.remaining_s if solves > 40 else max(1.0, search.remaining_s / 3)
        answer = _solve(search, weights, limit, None)
        solves += 1
        if answer.status == "infeasible" and search.schedule is None:
            return Claim(None, exhausted=True, notes=notes)
        if answer.bound is None:
            break
        point = None
        if answer.status == "optimal" and answer.schedule is not None:
            point = search.point(answer.schedule)
        before = polygon.bound()
        polygon.add(HalfPlane(*weights, answer.bound, point))
        if polygon.bound() <= before and answer.status != "optimal" and solves > 4:
            break  # further time on this corner would be spent in vain
    return Claim(search.schedule, search.value, notes=notes)


def _scaled(search: Search, weights: tuple[int, int]) -> tuple[int, int]:
    """The same direction, small enough for CP-SAT's 64-bit objective."""
    problem = search.problem
    places = problem.max_windows * problem.num_chiplets  # CP-SAT adds up all that may be paid
    worst = places * (weights[0] * _worst_latency(search) + weights[1] * _worst_energy(search))
    if worst <= MAX_OBJECTIVE:
        return weights
    shrink = 1 + worst // MAX_OBJECTIVE
    scaled = weights[0] // shrink, weights[1] // shrink
    return scaled if any(scaled) else (int(weights[0] > weights[1]), int(weights[0] <= weights[1]))


def _solve(
    search: Search, weights: tuple[int, int], time_limit_s: float, bound: int | None
) -> Answer:
    """Minimise one linear objective; its schedules are offered as they come.

    ``bound`` is a bound of this very objective, if it is the request's; then CP-SAT's own are
    recorded as well.
    """
    problem, request = search.problem, search.request
    is_request = request.objective != "edp"
    table = search.count_table if request.cuts else None
    model = CpsatModel(problem, request.space, *weights, _worst_latency(search), table)
    if search.schedule is not None and request.hint:
        model.hint(_without_empty_windows(search))
    if bound is not None and request.cuts:
        model.at_least(bound)
    with search.interruptible(model.stop):
        return model.solve(
            time_limit_s,
            request.workers,
            request.seed,
            on_schedule=lambda schedule: search.offer(schedule, "cp-sat"),
            on_bound=lambda b: search.raise_bound(b, "cp-sat") if is_request else None,
        )


def _worst_latency(search: Search) -> int:
    """A latency above that of any schedule: everything in turn, moved as far as it can be."""
    problem = search.problem
    farthest = max(map(max, problem.hops)) * problem.hop_cycles
    through = problem.dram_latency_cycles + farthest
    total = 0
    for m, run in enumerate(problem.models):
        cycles = int(problem.compute_cycles[m].max(axis=1).sum())
        cycles += sum(la.weight_load_cycles + la.weight_nop_cycles + through for la in run.layers)
        for tensor in run.tensors:
            moves = len(tensor.consumers) + 1
            over_nop = tensor.nop_cycles + farthest
            cycles += moves * (tensor.dram_cycles + tensor.nop_cycles + through + over_nop)
        total += run.passes * cycles
    return total


def _worst_energy(search: Search) -> int:
    """An energy above that of any schedule: every move as far as it can be."""
    problem = search.problem
    farthest = max(map(max, problem.hops))
    total = 0
    for m, run in enumerate(problem.models):
        total += int(problem.compute_energy_nj[m].max(axis=1).sum())
        for layer in run.layers:
            load = layer.weight_energy_nj + farthest * layer.weight_nop_energy_nj_per_hop
            total += run.passes * load
        for tensor in run.tensors:
            move = tensor.dram_energy_nj + farthest * tensor.nop_energy_nj_per_hop
            total += 2 * (len(tensor.consumers) + 1) * move
    return total


def _without_empty_windows(search: Search) -> Schedule:
    """The incumbent with its empty windows last, where the space lets windows move."""
    assert search.schedule is not None
    if search.request.space in ("windowed", "scar"):
        return search.schedule
    used = [list(window) for window in search.schedule.windows if window]
    return Schedule.of(search.schedule.problem, used)
