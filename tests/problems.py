"""Small problems for tests: built by hand or drawn at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from scar_cp.errors import ScarError
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.problem.compiled import (
    Problem,
    ProblemChiplet,
    ProblemLayer,
    ProblemModel,
    ProblemTensor,
    ProblemType,
    problem_faults,
)
from scar_cp.problem.reconfig import reconfigure
from scar_cp.solvers.exhaustive import count_schedules

ROW_OF_TWO = ((0, 1),)
ROW_OF_THREE = ((0, 1), (1, 2))
SQUARE = ((0, 1), (0, 2), (1, 3), (2, 3))
"""A 2x2 mesh: 0 1 above 2 3."""


# --- by hand -----------------------------------------------------------------------------------


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


# --- at random ---------------------------------------------------------------------------------


def seeds(count: int, quick: int) -> pytest.MarkDecorator:
    """Parametrize a test by ``seed``; all but the first few are slow."""
    many = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(quick, count)]
    return pytest.mark.parametrize("seed", [*range(quick), *many])


def random_problem(
    rng: Random,
    *,
    windows: int | None = None,
    max_models: int = 3,
    max_layers: int = 4,
    max_total_layers: int = 6,
    max_chiplets: int = 4,
    chain: bool = False,
    deadlines: bool = False,
    max_schedules: int = 20_000,
    **settings: str,
) -> Problem:
    """Draw a tiny problem whose transfers cost about as much as its layers.

    It has at most ``max_schedules`` schedules, perhaps none. Settings that are not given are
    drawn too (``xy`` only where the links allow it). Its ``window`` and ``max_segments`` are
    those of `reconfigure`, so they may be undefined.
    """
    while True:
        problem = _any_problem(
            rng, windows, max_models, max_layers, max_total_layers, max_chiplets, chain, deadlines,
            settings,
        )  # fmt: skip
        try:
            count_schedules(problem, "full", max_schedules)
        except ScarError:  # too many: draw again
            continue
        return problem


def _any_problem(
    rng: Random,
    windows: int | None,
    max_models: int,
    max_layers: int,
    max_total_layers: int,
    max_chiplets: int,
    chain: bool,
    deadlines: bool,
    given: Mapping[str, str],
) -> Problem:
    settings = dict(given)
    name = rng.choice(["line", "mesh", "ring", "star", "one"])
    links, cells, count = _topology(rng, name, max_chiplets)
    types = "".join(rng.choice("ab") for _ in range(count))
    num_types = len(set(types))
    ports = rng.sample(range(count), rng.randint(1, count))
    for key, options in (
        ("weight_policy", ["per_pass", "resident"]),
        ("overlap", ["none", "full"]),
        ("contention", ["none", "dram", "links"]),
        ("routing", ["xy", "shortest"]),
    ):
        settings.setdefault(key, rng.choice(options))
    if cells is None:
        settings["routing"] = "shortest"
    models = []
    left = max_total_layers
    for m in range(rng.randint(1, max_models)):
        if left == 0:
            break
        layers = rng.randint(1, min(left, max_layers))
        left -= layers
        deadline = rng.randint(20, 250) if deadlines and (m == 0 or rng.random() < 0.5) else None
        models.append(_random_model(rng, layers, num_types, chain, deadline))
    problem = tiny_problem(
        models,
        types=types,
        links=links,
        ports=ports,
        cells=cells,
        buffers={"a": rng.choice([0, 8, 20, 60]), "b": rng.choice([0, 8, 20, 60])},
        windows=windows or rng.randint(1, 3),
        hop=rng.choice([0, 1, 2, 5, 30]),
        dram_latency=rng.choice([0, 1, 4, 15]),
        **settings,
    )
    return reconfigure(problem, rng.randint(0, problem.max_windows - 1))


def _topology(
    rng: Random, name: str, max_chiplets: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]] | None, int]:
    """Links, cells on a mesh, and number of chiplets."""
    if name == "mesh" and max_chiplets >= 4:
        return list(SQUARE), [(0, 0), (0, 1), (1, 0), (1, 1)], 4
    count = rng.randint(min(2, max_chiplets), max_chiplets)
    if name == "one":
        count = rng.choice([1, count])
    links = [(c, c + 1) for c in range(count - 1)]
    if name == "ring" and count > 2:
        return [*links, (0, count - 1)], None, count
    if name == "star":
        centre = rng.randrange(count)
        return [(min(c, centre), max(c, centre)) for c in range(count) if c != centre], None, count
    if rng.random() < 0.5:  # a line has its cells in one row or in one column
        return links, [(0, c) for c in range(count)], count
    return links, [(c, 0) for c in range(count)], count


def _random_model(
    rng: Random, num_layers: int, num_types: int, chain: bool, deadline: int | None
) -> dict[str, Any]:
    def moved(producer: int | None, consumers: Sequence[int], output: bool) -> ProblemTensor:
        return tensor(
            producer,
            consumers,
            nop=rng.randint(0, 15),
            nop_nj=rng.randint(0, 10),
            dram=rng.randint(0, 15),
            dram_nj=rng.randint(0, 40),
            output=output,
        )

    layers = []
    for _ in range(num_layers):
        size = rng.choice([0, rng.randint(1, 20)])
        draw = (size, *(rng.randint(0, most) for most in (15, 15, 40, 10)))
        layers.append(
            layer(
                [rng.randint(0, 40) for _ in range(num_types)],
                [rng.randint(0, 60) for _ in range(num_types)],
                draw if size else (0, 0, 0, 0, 0),
            )
        )
    tensors = []
    if chain:
        tensors.append(moved(None, [0], False))
        tensors += [moved(i, [i + 1], False) for i in range(num_layers - 1)]
        tensors.append(moved(num_layers - 1, [], True))
    else:
        for _ in range(rng.randint(0, 2)):
            readers = sorted(rng.sample(range(num_layers), rng.randint(1, num_layers)))
            tensors.append(moved(None, readers, False))
        for i in range(num_layers):
            later = range(i + 1, num_layers)
            for _ in range(rng.choice([1, 1, 2])):
                readers = sorted(rng.sample(later, rng.randint(0, len(later))))
                tensors.append(moved(i, readers, not readers or rng.random() < 0.2))
    batch = rng.randint(1, 5)
    return model(layers, tensors, batch, rng.randint(1, batch), deadline)


def with_unused_type(rng: Random, problem: Problem) -> Problem:
    """Put a type that no chiplet has at a random place, with costs that would decide everything."""
    costs = (0, 10**30)
    types = list(problem.types)
    place = rng.randint(0, len(types))
    types.insert(
        place, ProblemType(name=rng.choice(["a0", "0", "z"]), buffer_bytes=rng.choice(costs))
    )

    def priced(table: Mapping[str, int]) -> dict[str, int]:
        return {**table, types[place].name: rng.choice(costs)}

    models = tuple(
        run.replace(
            layers=tuple(
                each.replace(
                    compute_cycles=priced(each.compute_cycles),
                    compute_energy_nj=priced(each.compute_energy_nj),
                )
                for each in run.layers
            )
        )
        for run in problem.models
    )
    with_it = problem.replace(types=tuple(types), models=models)
    assert not problem_faults(with_it, "tiny")
    return with_it


def random_schedule(rng: Random, problem: Problem) -> Schedule | None:
    """Draw a valid schedule of the full space, deadlines apart; any window may be empty.

    ``None`` where many draws find none (more models than chiplets in too few windows).
    """
    for _ in range(500):
        windows = _random_windows(rng, problem)
        if windows is not None:
            return Schedule.of(problem.name, windows)
    return None


def _random_windows(rng: Random, problem: Problem) -> list[list[Segment]] | None:
    windows: list[list[Segment]] = [[] for _ in range(problem.max_windows)]
    free = [rng.sample(range(problem.num_chiplets), problem.num_chiplets) for _ in windows]
    for m, run in enumerate(problem.models):
        homes = sorted(rng.randrange(len(windows)) for _ in run.layers)
        first = 0
        for i, w in enumerate(homes):
            leaves_window = i + 1 == run.num_layers or homes[i + 1] != w
            if leaves_window or rng.random() < 0.4:
                if not free[w]:
                    return None
                segment = Segment(model=m, first=first, last=i, chiplet=free[w].pop())
                windows[w].append(segment)
                first = i + 1
    return windows
