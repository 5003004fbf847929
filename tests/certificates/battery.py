"""What a checker of certificates must do, told of any module that claims to be one."""

from __future__ import annotations

import copy
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
from partition.priced import (
    drawn_energy,
    drawn_lengths,
    drawn_problem,
    least_energy,
    new_prices,
    optimum,
    tables_of,
)

from scar_cp.certificates.certificate import Certificate, proof_of
from scar_cp.certificates.certifying import certify
from scar_cp.errors import ScarError
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.outcome.solving import Outcome, solve
from scar_cp.partition.counts import Counts
from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.range_table import range_table, starts_of
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request

from .documents import bytes_of, text_of, with_hash
from .schedule_battery import (
    evaluates_alike,
    evaluates_busy_links_alike,
    judges_schedules_alike,
    refuses_other_layers,
    refuses_unequal_shares,
    refuses_what_misses_a_deadline,
    with_slow,
)

NEVER = 2**60


def setting(problem: Problem, longest: int, dearest: int = 0) -> SimpleNamespace:
    """What a checker's half-plane looks at beside its proof, chiplets told apart by type alone."""
    groups: list[list[int]] = [[] for _ in problem.used_types]
    for chiplet, kind in enumerate(problem.chiplet_types):
        groups[kind].append(chiplet)
    models = range(len(problem.models))
    return SimpleNamespace(
        groups=groups,
        starts=[list(range(run.num_layers)) for run in problem.models],
        grains=[0 for _ in models],
        models=list(models),
        longest=longest,
        dearest=dearest,
    )


