"""Check a certificate of scar-cp: python check_certificate.py PROBLEM.json CERTIFICATE.json.

It imports and believes nothing of scar-cp: value and bound are its own, in integers (cycles, nJ).

Definitions. Model m of L layers is *cut* at every border w = 0..W of the windows: cut(w) of its
layers are done before, cut(0) = 0, cut(W) = L, and cuts never fall. In window w it does i..j-1 with
i = cut(w), j = cut(w + 1). *Counts* a say how many chiplets of each *group*, all of one type; no
chiplet serves two models in a window, so that their counts add up to at most the package's.
- F(m, i, j, a): no window in which m does i..j-1 with at most the counts a is shorter.
- G(m, i, j, a, ρ): μ times the energy that those layers need beyond each one's thriftiest type,
  and ρ times m's latency in the window, come to no less.
- Prices u(m, w, s, c) are *any* integers, for every border 0 < w < W, slot s of elapsed time and
  cut c; they are 0 at w = 0 and w = W. Slots share out the times 0..longest-1 evenly. Lengths of
  windows are in classes k, from least(k) to most(k).
- On the arc (w, s, s', k), from slot s at border w to slot s' at border w + 1 by a length of class
  k, model m *gains* with counts a at most
      gain(m, a) = min over ρ of the max over i <= j with F(m, i, j, a) <= most(k) of
                   u(m, w, s, i) - u(m, w + 1, s', j) - G(m, i, j, a, ρ) + ρ·most(k),
  where ρ = 0 with G = 0 is one choice; and θ = λ·least(k) - max {Σ gain(m, a_m): Σ a_m <= all}.

Theorem. If a schedule's latency T is below longest, its cuts are in the ranges that i and j run
over, and it needs E nJ beyond each layer's thriftiest type, then λT + μE is at least the least sum
of θ along any path of arcs over (border, slot), from border 0 to border W.

Proof. Its windows, of lengths T(w), are such a path: elapsed times are at most T < longest. In one,
model m does i..j-1 with counts a_m: F(m, i, j, a_m) <= T(w) <= most(k). Its latency is no more than
T(w): for every ρ >= 0 its share of μE is at least G - ρ·T(w) >= G - ρ·most(k). Hence the drop of
its price, u(m, w, s, i) - u(m, w + 1, s', j), less its share is at most gain(m, a_m), and θ at most
λT(w) and all shares less all drops. Along the path the drops sum up to 0.

If T is not below longest, λT + μE is at least λ·longest. Arcs on no path below a *cap* are on no
path of a schedule that comes to less: without them the bound holds up to the cap, and prices may
come in rounds. What all leaves of a *tree* of ranges say holds for all cuts. Contention lengthens
windows, deadlines and smaller spaces take schedules away, hops count least: so F and G hold.
"""

import gzip
import hashlib
import json
import sys
from collections import Counter
from fractions import Fraction
from itertools import pairwise, product
from math import ceil
from pathlib import Path
from types import SimpleNamespace

import numpy as np

NEVER, MOST = 2**60, 2**50


def need(holds, why):
    """Reject the certificate unless something holds."""
    if not holds:
        raise ValueError(why)


def fields(value, names, what):
    """Take an object with exactly these keys."""
    need(type(value) is dict and sorted(value) == sorted(names.split()), f"{what} needs {names}")
    return [value[name] for name in names.split()]


def wholes(values, least, most, what, rising=False):
    """Take a list of integers, and nothing that merely looks like one."""
    inside = type(values) is list and all(type(x) is int and least <= x <= most for x in values)
    need(inside, f"{what}: not only integers from {least} to {most}")
    need(not rising or all(a < b for a, b in pairwise(values)), f"{what}: they do not rise")
    return values


