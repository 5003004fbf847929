"""Bounds on weighted sums by prices: none passes the optimum, whatever the prices and tariffs."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import numpy as np
import pytest
from problems import seeds

from scar_cp.partition import prices as prices_module
from scar_cp.partition import sum_bounds
from scar_cp.partition.prices import Prices
from scar_cp.partition.sum_bounds import SumBounds

from .priced import (
    cuts_of,
    drawn_energy,
    drawn_prices,
    drawn_problem,
    least_energy,
    new_prices,
    optimum,
    tables_of,
)


def drawn(rng, most=2_000):
    """A problem whose sums are small enough, weights, its least sum beyond the least energy."""
    while True:
        problem = drawn_problem(rng, most=most)
        weights = rng.choice([1, 3, 40]), rng.choice([0, 1, 2, 17])
        best = optimum(problem, "weighted", weights)
        if best is not None and best < 2**50:
            return problem, weights, best - weights[1] * least_energy(problem)


def check_bounds(seed):
    rng = Random(f"sums {seed}")
    problem, weights, best = drawn(rng)
    assert best >= 0
    for cap in {best + 1, best + rng.randint(1, best + 9), rng.randint(1, best + 1)}:
        longest = cap // weights[0] + rng.choice([1, 1, 9])
        tables = tables_of(problem, longest + rng.choice([0, 7]))
        cuts, most = cuts_of(tables), min(best, cap)
        energy = drawn_energy(rng, problem, weights, cap)
        prices = new_prices(rng, tables, longest, energy, cap)
        assert prices.bound <= most
        for _ in range(6):
            prices.rate(drawn_prices(rng, prices.prices.shape, cuts, cap))
            assert prices.bound <= most, (seed, cap)
            if rng.random() < 0.5:
                prices.choose_tariffs()
            assert prices.bound <= most, (seed, cap)
        for _ in range(6):
            before, step = (
                prices.bound,
                rng.choice(["balance", "balance", "ascend", "drop", "choose"]),
            )
            if step == "balance":
                prices.balance(rng.random() < 0.5)
            elif step == "ascend":
                pace = rng.choice([0.001, 0.01, 0.3])
                prices.ascend(pace, pace / 2, rng.randint(1, 60), rng.randint(1, 40), lambda: True)
            elif step == "choose":
                prices.choose_tariffs()
            elif cap <= best or rng.random() < 0.7:
                prices.drop()
            assert step == "choose" or before <= prices.bound, (seed, cap, step)
            assert prices.bound <= most, (seed, cap, step)
        bound = prices.bound
        assert prices.rate(prices.prices) == bound  # balancing leaves nothing of older prices
        prices.drop()
        for _ in range(2):  # what is left bounds with any prices: the cheapest schedule is in it
            prices.rate(drawn_prices(rng, prices.prices.shape, cuts, cap))
            assert prices.bound <= most, (seed, cap)


@seeds(60, quick=3)
def test_no_prices_give_a_bound_beyond_the_least_sum_whatever_is_done_to_them(seed):
    check_bounds(seed)


@seeds(12, quick=2)
def test_bounds_for_one_weight_after_the_other_stay_below_the_least_sums(seed, monkeypatch):
    short = tuple(replace(level, sweeps=2, steps=10) for level in sum_bounds._LEVELS)
    monkeypatch.setattr(sum_bounds, "_LEVELS", short)
    monkeypatch.setattr(prices_module, "_TARIFFS_EVERY", 2)
    monkeypatch.setattr(sum_bounds, "_LATER", short[2:])
    rng = Random(f"directions {seed}")
    problem, weights, best = drawn(rng, most=500)
    longest = 2 * (best // weights[0]) + 10
    tables = tables_of(problem, longest)
    bounds = SumBounds(tables, drawn_energy(rng, problem, weights), longest)
    for by_cycles in (weights[0], *(rng.randint(1, 2 * weights[0]) for _ in range(2))):
        least = optimum(problem, "weighted", (by_cycles, weights[1]))
        least -= weights[1] * least_energy(problem)
        cap = least + rng.choice([0, 1, 50])
        if by_cycles * longest <= cap and by_cycles != weights[0]:
            continue
        found = [prices.bound for prices in bounds.least(by_cycles, cap, lambda: True)]
        assert found == sorted(found)
        assert all(bound <= least for bound in found)


def slow_bound(tables, energy, longest, cap, prices):
    """The formula as it is written: every length, every sharing, every cut, the best tariff."""
    problem, counts = tables.problem, tables.counts
    windows, cuts, vectors = problem.max_windows, cuts_of(tables), counts.vectors

    def gain(m, w, before, after, a, length):
        low = tables.models[m].low
        n = len(low)
        least = None
        for o in range(len(energy.refund)):
            best = None
            for i in range(n) if w else [0]:
                for j in range(i, n) if w < windows - 1 else [n - 1]:
                    if low[i, j, a] > length:
                        continue
                    at = energy.offsets[o, m] + (a * n + i) * n + j
                    cost = int(energy.costs[at]) - int(energy.refund[o]) * length if o else 0
                    value = int(before[cuts[m] + i]) - int(after[cuts[m] + j]) - cost
                    best = value if best is None else max(best, value)
            if best is None:
                return None
            least = best if least is None else min(least, best)
        return least

    total = 0
    for w in range(windows):
        worth = []
        for length in range(longest):  # only shorter schedules matter
            shared = {tuple(0 for _ in problem.type_counts): 0}
            for m in range(len(tables.models)):
                more: dict[tuple[int, ...], int] = {}
                of = [gain(m, w, prices[w], prices[w + 1], a, length) for a in range(len(vectors))]
                for a, (used, value) in product(range(len(vectors)), shared.items()):
                    both = tuple(x + y for x, y in zip(used, vectors[a], strict=True))
                    if of[a] is not None and all(
                        x <= y for x, y in zip(both, vectors[-1], strict=True)
                    ):
                        more[both] = max(more.get(both, value + of[a]), value + of[a])
                shared = more
            if shared:
                worth.append(energy.latency_weight * length - max(shared.values()))
        if not worth:
            return cap
        total += min(worth)
    return min(cap, total)


@seeds(20, quick=2)
def test_the_bound_is_that_of_a_slow_evaluation_with_the_best_tariffs(seed, monkeypatch):
    monkeypatch.setattr(prices_module, "_WORTH_IT", 2**62)
    rng = Random(f"slow sums {seed}")
    while True:
        problem, weights, best = drawn(rng, most=300)
        longest = rng.randint(1, best // weights[0] + 5)
        tables = tables_of(problem, longest)
        if longest <= 40 and len(tables.counts.vectors) <= 8:
            break
    energy = drawn_energy(rng, problem, weights)
    low = [table.low for table in tables.models]
    cap = weights[0] * longest * 3 + 100
    every = np.arange(longest + 1)
    prices = Prices(low, tables.counts, problem.max_windows, longest, every, 1, energy, cap)
    for _ in range(3):
        prices.rate(drawn_prices(rng, prices.prices.shape, cuts_of(tables), cap))
        prices.choose_tariffs()
        wanted = slow_bound(tables, energy, longest, cap, prices.prices[:, 0])
        assert prices.bound == wanted


def test_nothing_is_bounded_where_nothing_costs_less():
    problem, weights, _ = drawn(Random("none"))
    tables = tables_of(problem, 5)
    energy = drawn_energy(Random(1), problem, weights)
    assert not list(SumBounds(tables, energy, 5).least(1, 0, lambda: True))
    assert not list(SumBounds(tables, energy, 0).least(1, 5, lambda: True))


@pytest.mark.parametrize("weight", [1, 1000])
def test_a_later_weight_begins_with_scaled_prices_and_still_bounds(weight):
    rng = Random("scaled")
    problem, weights, best = drawn(rng, most=200)
    longest = best // weights[0] + 1
    tables = tables_of(problem, longest)
    bounds = SumBounds(tables, drawn_energy(rng, problem, weights), longest)
    first = [prices.bound for prices in bounds.least(weights[0], best + 1, lambda: True)]
    assert first[-1] <= best
    least = optimum(problem, "weighted", (weight, weights[1])) - weights[1] * least_energy(problem)
    for prices in bounds.least(weight, min(least + 1, weight * longest), lambda: True):
        assert prices.bound <= least
