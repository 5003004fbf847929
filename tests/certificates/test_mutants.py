"""Changes of the checker that make it wrong: each is noticed by its tests.

They take minutes, and some would take all memory: ``pytest --mutants tests/certificates``.
"""

from __future__ import annotations

import resource
import signal
from types import ModuleType

import pytest

from scar_cp.certificates.checker import checker_file

from . import battery

SOURCE = checker_file().read_text(encoding="utf-8")

MUTANTS = [
    # reading
    ("        raise ValueError(why)", "        pass"),
    ("sorted(value) == sorted(names.split())", "True"),
    ("type(x) is int and least <= x <= most", "least <= x <= most"),
    ("type(x) is int and least <= x <= most", "type(x) is int"),
    ("not rising or all(a < b for", "True or all(a < b for"),
    ("c.problem_sha256 == hashlib.sha256(data).hexdigest()", "True"),
    # the problem
    ("(c != d) * len(ids)", "(c != d) * 1"),
    ("hops[:, [c]] + hops[c]", "hops[:, [c]] + hops[c] + 1"),
    ('= 1 if p.weight_policy == "resident" else run.passes, {}', "= run.passes, {}"),
    ("min(layer.energy[t] for t in p.type_of)", "max(layer.energy[t] for t in p.type_of)"),
    ("at_port * bool((tensor.is_output, tensor.consumers)[tensor.producer < 0])", "at_port"),
    ("run.passes - 1]", "0]"),
    ("rising=True), self.longest)", "rising=True), MOST)"),
    # the schedule
    ("len({s[4] for s in found[w]}) == len(window)", "True"),
    ("first == done[m] and first <= last", "first <= last"),
    ("done == [len(run.layers) for run in p.models]", "True"),
    ("len(windows) <= p.max_windows", "True"),
    ('p.contention == "links" else ()', "False else ()"),
    ('cycles = dram + p.dram_latency_cycles if by_memory', "cycles = dram if by_memory"),
    ("moved[payer] += cycles + hops * p.hop_cycles", "moved[payer] += cycles"),
    ("(tensor.is_output or reads)", "tensor.is_output"),
    ("if at[0] > source[0]]", "if at[0] >= source[0]]"),
    ("by_memory * tensor.dram_energy_nj", "tensor.dram_energy_nj"),
    ("(p.models[m].passes - 1) * max(of)", "p.models[m].passes * max(of)"),
    ("length[m] += both + (weights if stays else 0)", "length[m] += both"),
    ('max(compute, transfers) if p.overlap == "full"', 'compute if p.overlap == "full"'),
    ("max([0, *length.values(), *shared])", "max([0, *length.values()])"),
    ('ends = length if p.contention == "none"', 'ends = length if True'),
    ("need(all(ends[m] <= deadlines[m] for m in c.models)", "need(True"),
    # shared weights
    ("own.load == load and own.of == layer.of", "own.of == layer.of"),
    ("if at < first]", "]"),
    ("loaded[:, : before + 1, i:] -=", "loaded[:, : before + 1, i:] +="),
    ("(load[1] + hops * load[4]) * (layer.of == i)", "load[1] + hops * load[4]"),
    # F and G
    ("if tensor.is_output:\n            both", "if False:\n            both"),
    ("leaves = 0 if tensor.is_output else min", "leaves = min"),
    ("min(send, int(dram.min()))", "send"),
    ("if reader >= start and arrivals]", "if reader >= start]"),
    ("made if is_inside else start - 1, *later", "made if is_inside else start, *later"),
    ("crossing[made + 1 : readers[-1] + 1]", "crossing[made : readers[-1] + 1]"),
    ("np.where(size > 0, load + way[:, None, None], 0)", "load + way[:, None, None]"),
    ("stays = fits & (p.weight_policy", "stays = (size >= 0) & (p.weight_policy"),
    ("np.maximum(compute, both + at_producer + each)", "compute + both + at_producer + each"),
    ("np.maximum(v, s + slow)", "(s + slow)"),
    ("np.minimum(energy - energy.min(0), most_nj)", "np.minimum(energy, most_nj)"),
    ("pace * np.minimum(passes,", "run.passes * np.minimum(passes,"),
    ("rate * np.minimum(crossing, longest)", "np.minimum(crossing, longest)"),
    ("start, start:] = between[start:]", "start] = between + 1"),
    # the theorem
    ("np.searchsorted(most, f)", 'np.searchsorted(most, f, "right")'),
    ("np.maximum.accumulate(best, 1) + rate * self.most", "np.maximum.accumulate(best, 1)"),
    ("np.maximum.accumulate(best, 1) + rate", "best + rate"),
    ("np.minimum.reduce(gains)", "np.maximum.reduce(gains)"),
    ("self.longest, self.of_tree(tree", "NEVER, self.of_tree(tree"),
    ("min(cap, self.by_cycle", "min(NEVER, self.by_cycle"),
    ("return min(\n            self.of_tree(below", "return max(\n            self.of_tree(below"),
    ("(low, min(high, cut - 1))", "(low, min(high, cut - 2))"),
    ("(max(low, cut), high)", "(max(low, cut + 1), high)"),
    ("least < (b + 1 - a) * width", "least < (b - a) * width"),
    ("most > (b - a - 1) * width", "most > (b - a) * width"),
    ("len(most) and most[-1] >= self.longest - 1", "len(most)"),
    ("least, [slots] = np.append(0, most[:-1] + 1)", "least, [slots] = most"),
    ("self.by_cycle * least - gain", "self.by_cycle * most - gain"),
    ("np.where(inside, value, -NEVER), np.where(inside, value, NEVER)", "value, value"),
    ("u[w, a, m][0], u[w + 1, b, m][1]", "u[w, a, m][0], u[w + 1, a, m][1]"),
    ("of[part] + total[rest]", "of[part]"),
    ("arcs[w, a, b] &= theta[w, a, b] < self.cap", "arcs[w, a, b] &= theta[w, a, b] < -self.cap"),
    # claims
    ("if all(x * t + y * energy >= z for x, y, z in planes)", "if True"),
    ("max(deadlines[m] for m in c.models) < found", "True"),
    ("need(len(c.models) == len(p.models)", "need(True"),
    ("== [value], f\"the value", "or True, f\"the value"),
    ("[0] <= found, f\"only", "or True, f\"only"),
]  # fmt: skip


def mutated(old: str, new: str) -> ModuleType:
    """The checker with one change."""
    assert SOURCE.count(old) == 1, (SOURCE.count(old), old)
    module = ModuleType("mutant")
    exec(compile(SOURCE.replace(old, new), "mutant", "exec"), vars(module))
    return module


def notices(check: ModuleType) -> str | None:
    """Which test fails, if one does; one that does not end has failed."""
    for test in battery.BATTERY:
        for seed in range(80):
            signal.alarm(60)
            try:
                test(check, seed)
            except BaseException:
                return test.__name__
    return None


@pytest.fixture
def little_memory(request):
    """Whoever goes on for ever fails, and takes nobody along."""
    if not request.config.getoption("--mutants"):
        pytest.skip("asked for with --mutants")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, before[1]))
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("takes too long", pytrace=False))
    yield
    signal.alarm(0)
    resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), MUTANTS)
def test_a_mutant_is_noticed(old, new, little_memory):
    assert notices(mutated(old, new)) is not None
