"""Lower bounds that need no search, each with its source and its space."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scar_cp.problem.compiled import Problem
from scar_cp.records.record import PositiveInt, Record
from scar_cp.terms import Method, ObjectiveName, Space

__all__ = [
    "BY_WORD",
    "Bound",
    "CpsatRun",
    "Proof",
    "best_bound",
    "confirmed",
    "least_completions",
    "simple_bounds",
]

_SPACES: tuple[Space, ...] = ("scar", "windowed", "adjacent", "full")
"""Each space lies inside the ones after it."""


class CpsatRun(Record):
    """What a proof by CP-SAT rests on."""

    version: str
    """Of OR-Tools."""
    parameters: dict[str, int]
    """By CP-SAT's own names."""
    cycles_per_tick: PositiveInt = 1
    nj_per_tick: PositiveInt = 1
    """Costs were counted in these units, rounded down."""
    confirmed_by: dict[str, int] | None = None
    """Parameters of a second solve, of a model without the first one's hint, that found nothing
    better either; ``None``: the proof rests on one run."""


class Proof(Record):
    """How something was shown."""

    by: Method
    run: CpsatRun | None = None
    """For ``cp-sat`` only."""

    @property
    def is_confirmed(self) -> bool:
        """Whether it rests on more than one run of CP-SAT."""
        if self.by != "cp-sat":
            return True
        return self.run is not None and self.run.confirmed_by is not None

    @property
    def caveat(self) -> str:
        """What must be said beside a proof by CP-SAT; nothing of others."""
        if self.by != "cp-sat":
            return ""
        version = "unknown version" if self.run is None else self.run.version
        confirmed = "confirmed by a second solve" if self.is_confirmed else "one run, not confirmed"
        return f"OR-Tools {version}, {confirmed}"


BY_WORD = Proof(by="word")
"""What a solver states is taken for what it is."""


class Bound(Record):
    """A proven limit: no schedule of the space has a smaller value."""

    value: int
    objective: ObjectiveName
    space: Space
    source: str
    """The bound's name, for people."""
    proof: Proof = BY_WORD

    @property
    def how(self) -> str:
        """The bound's name, and what must be said beside it."""
        return ", ".join(filter(None, (self.source, self.proof.caveat)))


def confirmed(proof: Proof, parameters: dict[str, int]) -> Proof:
    """The proof by CP-SAT, found again with other parameters."""
    assert proof.run is not None
    return proof.replace(run=proof.run.replace(confirmed_by=parameters))


def best_bound(bounds: Iterable[Bound], objective: ObjectiveName, space: Space) -> Bound | None:
    """The largest bound of an objective that holds in a space."""
    holds = [
        b
        for b in bounds
        if b.objective == objective and _SPACES.index(b.space) >= _SPACES.index(space)
    ]
    return max(holds, key=lambda b: b.value, default=None)


@dataclass(frozen=True)
class _Least:
    """What one model costs at least, whatever the schedule."""

    passes: int
    serial_cycles: int
    """Sum over segments of one pass."""
    longest_cycles: int
    """Longest segment of one pass."""
    once_cycles: int
    energy_nj: int


def _least(problem: Problem, m: int) -> _Least:
    """Every layer on its best type and at a memory port, no tensor sent: nothing pays for hops.

    Reads of model inputs and writes of outputs cannot be avoided.
    """
    model = problem.models[m]
    through = problem.dram_latency_cycles
    compute = problem.compute_cycles[m].min(axis=1).tolist()
    loads = [
        layer.weight_load_cycles if previous < 0 else 0
        for layer, previous in zip(model.layers, model.previous_uses, strict=True)
    ]
    resident = problem.weight_policy == "resident"
    boundary = [t for t in model.tensors if t.producer is None or t.is_output]
    moved = sum(t.dram_cycles + through for t in boundary)
    if not resident:
        moved += sum(loads) + (through if any(la.weight_bytes for la in model.layers) else 0)
    per_layer = [c if resident else c + w for c, w in zip(compute, loads, strict=True)]
    if problem.overlap == "full":
        per_layer = [c if resident else max(c, w) for c, w in zip(compute, loads, strict=True)]
        serial = max(sum(compute), moved)
    else:
        serial = sum(compute) + moved
    energy = int(problem.compute_energy_nj[m].min(axis=1).sum())
    energy += sum(t.dram_energy_nj for t in boundary)
    energy += (1 if resident else model.passes) * sum(
        layer.weight_energy_nj for layer in model.first_uses
    )
    return _Least(
        model.passes,
        serial,
        max(per_layer),
        # A resident load may fall back to one per pass, which is never cheaper.
        sum(loads) if resident and problem.overlap == "none" else 0,
        energy,
    )


def simple_bounds(problem: Problem) -> list[Bound]:
    """Serial path, area and relaxed assignment: bounds for every space and window count.

    Returns
    -------
    list of Bound
        ``serial path``: in each window T = Σ pass + (q-1)·max pass over at most all chiplets, so a
        model takes at least S·(1 + (q-1)/chiplets) for its least serial time S.
        ``area``: chiplets are busy for q passes of everything they host.
        ``memory traffic``: with contention, DRAM is busy for what must pass through it.
        ``relaxed assignment``: every layer at its least energy. EDP: product of the two.
    """
    least = [_least(problem, m) for m in range(len(problem.models))]
    serial = max(least_completions(problem))
    area = -(-sum(b.passes * b.serial_cycles for b in least) // problem.num_chiplets)
    energy = sum(b.energy_nj for b in least)
    latency = max(serial, area)
    traffic = _dram_traffic(problem)
    latency = max(latency, traffic)
    found: list[tuple[ObjectiveName, int, str, Method]] = [
        ("latency", serial, "serial path", "relaxation"),
        ("latency", area, "area", "relaxation"),
        ("latency", traffic, "memory traffic", "relaxation"),
        ("energy", energy, "relaxed assignment", "relaxation"),
        ("edp", latency * energy, "corner", "combination"),
    ]
    return [
        Bound(value=value, objective=of, space="full", source=source, proof=Proof(by=by))
        for of, value, source, by in found
        if source != "memory traffic" or traffic
    ]


def _dram_traffic(problem: Problem) -> int:
    """Cycles that shared DRAM is busy at least: weights, model inputs and outputs."""
    if problem.contention == "none":
        return 0
    busy = 0
    for run in problem.models:
        loads = 1 if problem.weight_policy == "resident" else run.passes
        busy += loads * sum(layer.weight_load_cycles for layer in run.first_uses)
        boundary = [t for t in run.tensors if t.producer is None or t.is_output]
        busy += run.passes * sum(t.dram_cycles for t in boundary)
    return busy


def least_completions(problem: Problem) -> list[int]:
    """The least completion of every model, by its serial path alone, in cycles."""
    least = [_least(problem, m) for m in range(len(problem.models))]
    return [
        b.serial_cycles
        + (b.passes - 1) * max(-(-b.serial_cycles // problem.num_chiplets), b.longest_cycles)
        + b.once_cycles
        for b in least
    ]
