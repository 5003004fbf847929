"""A second evaluator, written from SPEC section 5 line by line, as slow and as plain as it reads.

It looks layers up one by one, finds distances and routes by listing simple paths, and shares
no code with the package's evaluator.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from scar_cp.judge.schedule import Schedule
from scar_cp.problem.compiled import Problem, ProblemModel


@dataclass(frozen=True)
class Numbers:
    latency: int
    energy: int
    edp: int
    completions: list[int]
    window_latencies: list[int]
    model_latencies: list[dict[int, int]]
    parts: dict[str, int]
    segments: list[dict[tuple[int, int, int, int], dict[str, int]]]
    """Per window, by (model, first, last, chiplet)."""


def shortest_paths(problem: Problem, source: int, target: int) -> list[list[int]]:
    """All shortest paths as lists of chiplets, lexicographically smallest first."""
    links = {(c, d) for c, d in problem.links} | {(d, c) for c, d in problem.links}
    paths = [[source]]
    while not any(path[-1] == target for path in paths):
        paths = [
            [*path, n]
            for path in paths
            for n in range(len(problem.chiplets))
            if (path[-1], n) in links and n not in path
        ]
    return sorted(path for path in paths if path[-1] == target)


def route(problem: Problem, source: int, target: int) -> list[tuple[int, int]]:
    """Directed links from a source to a target."""
    if problem.routing == "shortest":
        path = shortest_paths(problem, source, target)[0]
    else:
        at = {(c.row, c.col): c.id for c in problem.chiplets}
        row, col = problem.chiplets[source].row, problem.chiplets[source].col
        to_row, to_col = problem.chiplets[target].row, problem.chiplets[target].col
        assert row is not None
        assert col is not None
        assert to_row is not None
        assert to_col is not None
        path = [source]
        while col != to_col:
            col += 1 if to_col > col else -1
            path.append(at[row, col])
        while row != to_row:
            row += 1 if to_row > row else -1
            path.append(at[row, col])
    return list(pairwise(path))


def owner(model: ProblemModel, i: int) -> int:
    """The layer that a layer's weights belong to."""
    of = model.layers[i].weights_of
    return i if of is None else of


def reference(problem: Problem, schedule: Schedule) -> Numbers:
    windows = [
        [(s.model, s.first, s.last, s.chiplet) for s in window] for window in schedule.windows
    ]
    lat, hop = problem.dram_latency_cycles, problem.hop_cycles
    parts = dict.fromkeys(("compute", "weights", "reads", "sends", "writes"), 0)
    window_latencies, model_latencies, segment_numbers = [], [], []

    def hops(c: int, d: int) -> int:
        return len(shortest_paths(problem, c, d)[0]) - 1

    def window_of(m: int, i: int) -> int:
        return next(
            w
            for w, window in enumerate(windows)
            for model, first, last, _ in window
            if model == m and first <= i <= last
        )

    for w, window in enumerate(windows):
        passes_of: dict[int, list[int]] = {}
        once_of: dict[int, int] = {}
        dram = 0
        links: dict[tuple[int, int], int] = {}
        numbers = {}

        def occupy(
            source: int, target: int, cycles: int, links: dict[tuple[int, int], int] = links
        ) -> None:
            for link in route(problem, source, target):
                links[link] = links.get(link, 0) + cycles

        for m, first, last, c in window:
            model, kind = problem.models[m], problem.chiplets[c].type
            port = problem.chiplets[c].port
            to_port = hops(c, port)
            q = model.passes
            mine = range(first, last + 1)

            compute = 0
            for i in mine:
                compute += model.layers[i].compute_cycles[kind]
                parts["compute"] += model.layers[i].compute_energy_nj[kind]

            loaded = {owner(model, i): i for i in reversed(mine)}.values()
            size = sum(model.layers[i].weight_bytes for i in loaded)
            weights = 0
            if size > 0:
                weights = sum(model.layers[i].weight_load_cycles for i in loaded)
                weights += lat + to_port * hop
            buffer = next(t.buffer_bytes for t in problem.types if t.name == kind)
            stays = problem.weight_policy == "resident" and size <= buffer
            loads = 1 if stays else q
            for i in loaded:
                layer = model.layers[i]
                per_load = layer.weight_energy_nj + layer.weight_nop_energy_nj_per_hop * to_port
                parts["weights"] += loads * per_load
                dram += loads * layer.weight_load_cycles
                occupy(port, c, loads * layer.weight_nop_cycles)

            reads = sends = writes = 0
            for tensor in model.tensors:
                p = tensor.producer
                through = tensor.dram_cycles + lat + to_port * hop
                access = tensor.dram_energy_nj + tensor.nop_energy_nj_per_hop * to_port
                if any(i in mine for i in tensor.consumers) and (p is None or window_of(m, p) < w):
                    reads += through
                    parts["reads"] += access
                    dram += q * tensor.dram_cycles
                    occupy(port, c, q * tensor.nop_cycles)
                if p is None or p not in mine:
                    continue
                for other, other_first, other_last, d in window:
                    if (
                        other == m
                        and (other_first, other_last) != (first, last)
                        and any(other_first <= i <= other_last for i in tensor.consumers)
                    ):
                        sends += tensor.nop_cycles + hops(c, d) * hop
                        parts["sends"] += tensor.nop_energy_nj_per_hop * hops(c, d)
                        occupy(c, d, q * tensor.nop_cycles)
                if tensor.is_output or any(window_of(m, i) > w for i in tensor.consumers):
                    writes += through
                    parts["writes"] += access
                    dram += q * tensor.dram_cycles
                    occupy(c, port, q * tensor.nop_cycles)

            transfers = reads + sends + writes + (0 if stays else weights)
            one_pass = compute + transfers
            if problem.overlap == "full":
                one_pass = max(compute, transfers)
            passes_of.setdefault(m, []).append(one_pass)
            once_of[m] = once_of.get(m, 0) + (weights if stays else 0)
            numbers[m, first, last, c] = {
                "compute_cycles": compute,
                "weight_cycles": weights,
                "read_cycles": reads,
                "send_cycles": sends,
                "write_cycles": writes,
                "pass_cycles": one_pass,
                "once_cycles": weights if stays else 0,
            }

        latencies = {
            m: sum(passes) + (problem.models[m].passes - 1) * max(passes) + once_of[m]
            for m, passes in passes_of.items()
        }
        longest = max(latencies.values(), default=0)
        if problem.contention in ("dram", "links"):
            longest = max(longest, dram)
        if problem.contention == "links":
            longest = max(longest, *links.values(), 0) if links else longest
        window_latencies.append(longest)
        model_latencies.append(latencies)
        segment_numbers.append(numbers)

    completions = []
    for m in range(len(problem.models)):
        last_window = max(w for w, latencies in enumerate(model_latencies) if m in latencies)
        done = sum(window_latencies[w] for w in range(last_window))
        if problem.contention == "none":
            done += model_latencies[last_window][m]
        else:
            done += window_latencies[last_window]
        completions.append(done)
    latency, energy = sum(window_latencies), sum(parts.values())
    return Numbers(
        latency,
        energy,
        latency * energy,
        completions,
        window_latencies,
        model_latencies,
        parts,
        segment_numbers,
    )
