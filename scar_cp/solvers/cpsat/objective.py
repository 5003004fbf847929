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
                    per_pass = 0 if variables.resident else run.passes * load
                    energy = layer.compute_energy_nj[chiplet.type] + per_pass
                    terms.append(energy * variables.on[m, i, w, c])
                if variables.resident:
                    terms.append(variables.load_nj[m, w, c])
                for t, tensor in enumerate(run.tensors):
                    through_dram = tensor.dram_energy_nj + tensor.nop_energy_nj_per_hop * port_hops
                    for access in variables.dram_accesses(m, t, w, c):
                        terms.append(through_dram * access)
                    if (m, t, w, c) in variables.send_hops:
                        hops = variables.send_hops[m, t, w, c]
                        terms.append(tensor.nop_energy_nj_per_hop * hops)
    return sum(terms)
