"""Constraints of the layer-level model, one method per family."""

from __future__ import annotations

from itertools import pairwise

from ortools.sat.python import cp_model

from scar_cp.problem import Problem, ProblemTensor, Space
from scar_cp.solvers.cpsat.variables import Variables

__all__ = ["Constraints"]


class Constraints:
    """Adds what must hold for ``per_pass`` weights, no overlap and no contention.

    Costs need only be bounded from below: every objective presses them down.
    """

    def __init__(self, problem: Problem, variables: Variables, space: Space) -> None:
        self.problem = problem
        self.v = variables
        self.cp = variables.cp
        self.space = space

    def add_all(self) -> None:
        """Add every family; the order does not matter."""
        self._each_layer_somewhere()
        self._windows_in_order()
        self._segments_are_contiguous_and_exclusive()
        self._tensors_move()
        self._weights_load()
        self._passes_take_time()
        self._windows_take_time()
        self._deadlines_hold()
        if self.space != "full":
            self._segments_are_adjacent()
        if self.space in ("windowed", "scar"):
            self._windows_are_given()
        else:
            self._empty_windows_come_last()
        if self.space == "scar":
            self._segments_are_few()

    def _each_layer_somewhere(self) -> None:
        """Every layer runs in exactly one window, on exactly one chiplet."""
        v = self.v
        for (m, layer, w), inside in v.inside.items():
            self.cp.add(sum(v.on[m, layer, w, c] for c in v.chiplets) == inside)
        for m, run in enumerate(self.problem.models):
            for layer in range(run.num_layers):
                self.cp.add_exactly_one(v.inside[m, layer, w] for w in v.windows)
                self.cp.add_exactly_one(v.on[m, layer, w, c] for w in v.windows for c in v.chiplets)

    def _windows_in_order(self) -> None:
        """A layer has reached window w only if the layer before it has."""
        v = self.v
        for m, run in enumerate(self.problem.models):
            for layer in range(1, run.num_layers):
                for last in v.windows[:-1]:
                    done = sum(v.inside[m, layer, w] for w in v.windows[: last + 1])
                    before = sum(v.inside[m, layer - 1, w] for w in v.windows[: last + 1])
                    self.cp.add(done <= before)

    def _segments_are_contiguous_and_exclusive(self) -> None:
        """At most one segment starts per window and chiplet, over all models."""
        v = self.v
        for (m, layer, w, c), start in v.start.items():
            here = v.on[m, layer, w, c]
            self.cp.add_implication(start, here)
            if layer == 0:
                self.cp.add(start == here)
            else:
                before = v.on[m, layer - 1, w, c]
                self.cp.add(start >= here - before)
                self.cp.add_implication(start, before.negated())
        for w in v.windows:
            for c in v.chiplets:
                self.cp.add_at_most_one(
                    start for (_, _, sw, sc), start in v.start.items() if (sw, sc) == (w, c)
                )

    def _tensors_move(self) -> None:
        """A tensor reaches every segment that reads it: from DRAM, or from its producer."""
        for m, run in enumerate(self.problem.models):
            for t, tensor in enumerate(run.tensors):
                self._reads_and_writes(m, t, tensor)
                if tensor.producer is not None and tensor.consumers:
                    self._sends(m, t, tensor, tensor.producer)

    def _reads_and_writes(self, m: int, t: int, tensor: ProblemTensor) -> None:
        v = self.v
        for w in v.windows:
            for c in v.chiplets:
                if (read := v.reads.get((m, t, w, c))) is not None:
                    for reader in tensor.consumers:
                        here = v.on[m, reader, w, c]
                        if tensor.producer is None:
                            self.cp.add_implication(here, read)
                        else:
                            self.cp.add(read >= here - v.inside[m, tensor.producer, w])
                if (write := v.writes.get((m, t, w, c))) is not None:
                    assert tensor.producer is not None
                    here = v.on[m, tensor.producer, w, c]
                    self.cp.add(write >= here - v.inside[m, tensor.consumers[-1], w])

    def _sends(self, m: int, t: int, tensor: ProblemTensor, producer: int) -> None:
        """Distances to a fixed source are linear in the destinations: one literal for each.

        The destinations never depend on pairs of chiplets, on any topology.
        """
        v, hops = self.v, self.problem.hops
        for w in v.windows:
            produced = v.inside[m, producer, w]
            for c in v.chiplets:
                for reader in tensor.consumers:
                    arrives = v.on[m, reader, w, c] - v.on[m, producer, w, c]
                    self.cp.add(v.sent[m, t, w, c] >= arrives + produced - 1)
            for c in v.chiplets:
                here, key = v.on[m, producer, w, c], (m, t, w, c)
                count = sum(v.sent[m, t, w, d] for d in v.chiplets if d != c)
                distance = sum(hops[c][d] * v.sent[m, t, w, d] for d in v.chiplets if d != c)
                most = min(len(tensor.consumers), len(v.chiplets) - 1)
                farthest = most * max(hops[c])
                self.cp.add(v.sends[key] >= count - most * (1 - here))
                self.cp.add(v.send_hops[key] >= distance - farthest * (1 - here))
                self.cp.add(v.send_hops[key] >= v.sends[key])
                for reader in tensor.consumers:  # implied, and tighter in the relaxation
                    leaves = here - v.on[m, reader, w, c] + v.inside[m, reader, w] - 1
                    self.cp.add(v.sends[key] >= leaves)

    def _weights_load(self) -> None:
        """A segment with any weights pays the way to DRAM once."""
        v = self.v
        for m, run in enumerate(self.problem.models):
            for i, layer in enumerate(run.layers):
                if layer.weight_bytes:
                    for w in v.windows:
                        for c in v.chiplets:
                            self.cp.add_implication(v.on[m, i, w, c], v.loads[m, w, c])

    def _passes_take_time(self) -> None:
        """One pass of a segment: compute, weights, reads, sends and writes."""
        v, p = self.v, self.problem
        for m, run in enumerate(p.models):
            for w in v.windows:
                for c in v.chiplets:
                    terms = self._compute_and_weights(m, w, c)
                    to_port = p.dram_latency_cycles + p.port_hops[c] * p.hop_cycles
                    for t, tensor in enumerate(run.tensors):
                        key = (m, t, w, c)
                        through_dram = tensor.dram_cycles + to_port
                        if key in v.reads:
                            terms.append(through_dram * v.reads[key])
                        if tensor.is_output and tensor.producer is not None:
                            terms.append(through_dram * v.on[m, tensor.producer, w, c])
                        if key in v.writes:
                            terms.append(through_dram * v.writes[key])
                        if key in v.sends:
                            terms.append(tensor.nop_cycles * v.sends[key])
                            terms.append(p.hop_cycles * v.send_hops[key])
                    self.cp.add(v.pass_cycles[m, w, c] >= sum(terms))

    def _compute_and_weights(self, m: int, w: int, c: int) -> list[cp_model.LinearExprT]:
        v, p = self.v, self.problem
        kind = p.chiplets[c].type
        terms: list[cp_model.LinearExprT] = [
            (layer.compute_cycles[kind] + layer.weight_load_cycles) * v.on[m, i, w, c]
            for i, layer in enumerate(p.models[m].layers)
        ]
        to_port = p.dram_latency_cycles + p.port_hops[c] * p.hop_cycles
        return [*terms, to_port * v.loads[m, w, c]]

    def _windows_take_time(self) -> None:
        """T(w) >= Σ pass + (q-1)·max pass of every model; and each chiplet is busy q passes."""
        v = self.v
        for w in v.windows:
            for m, run in enumerate(self.problem.models):
                passes = [v.pass_cycles[m, w, c] for c in v.chiplets]
                for one_pass in passes:
                    self.cp.add(v.longest[m, w] >= one_pass)
                pipeline = sum(passes) + (run.passes - 1) * v.longest[m, w]
                self.cp.add(v.window_cycles[w] >= pipeline)
            for c in v.chiplets:  # implied, and what makes the relaxation see sharing
                busy = sum(
                    run.passes * v.pass_cycles[m, w, c] for m, run in enumerate(self.problem.models)
                )
                self.cp.add(v.window_cycles[w] >= busy)

    def _deadlines_hold(self) -> None:
        """A model in window w completes after the windows before it and its own time there."""
        v = self.v
        for m, run in enumerate(self.problem.models):
            if run.deadline_cycles is None:
                continue
            for w in v.windows:
                before = sum(v.window_cycles[:w])
                passes = [v.pass_cycles[m, w, c] for c in v.chiplets]
                own = sum(passes) + (run.passes - 1) * v.longest[m, w]
                last = v.inside[m, run.num_layers - 1, w]
                self.cp.add(before + own <= run.deadline_cycles).only_enforce_if(last)

    def _segments_are_adjacent(self) -> None:
        """Consecutive segments of a model in one window sit on NoP neighbours."""
        v = self.v
        for (m, layer, w, c), here in v.on.items():
            if layer:
                near = [c, *self.problem.neighbours[c]]
                reach = sum(v.on[m, layer - 1, w, d] for d in near)
                self.cp.add(here + v.inside[m, layer - 1, w] - reach <= 1)

    def _windows_are_given(self) -> None:
        """Every layer lies in the window that the problem names."""
        for m, run in enumerate(self.problem.models):
            for i, layer in enumerate(run.layers):
                if layer.window is not None:
                    self.cp.add(self.v.inside[m, i, layer.window] == 1)

    def _segments_are_few(self) -> None:
        """A model has at most ``max_segments[w]`` segments in window w."""
        v = self.v
        for m, run in enumerate(self.problem.models):
            for w, most in enumerate(run.max_segments or ()):
                starts = [v.start[m, i, w, c] for i in range(run.num_layers) for c in v.chiplets]
                self.cp.add(sum(starts) <= most)

    def _empty_windows_come_last(self) -> None:
        """Symmetry: a window is used only if the one before it is."""
        v = self.v
        used = []
        for w in v.windows:
            layers = [inside for (_, _, iw), inside in v.inside.items() if iw == w]
            some = self.v.used[w]
            self.cp.add_bool_or(layers).only_enforce_if(some)
            for inside in layers:
                self.cp.add_implication(inside, some)
            used.append(some)
        for before, after in pairwise(used):
            self.cp.add_implication(after, before)
