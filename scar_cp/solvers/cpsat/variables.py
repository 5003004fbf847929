"""Variables of the layer-level model; each knows its value on a given schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ortools.sat.python import cp_model

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
    pass_cycles
        ``(m, w, c)``: one pass of the model's segment there, 0 without one.
    longest
        ``(m, w)``: the model's slowest segment.
    window_cycles
        Length of each window.
    used
        Whether each window holds a layer.
    """

    def __init__(self, problem: Problem, model: cp_model.CpModel, max_cycles: int) -> None:
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
        self.pass_cycles: dict[tuple[int, int, int], cp_model.IntVar] = {}
        self.longest: dict[tuple[int, int], cp_model.IntVar] = {}
        self.windows = range(problem.max_windows)
        self.chiplets = range(problem.num_chiplets)
        for m, run in enumerate(problem.models):
            for layer in range(run.num_layers):
                self._layer(m, layer)
            for t, tensor in enumerate(run.tensors):
                self._tensor(m, t, tensor)
            self._segments(m)
        self.window_cycles = [
            self._int(f"T[{w}]", max_cycles, lambda at, w=w: at.window_cycles(w))
            for w in self.windows
        ]
        self.used = [
            self._bool(f"used[{w}]", lambda at, w=w: at.is_used(w)) for w in self.windows
        ]

    def _bool(self, name: str, meaning: Callable[[Layout], bool]) -> cp_model.IntVar:
        variable = self.cp.new_bool_var(name)
        self._meaning.append((variable, meaning))
        return variable

    def _int(self, name: str, upper: int, meaning: Callable[[Layout], int]) -> cp_model.IntVar:
        variable = self.cp.new_int_var(0, upper, name)
        self._meaning.append((variable, meaning))
        return variable

    def _layer(self, m: int, layer: int) -> None:
        for w in self.windows:
            self.inside[m, layer, w] = self._bool(
                f"inside[{m},{layer},{w}]", lambda at, w=w: at.window(m, layer) == w
            )
            for c in self.chiplets:
                key, place = (m, layer, w, c), (w, c)
                self.on[key] = self._bool(
                    f"on{list(key)}", lambda at, p=place: at.at(m, layer) == p
                )
                self.start[key] = self._bool(
                    f"start{list(key)}",
                    lambda at, p=place: (
                        at.at(m, layer) == p and (layer == 0 or at.at(m, layer - 1) != p)
                    ),
                )

    def _tensor(self, m: int, t: int, tensor: ProblemTensor) -> None:
        producer = tensor.producer
        most = min(len(tensor.consumers), len(self.chiplets) - 1)
        farthest = max(map(max, self.problem.hops))
        windows_can_differ = len(self.windows) > 1
        for w in self.windows:
            for c in self.chiplets:
                key = (m, t, w, c)
                if tensor.consumers and (producer is None or windows_can_differ):
                    self.reads[key] = self._bool(
                        f"reads{list(key)}",
                        lambda at, w=w, c=c: (
                            c in at.receivers(m, tensor, w)
                            and (producer is None or at.window(m, producer) < w)
                        ),
                    )
                if producer is None:
                    continue
                if windows_can_differ and tensor.consumers and not tensor.is_output:
                    self.writes[key] = self._bool(
                        f"writes{list(key)}",
                        lambda at, w=w, c=c: (
                            at.at(m, producer) == (w, c)
                            and at.window(m, tensor.consumers[-1]) > w
                        ),
                    )
                if most:
                    self.sent[key] = self._bool(
                        f"sent{list(key)}",
                        lambda at, w=w, c=c: (
                            at.window(m, producer) == w
                            and c in at.destinations(m, tensor, w, at.at(m, producer)[1])
                        ),
                    )
                    self.sends[key] = self._int(
                        f"sends{list(key)}",
                        most,
                        lambda at, w=w, c=c: len(at.destinations(m, tensor, w, c)),
                    )
                    self.send_hops[key] = self._int(
                        f"send_hops{list(key)}",
                        most * farthest,
                        lambda at, w=w, c=c: sum(
                            self.problem.hops[c][d] for d in at.destinations(m, tensor, w, c)
                        ),
                    )

    def _segments(self, m: int) -> None:
        weighty = [i for i, la in enumerate(self.problem.models[m].layers) if la.weight_bytes]
        for w in self.windows:
            self.longest[m, w] = self._int(
                f"longest[{m},{w}]", self._max_cycles, lambda at, w=w: at.longest_pass(m, w)
            )
            for c in self.chiplets:
                self.loads[m, w, c] = self._bool(
                    f"loads[{m},{w},{c}]",
                    lambda at, p=(w, c): any(at.at(m, layer) == p for layer in weighty),
                )
                self.pass_cycles[m, w, c] = self._int(
                    f"pass[{m},{w},{c}]",
                    self._max_cycles,
                    lambda at, w=w, c=c: at.pass_cycles.get((m, w, c), 0),
                )

    def hint(self, schedule: Schedule) -> None:
        """Hint every variable with its value on a schedule."""
        at = Layout(self.problem, schedule)
        self.cp.clear_hints()
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
