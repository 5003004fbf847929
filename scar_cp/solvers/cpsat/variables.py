"""Variables of the layer-level model; each knows its value on a given schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ortools.sat.python import cp_model

from scar_cp.partition.one_window import CountTable
from scar_cp.problem import Problem, ProblemTensor
from scar_cp.schedule import Schedule, Segment
from scar_cp.solvers.cpsat.layout import Layout

__all__ = ["Variables"]

Key = tuple[int, int, int, int]
"""(model, layer or tensor, window, chiplet)."""


class Variables:
    """Typed records of the model's variables.

    Attributes
    ----------
    on
        ``(m, layer, w, c)``: the layer runs in window w on chiplet c.
    start
        ``(m, layer, w, c)``: a segment starts at the layer, in window w on chiplet c.
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
    load_cycles, load_nop_cycles, load_nj
        ``(m, w, c)``: DRAM cycles, link cycles and energy of all weight loads.
    between
        ``(m, tensor, w, source, target)``: the tensor is sent between these two (contention
        ``links`` only).
    pass_cycles
        ``(m, w, c)``: one pass of the model's segment there, 0 without one.
    longest
        ``(m, w)``: the model's slowest segment.
    window_cycles
        Length of each window.
    used
        Whether each window holds a layer.
    count
        ``(m, k)``: segments of the model on the k-th group of chiplets (with a count table).
    least
        ``m``: least latency of the model with these counts (with a count table).
    """

    def __init__(
        self,
        problem: Problem,
        model: cp_model.CpModel,
        max_cycles: int,
        table: CountTable | None = None,
    ) -> None:
        self.problem = problem
        self.cp = model
        self._max_cycles = max_cycles
        self._meaning: list[tuple[cp_model.IntVar, Callable[[Layout], int]]] = []
        self.on: dict[Key, cp_model.IntVar] = {}
        self.start: dict[Key, cp_model.IntVar] = {}
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
        self.load_nj: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.between: dict[tuple[int, int, int, int, int], cp_model.IntVar] = {}
        self.pass_cycles: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.longest: dict[tuple[int, int], cp_model.IntVar] = {}
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
                self._longest(m, w)
                for c in self.chiplets:
                    self._segment(m, w, c)
        self.window_cycles = [self._window(w) for w in self.windows]
        self.used = [self._used(w) for w in self.windows]
        self.count: dict[tuple[int, int], cp_model.IntVar] = {}
        self.least: dict[int, cp_model.IntVar] = {}
        if table is not None:
            for m in range(len(problem.models)):
                for k, group in enumerate(table.groups):
                    self._count(m, k, group)
                self._least(m, table)

    def _bool(self, name: str, meaning: Callable[[Layout], bool]) -> cp_model.IntVar:
        variable = self.cp.new_bool_var(name)
        self._meaning.append((variable, meaning))
        return variable

    def _int(self, name: str, upper: int, meaning: Callable[[Layout], int]) -> cp_model.IntVar:
        variable = self.cp.new_int_var(0, upper, name)
        self._meaning.append((variable, meaning))
        return variable

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
        self.sends[key] = self._int(
            f"sends{list(key)}", most, lambda at: len(at.destinations(m, tensor, w, c))
        )
        self.send_hops[key] = self._int(f"send_hops{list(key)}", most * max(hops), send_hops)
        if self.problem.contention == "links":
            for d in self.chiplets:
                self._between(m, t, tensor, w, c, d)

    def _between(self, m: int, t: int, tensor: ProblemTensor, w: int, c: int, d: int) -> None:
        self.between[m, t, w, c, d] = self._bool(
            f"between[{m},{t},{w},{c},{d}]", lambda at: d in at.destinations(m, tensor, w, c)
        )

    def _longest(self, m: int, w: int) -> None:
        self.longest[m, w] = self._int(
            f"longest[{m},{w}]", self._max_pass(m), lambda at: at.longest_pass(m, w)
        )

    def _segment(self, m: int, w: int, c: int) -> None:
        weighty = [i for i, la in enumerate(self.problem.models[m].layers) if la.weight_bytes]
        self.loads[m, w, c] = self._bool(
            f"loads[{m},{w},{c}]", lambda at: any(at.at(m, i) == (w, c) for i in weighty)
        )
        if self.problem.weight_policy == "resident":
            self._resident_weights(m, w, c)
        self.pass_cycles[m, w, c] = self._int(
            f"pass[{m},{w},{c}]", self._max_pass(m), lambda at: at.pass_cycles.get((m, w, c), 0)
        )

    def _resident_weights(self, m: int, w: int, c: int) -> None:
        key, name = (m, w, c), f"[{m},{w},{c}]"
        layers = self.problem.models[m].layers
        passes = self.problem.models[m].passes
        hops = self.problem.port_hops[c]
        cycles = sum(la.weight_load_cycles for la in layers)
        energy = sum(la.weight_energy_nj + hops * la.weight_nop_energy_nj_per_hop for la in layers)
        self.resident[key] = self._bool(f"resident{name}", lambda at: at.weights(m, w, c).resident)
        self.pass_weights[key] = self._int(
            f"pass_weights{name}", self._max_pass(m), lambda at: at.weights(m, w, c).pass_cycles
        )
        self.once_weights[key] = self._int(
            f"once_weights{name}", self._max_cycles, lambda at: at.weights(m, w, c).once_cycles
        )
        self.load_cycles[key] = self._int(
            f"load_cycles{name}", passes * cycles, lambda at: at.weights(m, w, c).load_cycles
        )
        nop_cycles = sum(la.weight_nop_cycles for la in layers)
        self.load_nop_cycles[key] = self._int(
            f"load_nop_cycles{name}",
            passes * nop_cycles,
            lambda at: at.weights(m, w, c).load_nop_cycles,
        )
        self.load_nj[key] = self._int(
            f"load_nj{name}", passes * energy, lambda at: at.weights(m, w, c).load_nj
        )

    def _max_pass(self, m: int) -> int:
        """A model's latency is never below its passes times its slowest segment."""
        return self._max_cycles // self.problem.models[m].passes

    def _window(self, w: int) -> cp_model.IntVar:
        return self._int(f"T[{w}]", self._max_cycles, lambda at: at.window_cycles(w))

    def _used(self, w: int) -> cp_model.IntVar:
        return self._bool(f"used[{w}]", lambda at: at.is_used(w))

    def _count(self, m: int, k: int, group: tuple[int, ...]) -> None:
        self.count[m, k] = self._int(
            f"count[{m},{k}]", len(group), lambda at: at.segments_on(m, group)
        )

    def _least(self, m: int, table: CountTable) -> None:
        def meaning(at: Layout) -> int:
            return int(table.least_cycles[m][tuple(at.segments_on(m, g) for g in table.groups)])

        self.least[m] = self._int(f"least[{m}]", self._max_cycles, meaning)

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
        for variable, meaning in self._meaning:
            self.cp.add_hint(variable, int(meaning(at)))

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
