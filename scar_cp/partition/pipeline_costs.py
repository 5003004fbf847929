"""Costs of one model's pipeline in one window, for many cuts or placements at once.

Search needs the evaluator's arithmetic for thousands of candidates that differ in little. The
two classes here restate it in numpy for a fixed layer range: `RangeCosts` for every segment of
the range, `CutCosts` for every placement of a fixed cut. Tests hold both to the evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scar_cp.problem.compiled import Problem, WeightCost

__all__ = ["CutCosts", "RangeCosts"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class RangeCosts:
    """Transfers and weights of every segment of layers ``low..high`` run in one window.

    All arrays have shape (n, n) over (first - low, last - low), n layers; entries with
    first > last mean nothing. Hops to memory and between segments are counted apart, so
    that a caller may price them as they are or as the least possible. A tensor that several
    later segments read counts as one send (a lower bound; exact for chains).
    """

    low: int
    high: int
    transfer_cycles: Ints
    """Reads, writes and sends of one pass, without hops."""
    port_crossings: Ints
    """Reads and writes of one pass: each pays the distance to the memory port."""
    send_count: Ints
    """Sends of one pass: each pays the distance to its reader."""
    transfer_energy_nj: Ints
    """DRAM energy of reads and writes."""
    port_energy_nj_per_hop: Ints
    send_energy_nj_per_hop: Ints

    @classmethod
    def of(cls, problem: Problem, m: int, low: int, high: int) -> RangeCosts:
        """Add up the tensors of model ``m`` for layers ``low..high`` in one window."""
        n = high - low + 1
        columns = 6
        total = np.zeros((columns, n + 1, n + 1), dtype=np.int64)  # 2-D differences

        def add(first: range, last: range, amounts: Sequence[int]) -> None:
            """Add amounts to every segment with its first and last layer in the ranges."""
            if first and last:
                i0, i1, j0, j1 = first[0], first[-1] + 1, last[0], last[-1] + 1
                values = np.array(amounts)
                total[:, i0, j0] += values
                total[:, i1, j0] -= values
                total[:, i0, j1] -= values
                total[:, i1, j1] += values

        for tensor in problem.models[m].tensors:
            producer = -1 if tensor.producer is None else tensor.producer
            readers = [r - low for r in tensor.consumers if low <= r <= high]
            dram = tensor.dram_cycles + problem.dram_latency_cycles
            through_dram = (
                dram,
                1,
                0,
                tensor.dram_energy_nj,
                tensor.nop_energy_nj_per_hop,
                0,
            )
            if producer < low:
                for before, reader in zip([-1, *readers], readers, strict=False):
                    add(range(before + 1, reader + 1), range(reader, n), through_dram)
            elif producer <= high:
                p = producer - low
                if tensor.is_output or (tensor.consumers and tensor.consumers[-1] > high):
                    add(range(p + 1), range(p, n), through_dram)
                if readers:
                    send = (tensor.nop_cycles, 0, 1, 0, 0, tensor.nop_energy_nj_per_hop)
                    add(range(p + 1), range(p, readers[-1]), send)
        sums = total.cumsum(axis=1).cumsum(axis=2)[:, :n, :n]
        return cls(low, high, *sums)


class CutCosts:
    """Latency and energy of one cut of a layer range, for many placements at once."""

    def __init__(
        self,
        problem: Problem,
        m: int,
        cut: Sequence[tuple[int, int]],
        window_end: int | None = None,
    ) -> None:
        """Prepare the costs of consecutive segments (first, last), all in one window.

        ``window_end``, the model's last layer in the window, may lie beyond the cut: the layers
        between have no place yet, and what they will read is not charged.
        """
        self._problem = problem
        self._hops = np.array(problem.hops)
        run = problem.models[m]
        self._passes = run.passes
        low, high, n = cut[0][0], cut[-1][1], len(cut)
        end = high if window_end is None else window_end
        segment_of = np.repeat(np.arange(n), [last - first + 1 for first, last in cut])
        hop, port_hops = problem.hop_cycles, np.array(problem.port_hops)
        types = np.array(problem.chiplet_types)

        starts = np.array([first for first, _ in cut])
        window = slice(low, high + 1)

        loading = np.array(run.previous_uses[window]) < starts[segment_of]

        def per_segment(cost: WeightCost) -> Ints:
            costs = np.array([getattr(layer, cost) for layer in run.layers[window]], dtype=np.int64)
            return np.add.reduceat(loading * costs, starts - low)

        compute = np.add.reduceat(problem.compute_cycles[m][window], starts - low)[:, types]
        compute_nj = np.add.reduceat(problem.compute_energy_nj[m][window], starts - low)[:, types]
        weight_bytes = per_segment("weight_bytes")
        load = per_segment("weight_load_cycles")
        weights = (weight_bytes > 0)[:, None] * (
            load[:, None] + problem.way_to_memory_cycles(port_hops[None, :])
        )
        buffers = np.array([t.buffer_bytes for t in problem.used_types])[types]
        resident = problem.stays_resident(weight_bytes[:, None], buffers)

        reads = np.zeros((n, 4), dtype=np.int64)  # cycles, crossings, nJ, nJ per hop
        dram = np.zeros(n, dtype=np.int64)
        from_port, to_port = np.zeros((2, n), dtype=np.int64)  # NoP cycles
        self._send_cycles = np.zeros((n, n), dtype=np.int64)
        self._send_count = np.zeros((n, n), dtype=np.int64)
        self._send_nj_per_hop = np.zeros((n, n), dtype=np.int64)
        for tensor in problem.models[m].tensors:
            producer = -1 if tensor.producer is None else tensor.producer
            if producer > high:
                continue
            to = sorted({int(segment_of[r - low]) for r in tensor.consumers if low <= r <= high})
            cycles = tensor.dram_cycles + problem.dram_latency_cycles
            through_dram = (cycles, 1, tensor.dram_energy_nj, tensor.nop_energy_nj_per_hop)
            if producer < low:
                for k in to:
                    reads[k] += through_dram
                    dram[k] += tensor.dram_cycles
                    from_port[k] += tensor.nop_cycles
                continue
            source = int(segment_of[producer - low])
            if tensor.is_output or (tensor.consumers and tensor.consumers[-1] > end):
                reads[source] += through_dram
                dram[source] += tensor.dram_cycles
                to_port[source] += tensor.nop_cycles
            for k in to:
                if k != source:
                    self._send_cycles[source, k] += tensor.nop_cycles
                    self._send_count[source, k] += 1
                    self._send_nj_per_hop[source, k] += tensor.nop_energy_nj_per_hop

        self._sends = np.nonzero(self._send_count)  # by rising source
        self._compute = compute
        self._transfers = (
            reads[:, :1] + hop * reads[:, 1:2] * port_hops + np.where(resident, 0, weights)
        )
        self._once = np.where(resident, weights, 0)
        loads = np.where(resident, 1, self._passes)
        self._dram_busy = self._passes * dram[:, None] + loads * load[:, None]
        weight_nop = per_segment("weight_nop_cycles")
        self._from_port = self._passes * from_port[:, None] + loads * weight_nop[:, None]
        self._to_port = self._passes * to_port
        weight_nj = per_segment("weight_energy_nj")
        weight_hop_nj = per_segment("weight_nop_energy_nj_per_hop")
        self._energy = (
            compute_nj
            + loads * (weight_nj[:, None] + weight_hop_nj[:, None] * port_hops)
            + reads[:, 2:3]
            + reads[:, 3:4] * port_hops
        )

    def __call__(self, paths: Ints) -> tuple[Ints, Ints]:
        """Cost every placement.

        Parameters
        ----------
        paths
            Shape (num_paths, num_segments): the chiplet of each segment.

        Returns
        -------
        latency_cycles, energy_nj : arrays of shape (num_paths,)
            T(m,w), and the energy of everything the model does in the window.
        """
        segments = np.arange(paths.shape[1])
        transfers = self._transfers[segments, paths] + self._send_cycles.sum(axis=1)
        energy = self._energy[segments, paths].sum(axis=1)
        sources, targets = self._sends
        if len(sources):
            distance = self._hops[paths[:, sources], paths[:, targets]]
            way = distance * (self._problem.hop_cycles * self._send_count[sources, targets])
            senders, firsts = np.unique(sources, return_index=True)
            transfers[:, senders] += np.add.reduceat(way, firsts, axis=1)
            energy += distance @ self._send_nj_per_hop[sources, targets]
        compute = self._compute[segments, paths]
        full = self._problem.overlap == "full"
        one_pass = np.maximum(compute, transfers) if full else compute + transfers
        once = self._once[segments, paths].sum(axis=1)
        latency = one_pass.sum(axis=1) + (self._passes - 1) * one_pass.max(axis=1) + once
        return latency, energy

    def busy(self, paths: Ints) -> Ints:
        """Busy cycles of the shared resources that bound a window, for every placement.

        Parameters
        ----------
        paths
            As for calls.

        Returns
        -------
        array of shape (num_paths, num_resources)
            DRAM first, then every directed link of the NoP; no columns without contention.
        """
        problem = self._problem
        if problem.contention == "none":
            return np.zeros((len(paths), 0), dtype=np.int64)
        dram: Ints = self._dram_busy[np.arange(paths.shape[1]), paths].sum(axis=1)[:, None]
        if problem.contention == "dram":
            return dram
        links = [(c, d) for c, near in enumerate(problem.neighbours) for d in near]
        column = {link: k for k, link in enumerate(links)}
        total = np.zeros((len(paths), len(links)), dtype=np.int64)
        ports = np.array([chiplet.port for chiplet in problem.chiplets])

        def occupy(sources: Ints, targets: Ints, cycles: Ints) -> None:
            """Put a transfer of every placement on the links of its route."""
            pairs, which = np.unique(np.stack([sources, targets]), axis=1, return_inverse=True)
            uses = np.zeros((pairs.shape[1], len(links)), dtype=np.int64)
            for k, (source, target) in enumerate(pairs.T.tolist()):
                uses[k, [column[link] for link in problem.routes[source][target]]] = 1
            total[:] += uses[which.ravel()] * cycles[:, None]

        for k, chiplets in enumerate(paths.T):
            occupy(ports[chiplets], chiplets, self._from_port[k, chiplets])
            occupy(chiplets, ports[chiplets], np.full(len(paths), self._to_port[k]))
        for source, target in zip(*self._sends, strict=True):
            cycles = np.full(len(paths), self._passes * self._send_cycles[source, target])
            occupy(paths[:, source], paths[:, target], cycles)
        return np.hstack([dram, total])