def sparse_tables_hold(check: Any, seed: int) -> None:
    """Ranges that begin between two starts have no more than they truly take."""
    rng = Random(f"sparse {seed}")
    problem = drawn_problem(rng)
    if rng.random() < 0.5:  # reads that take longer than the layers they are for
        problem = with_slow(problem, "dram_cycles")
    p, counts = check.read_problem(bytes_of(problem)), Counts(problem.type_counts)
    c = setting(problem, 2**45)
    every = [list(range(run.num_layers)) for run in problem.models]
    for m, run in enumerate(problem.models):
        rate, by_nj = rng.choice([(1, 0), (0, 3), (2, 5)])
        c.starts = every
        true = check.range_values(p, c, counts.vectors, m, rate, by_nj)
        c.starts = [sorted({0, *rng.sample(of, len(of) // 2)}) for of in every]
        found = check.range_values(p, c, counts.vectors, m, rate, by_nj)
        inside = np.triu(np.ones((run.num_layers + 1,) * 2, dtype=bool), 1)
        assert (found[:, inside] <= true[:, inside]).all()


def trees_cover_all_cuts(check: Any, seed: int) -> None:
    """Whatever is forked, every way to cut is in the ranges of some leaf."""
    rng = Random(f"trees {seed}")
    sizes, windows = [rng.randint(1, 3) for _ in range(rng.randint(1, 2))], rng.randint(2, 3)
    borders = list(product(range(1, windows), range(len(sizes))))
    leaves: list[dict[tuple[int, int], tuple[int, int]]] = []

    class Recorder(check.HalfPlane):  # type: ignore[misc]
        def __init__(self) -> None:
            self.leaf: dict[str, Any] = {}

        def of_leaf(self, leaf: Any, ranges: Any) -> int:
            leaves.append(ranges)
            return 0

    def tree(depth: int) -> Any:
        if not depth:
            return None
        w, m = rng.choice(borders)
        at = {"model": m, "border": w, "cut": rng.randint(0, sizes[m])}
        return at | {"below": tree(depth - 1), "from": tree(depth - 1)}

    whole = {(w, m): (0, sizes[m]) for w, m in borders}
    Recorder().of_tree(tree(rng.randint(1, 3)), whole)
    for cuts in product(*(range(sizes[m] + 1) for _, m in borders)):
        at = dict(zip(borders, cuts, strict=True))
        assert any(all(of[b][0] <= at[b] <= of[b][1] for b in borders) for of in leaves)


def tables_are_exact(check: Any, seed: int) -> None:
    """F and G are what the solver's tables hold: no less where they say what is attained."""
    rng = Random(f"tables {seed}")
    problem = drawn_problem(rng)
    p, counts = check.read_problem(bytes_of(problem)), Counts(problem.type_counts)
    best = least(bytes_of(problem), "latency", None) or 1
    longest = max(1, best * rng.choice([1, 2]))
    weights = (rng.choice([1, 7, 100]), rng.choice([1, 5, 30]))
    rate = rng.choice([0, 1, weights[0]])
    energy = EnergyCosts.of(problem, weights, [rate], NEVER)
    c = setting(problem, longest, rate)
    for m, run in enumerate(problem.models):
        n = run.num_layers
        mine = check.range_values(p, c, counts.vectors, m, 1, 0)
        theirs = range_table(problem, m, longest).least.transpose(2, 0, 1)
        ranges = np.triu(np.ones((n + 1, n + 1), dtype=bool), 1)
        ranges[np.setdiff1d(np.arange(n), starts_of(problem, m))] = False
        inside, beyond = ranges & (theirs <= longest), ranges & (theirs > longest)
        assert (mine[inside] == theirs[inside]).all()
        assert (mine[beyond] > longest).all()
        c.longest = 2**45  # segments that are too long for a schedule have a cost all the same
        g = check.range_values(p, c, counts.vectors, m, rate, weights[1])
        c.longest = longest
        size = counts.size * (n + 1) ** 2
        at = energy.offsets[1, m]
        costs = energy.costs[at : at + size].reshape(counts.size, n + 1, n + 1)
        assert (g[inside] == np.minimum(costs, NEVER)[inside]).all()


def never_passes_the_optimum(check: Any, seed: int) -> None:
    """Random prices, lengths, slots, tariffs and forks, and a cap that may be anything."""
    rng = Random(f"never {seed}")
    problem = drawn_problem(rng, most=500)
    data = bytes_of(problem)
    p = check.read_problem(data)
    weights = (rng.choice([1, 3, 50]), rng.choice([0, 0, 1, 4, 40]))
    best = least(data, "weighted", weights) if weights[1] else least(data, "latency", None)
    if best is None:
        return
    best *= 1 if weights[1] else weights[0]
    longest = max(1, rng.choice([best // weights[0] + 1, best // weights[0] // 2 + 1]))
    rates = [rng.randint(0, 2 * weights[0]) for _ in range(rng.randint(0, 3))] if weights[1] else []
    slots = rng.randint(1, 4)
    scale = rng.choice([0, 1, best // 3 + 1, best, 3 * best + 2])

    def prices() -> Any:
        return [
            [
                [
                    [rng.randint(-scale // 4, scale) for _ in range(run.num_layers + 1)]
                    if rng.random() < 0.5
                    else sorted(
                        (rng.randint(0, scale) for _ in range(run.num_layers + 1)), reverse=True
                    )
                    for run in problem.models
                ]
                for _ in range(slots)
            ]
            for _ in range(problem.max_windows - 1)
        ]

    def tree(depth: int) -> Any:
        if depth == 0 or problem.max_windows == 1 or rng.random() < 0.3:
            return None
        m = rng.randrange(len(problem.models))
        return {
            "model": m,
            "border": rng.randint(1, problem.max_windows - 1),
            "cut": rng.randint(0, problem.models[m].num_layers),
            "below": tree(depth - 1),
            "from": tree(depth - 1),
        }

    lengths = drawn_lengths(rng, longest).tolist()
    if rng.random() < 0.3:  # nothing may come out of what does not fit 64 bits
        lengths += [max(2 ** rng.randint(40, 50), lengths[-1] + 1)]
        most = 2**57 // len(problem.models) // longest
        rates = [2 ** rng.randint(0, most.bit_length() - 1) for _ in rates]
    proof = {
        "weights": list(weights),
        "longest_cycles": longest,
        "cap": rng.choice([best + 1, best * 2, best // 2, 2**40]),
        "tariffs": rates,
        "leaf": {
            "lengths": lengths,
            "slots": slots,
            "rounds": [prices() for _ in range(rng.randint(0, 3))],
        },
        "tree": tree(rng.choice([0, 1, 3])),
    }
    c = setting(problem, longest, max([0, *rates]))
    c.grains = [rng.choice([0, 0, 1, longest // 10]) for _ in problem.models]
    some = [sorted({0, *rng.sample(all_of, len(all_of) // 2)}) for all_of in c.starts]
    c.starts = some if rng.random() < 0.3 else c.starts
    assert check.HalfPlane(p, c, proof, {}).least <= best


def confirms_the_solver(check: Any, seed: int) -> None:
    """What the solver says of its prices the checker finds as well, or more."""
    rng = Random(f"confirms {seed}")
    problem = drawn_problem(rng)
    best = least(bytes_of(problem), "latency", None)
    if not best:
        return
    longest = best + rng.choice([1, best])
    weights, energy, cap = (1, 0), None, None
    if rng.random() < 0.5:
        weights = (rng.choice([1, 7, 100]), rng.choice([1, 5, 30]))
        energy = drawn_energy(rng, problem, weights)
        cap = weights[0] * longest * 2
    prices = new_prices(rng, tables_of(problem, longest), longest, energy, cap)
    prices.choose_tariffs()
    for _ in range(rng.randint(1, 3)):
        prices.balance(rising=rng.random() < 0.5)
        prices.drop()
    said = prices.bound
    proof = proof_of(problem, prices.proof(weights[1]))
    c = setting(problem, longest, max([0, *proof["tariffs"]]))
    plane = check.HalfPlane(check.read_problem(bytes_of(problem)), c, proof, {})
    found = plane.least - weights[1] * least_energy(problem)
    assert found >= min(said, weights[0] * longest)


@cache
def certified(seed: int) -> tuple[Problem, Request, Outcome, Certificate] | None:
    """A tiny problem, what the solver says of it, and its certificate."""
    rng = Random(f"certified {seed}")
    objective: Any = rng.choice(["latency", "latency", "edp", "weighted", "energy"])
    weights = (rng.randint(0, 9), rng.randint(1, 9)) if objective == "weighted" else None
    late = seed % 4 == 3
    problem = drawn_problem(rng, deadlines=late, most=500)
    request = Request(objective=objective, weights=weights, time_limit_s=20, workers=1)
    outcome = solve(problem, request)
    try:
        certificate = certify(outcome, 20)
    except ScarError:
        assert outcome.result.status == "infeasible"
        return None
    return problem, request, outcome, certificate


@cache
def least(data: bytes, objective: Any, weights: Any) -> int | None:
    """The optimum of a problem file."""
    return optimum(Problem.model_validate_json(data), objective, weights)


def is_true(problem: Problem, certificate: Certificate) -> bool:
    """Whether what a certificate says holds, by looking at every schedule."""
    objective, weights = certificate["objective"], certificate["weights"]
    of = tuple(weights) if objective == "weighted" else None
    if certificate["schedule"] is None:
        return least(bytes_of(problem), "latency", None) is None
    written = certificate["schedule"] | {"problem": problem.name}
    result = evaluate(problem, Schedule.model_validate(written))
    value = Request(objective=objective, weights=of).goal.of(result)
    best = least(bytes_of(problem), objective, of)
    assert best is not None
    return bool(certificate["value"] == value and certificate["bound"] <= best)


def corrupted(rng: Random, certificate: Certificate) -> Certificate:
    """A certificate that differs in one place, anywhere."""
    changed = copy.deepcopy(certificate)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            places.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    walk(changed)
    weighty = [(of, key) for of, key in places if not isinstance(of, list)]
    of, key = rng.choice(weighty if rng.random() < 0.6 else places)
    old = of[key]
    draw = rng.random()
    if draw < 0.1:
        del of[key]
    elif draw < 0.2 and isinstance(of, list):
        of.insert(key, copy.deepcopy(old))
    elif type(old) is int and draw < 0.8:
        near = [old + 1, old - 1, -old, 2 * old, 0, old + 2**40, float(old), bool(old)]
        of[key] = rng.choice(near)
    else:
        of[key] = rng.choice([None, "x", 1.5, True, [], {}, [0], 2**70, [[]], "0" * 64])
    return changed


def refuses_what_is_false(check: Any, seed: int, times: int = 20) -> int:
    """Corrupted certificates are refused, or what they say is true all the same; how many were."""
    made = certified(seed)
    if made is None:
        return 0
    problem, _, outcome, certificate = made
    data = bytes_of(problem)
    accepted, said = check.judge(data, text_of(with_hash(problem, certificate)))
    assert accepted, said
    assert is_true(problem, certificate), outcome
    rng, refused = Random(f"corrupted {seed}"), 0
    for _ in range(times):
        changed = corrupted(rng, certificate)
        if changed == certificate:
            continue
        accepted, said = check.judge(data, text_of(changed))
        assert "\n" not in said
        refused += not accepted
        assert not accepted or is_true(problem, changed), said
    raised = certificate | {"bound": (certificate["bound"] or 0) + 1}
    accepted, _ = check.judge(data, text_of(raised))
    assert not accepted or is_true(problem, raised)
    return refused


def refuses_what_is_malformed(check: Any, seed: int) -> None:
    """Documents that are not what they should be, each in one way, whatever else is true."""
    made = next(filter(None, map(certified, range(seed, seed + 50))))
    problem, _, _, certificate = made
    data = bytes_of(problem)
    certificate = with_hash(problem, certificate)
    assert check.judge(data, text_of(certificate))[0]
    assert not check.judge(data, text_of(certificate | {"more": 1}))[0]
    assert not check.judge(data, text_of(certificate | {"format": "scar-cp/certificate@2"}))[0]
    assert not check.judge(data, text_of(certificate | {"problem_sha256": "0" * 64}))[0]
    assert not check.judge(data + b" ", text_of(certificate))[0]
    if certificate["value"] is None:
        return
    for bound in (-1, float(certificate["bound"]), str(certificate["bound"]), None):
        assert not check.judge(data, text_of(certificate | {"bound": bound}))[0]
    assert not check.judge(data, text_of(certificate | {"bound": certificate["value"] + 1}))[0]
    for k, proof in enumerate(certificate["proofs"]):
        lengths = proof["leaf"]["lengths"]
        leaf = proof["leaf"] | {"lengths": [*lengths, lengths[-1] - 1]}
        proofs = [*certificate["proofs"][:k], proof | {"leaf": leaf}]
        assert not check.judge(data, text_of(certificate | {"proofs": proofs}))[0]
        if proof["longest_cycles"] > 1:  # longer windows would be in no class
            leaf = proof["leaf"] | {"lengths": [0]}
            proofs = [*certificate["proofs"][:k], proof | {"leaf": leaf}]
            assert not check.judge(data, text_of(certificate | {"proofs": proofs}))[0]
    if all(model.deadline_cycles is None for model in problem.models):
        nothing = {"schedule": None, "value": None, "bound": None, "objective": "latency"}
        assert not check.judge(data, text_of(certificate | nothing))[0]
    for value in (certificate["value"] + 1, None):
        assert not check.judge(data, text_of(certificate | {"value": value}))[0]
    every = certificate["schedule"]
    windows = [*every["windows"], *([[]] * problem.max_windows)]
    for wrong in ([], every["windows"] * 2, windows if every["windows"] else [[]] * 99):
        changed = certificate | {"schedule": every | {"windows": wrong}}
        assert not check.judge(data, text_of(changed))[0]


FALSE_CLAIMS = sorted((Path(__file__).parents[1] / "data" / "certificates").glob("*.problem.json"))


def refuses_what_once_was_accepted(check: Any, seed: int) -> None:
    """False claims that an earlier checker did not see through."""
    problem = FALSE_CLAIMS[seed % len(FALSE_CLAIMS)]
    certificate = problem.with_name(problem.name.replace(".problem", ""))
    accepted, why = check.judge(problem.read_bytes(), certificate.read_bytes())
    assert not accepted
    assert why.count("\n") == 0


BATTERY = (
    refuses_unequal_shares,
    refuses_what_once_was_accepted,
    refuses_what_is_malformed,
    trees_cover_all_cuts,
    refuses_other_layers,
    refuses_what_misses_a_deadline,
    evaluates_busy_links_alike,
    sparse_tables_hold,
    judges_schedules_alike,
    evaluates_alike,
    tables_are_exact,
    never_passes_the_optimum,
    confirms_the_solver,
    refuses_what_is_false,
)
"""All of it, the quickest first."""
