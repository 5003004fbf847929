"""Variables of the layer-level model; each knows its value on a given schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from scar_cp.clock import look
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.partition.one_window import CountTable
from scar_cp.problem.compiled import Problem, ProblemTensor
from scar_cp.solvers.cpsat.energy import least_nj
from scar_cp.solvers.cpsat.layout import Layout
from scar_cp.solvers.cpsat.ticks import MAX_TICKS

__all__ = ["Limits", "Meaning", "Variables"]

Meaning = Callable[[Layout], int]
"""The value of a variable on a schedule."""


@dataclass(frozen=True)
class Limits:
    """The schedules of interest: none of them has more cycles, nor more nJ.

    Without a limit on cycles (nJ) the model knows no time (no energy).
    """

    cycles: int | None = None
    nj: int | None = None
    least_cycles: int = 0
    """A latency that is proven otherwise."""


Key = tuple[int, int, int, int]
"""(model, layer or tensor, window, chiplet)."""


@dataclass(frozen=True)
class Least:
    """What a table says of a model's latency, in steps of several ticks."""

    variable: cp_model.IntVar
    step: int
    values: NDArray[np.int64]
    """Shape (counts[0] + 1, counts[1] + 1, ...)."""


class Variables:
    """Typed records of the model's variables.

    Attributes
    ----------
    on
        ``(m, layer, w, c)``: the layer runs in window w on chiplet c.
    start
        ``(m, layer, w, c)``: a segment starts at the layer, in window w on chiplet c.
    loading
        ``(m, layer, w, c)``: the layer loads its weights there; no layer before it in the segment
        has the same. Of weights that nothing shares it is ``on``.
    inside
        ``(m, layer, w)``: the layer runs in window w.
    loads
        ``(m, w, c)``: the model's segment there has weights to load.
    reads
        ``(m, tensor, w, c)``: the segment there reads the tensor from DRAM.
    writes
        ``(m, tensor, w, c)``: the segment there writes the tensor for a later window.
    sent
        ``(m, tensor, w, c)``: the tensor is sent, within window w, to the segment on c.
    sends, send_hops
        ``(m, tensor, w, c)``: number of segments that the producer on c sends the tensor
        to, and the sum of their distances.
    resident
        ``(m, w, c)``: the weights of the model's segment there fit the buffer (weight policy
        ``resident`` only).
    pass_weights, once_weights
        ``(m, w, c)``: cycles of the weight load in every pass, and outside of the pipeline.
    load_cycles, load_nop_cycles
        ``(m, w, c)``: DRAM cycles and link cycles of all weight loads.
    repeat_nj
        ``(m, w, c)``: energy of all weight loads but the first.
    between
        ``(m, tensor, w, source, target)``: the tensor is sent between these two (contention
        ``links`` only).
    pass_cycles
        ``(m, w, c)``: one pass of the model's segment there, 0 without one.
    longest
        ``(m, w)``: the model's slowest segment.
    model_cycles
        ``(m, w)``: the model's latency in the window.
    window_cycles, elapsed
        Length of each window, and of all windows up to it.
    extra_cycles, extra_nj
        Latency and energy beyond the least that is known: ``limits.least_cycles`` and
        ``least_nj``, the sum over layers of what each costs on its thriftiest chiplet.
    used
        Whether each window holds a layer.
    count
        ``(m, k)``: segments of the model on the k-th group of chiplets (with a count table).
    least
        ``m``: least latency of the model with these counts (with a count table).
    groups
        Ids of the chiplets of each group (with a count table).
    """

    def __init__(
        self,
        problem: Problem,
        model: cp_model.CpModel,
        limits: Limits,
        table: CountTable | None = None,
    ) -> None:
        self.problem = problem
        self.cp = model
        self.limits = limits
        self._meanings: list[Meaning] = []
        self.on: dict[Key, cp_model.IntVar] = {}
        self.start: dict[Key, cp_model.IntVar] = {}
        self.loading: dict[Key, cp_model.IntVar] = {}
        self.inside: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.loads: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.reads: dict[Key, cp_model.IntVar] = {}
        self.writes: dict[Key, cp_model.IntVar] = {}
        self.sent: dict[Key, cp_model.IntVar] = {}
        self.sends: dict[Key, cp_model.IntVar] = {}
        self.send_hops: dict[Key, cp_model.IntVar] = {}
        self.resident: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.pass_weights: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.once_weights: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.load_cycles: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.load_nop_cycles: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.repeat_nj: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.between: dict[tuple[int, int, int, int, int], cp_model.IntVar] = {}
        self.pass_cycles: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.longest: dict[tuple[int, int], cp_model.IntVar] = {}
        self.model_cycles: dict[tuple[int, int], cp_model.IntVar] = {}
        self.window_cycles: list[cp_model.IntVar] = []
        self.elapsed: list[cp_model.IntVar] = []
        self.extra_cycles: cp_model.IntVar | None = None
        self.extra_nj: cp_model.IntVar | None = None
        self.least_cycles = self.least_nj = 0
        self.windows = range(problem.max_windows)
        self.chiplets = range(problem.num_chiplets)
        for m, run in enumerate(problem.models):
            for w in self.windows:
                for layer in range(run.num_layers):
                    self._layer(m, layer, w)
                    for c in self.chiplets:
                        self._layer_on_chiplet(m, layer, w, c)
                for t, tensor in enumerate(run.tensors):
                    for c in self.chiplets:
                        self._tensor_from_dram(m, t, tensor, w, c)
                        if tensor.producer is not None and tensor.consumers:
                            self._tensor_over_nop(m, t, tensor, tensor.producer, w, c)
        if problem.weight_policy == "resident":
            for key in self.places():
                self._resident(*key)
        if limits.cycles is not None:
            self._time(limits.cycles)
        if limits.nj is not None:
            self._energy(limits.nj)
        self.used = [self._used(w) for w in self.windows]
        self.count: dict[tuple[int, int], cp_model.IntVar] = {}
        self.least: dict[int, Least] = {}
        self.groups = () if table is None else table.groups
        if table is not None and limits.cycles is not None:
            for m in range(len(problem.models)):
                for k, group in enumerate(table.groups):
                    self._count(m, k, group)
                self._least(m, limits.cycles, table.least_cycles[m])

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Wherever a model may have a segment: (m, w, c)."""
        for m in range(len(self.problem.models)):
            for w in self.windows:
                for c in self.chiplets:
                    yield m, w, c

    def meaning(self, variable: cp_model.IntVar) -> Meaning:
        """What a variable stands for."""
        return self._meanings[variable.index]

    def _bool(self, name: str, meaning: Callable[[Layout], bool]) -> cp_model.IntVar:
        look()
        self._meanings.append(meaning)
        return self.cp.new_bool_var(name)

    def integer(self, name: str, upper: int, meaning: Meaning) -> cp_model.IntVar:
        """A new variable from 0 to an upper limit."""
        look()
        self._meanings.append(meaning)
        return self.cp.new_int_var(0, upper, name)

    def _time(self, most: int) -> None:
        """What happens when: of no interest where only energy counts."""
        contention = self.problem.contention
        for m, run in enumerate(self.problem.models):
            longest = most // run.passes  # a model takes at least its passes of each segment
            for w in self.windows:
                self._longest(m, w, longest)
                self._model(m, w, most)
                for c in self.chiplets:
                    self._segment(m, w, c, longest)
                    if self.resident:
                        self._weights_in_time(m, w, c, longest, most)
                    if self.resident and contention != "none":
                        self._load(self.load_cycles, "load_cycles", m, w, c, most)
                    if self.resident and contention == "links":
                        self._load(self.load_nop_cycles, "load_nop_cycles", m, w, c, most)
        if contention == "links":
            for m, t, w, c in list(self.sent):
                for d in self.chiplets:
                    self._between(m, t, self.problem.models[m].tensors[t], w, c, d)
        self.window_cycles = [self._window(w, most) for w in self.windows]
        self.elapsed = [self._elapsed(w, most) for w in self.windows]
        self.least_cycles = min(self.limits.least_cycles, most)
        self.extra_cycles = self.integer(
            "extra_cycles",
            most - self.least_cycles,
            lambda at: max(0, at.evaluation.latency_cycles - self.least_cycles),
        )

    def _energy(self, most: int) -> None:
        """What is paid: of no interest where only time counts."""
        self.least_nj = least_nj(self.problem)
        extra = max(0, most - self.least_nj)
        self.extra_nj = self.integer(
            "extra_nj", extra, lambda at: at.evaluation.energy_nj - self.least_nj
        )
        if self.resident:
            for m, w, c in self.places():
                self._load(self.repeat_nj, "repeat_nj", m, w, c, extra)

    def _layer(self, m: int, layer: int, w: int) -> None:
        self.inside[m, layer, w] = self._bool(
            f"inside[{m},{layer},{w}]", lambda at: at.window(m, layer) == w
        )

    def _layer_on_chiplet(self, m: int, layer: int, w: int, c: int) -> None:
        def starts(at: Layout) -> bool:
            here = at.at(m, layer) == (w, c)
            return here and (layer == 0 or at.at(m, layer - 1) != (w, c))

        key = (m, layer, w, c)
        self.on[key] = self._bool(f"on{list(key)}", lambda at: at.at(m, layer) == (w, c))
        self.start[key] = self._bool(f"start{list(key)}", starts)
        previous = self.problem.models[m].previous_uses[layer]
        self.loading[key] = self.on[key]
        if previous >= 0:  # the segment has these weights already, if that layer is in it, too
            self.loading[key] = self._bool(
                f"loading{list(key)}",
                lambda at: at.at(m, layer) == (w, c) and at.at(m, previous) != (w, c),
            )

    def _tensor_from_dram(self, m: int, t: int, tensor: ProblemTensor, w: int, c: int) -> None:
        producer, key = tensor.producer, (m, t, w, c)
        several = len(self.windows) > 1

        def reads(at: Layout) -> bool:
            earlier = producer is None or at.window(m, producer) < w
            return earlier and c in at.receivers(m, tensor, w)

        def writes(at: Layout) -> bool:
            assert producer is not None
            here = at.at(m, producer) == (w, c)
            return here and at.window(m, tensor.consumers[-1]) > w

        if tensor.consumers and (producer is None or several):
            self.reads[key] = self._bool(f"reads{list(key)}", reads)
        if tensor.consumers and producer is not None and several and not tensor.is_output:
            self.writes[key] = self._bool(f"writes{list(key)}", writes)

    def _tensor_over_nop(
        self, m: int, t: int, tensor: ProblemTensor, producer: int, w: int, c: int
    ) -> None:
        key, hops = (m, t, w, c), self.problem.hops[c]
        most = min(len(tensor.consumers), len(self.chiplets) - 1)

        def sent(at: Layout) -> bool:
            window, source = at.at(m, producer)
            return window == w and c in at.destinations(m, tensor, w, source)

        def send_hops(at: Layout) -> int:
            return sum(hops[d] for d in at.destinations(m, tensor, w, c))

        self.sent[key] = self._bool(f"sent{list(key)}", sent)
        self.sends[key] = self.integer(
            f"sends{list(key)}", most, lambda at: len(at.destinations(m, tensor, w, c))
        )
        self.send_hops[key] = self.integer(f"send_hops{list(key)}", most * max(hops), send_hops)

    def _between(self, m: int, t: int, tensor: ProblemTensor, w: int, c: int, d: int) -> None:
        self.between[m, t, w, c, d] = self._bool(
            f"between[{m},{t},{w},{c},{d}]", lambda at: d in at.destinations(m, tensor, w, c)
        )

    def _longest(self, m: int, w: int, most: int) -> None:
        self.longest[m, w] = self.integer(
            f"longest[{m},{w}]", most, lambda at: at.longest_pass(m, w)
        )

    def _model(self, m: int, w: int, most: int) -> None:
        self.model_cycles[m, w] = self.integer(
            f"model[{m},{w}]", most, lambda at: at.model_cycles(m, w)
        )

    def _segment(self, m: int, w: int, c: int, most: int) -> None:
        weighty = [i for i, la in enumerate(self.problem.models[m].layers) if la.weight_bytes]
        self.loads[m, w, c] = self._bool(
            f"loads[{m},{w},{c}]", lambda at: any(at.at(m, i) == (w, c) for i in weighty)
        )
        self.pass_cycles[m, w, c] = self.integer(
            f"pass[{m},{w},{c}]", most, lambda at: at.pass_cycles.get((m, w, c), 0)
        )

    def _resident(self, m: int, w: int, c: int) -> None:
        self.resident[m, w, c] = self._bool(
            f"resident[{m},{w},{c}]", lambda at: at.weights(m, w, c).resident
        )

    def _weights_in_time(self, m: int, w: int, c: int, longest: int, most: int) -> None:
        self.pass_weights[m, w, c] = self.integer(
            f"pass_weights[{m},{w},{c}]", longest, lambda at: at.weights(m, w, c).pass_cycles
        )
        self.once_weights[m, w, c] = self.integer(
            f"once_weights[{m},{w},{c}]", most, lambda at: at.weights(m, w, c).once_cycles
        )

    def _load(
        self,
        loads: dict[tuple[int, int, int], cp_model.IntVar],
        name: str,
        m: int,
        w: int,
        c: int,
        most: int,
    ) -> None:
        """A sum over all weight loads of a segment."""
        loads[m, w, c] = self.integer(
            f"{name}[{m},{w},{c}]", most, lambda at: getattr(at.weights(m, w, c), name)
        )

    def _window(self, w: int, most: int) -> cp_model.IntVar:
        return self.integer(f"T[{w}]", most, lambda at: at.window_cycles(w))

    def _elapsed(self, w: int, most: int) -> cp_model.IntVar:
        return self.integer(
            f"elapsed[{w}]", most, lambda at: sum(at.window_cycles(v) for v in range(w + 1))
        )

    def _used(self, w: int) -> cp_model.IntVar:
        return self._bool(f"used[{w}]", lambda at: at.is_used(w))

    def _count(self, m: int, k: int, group: tuple[int, ...]) -> None:
        self.count[m, k] = self.integer(
            f"count[{m},{k}]", len(group), lambda at: at.segments_on(m, group)
        )

    def _least(self, m: int, most: int, least: NDArray[np.int64]) -> None:
        # One step of these figures is worth so many ticks that all of them add up to little.
        within = np.minimum(least, most)
        step = 1 + int(within.sum()) // MAX_TICKS
        steps = within // step

        def meaning(at: Layout) -> int:
            return int(steps[tuple(at.segments_on(m, group) for group in self.groups)])

        variable = self.integer(f"least[{m}]", most // step, meaning)
        self.least[m] = Least(variable, step, steps)

    def span(self, m: int, first: int, last: int, w: int, c: int) -> cp_model.IntVar:
        """A new literal: the model's segment there holds both layers, and all between them."""
        return self._bool(
            f"span[{m},{first},{last},{w},{c}]",
            lambda at: at.at(m, first) == at.at(m, last) == (w, c),
        )

    def dram_writes(self, m: int, t: int, w: int, c: int) -> list[cp_model.IntVar]:
        """Literals, at most one of which holds, of a write of a tensor by the segment there."""
        tensor = self.problem.models[m].tensors[t]
        if tensor.is_output and tensor.producer is not None:
            return [self.on[m, tensor.producer, w, c]]
        return [self.writes[m, t, w, c]] if (m, t, w, c) in self.writes else []

    def dram_accesses(self, m: int, t: int, w: int, c: int) -> list[cp_model.IntVar]:
        """Literals of the reads and writes of a tensor by the segment there."""
        reads = [self.reads[m, t, w, c]] if (m, t, w, c) in self.reads else []
        return reads + self.dram_writes(m, t, w, c)

    def hint(self, schedule: Schedule) -> None:
        """Hint every variable with its value on a schedule."""
        at = Layout(self.problem, schedule)
        self.cp.clear_hints()  # type: ignore[no-untyped-call]
        for index, meaning in enumerate(self._meanings):
            look()
            self.cp.add_hint(self.cp.get_int_var_from_proto_index(index), int(meaning(at)))

    def decode(self, is_true: Callable[[cp_model.IntVar], bool]) -> Schedule:
        """Read a schedule off the assignment of layers."""
        windows: list[list[Segment]] = [[] for _ in self.windows]
        for m, run in enumerate(self.problem.models):
            homes = [self._home(m, layer, is_true) for layer in range(run.num_layers)]
            first = 0
            for layer, home in enumerate(homes):
                if layer + 1 == len(homes) or homes[layer + 1] != home:
                    w, c = home
                    windows[w].append(Segment(model=m, first=first, last=layer, chiplet=c))
                    first = layer + 1
        return Schedule.of(self.problem.name, windows)

    def _home(
        self, m: int, layer: int, is_true: Callable[[cp_model.IntVar], bool]
    ) -> tuple[int, int]:
        places: Iterable[tuple[int, int]] = (
            (w, c) for w in self.windows for c in self.chiplets if is_true(self.on[m, layer, w, c])
        )
        return next(iter(places))