def read_problem(data):
    """The problem, with distances; the producer of what a model is given is -1."""
    p = json.loads(data, object_hook=lambda pairs: SimpleNamespace(**pairs))
    ids = range(len(p.chiplets))
    p.near = [[d for link in p.links for d in link if c in link and d != c] for c in ids]
    hops = np.array([[1 if d in p.near[c] else (c != d) * len(ids) for d in ids] for c in ids])
    for c in ids:
        hops = np.minimum(hops, hops[:, [c]] + hops[c])
    p.hops, p.port_hops = hops.tolist(), [int(hops[c.id, c.port]) for c in p.chiplets]
    p.type_of, p.buffer_of = [c.type for c in p.chiplets], {t.name: t.buffer_bytes for t in p.types}
    costs, p.least_nj, hops = [p.hop_cycles, p.dram_latency_cycles], 0, min(p.port_hops)
    for run in p.models:  # no schedule saves thriftiest types, weights, inputs and outputs
        loads, last_use, run.previous = 1 if p.weight_policy == "resident" else run.passes, {}, []
        for i, layer in enumerate(run.layers):
            layer.cycles, layer.energy = vars(layer.compute_cycles), vars(layer.compute_energy_nj)
            load = [cost for x, cost in sorted(vars(layer).items()) if x.startswith("weight_")]
            layer.load, layer.of = load, getattr(layer, "weights_of", i)
            own = run.layers[wholes([layer.of], 0, i, "weights_of")[0]]
            need(own.load == load and own.of == layer.of, "shared weights are not the same")
            costs += [*layer.cycles.values(), *layer.energy.values(), *load, run.passes - 1]
            run.previous.append(last_use.get(layer.of, -1))
            last_use[layer.of] = i
            at_port = (load[1] + hops * load[4]) * (layer.of == i)
            p.least_nj += loads * at_port + min(layer.energy[t] for t in p.type_of)
        for tensor in run.tensors:
            costs += [cost for name, cost in vars(tensor).items() if name[:4] in ("nop_", "dram")]
            tensor.producer = -1 if tensor.producer is None else tensor.producer
            wholes([tensor.producer, *tensor.consumers, len(run.layers)], -1, MOST, "layers", True)
            at_port = tensor.dram_energy_nj + hops * tensor.nop_energy_nj_per_hop
            p.least_nj += at_port * bool((tensor.is_output, tensor.consumers)[tensor.producer < 0])
    wholes([*costs, sum(costs) + len(costs) * len(ids) * max(costs[:2])], 0, 2**58, "costs")
    return p


def route(p, source, target):
    """Directed links of a transfer."""
    path = [source]
    while (here := path[-1]) != target:
        ways = [d for d in p.near[here] if p.hops[d][target] < p.hops[here][target]]
        last = [p.routing == "xy" and p.chiplets[d].col == p.chiplets[here].col for d in ways]
        path.append(min(zip(last, ways, strict=True))[1])  # xy: the column first
    return pairwise(path)


def read_schedule(p, schedule):
    """Windows of (window, model, first, last, chiplet), if it keeps all rules but deadlines."""
    kind, _, windows = fields(schedule, "format problem windows", "the schedule")
    rules = kind == "scar-cp/schedule@1" and len(windows) <= p.max_windows
    need(rules, "this is no schedule, or it has too many windows")
    done, found, names = [0] * len(p.models), [], "model first last chiplet"
    for w, window in enumerate(windows):
        found.append([(w, *wholes(fields(s, names, "it"), 0, MOST, "a segment")) for s in window])
        once = window == [*window] and len({s[4] for s in found[w]}) == len(window)
        need(once, "a chiplet hosts two segments")
        for _, m, first, last, c in sorted(found[w]):
            need(m < len(p.models) and c < len(p.chiplets), "no such model or chiplet")
            need(first == done[m] and first <= last, "layers are left out or out of order")
            done[m] = last + 1
    need(done == [len(run.layers) for run in p.models], "not all layers are done, and no others")
    return found


