"""Changes that keep every schedule and make none dearer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from problems import hop_counts

from scar_cp.problem.compiled import Problem, ProblemLayer, ProblemModel

from .asked import SPACES, Asked, Pair, drawn, optimum


def _scaled_down(record: Any, fields: Sequence[str], rng: Random) -> dict[str, int]:
    """Some costs of a record, each as it is or lower."""
    return {name: rng.randint(0, getattr(record, name)) for name in fields}


def _rewired(asked: Asked, links: Sequence[tuple[int, int]], ports: Sequence[int]) -> Asked:
    """Other links and ports; every chiplet goes to the nearest port."""
    hops = hop_counts(asked.problem.num_chiplets, links)
    chiplets = (
        chiplet.replace(port=min(sorted(ports), key=hops[chiplet.id].__getitem__))
        for chiplet in asked.problem.chiplets
    )
    return asked.but(links=tuple(sorted(links)), chiplets=tuple(chiplets))


def _ports(problem: Problem) -> list[int]:
    return sorted({chiplet.port for chiplet in problem.chiplets})


def a_wider_network(rng: Random) -> Pair:
    before = drawn(rng, contention=rng.choice(["none", "links"]))
    return before, before.with_runs(
        lambda run: run.replace(
            layers=_with_weights(run.layers, ["weight_nop_cycles"], rng),
            tensors=tuple(t.replace(**_scaled_down(t, ["nop_cycles"], rng)) for t in run.tensors),
        )
    )


def a_wider_memory(rng: Random) -> Pair:
    before = drawn(rng)
    return before, before.with_runs(
        lambda run: run.replace(
            layers=_with_weights(run.layers, ["weight_load_cycles"], rng),
            tensors=tuple(t.replace(**_scaled_down(t, ["dram_cycles"], rng)) for t in run.tensors),
        )
    )


def _with_weights(
    layers: Sequence[ProblemLayer], fields: Sequence[str], rng: Random
) -> tuple[ProblemLayer, ...]:
    """Weights that cost less; those that layers share stay the same for all of them."""
    changed: list[ProblemLayer] = []
    for layer in layers:
        of = layer.weights_of
        costs = (
            _scaled_down(layer, fields, rng)
            if of is None
            else {name: getattr(changed[of], name) for name in fields}
        )
        changed.append(layer.replace(**costs))
    return tuple(changed)


def shorter_latencies(rng: Random) -> Pair:
    before = drawn(rng)
    return before, before.but(
        **_scaled_down(before.problem, ["hop_cycles", "dram_latency_cycles"], rng)
    )


def faster_and_thriftier_chiplets(rng: Random) -> Pair:
    before = drawn(rng)

    def less(costs: Mapping[str, int]) -> dict[str, int]:
        return {name: rng.randint(0, cost) for name, cost in costs.items()}

    return before, before.with_runs(
        lambda run: run.replace(
            layers=tuple(
                layer.replace(
                    compute_cycles=less(layer.compute_cycles),
                    compute_energy_nj=less(layer.compute_energy_nj),
                )
                for layer in run.layers
            )
        )
    )


def a_larger_buffer(rng: Random) -> Pair:
    # With overlap, loads of every pass may hide behind compute, and one that is made once cannot.
    before = drawn(rng, weight_policy="resident", overlap="none")
    return before, before.but(
        types=tuple(
            of.replace(buffer_bytes=of.buffer_bytes + rng.randint(0, 40))
            for of in before.problem.types
        )
    )


def weights_that_stay(rng: Random) -> Pair:
    before = drawn(rng, weight_policy="per_pass", overlap="none")
    return before, before.but(weight_policy="resident")


def transfers_behind_compute(rng: Random) -> Pair:
    before = drawn(rng, overlap="none")
    return before, before.but(overlap="full")


def links_for_everyone(rng: Random) -> Pair:
    before = drawn(rng, contention="links")
    return before, before.but(contention="dram")


def memory_for_everyone(rng: Random) -> Pair:
    before = drawn(rng, contention="dram")
    return before, before.but(contention="none")


def one_more_window(rng: Random) -> Pair:
    before = drawn(rng, ["adjacent", "full"], windows=rng.randint(1, 2))
    after = before.but(max_windows=before.problem.max_windows + 1)
    return before, after.with_runs(lambda run: run.replace(max_segments=None))


def one_more_chiplet(rng: Random) -> Pair:
    """It hangs on a single link, so no way between others is shorter or another."""
    before = drawn(rng, routing="shortest")
    at = rng.choice(before.problem.chiplets)
    new = at.replace(
        id=before.problem.num_chiplets,
        type=rng.choice(before.problem.types).name,
        row=None,
        col=None,
    )
    links = sorted([*before.problem.links, (at.id, new.id)])
    return before, before.but(chiplets=(*before.problem.chiplets, new), links=tuple(links))


def one_more_port(rng: Random) -> Pair:
    before = drawn(rng, contention=rng.choice(["none", "dram"]))  # other ways may be fuller
    ports = {*_ports(before.problem), rng.randrange(before.problem.num_chiplets)}
    return before, _rewired(before, before.problem.links, sorted(ports))


def one_more_link(rng: Random) -> Pair:
    before = drawn(rng, contention=rng.choice(["none", "dram"]), routing="shortest")
    c, d = sorted(rng.choices(range(before.problem.num_chiplets), k=2))
    links = {*before.problem.links, *([(c, d)] if c < d else [])}
    return before, _rewired(before, sorted(links), _ports(before.problem))


def one_model_less(rng: Random) -> Pair:
    before = drawn(rng)
    runs = before.problem.models
    kept = sorted(rng.sample(range(len(runs)), max(1, len(runs) - 1)))
    return before, before.but(models=tuple(runs[m] for m in kept))


def fewer_passes(rng: Random) -> Pair:
    before = drawn(rng)

    def shorter(run: ProblemModel) -> ProblemModel:
        passes = rng.randint(1, run.passes)
        return run.replace(batch=passes * run.minibatch, passes=passes)

    return before, before.with_runs(shorter)


def a_larger_space(rng: Random) -> Pair:
    before = drawn(rng, SPACES[:-1])
    larger = SPACES[SPACES.index(before.space) + 1 :]
    return before, before._replace(space=rng.choice(larger))


def later_deadlines(rng: Random) -> Pair:
    """Those of the fastest schedule, then later ones, or none."""
    free = drawn(rng)
    done = optimum(free, "latency").evaluation.completion_cycles
    before = free.but(
        models=tuple(
            run.replace(deadline_cycles=cycles)
            for run, cycles in zip(free.problem.models, done, strict=True)
        )
    )
    later = rng.choice([1, 10, 100, None])
    return before, before.with_runs(
        lambda run: run.replace(
            deadline_cycles=None if later is None else run.deadline_cycles + later
        )
    )


NEVER_WORSE: tuple[Callable[[Random], Pair], ...] = (
    a_wider_network,
    a_wider_memory,
    shorter_latencies,
    faster_and_thriftier_chiplets,
    a_larger_buffer,
    weights_that_stay,
    transfers_behind_compute,
    links_for_everyone,
    memory_for_everyone,
    one_more_window,
    one_more_chiplet,
    one_more_port,
    one_more_link,
    one_model_less,
    fewer_passes,
    a_larger_space,
    later_deadlines,
)
