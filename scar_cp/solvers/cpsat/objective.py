"""Latency and energy as linear expressions of the layer-level model."""

from __future__ import annotations

from ortools.sat.python import cp_model

from scar_cp.problem import Problem
from scar_cp.solvers.cpsat.variables import Variables

__all__ = ["energy_nj", "latency_cycles"]


def latency_cycles(variables: Variables) -> cp_model.LinearExprT:
    """Sum of the windows' lengths."""
    return sum(variables.window_cycles)


def energy_nj(problem: Problem, variables: Variables) -> cp_model.LinearExprT:
    """Energy of compute, weights, reads, sends and writes."""
    terms: list[cp_model.LinearExprT] = []
    for m, run in enumerate(problem.models):
        for w in variables.windows:
            for c, chiplet in enumerate(problem.chiplets):
                port_hops = problem.port_hops[c]
                for i, layer in enumerate(run.layers):
                    load = layer.weight_energy_nj + layer.weight_nop_energy_nj_per_hop * port_hops
                    energy = layer.compute_energy_nj[chiplet.type] + run.passes * load
                    terms.append(energy * variables.on[m, i, w, c])
                for t, tensor in enumerate(run.tensors):
                    key = (m, t, w, c)
                    access = tensor.dram_energy_nj + tensor.nop_energy_nj_per_hop * port_hops
                    if key in variables.reads:
                        terms.append(access * variables.reads[key])
                    if tensor.is_output and tensor.producer is not None:
                        terms.append(access * variables.on[m, tensor.producer, w, c])
                    if key in variables.writes:
                        terms.append(access * variables.writes[key])
                    if key in variables.send_hops:
                        terms.append(tensor.nop_energy_nj_per_hop * variables.send_hops[key])
    return sum(terms)
