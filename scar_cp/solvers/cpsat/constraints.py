"""Constraints of the layer-level model, one method per family."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import prod

from ortools.sat.python import cp_model

from scar_cp.clock import look
from scar_cp.partition.one_window import CountTable
from scar_cp.problem.compiled import Problem, ProblemTensor
from scar_cp.solvers.cpsat.energy import layer_nj, load_nj
from scar_cp.solvers.cpsat.rows import Cost, Rows, times
from scar_cp.solvers.cpsat.variables import Variables
from scar_cp.terms import Space

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
        self.rows = Rows(variables)
        self.space = space

    def add_all(self) -> None:
        """Add every family; the order does not matter."""
        self._each_layer_somewhere()
        self._windows_in_order()
        self._segments_are_contiguous_and_exclusive()
        self._tensors_move()
        self._shared_weights_load_once()
        if self.problem.weight_policy == "resident":
            self._weights_may_stay()
        if self.v.limits.cycles is not None:
            self._take_time()
        if self.v.extra_nj is not None:
            self._energy_is_paid(self.v.extra_nj)
        if self.space != "full":
            self._segments_are_adjacent()
        if self.space in ("windowed", "scar"):
            self._windows_are_given()
        else:
            self._empty_windows_come_last()
        if self.space == "scar":
            self._segments_are_few()

    def _take_time(self) -> None:
        """Add the families that are about time."""
        self._weights_load()
        self._passes_take_time()
        self._windows_take_time()
        if self.problem.contention != "none":
            self._dram_is_shared()
        if self.problem.contention == "links":
            self._links_are_shared()
        self._deadlines_hold()
        if self.table is not None:
            self._counts_take_time(self.table)

    def _each_layer_somewhere(self) -> None:
        """Every layer runs in exactly one window, on exactly one chiplet."""
        v = self.v
        for (m, layer, w), inside in v.inside.items():
            look()
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
                look()
                for last in v.windows[:-1]:
                    done = sum(v.inside[m, layer, w] for w in v.windows[: last + 1])
                    before = sum(v.inside[m, layer - 1, w] for w in v.windows[: last + 1])
                    self.cp.add(done <= before)

    def _segments_are_contiguous_and_exclusive(self) -> None:
        """At most one segment starts per window and chiplet, over all models."""
        v = self.v
        for (m, layer, w, c), start in v.start.items():
            look()
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
                look()
                self.cp.add_at_most_one(
                    v.start[m, layer, w, c]
                    for m, run in enumerate(self.problem.models)
                    for layer in range(run.num_layers)
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
                look()
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
                look()
                for reader in tensor.consumers:
                    arrives = v.on[m, reader, w, c] - v.on[m, producer, w, c]
                    self.cp.add(v.sent[m, t, w, c] >= arrives + produced - 1)
            for c in v.chiplets:
                look()
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

    def _shared_weights_load_once(self) -> None:
        """A layer loads its weights unless a layer before it in the segment has the same."""
        v = self.v
        for (m, i, w, c), on in v.on.items():
            look()
            previous = self.problem.models[m].previous_uses[i]
            if previous >= 0:
                here = v.on[m, previous, w, c]
                self.cp.add_bool_or([on.negated(), here, v.loading[m, i, w, c]])

    def _weights_load(self) -> None:
        """A segment with any weights pays the way to DRAM once."""
        v = self.v
        for m, run in enumerate(self.problem.models):
            for i, layer in enumerate(run.layers):
                if layer.weight_bytes:
                    for w in v.windows:
                        look()
                        for c in v.chiplets:
                            self.cp.add_implication(v.on[m, i, w, c], v.loads[m, w, c])

    def _load(self, m: int, w: int, c: int, cost: str) -> list[Cost]:
        """A cost of one load of the weights of a model's layers on a chiplet."""
        return [
            (self.v.loading[m, i, w, c], getattr(layer, cost))
            for i, layer in enumerate(self.problem.models[m].layers)
        ]

    def _load_cycles(self, m: int, w: int, c: int) -> list[Cost]:
        """Cycles of one weight load of a segment."""
        return [
            *self._load(m, w, c, "weight_load_cycles"),
            (self.v.loads[m, w, c], self.problem.way_to_memory_cycles(self.problem.port_hops[c])),
        ]

    def _load_nj(self, m: int, w: int, c: int) -> list[Cost]:
        """Energy of one weight load of a segment."""
        per_hop = self._load(m, w, c, "weight_nop_energy_nj_per_hop")
        hops = self.problem.port_hops[c]
        return self._load(m, w, c, "weight_energy_nj") + times(hops, per_hop)

    def _weights_may_stay(self) -> None:
        """Weights that fit the buffer are loaded once, others on every pass.

        A segment's layers are consecutive: its weights are too large for the buffer where two of
        its layers are, with all between them. Sizes enter no row.
        """
        v = self.v
        for m, w, c in v.places():
            resident = v.resident[m, w, c]
            too_far = []
            for first, last in self._least_too_large(m, c):
                look()
                both = v.on[m, first, w, c], v.on[m, last, w, c]
                self.cp.add_bool_or([on.negated() for on in both]).only_enforce_if(resident)
                spans = v.span(m, first, last, w, c)
                for on in both:
                    self.cp.add_implication(spans, on)
                too_far.append(spans)
            self.cp.add_bool_or([resident, *too_far])
            if (m, w, c) in v.repeat_nj:
                again = times(self.problem.models[m].passes - 1, self._load_nj(m, w, c))
                self.rows.at_least(v.repeat_nj[m, w, c], again, only_if=resident.negated())
            if v.limits.cycles is None:
                continue
            load = self._load_cycles(m, w, c)
            self.rows.at_least(v.pass_weights[m, w, c], load, only_if=resident.negated())
            self.rows.at_least(v.once_weights[m, w, c], load, only_if=resident)
            if (m, w, c) in v.load_cycles:
                once = self._load(m, w, c, "weight_load_cycles")
                self._loads(v.load_cycles[m, w, c], m, w, c, once)
            if (m, w, c) in v.load_nop_cycles:
                once = self._load(m, w, c, "weight_nop_cycles")
                self._loads(v.load_nop_cycles[m, w, c], m, w, c, once)

    def _least_too_large(self, m: int, c: int) -> list[tuple[int, int]]:
        """Every first layer with the nearest one up to which the buffer is too small."""
        run = self.problem.models[m]
        sizes = [layer.weight_bytes for layer in run.layers]
        buffer = self.problem.buffer_bytes[c]
        found, last, held = [], -1, 0
        for first, size in enumerate(sizes):
            while held <= buffer and last + 1 < len(sizes):
                last += 1
                held += sizes[last] if run.previous_uses[last] < first else 0
            if held <= buffer:
                break
            found.append((first, last))
            held -= 0 if first in run.previous_uses[first : last + 1] else size
        # Of two ranges, one inside the other, the inner says more.
        return [at for at, after in pairwise([*found, (0, len(sizes))]) if at[1] < after[1]]

    def _loads(self, total: cp_model.IntVar, m: int, w: int, c: int, once: list[Cost]) -> None:
        """All loads of a segment's weights: one, or one in every pass."""
        self.rows.at_least(total, once)
        every = times(self.problem.models[m].passes, once)
        self.rows.at_least(total, every, only_if=self.v.resident[m, w, c].negated())

    def _passes_take_time(self) -> None:
        """One pass of a segment: compute, and weights, reads, sends and writes."""
        v, p = self.v, self.problem
        for m, w, c in v.places():
            kind = p.chiplets[c].type
            compute = [
                (v.on[m, i, w, c], layer.compute_cycles[kind])
                for i, layer in enumerate(p.models[m].layers)
            ]
            weights = v.pass_weights.get((m, w, c))
            load = self._load_cycles(m, w, c) if weights is None else [(weights, 1)]
            transfers = load + self._transfers(m, w, c)
            if p.overlap == "full":
                self.rows.at_least(v.pass_cycles[m, w, c], compute)
                self.rows.at_least(v.pass_cycles[m, w, c], transfers)
            else:
                self.rows.at_least(v.pass_cycles[m, w, c], compute + transfers)

    def _transfers(self, m: int, w: int, c: int) -> list[Cost]:
        """Cycles of one pass that a segment spends on tensors."""
        v, p = self.v, self.problem
        costs: list[Cost] = []
        for t, tensor in enumerate(p.models[m].tensors):
            through_dram = tensor.dram_cycles + p.way_to_memory_cycles(p.port_hops[c])
            costs += [(access, through_dram) for access in v.dram_accesses(m, t, w, c)]
            if (key := (m, t, w, c)) in v.sends:
                costs.append((v.sends[key], tensor.nop_cycles))
                costs.append((v.send_hops[key], p.hop_cycles))
        return costs

    def _pipeline(self, m: int, w: int) -> list[Cost]:
        """T(m,w) = Σ pass + (q-1)·max pass + Σ once."""
        v = self.v
        passes = [(v.pass_cycles[m, w, c], 1) for c in v.chiplets]
        once = [(v.once_weights[m, w, c], 1) for c in v.chiplets if (m, w, c) in v.once_weights]
        return [*passes, (v.longest[m, w], self.problem.models[m].passes - 1), *once]

    def _windows_take_time(self) -> None:
        """A window lasts as long as every model in it; and each chiplet is busy q passes."""
        v, models = self.v, self.problem.models
        for w in v.windows:
            for m in range(len(models)):
                for c in v.chiplets:
                    self.cp.add(v.longest[m, w] >= v.pass_cycles[m, w, c])
                self.rows.at_least(v.model_cycles[m, w], self._pipeline(m, w))
                self.cp.add(v.window_cycles[w] >= v.model_cycles[m, w])
            for c in v.chiplets:  # implied, and what makes the relaxation see sharing
                busy = [(v.pass_cycles[m, w, c], run.passes) for m, run in enumerate(models)]
                self.rows.at_least(v.window_cycles[w], busy)
            before = v.elapsed[w - 1] if w else 0
            self.cp.add(v.elapsed[w] == before + v.window_cycles[w])
        if v.extra_cycles is not None:
            self.cp.add(v.elapsed[-1] == v.extra_cycles + v.least_cycles)

    def _energy_is_paid(self, extra_nj: cp_model.IntVar) -> None:
        """What layers cost beyond their thriftiest chiplets, and what loads and transfers do."""
        v, p = self.v, self.problem
        costs: list[Cost] = [(load, 1) for load in v.repeat_nj.values()]
        for m, run in enumerate(p.models):
            for i in range(run.num_layers):
                look()
                on_chiplet = layer_nj(p, m, i)
                least = min(on_chiplet)
                costs += [
                    (v.on[m, i, w, c], energy - least)
                    for w in v.windows
                    for c, energy in enumerate(on_chiplet)
                ]
                if run.previous_uses[i] >= 0:  # an earlier use may load for this one, too
                    costs += [
                        (v.loading[m, i, w, c], energy)
                        for w in v.windows
                        for c, energy in enumerate(load_nj(p, m, i))
                    ]
        for (m, t, _, c), access in [*v.reads.items(), *v.writes.items()]:
            tensor = p.models[m].tensors[t]
            energy = tensor.dram_energy_nj + tensor.nop_energy_nj_per_hop * p.port_hops[c]
            costs.append((access, energy))
        for (m, t, _, _), hops in v.send_hops.items():
            costs.append((hops, p.models[m].tensors[t].nop_energy_nj_per_hop))
        self.rows.at_least(extra_nj, costs)

    def _dram_is_shared(self) -> None:
        """A window lasts as long as DRAM is busy in it."""
        v, p = self.v, self.problem
        for w in v.windows:
            busy: list[Cost] = []
            for m, run in enumerate(p.models):
                for c in v.chiplets:
                    busy += [
                        (access, run.passes * tensor.dram_cycles)
                        for t, tensor in enumerate(run.tensors)
                        for access in v.dram_accesses(m, t, w, c)
                    ]
                    busy += self._all_loads(v.load_cycles, m, w, c, "weight_load_cycles")
            self.rows.at_least(v.window_cycles[w], busy)

    def _all_loads(
        self,
        loads: Mapping[tuple[int, int, int], cp_model.IntVar],
        m: int,
        w: int,
        c: int,
        cost: str,
    ) -> list[Cost]:
        """A cost of all weight loads of a segment."""
        if (m, w, c) in loads:
            return [(loads[m, w, c], 1)]
        return times(self.problem.models[m].passes, self._load(m, w, c, cost))

    def _links_are_shared(self) -> None:
        """A window lasts as long as every directed link is busy in it."""
        v, p = self.v, self.problem
        for (m, t, w, c, d), between in v.between.items():
            look()
            producer = p.models[m].tensors[t].producer
            if c == d or producer is None:
                self.cp.add(between == 0)
            else:
                here = v.on[m, producer, w, c]
                self.cp.add(between >= here + v.sent[m, t, w, d] - 1)
        for w in v.windows:
            busy: dict[tuple[int, int], list[Cost]] = {}
            for m, run in enumerate(p.models):
                for c, chiplet in enumerate(p.chiplets):
                    self._over_links(busy, chiplet.port, c, self._arrivals(m, w, c))
                    self._over_links(busy, c, chiplet.port, self._departures(m, w, c))
                    for d in v.chiplets:
                        look()
                        sent = [
                            (v.between[m, t, w, c, d], run.passes * tensor.nop_cycles)
                            for t, tensor in enumerate(run.tensors)
                            if (m, t, w, c, d) in v.between
                        ]
                        self._over_links(busy, c, d, sent)
            for costs in busy.values():
                self.rows.at_least(v.window_cycles[w], costs)

    def _over_links(
        self,
        busy: dict[tuple[int, int], list[Cost]],
        source: int,
        target: int,
        costs: list[Cost],
    ) -> None:
        for link in self.problem.routes[source][target]:
            busy.setdefault(link, []).extend(costs)

    def _arrivals(self, m: int, w: int, c: int) -> list[Cost]:
        """NoP cycles, over all passes, of what a chiplet gets from its memory port."""
        v, run = self.v, self.problem.models[m]
        reads = [
            (v.reads[m, t, w, c], run.passes * tensor.nop_cycles)
            for t, tensor in enumerate(run.tensors)
            if (m, t, w, c) in v.reads
        ]
        return reads + self._all_loads(v.load_nop_cycles, m, w, c, "weight_nop_cycles")

    def _departures(self, m: int, w: int, c: int) -> list[Cost]:
        """NoP cycles, over all passes, of what a chiplet writes through its memory port."""
        v, run = self.v, self.problem.models[m]
        return [
            (write, run.passes * tensor.nop_cycles)
            for t, tensor in enumerate(run.tensors)
            for write in v.dram_writes(m, t, w, c)
        ]

    def _deadlines_hold(self) -> None:
        """A model completes after the windows before its last and its own time there.

        Where resources are shared, nobody can tell when in the last window: all of it counts.
        """
        v = self.v
        for m, run in enumerate(self.problem.models):
            deadline = run.deadline_cycles
            if deadline is None or v.limits.cycles is None or deadline >= v.limits.cycles:
                continue
            for w in v.windows:
                shared = self.problem.contention != "none"
                own = v.window_cycles[w] if shared else v.model_cycles[m, w]
                before = v.elapsed[w - 1] if w else 0
                last = v.inside[m, run.num_layers - 1, w]
                self.cp.add(before + own <= deadline).only_enforce_if(last)

    def _segments_are_adjacent(self) -> None:
        """Consecutive segments of a model in one window sit on NoP neighbours."""
        v = self.v
        for (m, layer, w, c), here in v.on.items():
            look()
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
            least = v.least[m]
            shape = least.values.shape
            steps = [prod(shape[k + 1 :]) for k in range(len(shape))]
            index = sum(step * v.count[m, k] for k, step in enumerate(steps))
            self.cp.add_element(index, least.values.ravel().tolist(), least.variable)
            self.cp.add(v.model_cycles[m, 0] >= least.step * least.variable)

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
