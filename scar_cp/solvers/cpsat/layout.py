"""A schedule as the CP model looks at it: where is each layer, and what do segments cost."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

from scar_cp.judge.evaluation import Evaluation, evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem, ProblemTensor

__all__ = ["Layout", "Weights"]


@dataclass(frozen=True)
class Weights:
    """How a segment loads its weights."""

    resident: bool
    pass_cycles: int
    once_cycles: int
    load_cycles: int
    load_nop_cycles: int
    repeat_nj: int
    """Energy of all loads but the first."""


class Layout:
    """Look-ups on one schedule, from which every variable of the model takes its hint."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.problem = problem
        self.evaluation: Evaluation = evaluate(problem, schedule)
        self._home = {
            (s.model, layer): (w, s.chiplet)
            for w, window in enumerate(schedule.windows)
            for s in window
            for layer in range(s.first, s.last + 1)
        }

    def at(self, m: int, layer: int) -> tuple[int, int]:
        """Window and chiplet of a layer."""
        return self._home[m, layer]

    def window(self, m: int, layer: int) -> int:
        """Window of a layer."""
        return self._home[m, layer][0]

    def receivers(self, m: int, tensor: ProblemTensor, window: int) -> set[int]:
        """Chiplets that read the tensor in a window."""
        homes = (self._home[m, reader] for reader in tensor.consumers)
        return {c for w, c in homes if w == window}

    def destinations(self, m: int, tensor: ProblemTensor, window: int, source: int) -> set[int]:
        """Chiplets that a producer on ``source`` sends the tensor to, in the window it runs in."""
        if tensor.producer is None or self._home[m, tensor.producer] != (window, source):
            return set()
        return self.receivers(m, tensor, window) - {source}

    @cached_property
    def pass_cycles(self) -> dict[tuple[int, int, int], int]:
        """Cycles of one pass by (model, window, chiplet)."""
        return {
            (s.model, w, s.chiplet): s.pass_cycles
            for w, window in enumerate(self.evaluation.windows)
            for s in window.segments
        }

    def weights(self, m: int, window: int, chiplet: int) -> Weights:
        """The weight loads of the model's segment on a chiplet in a window."""
        run = self.problem.models[m]
        here = [i for i in range(run.num_layers) if self._home[m, i] == (window, chiplet)]
        loading = run.loading(here[0], here[-1]) if here else ()
        size = sum(layer.weight_bytes for layer in loading)
        hops = self.problem.port_hops[chiplet]
        resident = self.problem.stays_resident(size, self.problem.buffer_bytes[chiplet])
        cycles = sum(layer.weight_load_cycles for layer in loading)
        load = cycles + self.problem.way_to_memory_cycles(hops) if size else 0
        loads = 1 if resident else run.passes
        energy = sum(la.weight_energy_nj + hops * la.weight_nop_energy_nj_per_hop for la in loading)
        return Weights(
            resident=resident,
            pass_cycles=0 if resident else load,
            once_cycles=load if resident else 0,
            load_cycles=loads * cycles,
            load_nop_cycles=loads * sum(layer.weight_nop_cycles for layer in loading),
            repeat_nj=(loads - 1) * energy,
        )

    def segments_on(self, m: int, chiplets: Container[int]) -> int:
        """Number of the model's segments on some chiplets."""
        return sum(1 for (k, _, c) in self.pass_cycles if k == m and c in chiplets)

    def longest_pass(self, m: int, window: int) -> int:
        """The model's slowest segment in a window, 0 where it has none."""
        passes = (v for (k, w, _), v in self.pass_cycles.items() if (k, w) == (m, window))
        return max(passes, default=0)

    def model_cycles(self, m: int, window: int) -> int:
        """Latency of a model in a window, 0 where it has no segment."""
        windows = self.evaluation.windows
        return windows[window].models.get(m, 0) if window < len(windows) else 0

    def window_cycles(self, window: int) -> int:
        """Length of a window, 0 beyond the last."""
        windows = self.evaluation.windows
        return windows[window].latency_cycles if window < len(windows) else 0

    def is_used(self, window: int) -> bool:
        """Whether a window holds a segment."""
        windows = self.evaluation.windows
        return window < len(windows) and bool(windows[window].segments)
