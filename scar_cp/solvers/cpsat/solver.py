"""The solver ``cp-sat``: heuristic, pipeline partitions, then CP-SAT on the layer-level model.

Each stage hands the next a better incumbent and a better bound. The last is exact for every
setting; it closes small problems, and improves large ones where it can. What it leaves open because
it counts in ticks is closed by looking at every schedule, where they are few.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from scar_cp.errors import ScarError
from scar_cp.partition.sizes import MOST_RANGE_LAYERS, RANGE_NOTE, num_counts
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.base import Claim, Search
from scar_cp.solvers.cpsat.partition_stage import TableReport, partition
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.solvers.rivals.baselines import simba, standalone
from scar_cp.solvers.scar.heuristic import scar

__all__ = ["FirstReport", "by_tables", "cpsat", "expected_memory_gb"]

_FEW_CHIPLETS = 36
"""On no larger package does the heuristic take longer than it is worth."""
_MANY_COUNTS = 20000
"""Of chiplets of each type: with more, tables take longer than the heuristic."""
_FEW_SCHEDULES = 20_000
"""Schedules that are looked at one by one in a few seconds."""


def cpsat(search: Search) -> Claim:
    """Find schedules and bounds: heuristic, pipeline partitions, layer-level model."""
    tables = by_tables(search)
    notes = tables.notes
    if search.done:
        return Claim(search.schedule, search.value, notes=notes)
    need_gb = expected_memory_gb(search)
    if need_gb > search.request.memory_limit_gb:
        reason = (
            f"the layer-level model would take about {need_gb:.1f} GB, "
            f"the memory limit is {search.request.memory_limit_gb:g} GB: it was not built"
        )
        notes = (*notes, reason)
        return Claim(search.schedule, search.value, notes=notes, short_of_memory=True)
    search.enter("layer-level CP-SAT")
    # OR-Tools takes half of the time of a small solve to import: only where it is needed.
    from scar_cp.solvers.cpsat.layer_level import layer_level

    claim = layer_level(search, tables.counts)
    if not search.done and not claim.exhausted:
        search.enter("all schedules")
        try:
            claim = replace(exhaustive(search, _FEW_SCHEDULES), notes=claim.notes)
        except ScarError:  # too many
            claim = replace(claim, schedule=search.schedule, value=search.value)
    return replace(claim, notes=(*notes, *claim.notes))


@dataclass(frozen=True)
class FirstReport(TableReport):
    """What the stages before CP-SAT say beyond schedules and bounds."""

    notes: tuple[str, ...] = ()
    """What the heuristic cut off, if that matters."""


def by_tables(search: Search) -> FirstReport:
    """Find schedules and bounds without CP-SAT."""
    standalone(search)  # a schedule at once, however large the package
    problem, tables = search.problem, TableReport()
    # The heuristic's paths grow with the package more than tables do, while counts are few.
    tables_first = problem.num_chiplets > _FEW_CHIPLETS and num_counts(problem) <= _MANY_COUNTS
    if tables_first:
        tables = _tables(search)
    cut_off: tuple[str, ...] = ()
    if search.request.cpsat.hint and (search.schedule is None or not search.done):
        search.enter("heuristic")
        simba(search)
        cut_off = scar(search).notes
    if not tables_first:
        tables = _tables(search)
    notes = cut_off if search.author == "scar" else tuple(n for n in cut_off if RANGE_NOTE in n)
    if _are_too_long(problem):
        notes = (*notes, f"tables of partitions were left out: {RANGE_NOTE}")
    return FirstReport(tables.counts, tables.settled, () if search.closed else notes)


def _tables(search: Search) -> TableReport:
    if search.request.cpsat.tables and not search.done and not _are_too_long(search.problem):
        return partition(search)
    return TableReport()


def _are_too_long(problem: Problem) -> bool:
    """Whether a model has more layers than tables are made of."""
    return max(model.num_layers for model in problem.models) > MOST_RANGE_LAYERS


def expected_memory_gb(search: Search) -> float:
    """What CP-SAT will take for the layer-level model, from its size alone.

    Measured on Sc4, Sc6 and Sc8 with one to three windows and two workers: up to 0.12 MB for
    every possible place (layer, window, chiplet), about a third of it for the model itself.
    """
    problem = search.problem
    layers = sum(m.num_layers for m in problem.models)
    places = layers * problem.max_windows * problem.num_chiplets
    return places * (0.04 + 0.04 * search.request.workers) / 1000
