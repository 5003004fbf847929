"""Small problems and schedules for tests, drawn at random."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

import pytest
from built_problems import SQUARE, layer, model, tensor, tiny_problem

from scar_cp.errors import ScarError
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.problem.compiled import Problem, ProblemTensor, ProblemType
from scar_cp.problem.problem_faults import problem_faults
from scar_cp.problem.reconfig import reconfigure
from scar_cp.solvers.exhaustive import count_schedules

Item = TypeVar("Item")

ALL_DRAWS = os.environ.get("SCAR_CP_DRAWS") == "all"


def seeds(count: int, quick: int) -> pytest.MarkDecorator:
    """Parametrize a test by ``seed``; all but the first few are slow.

    Every day has a quarter of them; ``SCAR_CP_DRAWS=all`` in the environment has all.
    """
    drawn = count if ALL_DRAWS else max(quick, count // 4)
    many = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(quick, drawn)]
    return pytest.mark.parametrize("seed", [*range(quick), *many])


def due_today(items: Sequence[Item], share: int) -> Sequence[Item]:
    """One in ``share`` of some slow cases, others on other days; with ``SCAR_CP_DRAWS=all`` all."""
    today = datetime.now(UTC).timetuple().tm_yday
    return items if ALL_DRAWS else [at for i, at in enumerate(items) if (i + today) % share == 0]


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
    for i in range(1, num_layers) if rng.random() < 0.3 else ():
        owner = rng.randrange(i)
        if rng.random() < 0.5 and "weights_of" not in layers[owner]:
            layers[i] |= {"weights": layers[owner]["weights"], "weights_of": owner}
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
