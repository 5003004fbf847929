"""Constraints of the layer-level model, one method per family."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np
from ortools.sat.python import cp_model

from scar_cp.partition.one_window import CountTable
from scar_cp.partition.program import NEVER
from scar_cp.problem import Problem, ProblemTensor, Space
from scar_cp.solvers.cpsat.variables import Variables

__all__ = ["Constraints"]


class Constraints:
    """Adds what must hold, for every setting of a problem.

    Costs need only be bounded from below: every objective presses them down.
    """

    def __init__(
        self,
        problem: Problem,
        variables: Variables,
        space: Space,
        table: CountTable | None = None,
    ) -> None:
        self.table = table
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
        if self.problem.weight_policy == "resident":
            self._weights_may_stay()
        self._passes_take_time()
        self._windows_take_time()
        if self.problem.contention != "none":
            self._dram_is_shared()
        if self.problem.contention == "links":
            self._links_are_shared()
        self._deadlines_hold()
        if self.space != "full":
            self._segments_are_adjacent()
        if self.space in ("windowed", "scar"):
            self._windows_are_given()
        else:
            self._empty_windows_come_last()
        if self.space == "scar":
            self._segments_are_few()
        if self.table is not None:
            self._counts_take_time(self.table)

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

    def _weight_sum(self, m: int, w: int, c: int, cost: str) -> cp_model.LinearExpr:
        """Sum of a cost of one load over the layers on a chiplet."""
        return cp_model.LinearExpr.sum(
            [
                getattr(layer, cost) * self.v.on[m, i, w, c]
                for i, layer in enumerate(self.problem.models[m].layers)
                if getattr(layer, cost)
            ]
        )

    def _one_load(self, m: int, w: int, c: int) -> cp_model.LinearExpr:
        """Cycles of one weight load of a segment."""
        way = self.problem.dram_latency_cycles + self.problem.port_hops[c] * self.problem.hop_cycles
        return self._weight_sum(m, w, c, "weight_load_cycles") + way * self.v.loads[m, w, c]

    def _load_nj(self, m: int, w: int, c: int) -> cp_model.LinearExpr:
        """Energy of one weight load of a segment."""
        hops = self.problem.port_hops[c]
        return self._weight_sum(m, w, c, "weight_energy_nj") + hops * self._weight_sum(
            m, w, c, "weight_nop_energy_nj_per_hop"
        )

    def _weights_may_stay(self) -> None:
        """Weights that fit the buffer are loaded once, others on every pass."""
        v, p = self.v, self.problem
        for key, resident in v.resident.items():
            m, w, c = key
            passes = p.models[m].passes
            size = self._weight_sum(m, w, c, "weight_bytes")
            buffer = p.used_types[p.chiplet_types[c]].buffer_bytes
            self.cp.add(size <= buffer).only_enforce_if(resident)
            self.cp.add(size >= buffer + 1).only_enforce_if(resident.negated())
            load = self._one_load(m, w, c)
            self.cp.add(v.pass_weights[key] >= load).only_enforce_if(resident.negated())
            self.cp.add(v.once_weights[key] >= load).only_enforce_if(resident)
            for once, total in (
                (self._weight_sum(m, w, c, "weight_load_cycles"), v.load_cycles[key]),
                (self._weight_sum(m, w, c, "weight_nop_cycles"), v.load_nop_cycles[key]),
                (self._load_nj(m, w, c), v.load_nj[key]),
            ):
                self.cp.add(total >= once)
                self.cp.add(total >= passes * once).only_enforce_if(resident.negated())

    def _passes_take_time(self) -> None:
        """One pass of a segment: compute, and weights, reads, sends and writes."""
        v, p = self.v, self.problem
        for m, run in enumerate(p.models):
            for w in v.windows:
                for c, chiplet in enumerate(p.chiplets):
                    compute = sum(
                        layer.compute_cycles[chiplet.type] * v.on[m, i, w, c]
                        for i, layer in enumerate(run.layers)
                    )
                    weights = v.pass_weights.get((m, w, c), None)
                    load = self._one_load(m, w, c) if weights is None else weights
                    transfers = load + self._transfers(m, w, c)
                    if p.overlap == "full":
                        self.cp.add(v.pass_cycles[m, w, c] >= compute)
                        self.cp.add(v.pass_cycles[m, w, c] >= transfers)
                    else:
                        self.cp.add(v.pass_cycles[m, w, c] >= compute + transfers)

    def _transfers(self, m: int, w: int, c: int) -> cp_model.LinearExpr:
        """Cycles of one pass that a segment spends on tensors."""
        v, p = self.v, self.problem
        to_port = p.dram_latency_cycles + p.port_hops[c] * p.hop_cycles
        terms: list[cp_model.LinearExpr] = []
        for t, tensor in enumerate(p.models[m].tensors):
            for access in v.dram_accesses(m, t, w, c):
                terms.append((tensor.dram_cycles + to_port) * access)
            if (key := (m, t, w, c)) in v.sends:
                terms.append(tensor.nop_cycles * v.sends[key])
                terms.append(p.hop_cycles * v.send_hops[key])
        return cp_model.LinearExpr.sum(terms)

    def _pipeline(self, m: int, w: int) -> cp_model.LinearExpr:
        """T(m,w) = Σ pass + (q-1)·max pass + Σ once."""
        v = self.v
        passes = [v.pass_cycles[m, w, c] for c in v.chiplets]
        once = [v.once_weights[m, w, c] for c in v.chiplets if (m, w, c) in v.once_weights]
        return sum(passes) + (self.problem.models[m].passes - 1) * v.longest[m, w] + sum(once)

    def _windows_take_time(self) -> None:
        """A window lasts as long as every model in it; and each chiplet is busy q passes."""
        v = self.v
        for w in v.windows:
            for m in range(len(self.problem.models)):
                for c in v.chiplets:
                    self.cp.add(v.longest[m, w] >= v.pass_cycles[m, w, c])
                self.cp.add(v.window_cycles[w] >= self._pipeline(m, w))
            for c in v.chiplets:  # implied, and what makes the relaxation see sharing
                busy = sum(
                    run.passes * v.pass_cycles[m, w, c] for m, run in enumerate(self.problem.models)
                )
                self.cp.add(v.window_cycles[w] >= busy)

    def _dram_is_shared(self) -> None:
        """A window lasts as long as DRAM is busy in it."""
        v, p = self.v, self.problem
        for w in v.windows:
            busy: list[cp_model.LinearExpr] = []
            for m, run in enumerate(p.models):
                for c in v.chiplets:
                    busy += [
                        run.passes * tensor.dram_cycles * access
                        for t, tensor in enumerate(run.tensors)
                        for access in v.dram_accesses(m, t, w, c)
                    ]
                    loads = v.load_cycles.get((m, w, c), None)
                    once = self._weight_sum(m, w, c, "weight_load_cycles")
                    busy.append(run.passes * once if loads is None else loads)
            self.cp.add(v.window_cycles[w] >= sum(busy))

    def _links_are_shared(self) -> None:
        """A window lasts as long as every directed link is busy in it."""
        v, p = self.v, self.problem
        for (m, t, w, c, d), between in v.between.items():
            producer = p.models[m].tensors[t].producer
            if c == d or producer is None:
                self.cp.add(between == 0)
            else:
                here = v.on[m, producer, w, c]
                self.cp.add(between >= here + v.sent[m, t, w, d] - 1)
        for w in v.windows:
            busy: dict[tuple[int, int], list[cp_model.LinearExpr]] = {}
            for m, run in enumerate(p.models):
                for c, chiplet in enumerate(p.chiplets):
                    self._over_links(busy, chiplet.port, c, self._arrivals(m, w, c))
                    self._over_links(busy, c, chiplet.port, self._departures(m, w, c))
                    for d in v.chiplets:
                        sent = [
                            run.passes * tensor.nop_cycles * v.between[m, t, w, c, d]
                            for t, tensor in enumerate(run.tensors)
                            if (m, t, w, c, d) in v.between
                        ]
                        self._over_links(busy, c, d, sent)
            for terms in busy.values():
                self.cp.add(v.window_cycles[w] >= sum(terms))

    def _over_links(
        self,
        busy: dict[tuple[int, int], list[cp_model.LinearExpr]],
        source: int,
        target: int,
        terms: list[cp_model.LinearExpr],
    ) -> None:
        for link in self.problem.routes[source][target]:
            busy.setdefault(link, []).extend(terms)

    def _arrivals(self, m: int, w: int, c: int) -> list[cp_model.LinearExpr]:
        """NoP cycles, over all passes, of what a chiplet gets from its memory port."""
        v, run = self.v, self.problem.models[m]
        terms: list[cp_model.LinearExpr] = [
            run.passes * tensor.nop_cycles * v.reads[m, t, w, c]
            for t, tensor in enumerate(run.tensors)
            if (m, t, w, c) in v.reads
        ]
        once = self._weight_sum(m, w, c, "weight_nop_cycles")
        if (m, w, c) not in v.resident:
            return [*terms, run.passes * once]
        return [*terms, v.load_nop_cycles[m, w, c]]

    def _departures(self, m: int, w: int, c: int) -> list[cp_model.LinearExpr]:
        """NoP cycles, over all passes, of what a chiplet writes through its memory port."""
        v, run = self.v, self.problem.models[m]
        return [
            run.passes * tensor.nop_cycles * write
            for t, tensor in enumerate(run.tensors)
            for write in v.dram_writes(m, t, w, c)
        ]

    def _deadlines_hold(self) -> None:
        """A model completes after the windows before its last and its own time there.

        Where resources are shared, nobody can tell when in the last window: all of it counts.
        """
        v = self.v
        for m, run in enumerate(self.problem.models):
            if run.deadline_cycles is None:
                continue
            for w in v.windows:
                shared = self.problem.contention != "none"
                own = v.window_cycles[w] if shared else self._pipeline(m, w)
                done = sum(v.window_cycles[:w]) + own
                last = v.inside[m, run.num_layers - 1, w]
                self.cp.add(done <= run.deadline_cycles).only_enforce_if(last)

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

    def _counts_take_time(self, table: CountTable) -> None:
        """With so many chiplets of each kind, a model takes what its table says at least.

        Implied, and what the relaxation of assignment and segmentation cannot see.
        """
        v = self.v
        for m, run in enumerate(self.problem.models):
            for k, group in enumerate(table.groups):
                starts = [v.start[m, i, 0, c] for i in range(run.num_layers) for c in group]
                self.cp.add(v.count[m, k] == sum(starts))
            shape = table.least_cycles[m].shape
            steps = [prod(shape[k + 1 :]) for k in range(len(shape))]
            index = sum(step * v.count[m, k] for k, step in enumerate(steps))
            least = table.least_cycles[m].ravel()
            # Counts with no partition at all need no other value than some other's.
            values = np.minimum(least, least[least < NEVER].max())
            self.cp.add_element(index, values.tolist(), v.least[m])
            self.cp.add(self._pipeline(m, 0) >= v.least[m])

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
