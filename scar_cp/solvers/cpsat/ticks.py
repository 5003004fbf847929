"""Costs in ticks: small enough for CP-SAT to add up, rounded so that a bound stays a bound.

A schedule's cycles and nJ grow with every cost and scale with all of them (SPEC section 5). So with
every cost divided by a tick and rounded down, no schedule costs more ticks than it takes: a lower
bound in ticks, times the tick, is a lower bound. Where the tick divides every cost it is the same
problem in another unit, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import Any

from scar_cp.problem.compiled import Problem

__all__ = ["MAX_TICKS", "UNITS", "Ticks", "coarse", "common_ticks"]

MAX_TICKS = 2**29 - 1
"""Largest latency, or energy that can be saved, of a CP model: CP-SAT adds up 32 bits in places
(google/or-tools issue 5293), and a row of `scar_cp.solvers.cpsat.rows` holds up to four times this.
"""

_LAYER_CYCLES = ("weight_load_cycles", "weight_nop_cycles")
_LAYER_NJ = ("weight_energy_nj", "weight_nop_energy_nj_per_hop")
_TENSOR_CYCLES = ("nop_cycles", "dram_cycles")
_TENSOR_NJ = ("nop_energy_nj_per_hop", "dram_energy_nj")


@dataclass(frozen=True)
class Ticks:
    """The units of a CP model, in cycles and in nJ."""

    cycles: int = 1
    nj: int = 1


UNITS = Ticks()
"""Cycles and nJ as they are."""


def common_ticks(problem: Problem) -> Ticks:
    """The largest ticks that divide every cost: deadlines may lie between them."""
    cycles = [problem.dram_latency_cycles, problem.hop_cycles]
    nj: list[int] = []
    for run in problem.models:
        for layer in run.layers:
            cycles += [layer.compute_cycles[t] for t in problem.type_names]
            cycles += _values(layer, _LAYER_CYCLES)
            nj += [layer.compute_energy_nj[t] for t in problem.type_names]
            nj += _values(layer, _LAYER_NJ)
        for tensor in run.tensors:
            cycles += _values(tensor, _TENSOR_CYCLES)
            nj += _values(tensor, _TENSOR_NJ)
    return Ticks(gcd(*cycles) or 1, gcd(*nj) or 1)


def coarse(problem: Problem, ticks: Ticks) -> Problem:
    """The problem with its costs and deadlines in ticks, all rounded down.

    Its schedules are those of the problem: one that meets a deadline meets it in ticks.
    """
    if ticks == UNITS:
        return problem

    def per_type(costs: dict[str, int], tick: int) -> dict[str, int]:
        return {name: cost // tick for name, cost in costs.items()}

    def divided(record: Any, cycles: tuple[str, ...], nj: tuple[str, ...]) -> dict[str, int]:
        return {name: getattr(record, name) // ticks.cycles for name in cycles} | {
            name: getattr(record, name) // ticks.nj for name in nj
        }

    runs = []
    for run in problem.models:
        layers = tuple(
            layer.replace(
                compute_cycles=per_type(layer.compute_cycles, ticks.cycles),
                compute_energy_nj=per_type(layer.compute_energy_nj, ticks.nj),
                **divided(layer, _LAYER_CYCLES, _LAYER_NJ),
            )
            for layer in run.layers
        )
        tensors = tuple(
            tensor.replace(**divided(tensor, _TENSOR_CYCLES, _TENSOR_NJ)) for tensor in run.tensors
        )
        deadline = run.deadline_cycles
        runs.append(
            run.replace(
                layers=layers,
                tensors=tensors,
                deadline_cycles=None if deadline is None else deadline // ticks.cycles,
            )
        )
    return problem.replace(
        models=tuple(runs),
        hop_cycles=problem.hop_cycles // ticks.cycles,
        dram_latency_cycles=problem.dram_latency_cycles // ticks.cycles,
    )


def _values(record: Any, names: tuple[str, ...]) -> Iterator[int]:
    return (getattr(record, name) for name in names)
