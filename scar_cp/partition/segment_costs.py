"""Lower bounds on what a segment costs, for every segment of a model at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scar_cp.clock import look
from scar_cp.partition.rents import Rents
from scar_cp.problem.compiled import Problem, range_sums

__all__ = ["SegmentCosts", "costs_by_start"]

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SegmentCosts:
    """Least costs of every segment of one model in a window.

    Arrays over segments have shape (num_types, L, L): type, first layer, last layer; entries
    with first > last mean nothing. Arrays over cuts have shape (L + 1,): the window begins or
    ends before this layer.

    A window whose first (last) layer is not known yet prices a tensor that may cross its border
    at the cheaper of crossing and staying; ``crossing_*`` holds what is to be added once the
    border is known.

    Attributes
    ----------
    pass_cycles
        One pass at least: what the threshold on the slowest segment looks at. A tensor that
        several later segments read counts as one send of its producer.
    sum_cycles
        The segment's share of T(m,w) besides ``(q-1)·max pass``. Here every send is counted,
        at its reader: a segment pays for a tensor that the consumer before did not share.
    energy_nj
        The segment's share of the energy, counted likewise; with rents, if there are some.
    hop_nj
        What the segment moves to and from memory: nJ per hop.
    crossing_cycles, crossing_energy_nj
        To be added for a window that begins (``low="open"``) or ends there.
    """

    passes: int
    pass_cycles: Ints
    sum_cycles: Ints
    energy_nj: Ints
    hop_nj: Ints
    crossing_cycles: Ints
    crossing_energy_nj: Ints

    @classmethod
    def of(
        cls,
        problem: Problem,
        m: int,
        low: int | Literal["open", "free"] = 0,
        high_open: bool = False,
        rents: Rents | None = None,
    ) -> SegmentCosts:
        """Add up compute, weights and tensors.

        Parameters
        ----------
        problem
            The compiled problem, of any settings.
        m
            The model.
        low
            The window's first layer; ``"open"``; or ``"free"``: nothing that arrives is charged,
            so that a window that begins later never costs more.
        high_open
            Whether the window may end before the model's last layer.
        rents
            What energies count of the hops to memory; without them, those of the nearest chiplet.
        """
        run = problem.models[m]
        n, types = run.num_layers, len(problem.used_types)
        rents = rents or Rents.none(problem)
        port_hops = rents.nearest
        through = problem.way_to_memory_cycles(port_hops)
        both = np.zeros((2, types, n + 1, n + 1), dtype=np.int64)  # as 2-D differences
        shared = np.zeros_like(both)
        energy, hop_energy = np.zeros((2, n + 1, n + 1), dtype=np.int64)
        crossing = np.zeros(n + 1, dtype=np.int64)
        crossing_energy = np.zeros(n + 1, dtype=np.int64)
        first_known = low if isinstance(low, int) else 0

        def add(target: Ints, first: range, last: range, amount: Ints | int) -> None:
            """Add an amount to every segment with its first and last layer in the ranges."""
            if len(first) and len(last):
                i0, i1, j0, j1 = first[0], first[-1] + 1, last[0], last[-1] + 1
                value = np.asarray(amount)
                target[..., i0, j0] += value
                target[..., i1, j0] -= value
                target[..., i0, j1] -= value
                target[..., i1, j1] += value

        for tensor in run.tensors:
            look()
            p = -1 if tensor.producer is None else tensor.producer
            readers = list(tensor.consumers)
            dram = tensor.dram_cycles + through
            dram_nj = tensor.dram_energy_nj + tensor.nop_energy_nj_per_hop * port_hops
            send = tensor.nop_cycles + problem.hop_cycles
            send_nj = tensor.nop_energy_nj_per_hop
            if tensor.is_output:
                add(both, range(p + 1), range(p, n), dram)
                add(energy, range(p + 1), range(p, n), tensor.dram_energy_nj)
                add(hop_energy, range(p + 1), range(p, n), send_nj)
            if low == "free" and p < 0:
                continue
            if p < first_known:  # read from DRAM by every segment that consumes it
                inside = [r for r in readers if r >= first_known]
                for before, reader in zip([first_known - 1, *inside], inside, strict=False):
                    first, last = range(before + 1, reader + 1), range(reader, n)
                    add(both, first, last, dram)
                    add(energy, first, last, tensor.dram_energy_nj)
                    add(hop_energy, first, last, send_nj)
                continue
            if not readers:
                continue
            # At the producer, for the slowest segment: one send, or a write if that is cheaper.
            leaving = send if not high_open or tensor.is_output else min(send, int(dram.min()))
            if high_open and tensor.is_output:
                leaving = 0
            if low == "free":
                add(both, range(p + 1), range(p, readers[-1]), leaving)
                continue
            add(shared[:1], range(p + 1), range(p, readers[-1]), leaving)
            # At the reader, for the sum: a send, or a read if the window may begin in between.
            arriving, arriving_nj = send, send_nj
            if low == "open":
                arriving = min(send, int(dram.min()))
                arriving_nj = min(send_nj, int(dram_nj.min()))
            for before, reader in zip([p, *readers], readers, strict=False):
                add(shared[1:], range(before + 1, reader + 1), range(reader, n), arriving)
                add(energy, range(before + 1, reader + 1), range(reader, n), arriving_nj)
            cuts = slice(p + 1, readers[-1] + 1)
            if low == "open":
                crossing[cuts] += int(dram.min()) - arriving
                crossing_energy[cuts] += int(dram_nj.min()) - arriving_nj
            elif high_open and not tensor.is_output:
                crossing[cuts] += int(dram.min())
                crossing_energy[cuts] += int(dram_nj.min())

        def summed(differences: Ints) -> Ints:
            sums: Ints = differences.cumsum(axis=-2).cumsum(axis=-1)[..., :n, :n]
            return sums

        return cls._with_layers(
            problem,
            m,
            summed(both + shared),
            summed(energy),
            summed(hop_energy),
            crossing,
            crossing_energy,
            through,
            rents,
        )

    @classmethod
    def _with_layers(
        cls,
        problem: Problem,
        m: int,
        transfers: Ints,
        energy: Ints,
        hop_energy: Ints,
        crossing: Ints,
        crossing_energy: Ints,
        through: Ints,
        rents: Rents,
    ) -> SegmentCosts:
        run = problem.models[m]
        compute = range_sums(problem.compute_cycles[m].T)
        loads = run.weight_sums("weight_load_cycles")
        weight_bytes = run.weight_sums("weight_bytes")
        weights = np.where(weight_bytes > 0, loads + through[:, None, None], 0)
        buffers = np.array([t.buffer_bytes for t in problem.used_types])[:, None, None]
        resident = problem.stays_resident(weight_bytes, buffers)
        per_pass = np.where(resident, 0, weights)
        once = np.where(resident, weights, 0)
        if problem.overlap == "full":
            # The longer of compute and transfers: a send counts at its producer only.
            passes = np.maximum(compute, transfers[0] + per_pass)
            sums = passes
            crossing = np.zeros_like(crossing)
        else:
            passes = compute + transfers[0] + per_pass
            sums = compute + transfers[1] + per_pass
        weight_nj = run.weight_sums("weight_energy_nj")
        weight_hop_nj = run.weight_sums("weight_nop_energy_nj_per_hop")
        times: Ints = np.where(resident, 1, run.passes).astype(np.int64)
        hop_nj = hop_energy + times * weight_hop_nj
        energy = (
            energy
            + range_sums(problem.compute_energy_nj[m].T)
            + times * weight_nj
            + rents.least_nj(hop_nj)
        )
        return cls(run.passes, passes, sums + once, energy, hop_nj, crossing, crossing_energy)


def costs_by_start(problem: Problem, m: int, high_open: bool) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Costs of windows for one first layer after the other.

    From one to the next, the only tensors that change are those of the layer left out: what was
    sent is read from DRAM.

    Parameters
    ----------
    problem
        The compiled problem.
    m
        The model.
    high_open
        Whether the windows may end before the model's last layer.

    Yields
    ------
    sum_cycles, pass_cycles, crossing_cycles : arrays
        As in `SegmentCosts` with the first layer known; they are changed in place.
    """
    run = problem.models[m]
    costs = SegmentCosts.of(problem, m, 0, high_open)
    if problem.overlap == "full":  # the longer of compute and transfers does not add up
        yield costs.sum_cycles, costs.pass_cycles, costs.crossing_cycles
        for start in range(1, run.num_layers):
            costs = SegmentCosts.of(problem, m, start, high_open)
            yield costs.sum_cycles, costs.pass_cycles, costs.crossing_cycles
        return
    through = problem.way_to_memory_cycles(Rents.none(problem).nearest)
    sums, passes, crossing = costs.sum_cycles, costs.pass_cycles, costs.crossing_cycles
    for start in range(run.num_layers):
        yield sums, passes, crossing
        look()
        for tensor in run.tensors:
            if tensor.producer != start or not tensor.consumers:
                continue
            dram = (tensor.dram_cycles + through)[:, None, None]
            send = tensor.nop_cycles + problem.hop_cycles
            for before, reader in pairwise([start, *tensor.consumers]):
                passes[:, before + 1 : reader + 1, reader:] += dram
                sums[:, before + 1 : reader + 1, reader:] += dram - send
            if high_open and not tensor.is_output:
                crossing[start + 1 : tensor.consumers[-1] + 1] -= int(dram.min())
