"""What a layer costs on a chiplet whatever else is there, and what all layers cost at least."""

from __future__ import annotations

from scar_cp.problem.compiled import Problem

__all__ = ["layer_nj", "least_nj", "load_nj"]


def load_nj(problem: Problem, m: int, i: int) -> list[int]:
    """Energy, on each chiplet, of the loads of a layer's weights that are sure if it loads any."""
    run = problem.models[m]
    layer = run.layers[i]
    loads = run.passes if problem.weight_policy == "per_pass" else 1
    return [
        loads * (layer.weight_energy_nj + hops * layer.weight_nop_energy_nj_per_hop)
        for hops in problem.port_hops
    ]


def layer_nj(problem: Problem, m: int, i: int) -> list[int]:
    """Energy of a layer on each chiplet: compute, outputs, and loads that are sure to happen."""
    run = problem.models[m]
    layer = run.layers[i]
    outputs = [t for t in run.tensors if t.is_output and t.producer == i]
    dram_nj = sum(t.dram_energy_nj for t in outputs)
    hop_nj = sum(t.nop_energy_nj_per_hop for t in outputs)
    is_first_use = run.previous_uses[i] < 0
    loads = load_nj(problem, m, i) if is_first_use else [0] * problem.num_chiplets
    return [
        layer.compute_energy_nj[chiplet.type] + dram_nj + hop_nj * problem.port_hops[c] + loads[c]
        for c, chiplet in enumerate(problem.chiplets)
    ]


def least_nj(problem: Problem) -> int:
    """Energy of all layers, each where it costs least."""
    return sum(
        min(layer_nj(problem, m, i))
        for m, run in enumerate(problem.models)
        for i in range(run.num_layers)
    )