def evaluate(p, windows):
    """Latency, energy and every model's completion."""
    moved, busy, energy, latency, completions = Counter(), Counter(), 0, 0, {}
    home = {(s[1], layer): s for of in windows for s in of for layer in range(s[2], s[3] + 1)}

    def occupy(w, times, dram, nop, ends):
        busy[w, "dram"] += times * dram
        for link in route(p, *ends) if p.contention == "links" else ():
            busy[w, link] += times * nop

    for m, run in enumerate(p.models):
        for tensor in run.tensors:
            source = home[m, tensor.producer] if tensor.producer >= 0 else (-1,)
            readers = {home[m, layer] for layer in tensor.consumers} - {source}
            port_of = {at: p.chiplets[at[-1]].port for at in readers | {source} if at[0] >= 0}
            reads = [(at, port_of[at], at[-1], True) for at in readers if at[0] > source[0]]
            sends = [(source, source[-1], at[-1], False) for at in readers if at[0] == source[0]]
            stored = source in port_of and (tensor.is_output or reads)
            writes = [(source, source[-1], port_of[source], True)] if stored else []
            for payer, a, b, by_memory in reads + sends + writes:
                dram, hops = tensor.dram_cycles if by_memory else 0, p.hops[a][b]
                cycles = dram + p.dram_latency_cycles if by_memory else tensor.nop_cycles
                moved[payer] += cycles + hops * p.hop_cycles
                energy += tensor.nop_energy_nj_per_hop * hops + by_memory * tensor.dram_energy_nj
                occupy(payer[0], run.passes, dram, tensor.nop_cycles, (a, b))
    for w, window in enumerate(windows):
        passes, length = {}, Counter()
        for _, m, first, last, c in window:
            run, hops, kind = p.models[m], p.port_hops[c], p.type_of[c]
            layers, of = run.layers[first : last + 1], run.previous[first : last + 1]
            new = [layer.load for layer, at in zip(layers, of, strict=True) if at < first]
            size, weight_nj, load, nop, hop_nj = map(sum, zip(*new, strict=True))
            weights = load + p.dram_latency_cycles + hops * p.hop_cycles if size else 0
            stays = p.weight_policy == "resident" and size <= p.buffer_of[kind]
            loads = 1 if stays else run.passes
            occupy(w, loads, load, nop, (p.chiplets[c].port, c))
            energy += loads * (weight_nj + hops * hop_nj) + sum(la.energy[kind] for la in layers)
            compute = sum(layer.cycles[kind] for layer in layers)
            transfers = moved[w, m, first, last, c] + (0 if stays else weights)
            both = max(compute, transfers) if p.overlap == "full" else compute + transfers
            passes.setdefault(m, []).append(both)
            length[m] += both + (weights if stays else 0)
        length.update({m: (p.models[m].passes - 1) * max(of) for m, of in passes.items()})
        shared = [cycles for (of, _), cycles in busy.items() if of == w and p.contention != "none"]
        longest = max([0, *length.values(), *shared])
        ends = length if p.contention == "none" else dict.fromkeys(length, longest)
        completions |= {m: latency + end for m, end in ends.items()}
        latency += longest
    return latency, energy, completions


def prefix(values):
    """Sums over first..last, from one value per layer along the last axis."""
    sums = np.concatenate([np.zeros((*values.shape[:-1], 1), np.int64), values.cumsum(-1)], -1)
    return sums[..., None, 1:] - sums[..., :-1, None]


def segment_costs(p, run, groups, start, is_last, arrivals=True):
    """What a segment first..last takes at least, in a window that begins with layer ``start``.

    Of shape (groups, first, last), and (L + 1,) for ``crossing``: all passes of a window come to
    Σ sums + crossing[end], the slowest to max passes. Sends to other segments of the window are in
    ``sums`` at their readers; in ``passes`` at the producer, or a write if the window may end in
    between (not if it ``is_last``). Without ``arrivals`` nothing that is read counts.
    """
    n, kinds = len(run.layers), [p.type_of[group[0]] for group in groups]
    hops = np.array([min(p.port_hops[c] for c in group) for group in groups])
    way = p.dram_latency_cycles + hops * p.hop_cycles
    both, at_reader, at_producer = np.zeros((3, len(groups), n, n), np.int64)
    crossing = np.zeros(n + 1, np.int64)
    for tensor in run.tensors:
        made, readers = tensor.producer, tensor.consumers
        dram, send = (tensor.dram_cycles + way)[:, None, None], tensor.nop_cycles + p.hop_cycles
        if tensor.is_output:
            both[:, : made + 1, made:] += dram
        is_inside = made >= start
        if made >= 0 and readers and (is_inside or not arrivals):
            leaves = 0 if tensor.is_output else min(send, int(dram.min()))
            at_producer[:, : made + 1, made : readers[-1]] += send if is_last else leaves
        later = [reader for reader in readers if reader >= start and arrivals]
        for before, reader in pairwise([made if is_inside else start - 1, *later]):
            if is_inside:
                at_reader[:, before + 1 : reader + 1, reader:] += send
            else:  # every segment that needs it reads it from memory
                both[:, before + 1 : reader + 1, reader:] += dram
        if is_inside and later and not tensor.is_output:
            crossing[made + 1 : readers[-1] + 1] += int(dram.min())
    compute = prefix(np.array([[layer.cycles[t] for layer in run.layers] for t in kinds]))
    size, _, load, *_ = loaded = prefix(np.array([layer.load for layer in run.layers]).T)
    for i, before in enumerate(run.previous):  # of a segment's layers with the same weights, one
        loaded[:, : before + 1, i:] -= np.array(run.layers[i].load)[:, None, None]
    weights = np.where(size > 0, load + way[:, None, None], 0)
    fits = size <= np.array([p.buffer_of[t] for t in kinds])[:, None, None]
    stays = fits & (p.weight_policy == "resident")
    once, each = np.where(stays, weights, 0), np.where(stays, 0, weights)
    if p.overlap == "full":
        passes = np.maximum(compute, both + at_producer + each)
        return passes + once, passes, 0 * crossing
    return compute + both + each + at_reader + once, compute + both + each + at_producer, crossing


