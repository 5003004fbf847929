"""What a schedule costs: the only source of numbers (SPEC section 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import Field

from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.problem.compiled import Problem, ProblemModel, ProblemTensor
from scar_cp.records.brief import Brief
from scar_cp.records.record import Record, Seq
from scar_cp.terms import Route

__all__ = [
    "ENERGY_PARTS",
    "Charge",
    "Evaluation",
    "SegmentEvaluation",
    "WindowEvaluation",
    "evaluate",
    "itemise",
]

ENERGY_PARTS = ("compute", "weights", "reads", "sends", "writes")


class SegmentEvaluation(Record):
    """One pass of a segment, in cycles. ``once_cycles`` is a resident weight load."""

    model: int
    first: int
    last: int
    chiplet: int
    compute_cycles: int
    weight_cycles: int
    read_cycles: int
    send_cycles: int
    write_cycles: int
    pass_cycles: int
    once_cycles: int


class WindowEvaluation(Record):
    """One time window: its length, each model's latency in it, and the shared resources."""

    latency_cycles: int
    models: dict[int, int]
    segments: Seq[SegmentEvaluation]
    dram_busy_cycles: int = Field(default=0, exclude=True)
    """Busy cycles of the DRAM interface; for reports, not part of a result file."""
    link_busy_cycles: dict[str, int] = Field(default={}, exclude=True)
    """Busy cycles of every directed link ``c>d`` that is used; for reports."""


class Evaluation(Brief, Record):
    """All numbers of a schedule."""

    latency_cycles: int
    energy_nj: int
    edp: int
    latency_s: float
    energy_j: float
    edp_js: float
    completion_cycles: Seq[int]
    windows: Seq[WindowEvaluation]
    energy_parts: dict[str, int]

    def _brief(self) -> str:
        return (
            f"{self.latency_cycles:,} cycles, {self.energy_nj:,} nJ, {len(self.windows)} window(s)"
        )


@dataclass
class _Placed:
    """A segment in its window, with what its tensors cost in one pass."""

    segment: Segment
    window: int
    reads: int = 0
    sends: int = 0
    writes: int = 0


class Charge(NamedTuple):
    """One thing that a segment pays for, with what it occupies while it happens."""

    window: int
    segment: Segment
    part: str
    """Of `ENERGY_PARTS`; ``compute`` occupies nothing but its chiplet."""
    energy_nj: int
    """Of the whole batch."""
    times: int = 1
    """How often it happens: every pass, or once."""
    dram_cycles: int = 0
    """Cycles of the DRAM interface, each time."""
    nop_cycles: int = 0
    """Cycles of every link on the route, each time."""
    route: Route = ()


class _Ledger:
    """Every charge; energy by part, and the busy time of DRAM and links by window."""

    def __init__(self, num_windows: int) -> None:
        self.charges: list[Charge] = []
        self.energy: Counter[str] = Counter()
        self.dram = [0] * num_windows
        self.links: list[Counter[tuple[int, int]]] = [Counter() for _ in range(num_windows)]

    def book(self, charge: Charge) -> None:
        """Add a charge to all sums."""
        self.charges.append(charge)
        self.energy[charge.part] += charge.energy_nj
        self.dram[charge.window] += charge.dram_cycles * charge.times
        for link in charge.route:
            self.links[charge.window][link] += charge.nop_cycles * charge.times


def evaluate(problem: Problem, schedule: Schedule) -> Evaluation:
    """Compute every number of a schedule.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that keeps the rules ``range``, ``coverage``, ``order`` and ``exclusive``
        (see `scar_cp.judge.validation.validate`); others are not looked at.

    Returns
    -------
    Evaluation
        Exact integers in cycles and nJ; the ``_s`` and ``_j`` fields are for display.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> whole = [sc.Segment(model=m, first=0, last=(4, 6)[m], chiplet=m) for m in (0, 1)]
    >>> evaluation = sc.evaluate(problem, sc.Schedule.of("quickstart", [whole]))
    >>> evaluation.latency_cycles, evaluation.energy_nj, evaluation.windows[0].models
    (2819644, 12738342, {0: 2819644, 1: 1098274})
    """
    return itemise(problem, schedule)[0]


def itemise(problem: Problem, schedule: Schedule) -> tuple[Evaluation, list[Charge]]:
    """`evaluate`, with every charge that its energies and busy times are the sums of."""
    ledger = _Ledger(len(schedule.windows))
    placed = [
        [_Placed(segment, w) for segment in segments] for w, segments in enumerate(schedule.windows)
    ]
    for m, model in enumerate(problem.models):
        home: list[_Placed] = [None] * model.num_layers  # type: ignore[list-item]
        for window in placed:
            for at in window:
                if at.segment.model == m:
                    home[at.segment.first : at.segment.last + 1] = [at] * (
                        at.segment.last + 1 - at.segment.first
                    )
        for tensor in model.tensors:
            _move(problem, ledger, model.passes, tensor, home)

    windows = [_window(problem, ledger, w, inside) for w, inside in enumerate(placed)]
    latency = sum(w.latency_cycles for w in windows)
    energy = sum(ledger.energy.values())
    latency_s = latency / problem.clock_hz
    evaluation = Evaluation(
        latency_cycles=latency,
        energy_nj=energy,
        edp=latency * energy,
        latency_s=latency_s,
        energy_j=energy / 1e9,
        edp_js=latency_s * energy / 1e9,
        completion_cycles=_completions(problem, windows),
        windows=tuple(windows),
        energy_parts={part: ledger.energy[part] for part in ENERGY_PARTS},
    )
    return evaluation, ledger.charges


