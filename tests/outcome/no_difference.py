"""Changes that are none: names, orders, numbers, units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import scar_cp as sc
from scar_cp.problem.compiled import ProblemLayer, ProblemModel
from scar_cp.problem.problem_faults import problem_faults

from .asked import Asked, Pair, drawn


def other_names(rng: Random) -> Pair:
    """Types get names whose alphabetical order is another one."""
    before = drawn(rng)
    names = rng.sample(["B", "type 9", "a b", "é", "z"], len(before.problem.types))
    new = dict(zip((of.name for of in before.problem.types), names, strict=True))

    def renamed(costs: Mapping[str, int]) -> dict[str, int]:
        return {new[name]: cost for name, cost in costs.items()}

    after = before.but(
        name="another",
        types=tuple(of.replace(name=new[of.name]) for of in before.problem.types),
        chiplets=tuple(c.replace(type=new[c.type]) for c in before.problem.chiplets),
    )
    return before, after.with_runs(
        lambda run: run.replace(
            name="the same for all",
            layers=tuple(
                layer.replace(
                    name="layer",
                    compute_cycles=renamed(layer.compute_cycles),
                    compute_energy_nj=renamed(layer.compute_energy_nj),
                )
                for layer in run.layers
            ),
        )
    )


def types_in_another_order(rng: Random) -> Pair:
    before = drawn(rng)

    def turned(costs: Mapping[str, int]) -> dict[str, int]:
        return dict(list(costs.items())[::-1])

    after = before.but(types=before.problem.types[::-1])
    return before, after.with_runs(
        lambda run: run.replace(
            layers=tuple(
                layer.replace(
                    compute_cycles=turned(layer.compute_cycles),
                    compute_energy_nj=turned(layer.compute_energy_nj),
                )
                for layer in run.layers
            )
        )
    )


def models_in_another_order(rng: Random) -> Pair:
    before = drawn(rng)
    models = before.problem.models
    return before, before.but(models=tuple(rng.sample(models, len(models))))


def tensors_in_another_order(rng: Random) -> Pair:
    before = drawn(rng)
    return before, before.with_runs(
        lambda run: run.replace(tensors=tuple(rng.sample(run.tensors, len(run.tensors))))
    )


def a_mirrored_package(rng: Random) -> Pair:
    return _numbered_anew(rng, lambda count: list(range(count))[::-1])


def chiplets_numbered_anew(rng: Random) -> Pair:
    return _numbered_anew(rng, lambda count: rng.sample(range(count), count))


def _numbered_anew(rng: Random, order: Callable[[int], list[int]]) -> Pair:
    """Chiplets with other ids, where neither ways nor ports follow from ids.

    ``xy`` follows the cells, and these stay with their chiplets.
    """
    choices: list[dict[str, Any]] = [{"routing": "xy"}, {"contention": "none"}]
    while True:
        before = drawn(rng, **rng.choice(choices))
        if before.problem.routing == "shortest" and before.problem.contention == "links":
            continue
        new = order(before.problem.num_chiplets)
        chiplets = [
            c.replace(id=new[c.id], port=new[c.port])
            for c in sorted(before.problem.chiplets, key=lambda c: new[c.id])
        ]
        links = sorted((min(new[c], new[d]), max(new[c], new[d])) for c, d in before.problem.links)
        after = before.but(chiplets=tuple(chiplets), links=tuple(links))
        if not problem_faults(after.problem, "numbered anew"):  # another port may come first
            return before, after


def a_last_layer_that_costs_nothing(rng: Random) -> Pair:
    before = drawn(rng)

    def longer(run: ProblemModel) -> ProblemModel:
        nothing = dict.fromkeys((of.name for of in before.problem.types), 0)
        last = ProblemLayer(
            name="nothing",
            window=run.layers[-1].window,
            compute_cycles=nothing,
            compute_energy_nj=nothing,
            weight_bytes=0,
            weight_load_cycles=0,
            weight_nop_cycles=0,
            weight_energy_nj=0,
            weight_nop_energy_nj_per_hop=0,
        )
        return run.replace(layers=(*run.layers, last))

    return before, before.with_runs(longer)


def an_empty_window_between_given_ones(rng: Random) -> Pair:
    before = drawn(rng, ["windowed", "scar"])
    at = rng.randint(0, before.problem.max_windows)

    def moved(run: ProblemModel) -> ProblemModel:
        layers = (layer.replace(window=layer.window + (layer.window >= at)) for layer in run.layers)
        few = run.max_segments
        return run.replace(layers=tuple(layers), max_segments=(*few[:at], 0, *few[at:]))

    after = before.but(max_windows=before.problem.max_windows + 1)
    return before, after.with_runs(moved)


CHOICES: tuple[dict[str, Any], ...] = (
    {"windows": 2},
    {"contention": "links"},
    {"overlap": "full"},
    {},
)


def a_clock_twice_as_fast(rng: Random) -> Pair:
    """With everything that is measured by the clock on the wall: the same cycles."""
    settings = rng.choice(CHOICES)
    faster = {
        "package.clock_mhz": 1000.0,
        "package.nop.gb_per_s": 200.0,
        "package.nop.hop_ns": 17.5,
        "package.dram.gb_per_s": 128.0,
        "package.dram.latency_ns": 100.0,
    }
    return _loaded(settings), _loaded(settings | faster)


def elements_of_two_bytes(rng: Random) -> Pair:
    """With twice the room and bandwidth, and half the energy of a bit."""
    settings = rng.choice([*CHOICES, {"weight_policy": "resident"}])
    wider = {
        "scenario.bytes_per_element": 2,
        "types.nvdla.buffer_bytes": 2 * 10_485_760,
        "types.shidiannao.buffer_bytes": 2 * 10_485_760,
        "package.nop.gb_per_s": 200.0,
        "package.nop.pj_per_bit_hop": 1.02,
        "package.dram.gb_per_s": 128.0,
        "package.dram.pj_per_bit": 7.4,
    }
    return _loaded(settings), _loaded(settings | wider)


def _loaded(settings: Mapping[str, Any]) -> Asked:
    return Asked(sc.load_problem("quickstart", settings).problem)


NO_DIFFERENCE: tuple[Callable[[Random], Pair], ...] = (
    other_names,
    types_in_another_order,
    models_in_another_order,
    tensors_in_another_order,
    a_mirrored_package,
    chiplets_numbered_anew,
    a_last_layer_that_costs_nothing,
    an_empty_window_between_given_ones,
    a_clock_twice_as_fast,
    elements_of_two_bytes,
)