def partitions(sums, passes, start, counts, grain):
    """Least Σ sums + max passes of start..end-1 for every end and counts: shape (L + 1, counts).

    A dynamic programme over the last segment, of sum σ and pass p: from a partition of sum s and
    value v follows one of s + σ and σ + max(v, s + p). Kept are those not worse than another in
    both, or one as good as all whose sums differ by at most ``grain``. ``NEVER`` is no sum.
    """
    types, n, _ = sums.shape
    size, index = len(counts), {vector: k for k, vector in enumerate(counts)}
    sv = np.full((2, n + 1, size + 1, 1), NEVER)
    sv[:, start, :size, 0] = 0
    for end in range(start + 1, n + 1):
        pairs = []
        for t in range(types):
            of = start + np.flatnonzero(sums[t, start:end, end - 1] < NEVER)
            added, slow = (x[t, of, end - 1][:, None, None] for x in (sums, passes))
            less = [index.get((*a[:t], a[t] - 1, *a[t + 1 :]), size) for a in counts]
            s, v = sv[:, of][:, :, less]
            pair = np.stack([added + s, added + np.maximum(v, s + slow)])
            pairs.append(pair.transpose(0, 2, 1, 3).reshape(2, size, -1))
        all_s, all_v = np.minimum(np.concatenate(pairs, 2), NEVER)
        kept = []
        while all_v.min(initial=NEVER) < NEVER:
            best = all_v.min(1)
            low = np.where(all_v == best[:, None], all_s, NEVER).min(1) - grain
            low = np.where((all_s >= low[:, None]) & (all_v < NEVER), all_s, NEVER).min(1)
            kept.append([low, best])
            all_v = np.where(all_s < low[:, None], all_v, NEVER)
            some = (all_v < NEVER).any(0)
            all_s, all_v = all_s[:, some], all_v[:, some]
        more = max(0, len(kept) - sv.shape[3])
        sv = np.pad(sv, [(0, 0)] * 3 + [(0, more)], constant_values=NEVER) if more else sv
        for at, pair in enumerate(kept):
            sv[:, end, :size, at] = pair
    return sv[1, :, :size, 0]