def _move(
    problem: Problem, ledger: _Ledger, passes: int, tensor: ProblemTensor, home: Sequence[_Placed]
) -> None:
    """Charge every transfer of one tensor: reads, sends and writes."""
    source = None if tensor.producer is None else home[tensor.producer]
    readers = list({id(home[i]): home[i] for i in tensor.consumers}.values())
    dram, nop = tensor.dram_cycles, tensor.nop_cycles
    through_dram = dram + problem.dram_latency_cycles
    for reader in readers:
        chiplet = reader.segment.chiplet
        if source is None or source.window < reader.window:
            reader.reads += through_dram + problem.port_hops[chiplet] * problem.hop_cycles
            route = problem.routes[problem.chiplets[chiplet].port][chiplet]
            energy_nj = _dram_energy(problem, tensor, chiplet)
            ledger.book(
                Charge(reader.window, reader.segment, "reads", energy_nj, passes, dram, nop, route)
            )
        elif reader is not source:
            origin = source.segment.chiplet
            hops = problem.hops[origin][chiplet]
            source.sends += nop + hops * problem.hop_cycles
            energy_nj = tensor.nop_energy_nj_per_hop * hops
            route = problem.routes[origin][chiplet]
            ledger.book(
                Charge(source.window, source.segment, "sends", energy_nj, passes, 0, nop, route)
            )
    if source is not None and (
        tensor.is_output or any(reader.window > source.window for reader in readers)
    ):
        chiplet = source.segment.chiplet
        source.writes += through_dram + problem.port_hops[chiplet] * problem.hop_cycles
        route = problem.routes[chiplet][problem.chiplets[chiplet].port]
        energy_nj = _dram_energy(problem, tensor, chiplet)
        ledger.book(
            Charge(source.window, source.segment, "writes", energy_nj, passes, dram, nop, route)
        )


def _dram_energy(problem: Problem, tensor: ProblemTensor, chiplet: int) -> int:
    return tensor.dram_energy_nj + tensor.nop_energy_nj_per_hop * problem.port_hops[chiplet]


def _window(
    problem: Problem, ledger: _Ledger, window: int, inside: Sequence[_Placed]
) -> WindowEvaluation:
    segments = [_segment(problem, ledger, at) for at in inside]
    models = {
        m: _pipeline_cycles(model, [s for s in segments if s.model == m])
        for m, model in enumerate(problem.models)
        if any(s.model == m for s in segments)
    }
    latency = max(models.values(), default=0)
    links = ledger.links[window]
    if problem.contention in ("dram", "links"):
        latency = max(latency, ledger.dram[window])
    if problem.contention == "links":
        latency = max(latency, max(links.values(), default=0))
    return WindowEvaluation(
        latency_cycles=latency,
        models=models,
        segments=tuple(segments),
        dram_busy_cycles=ledger.dram[window],
        link_busy_cycles={f"{c}>{d}": cycles for (c, d), cycles in sorted(links.items()) if cycles},
    )


def _pipeline_cycles(model: ProblemModel, segments: Sequence[SegmentEvaluation]) -> int:
    """T(m,w) = Σ pass + (q-1)·max pass + Σ once: fill once, then the slowest sets the pace."""
    passes = [s.pass_cycles for s in segments]
    return sum(passes) + (model.passes - 1) * max(passes) + sum(s.once_cycles for s in segments)


def _segment(problem: Problem, ledger: _Ledger, at: _Placed) -> SegmentEvaluation:
    segment = at.segment
    model = problem.models[segment.model]
    chiplet = problem.chiplets[segment.chiplet]
    layers = model.layers[segment.first : segment.last + 1]
    compute = sum(layer.compute_cycles[chiplet.type] for layer in layers)
    compute_nj = sum(layer.compute_energy_nj[chiplet.type] for layer in layers)
    ledger.book(Charge(at.window, segment, "compute", compute_nj))

    loading = model.loading(segment.first, segment.last)
    weight_bytes = sum(layer.weight_bytes for layer in loading)
    port_hops = problem.port_hops[segment.chiplet]
    load_cycles = sum(layer.weight_load_cycles for layer in loading)
    weights = 0
    if weight_bytes > 0:
        weights = load_cycles + problem.dram_latency_cycles + port_hops * problem.hop_cycles
    buffer_bytes = problem.used_types[problem.chiplet_types[segment.chiplet]].buffer_bytes
    resident = problem.weight_policy == "resident" and weight_bytes <= buffer_bytes
    loads = 1 if resident else model.passes
    weights_nj = loads * sum(
        layer.weight_energy_nj + layer.weight_nop_energy_nj_per_hop * port_hops for layer in loading
    )
    nop_cycles = sum(layer.weight_nop_cycles for layer in loading)
    route = problem.routes[chiplet.port][segment.chiplet]
    ledger.book(
        Charge(at.window, segment, "weights", weights_nj, loads, load_cycles, nop_cycles, route)
    )

    transfers = at.reads + at.sends + at.writes + (0 if resident else weights)
    one_pass = max(compute, transfers) if problem.overlap == "full" else compute + transfers
    costs: dict[str, Any] = segment.model_dump()
    return SegmentEvaluation(
        **costs,
        compute_cycles=compute,
        weight_cycles=weights,
        read_cycles=at.reads,
        send_cycles=at.sends,
        write_cycles=at.writes,
        pass_cycles=one_pass,
        once_cycles=weights if resident else 0,
    )


def _completions(problem: Problem, windows: Sequence[WindowEvaluation]) -> tuple[int, ...]:
    completions = []
    for m in range(len(problem.models)):
        last = max(w for w, window in enumerate(windows) if m in window.models)
        before = sum(window.latency_cycles for window in windows[:last])
        shared = problem.contention != "none"
        final = windows[last].latency_cycles if shared else windows[last].models[m]
        completions.append(before + final)
    return tuple(completions)
