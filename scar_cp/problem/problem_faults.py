"""What a problem that came from a file must keep, and how large it may be."""

from __future__ import annotations

from typing import get_args

import networkx as nx

from scar_cp.errors import Fault
from scar_cp.problem.compiled import Problem, ProblemModel, WeightCost

__all__ = ["problem_faults", "size_faults"]

MAX_TOTAL = 2**50
"""Most cycles, nJ or weight bytes of a model: sums over models, chiplets and a second unit then
stay within the 64-bit integers of numpy and CP-SAT."""


def problem_faults(problem: Problem, file: str) -> list[Fault]:
    """Every broken cross-reference of a problem that came from a file."""
    faults: list[Fault] = []

    def fault(place: str, value: object, rule: str) -> None:
        faults.append(Fault(file, place, str(value), rule))

    names = [t.name for t in problem.types]
    for i, name in enumerate(names):
        if name in names[:i]:
            fault(f"types[{i}].name", name, "must be unique")
    count = problem.num_chiplets
    for i, chiplet in enumerate(problem.chiplets):
        if chiplet.id != i:
            fault(f"chiplets[{i}].id", chiplet.id, "ids must be 0, 1, 2, ... in order")
        if chiplet.type not in names:
            fault(f"chiplets[{i}].type", chiplet.type, "must be one of the types")
        if chiplet.port >= count:
            fault(f"chiplets[{i}].port", chiplet.port, f"must be a chiplet id below {count}")
    for i, (c, d) in enumerate(problem.links):
        if not c < d < count:
            fault(f"links[{i}]", [c, d], f"must be [c, d] with c < d < {count}")
        elif i and problem.links[i - 1] >= (c, d):
            fault(f"links[{i}]", [c, d], "must come after the link before it: sorted, no repeats")
    if not faults:
        faults += _network_faults(problem, file)
    for m, model in enumerate(problem.models):
        faults += _model_faults(problem, model, f"models[{m}]", file)
    if faults:
        return faults
    if problem.routing == "xy" and not problem.is_full_mesh:
        fault("routing", "xy", "needs links that are exactly the unit steps of a filled rectangle")
    return faults + size_faults(problem, file)


def size_faults(problem: Problem, file: str, at: str = "") -> list[Fault]:
    """Every model (and buffer) of a well-formed problem that is too large to count in 64 bits.

    ``at`` leads to the models inside the file. A model's total takes everything that a schedule can
    make it pay, each at its most expensive.
    """
    faults: list[Fault] = []
    for t, of in enumerate(problem.types):
        if of in problem.used_types and of.buffer_bytes > MAX_TOTAL:
            rule = "must be at most 2^50"
            faults.append(Fault(file, f"{at}types[{t}].buffer_bytes", f"{of.buffer_bytes:,}", rule))
    for m, model in enumerate(problem.models):
        cycles, nj = problem.most_expensive(m)
        weights = sum(layer.weight_bytes for layer in model.first_uses)
        for unit, total in {"cycles": cycles, "nJ": nj, "weight bytes": weights}.items():
            if total > MAX_TOTAL:
                value = f"up to 2^{(total - 1).bit_length()} {unit}"
                rule = f"a model's costs must add up to at most 2^50 {unit}"
                faults.append(Fault(file, f"{at}models[{m}]", value, rule))
    return faults


def _network_faults(problem: Problem, file: str) -> list[Fault]:
    if not nx.is_connected(problem.nop_graph):
        parts = sorted(sorted(part) for part in nx.connected_components(problem.nop_graph))
        return [Fault(file, "links", str(parts), "the network on package must be connected")]
    ports = sorted({c.port for c in problem.chiplets})
    return [
        Fault(file, f"chiplets[{c.id}].port", str(c.port), f"the nearest port is {nearest}")
        for c in problem.chiplets
        if c.port != (nearest := min(ports, key=lambda p: (problem.hops[c.id][p], p)))
    ]


def _is_shared(model: ProblemModel, i: int, owner: int) -> bool:
    """Whether a layer can have the weights of another."""
    layers = model.layers
    if owner >= i or layers[owner].weights_of is not None:
        return False
    costs = get_args(WeightCost)
    return all(getattr(layers[owner], cost) == getattr(layers[i], cost) for cost in costs)


def _model_faults(problem: Problem, model: ProblemModel, at: str, file: str) -> list[Fault]:
    faults: list[Fault] = []

    def fault(place: str, value: object, rule: str) -> None:
        faults.append(Fault(file, f"{at}.{place}", str(value), rule))

    if model.minibatch > model.batch:
        fault("minibatch", model.minibatch, f"must be at most batch = {model.batch}")
    if model.passes != -(-model.batch // model.minibatch):
        fault("passes", model.passes, "must be ceil(batch / minibatch)")
    if model.max_segments is not None and len(model.max_segments) != problem.max_windows:
        rule = f"must have max_windows = {problem.max_windows} entries"
        fault("max_segments", f"{len(model.max_segments)} entries", rule)
    types = {t.name for t in problem.types}
    for i, layer in enumerate(model.layers):
        for table in ("compute_cycles", "compute_energy_nj"):
            if set(getattr(layer, table)) != types:
                given = sorted(getattr(layer, table))
                fault(f"layers[{i}].{table}", given, "must have one entry for every type")
        if layer.weight_bytes == 0:
            for cost in get_args(WeightCost):
                if value := getattr(layer, cost):
                    fault(f"layers[{i}].{cost}", value, "must be 0 without weight_bytes")
        if layer.weights_of is not None and not _is_shared(model, i, layer.weights_of):
            rule = "must be an earlier layer with the same costs of weights, of its own"
            fault(f"layers[{i}].weights_of", layer.weights_of, rule)
        if layer.window is not None and layer.window >= problem.max_windows:
            rule = f"must be below max_windows = {problem.max_windows}"
            fault(f"layers[{i}].window", layer.window, rule)
    for i, tensor in enumerate(model.tensors):
        low = -1 if tensor.producer is None else tensor.producer
        if low >= model.num_layers:
            fault(f"tensors[{i}].producer", low, f"must be a layer below {model.num_layers}")
        if list(tensor.consumers) != sorted(set(tensor.consumers)):
            fault(f"tensors[{i}].consumers", list(tensor.consumers), "must be sorted and distinct")
        for reader in tensor.consumers:
            if not low < reader < model.num_layers:
                rule = "must be a layer after the producer"
                fault(f"tensors[{i}].consumers", reader, rule)
        if not tensor.consumers and not (tensor.is_output and tensor.producer is not None):
            fault(f"tensors[{i}].consumers", [], "a tensor that nobody reads is a model output")
        if tensor.producer is None and tensor.is_output:
            fault(f"tensors[{i}].is_output", True, "a model input is never an output")
    return faults