def range_values(p, c, counts, m, rate, by_nj):
    """G of a model under a tariff, or F, for all ranges: shape (counts, L + 1, L + 1).

    Segments that alone take more than ``longest`` are in no schedule of a smaller latency. A range
    that begins between two ``starts`` takes no less than from the later one on without arrivals.
    """
    run, longest, groups = p.models[m], c.longest, c.groups
    grain = c.grains[m] * (c.dearest if by_nj else 1)
    n, pace, kinds = len(run.layers), run.passes - 1, [p.type_of[group[0]] for group in groups]
    energy = np.array([[layer.energy[t] for layer in run.layers] for t in kinds])
    most_nj = 2**58 // (max(1, by_nj) * n)  # less energy than there is: still a lower bound
    beyond = by_nj * prefix(np.minimum(energy - energy.min(0), most_nj))

    def least(sums, passes, crossing):
        paced = pace * np.minimum(passes, longest // max(1, pace) + 1)
        allowed = np.where(sums + paced > longest, NEVER, rate * np.minimum(sums, longest) + beyond)
        found = partitions(allowed, rate * paced, start, counts, grain)
        return np.minimum(found + rate * np.minimum(crossing, longest)[:, None], NEVER)

    result = np.zeros((n + 1, n + 1, len(counts)), np.int64)
    for before, start in pairwise([-1, *c.starts[m], n]):
        if start < n:
            costs = [segment_costs(p, run, groups, start, last) for last in (False, True)]
            result[start] = least(*costs[0])
            if any((a != b).any() for a, b in zip(*costs, strict=True)):
                result[start, n] = least(*costs[1])[n]
        if before + 1 < start < n:
            between = least(*segment_costs(p, run, groups, start, False, arrivals=False))
            result[before + 1 : start, start:] = between[start:]
    return np.ascontiguousarray(result.transpose(2, 0, 1))


class Ranges:
    """F and G of a model, sorted by classes of lengths, so that gains are quickly found."""

    def __init__(self, f, tariffs, most):
        k = np.searchsorted(most, f)
        taken = (k < len(most)) & np.tri(f.shape[1], dtype=bool).T
        a, i, j = np.nonzero(taken)
        keys = a * len(most) + k[taken]
        order = np.argsort(keys, kind="stable")
        self.i, self.j, self.most, self.shape = i[order], j[order], most, (len(f), len(most))
        self.costs = [(0, 0), *((rate, g[taken][order]) for rate, g in tariffs)]
        self.keys, self.first = np.unique(keys[order], return_index=True)

    def gains(self, before, after):
        """Most gain with all counts in all classes, shape (counts, classes)."""
        value, gains = np.maximum(before[self.i] - after[self.j], -NEVER), []
        for rate, costs in self.costs:
            best = np.full(self.shape, -NEVER)
            best.flat[self.keys] = np.maximum.reduceat(value - costs, self.first)
            gains.append(np.maximum.accumulate(best, 1) + rate * self.most)
        return np.maximum(np.minimum.reduce(gains), -NEVER)


class HalfPlane:
    """λT + μE >= c for all schedules of some models with T < longest, by a tree of prices."""

    def __init__(self, p, c, proof, tables):
        names = "weights longest_cycles cap tariffs leaf tree"
        weights, self.longest, cap, rates, self.leaf, tree = fields(proof, names, "a proof")
        self.by_cycle, by_nj = self.weights = wholes(weights, 0, MOST, "weights")
        need(by_nj or not rates, "tariffs without a weight of energy")
        largest = max(self.by_cycle, *rates, 1) * c.longest
        wholes([cap, largest], 0, 2**57 // len(c.models), "a cap, and λ and ρ times longest")
        self.cap, self.windows, self.tables = cap, p.max_windows, []
        counts = list(product(*(range(len(group) + 1) for group in c.groups)))
        index = {a: k for k, a in enumerate(counts)}
        sums = [tuple(a + b for a, b in zip(*of, strict=True)) for of in product(counts, counts)]
        both = zip(sums, *zip(*product(counts, counts), strict=True), strict=True)
        self.splits = [[index[a] for a in of] for of in both if of[0] in index]
        for m in c.models:
            for of in {(m, 1, 0), *((m, rate, by_nj) for rate in rates)} - {*tables}:
                tables[of] = range_values(p, c, counts, *of)
            gs = [(rate, tables[m, rate, by_nj]) for rate in rates]
            self.tables.append((tables[m, 1, 0], gs))
        self.sizes = [len(p.models[m].layers) for m in c.models]
        borders = product(range(self.windows + 1), enumerate(self.sizes))
        self.ranges = {(w, m): (n * (w == self.windows), n * (w > 0)) for w, (m, n) in borders}
        least = min(cap, self.by_cycle * self.longest, self.of_tree(tree, self.ranges))
        self.least = least + by_nj * p.least_nj

    def of_tree(self, node, ranges):
        """The bound if every model's cut at every border is in a range."""
        if node is None or "cut" not in node:
            return self.of_leaf(node or self.leaf, ranges)
        *at, below, beyond = fields(node, "model border cut below from", "a fork")
        m, w, cut = wholes(at, 0, MOST, "a fork")
        low, high = ranges[w, m]
        return min(
            self.of_tree(below, ranges | {(w, m): (low, min(high, cut - 1))}),
            self.of_tree(beyond, ranges | {(w, m): (max(low, cut), high)}),
        )

    def of_leaf(self, leaf, ranges):
        """The theorem, for one round of prices after the other."""
        lengths, slots, rounds = fields(leaf, "lengths slots rounds", "a leaf")
        most = np.minimum(wholes(lengths, 0, MOST, "lengths", rising=True), self.longest)
        need(len(most) and most[-1] >= self.longest - 1, "some lengths are in no class")
        least, [slots] = np.append(0, most[:-1] + 1), wholes([slots], 1, 64, "slots")
        width = -(-self.longest // slots)
        tables = [Ranges(f, tariffs, most) for f, tariffs in self.tables]
        arcs = {  # the classes of every (window, slot at its begin, slot at its end)
            (w, a, b): (least < (b + 1 - a) * width) & (most > (b - a - 1) * width)
            for w, a, b in product(range(self.windows), range(slots), range(slots))
            if a <= b and (w or not a)
        }
        best = 0
        for prices in rounds or [None]:
            u, theta = self.read_prices(prices, slots, ranges), {}
            for w, a, b in arcs:
                ends = ((u[w, a, m][0], u[w + 1, b, m][1]) for m in range(len(tables)))
                gain = self.shared_out(t.gains(*of) for t, of in zip(tables, ends, strict=True))
                arcs[w, a, b] &= gain > -NEVER // 2
                theta[w, a, b] = np.where(arcs[w, a, b], self.by_cycle * least - gain, NEVER)
            best = max(best, self.shortest_path(arcs, theta, slots))
        return best

    def read_prices(self, prices, slots, ranges):
        """Prices of a begin and of an end, at (border, slot, model); none out of ranges."""
        u, inner, limit = {}, range(1, self.windows), 2**55 // len(self.sizes)
        for w, s, m in product(range(self.windows + 1), range(slots), range(len(self.sizes))):
            cuts = np.arange(self.sizes[m] + 1)
            of = prices[w - 1][s][m] if prices is not None and w in inner else [0]
            value = np.array(wholes(of, -limit, limit, "prices"))
            inside = (cuts >= ranges[w, m][0]) & (cuts <= ranges[w, m][1])
            u[w, s, m] = np.where(inside, value, -NEVER), np.where(inside, value, NEVER)
        return u

    def shared_out(self, gains):
        """Most gain of all models together, in all classes, within the package's counts."""
        total = 0
        for of in gains:
            alone, total = np.full(of.shape, -NEVER), total + np.zeros_like(of)
            for both, part, rest in self.splits:
                alone[both] = np.maximum(alone[both], of[part] + total[rest])
            total = alone
        return total[-1]

    def shortest_path(self, arcs, theta, slots):
        """The least sum along a path; classes that are on none below the cap are dropped."""
        ahead, behind = {(0, 0): 0}, {(self.windows, s): 0 for s in range(slots)}
        for w, a, b in sorted(arcs):
            way = ahead.get((w, a), NEVER) + int(theta[w, a, b].min())
            ahead[w + 1, b] = min(ahead.get((w + 1, b), NEVER), way)
        for w, a, b in sorted(arcs, reverse=True):
            way = behind[w + 1, b] + int(theta[w, a, b].min())
            behind[w, a] = min(behind.get((w, a), NEVER), way)
        for w, a, b in arcs:
            arcs[w, a, b] &= theta[w, a, b] < self.cap - ahead.get((w, a), NEVER) - behind[w + 1, b]
        return behind[0, 0]


def least_value(planes, value):
    """Least value over the (T, E) with λT + μE >= c for all planes.

    Sums of T and E, and T·E, which is quasi-concave, are least at a corner.
    """
    corners = []
    for (a, b, c), (d, e, f) in product(planes, planes):
        if det := a * e - b * d:
            t, energy = Fraction(c * e - b * f, det), Fraction(a * f - c * d, det)
            if all(x * t + y * energy >= z for x, y, z in planes):
                corners.append(value(t, energy))
    return ceil(min(corners))


def check(data, certificate):
    """Value and bound of a certificate about the bytes of a problem file; ValueError if wrong."""
    names = "format problem problem_sha256 objective weights value bound schedule groups starts"
    fields(certificate, f"{names} grains models proofs", "the certificate")
    c = SimpleNamespace(**certificate)
    need(c.format == "scar-cp/certificate@1", "this is no certificate")
    need(c.problem_sha256 == hashlib.sha256(data).hexdigest(), "it is about another problem file")
    c.longest = max(wholes([0, *(of["longest_cycles"] for of in c.proofs)], 0, MOST, "longest"))
    c.dearest = max(wholes([0, *(o for of in c.proofs for o in of["tariffs"])], 0, MOST, "tariffs"))
    wholes([grain * max(1, c.dearest) for grain in c.grains], 0, 2**58, "grains")
    p = read_problem(data)
    need({d for of in c.groups for d in of} == set(range(len(p.chiplets))), "a chiplet is missing")
    need(all(len({p.type_of[d] for d in of}) == 1 for of in c.groups), "a group is not of one type")
    for of, run in zip(c.starts, p.models, strict=True):
        wholes([*of, len(run.layers)], 0, MOST, "starts", rising=True)
        need(of[:1] == [0], "starts do not begin with 0")
    need(wholes(c.models, 0, len(p.models) - 1, "models", rising=True), "there is no model")
    weights = wholes(c.weights, 0, MOST, "weights") if c.objective == "weighted" else None
    linear = {"latency": [1, 0], "energy": [0, 1], "weighted": weights, "edp": None}[c.objective]

    def value_of(t, e):
        return t * e if linear is None else sum(x * y for x, y in zip(linear, (t, e), strict=True))

    planes, tables = [(1, 0, 0), (0, 1, p.least_nj)], {}
    proven = (HalfPlane(p, c, proof, tables) for proof in c.proofs)
    planes += ((*of.weights, of.least) for of in proven)
    found = least_value(planes, value_of)
    deadlines = [NEVER if m.deadline_cycles is None else m.deadline_cycles for m in p.models]
    if c.schedule is None:  # some models' deadlines come before they can all be done
        need(c.objective == "latency" and c.value is c.bound is None, "there is no schedule")
        need(max(deadlines[m] for m in c.models) < found, "deadlines may be kept")
        return None, None
    need(len(c.models) == len(p.models), "the bound is not about all models")
    latency, energy, ends = evaluate(p, read_schedule(p, c.schedule))
    need(all(ends[m] <= deadlines[m] for m in c.models), "the schedule misses a deadline")
    value = value_of(latency, energy)
    need(wholes([c.value], 0, NEVER**2, "value") == [value], f"the value is {value}")
    need(wholes([c.bound], 0, NEVER**2, "bound")[0] <= found, f"only the bound {found} is proven")
    need(found <= value, "the bound passes the value: the theorem, or this program, is wrong")
    return value, found


def judge(data, packed):
    """Whether a certificate, packed or not, is accepted for a problem file; and what to say."""
    try:
        text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
        value, bound = check(data, c := json.loads(text))
    except Exception as why:  # whatever is wrong with it, it proves nothing
        return False, " ".join(["rejected:", type(why).__name__, *str(why).split()])
    gap = "optimal" if value == bound else f"gap {float(Fraction(value - bound, value)):.4%}"
    said = f"{c['objective']}{c['weights'] or ''} value {value}, bound {bound}, {gap}"
    return True, f"accepted: {'no schedule keeps the deadlines' if value is None else said}"


if __name__ == "__main__":
    files = [Path(name) for name in sys.argv[1:]]
    if len(files) != 2 or not all(map(Path.is_file, files)):
        sys.exit("usage: python check_certificate.py PROBLEM.json CERTIFICATE.json[.gz]")
    accepted, found = judge(*map(Path.read_bytes, files))
    print(found.encode("ascii", "backslashreplace").decode())
    sys.exit(0 if accepted else 1)
