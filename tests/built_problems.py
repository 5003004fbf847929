"""Small problems for tests, built by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.problem.compiled import (
    Problem,
    ProblemChiplet,
    ProblemLayer,
    ProblemModel,
    ProblemTensor,
    ProblemType,
)
from scar_cp.problem.problem_faults import problem_faults

ROW_OF_TWO = ((0, 1),)
ROW_OF_THREE = ((0, 1), (1, 2))
SQUARE = ((0, 1), (0, 2), (1, 3), (2, 3))
"""A 2x2 mesh: 0 1 above 2 3."""


def layer(
    cycles: int | Sequence[int],
    energy: int | Sequence[int] = 0,
    weights: Sequence[int] = (0, 0, 0, 0, 0),
    window: int | None = None,
) -> dict[str, Any]:
    """Cycles and nJ per type ``a, b, ...`` (one number: the same on every type).

    ``weights``: bytes, cycles from DRAM, cycles over NoP, nJ from DRAM, nJ per hop.
    """
    return {"cycles": cycles, "energy": energy, "weights": tuple(weights), "window": window}


def tensor(
    producer: int | None,
    consumers: Sequence[int],
    nop: int = 0,
    nop_nj: int = 0,
    dram: int = 0,
    dram_nj: int = 0,
    output: bool | None = None,
) -> ProblemTensor:
    """Build a tensor; without consumers it is a model output."""
    return ProblemTensor(
        producer=producer,
        consumers=tuple(consumers),
        is_output=not consumers if output is None else output,
        nop_cycles=nop,
        nop_energy_nj_per_hop=nop_nj,
        dram_cycles=dram,
        dram_energy_nj=dram_nj,
    )


def model(
    layers: Sequence[Mapping[str, Any]],
    tensors: Sequence[ProblemTensor] = (),
    batch: int = 1,
    minibatch: int = 1,
    deadline: int | None = None,
    max_segments: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Describe a model; its passes follow from batch and minibatch."""
    return {
        "layers": layers,
        "tensors": tuple(tensors),
        "batch": batch,
        "minibatch": minibatch,
        "passes": -(-batch // minibatch),
        "deadline_cycles": deadline,
        "max_segments": None if max_segments is None else tuple(max_segments),
    }


def tiny_problem(
    models: Sequence[Mapping[str, Any]],
    *,
    types: str = "aa",
    links: Sequence[tuple[int, int]] = ROW_OF_TWO,
    ports: Sequence[int] = (0,),
    cells: Sequence[tuple[int, int]] | None = None,
    buffers: Mapping[str, int] | None = None,
    windows: int = 1,
    hop: int = 0,
    dram_latency: int = 0,
    **settings: str,
) -> Problem:
    """Build a problem: chiplet c has type ``types[c]``; ``cells`` are its (row, col) on a mesh.

    ``settings``: weight_policy, overlap, contention, routing (default ``shortest``).
    """
    names = sorted(set(types))
    distance = hop_counts(len(types), links)
    chiplets = []
    for c, name in enumerate(types):
        row, col = (None, None) if cells is None else cells[c]
        port = min(ports, key=lambda p: (distance[c][p], p))
        chiplets.append(ProblemChiplet(id=c, type=name, row=row, col=col, port=port))

    def per_type(values: int | Sequence[int]) -> dict[str, int]:
        each = [values] * len(names) if isinstance(values, int) else values
        return dict(zip(names, each, strict=True))

    runs = []
    for m, given in enumerate(models):
        layers = []
        for i, row_ in enumerate(given["layers"]):
            size, load, nop, load_nj, hop_nj = row_["weights"]
            layers.append(
                ProblemLayer(
                    name=f"layer{i}",
                    window=row_["window"],
                    compute_cycles=per_type(row_["cycles"]),
                    compute_energy_nj=per_type(row_["energy"]),
                    weight_bytes=size,
                    weight_load_cycles=load,
                    weight_nop_cycles=nop,
                    weight_energy_nj=load_nj,
                    weight_nop_energy_nj_per_hop=hop_nj,
                    weights_of=row_.get("weights_of"),
                )
            )
        runs.append(ProblemModel(**{**given, "name": f"model{m}", "layers": tuple(layers)}))
    choices: dict[str, Any] = {
        "weight_policy": "per_pass",
        "overlap": "none",
        "contention": "none",
        "routing": "shortest",
    }
    problem = Problem(
        format="scar-cp/problem@1",
        name="tiny",
        clock_hz=1_000_000_000,
        max_windows=windows,
        types=tuple(
            ProblemType(name=name, buffer_bytes=(buffers or {}).get(name, 0)) for name in names
        ),
        chiplets=tuple(chiplets),
        links=tuple(sorted(links)),
        hop_cycles=hop,
        dram_latency_cycles=dram_latency,
        models=tuple(runs),
        **(choices | settings),
    )
    assert not problem_faults(problem, "tiny")
    return problem


def hop_counts(num_chiplets: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Shortest-path lengths, by Floyd and Warshall."""
    ids = range(num_chiplets)
    far = num_chiplets
    hops = [[0 if c == d else far for d in ids] for c in ids]
    for c, d in links:
        hops[c][d] = hops[d][c] = 1
    for k in ids:
        for c in ids:
            for d in ids:
                hops[c][d] = min(hops[c][d], hops[c][k] + hops[k][d])
    return hops


def schedule(*windows: Sequence[tuple[int, int, int, int]]) -> Schedule:
    """Build a schedule from windows of (model, first layer, last layer, chiplet)."""
    return Schedule.of(
        "tiny",
        [
            [Segment(model=m, first=first, last=last, chiplet=c) for m, first, last, c in window]
            for window in windows
        ],
    )


def scaled(problem: Problem, cycles: int, nj: int) -> Problem:
    """Build the problem with its times and its energies multiplied; deadlines stay."""
    factors = {"cycles": cycles, "nj": nj}

    def multiplied(record: Any) -> dict[str, int]:
        return {
            name: getattr(record, name) * factors["nj" if "_nj" in name else "cycles"]
            for name in type(record).model_fields
            if name.endswith(("_cycles", "_nj", "_per_hop")) and not name.startswith("compute")
        }

    runs = []
    for run in problem.models:
        layers = tuple(
            of.replace(
                compute_cycles={t: cycles * v for t, v in of.compute_cycles.items()},
                compute_energy_nj={t: nj * v for t, v in of.compute_energy_nj.items()},
                **multiplied(of),
            )
            for of in run.layers
        )
        tensors = tuple(of.replace(**multiplied(of)) for of in run.tensors)
        runs.append(run.replace(layers=layers, tensors=tensors))
    return problem.replace(
        models=tuple(runs),
        hop_cycles=cycles * problem.hop_cycles,
        dram_latency_cycles=cycles * problem.dram_latency_cycles,
    )
