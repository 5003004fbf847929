"""Relations between the proven optima of two problems, whatever the optima are.

No second computation is needed to see that they hold: a change either keeps every schedule and
makes none dearer, or is no change at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import pytest
from problems import hop_counts, random_problem, seeds

import scar_cp as sc
from scar_cp.problem.compiled import Problem, ProblemLayer, ProblemModel, problem_faults
from scar_cp.solvers.exhaustive import count_schedules
from scar_cp.terms import ObjectiveName, Space

SPACES: tuple[Space, ...] = ("scar", "windowed", "adjacent", "full")
"""Each lies inside the ones after it."""


class Asked(NamedTuple):
    """A problem with the space that is searched."""

    problem: Problem
    space: Space = "full"

    def but(self, **changes: Any) -> Asked:
        """The same space of a changed problem."""
        return self._replace(problem=self.problem.replace(**changes))

    def with_runs(self, change: Callable[[ProblemModel], ProblemModel]) -> Asked:
        """Every model changed."""
        return self.but(models=tuple(map(change, self.problem.models)))


def drawn(rng: Random, spaces: Sequence[Space] = SPACES, **settings: Any) -> Asked:
    """A problem and a space with some schedule; settings that are not given are drawn too."""
    while True:
        asked = Asked(random_problem(rng, max_schedules=200, **settings), rng.choice(spaces))
        if _has_schedules(asked):
            return asked


def _has_schedules(asked: Asked) -> bool:
    try:
        return count_schedules(*asked) > 0
    except sc.ScarError:  # the space needs windows that the packing did not find
        return False


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


Pair = tuple[Asked, Asked]
"""What is asked before a change, and after."""


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


def optimum(asked: Asked, objective: ObjectiveName) -> sc.Result:
    request = sc.Request(asked.space, objective, time_limit_s=60, workers=1)
    result = sc.solve(asked.problem, request).result
    assert result.status == "optimal"
    return result


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
@pytest.mark.parametrize("relation", [*NEVER_WORSE, *NO_DIFFERENCE], ids=lambda of: of.__name__)
@seeds(4, quick=1)
def test_a_relation_between_optima_holds(seed, relation, objective):
    rng = Random(f"{relation.__name__} {objective} {seed}")
    before, after = relation(rng)
    while before == after:  # there was nothing to change
        before, after = relation(rng)
    assert not problem_faults(after.problem, relation.__name__)
    was, now = (optimum(asked, objective).value for asked in (before, after))
    assert now <= was if relation in NEVER_WORSE else now == was
