"""Prices at borders: no bound passes the optimum, and nothing done to prices lowers one."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random
from unittest.mock import Mock

import numpy as np
import pytest
from problems import layer, model, seeds, tiny_problem

from scar_cp.partition.energy_costs import EnergyCosts
from scar_cp.partition.prices import Prices, lengths_in_ratio

from .priced import cuts_of, drawn_prices, drawn_problem, new_prices, optimum, tables_of


def falls(prices, cuts):
    """Whether the prices of inner borders fall with cuts, and those of the outer ones are 0."""
    inner = all((np.diff(prices[:, :, low:high]) <= 0).all() for low, high in pairwise(cuts))
    return inner and not prices[0].any() and not prices[-1].any()


def check_bounds(seed):
    """Any prices, and any mix of what changes them, against brute force."""
    rng = Random(f"prices {seed}")
    problem = drawn_problem(rng)
    best = optimum(problem)
    assert best is not None
    # Tables are for one latency and prices for another that is no larger.
    for longest in {best + 1, best + rng.randint(1, best + 9), rng.randint(1, best + 1)}:
        tables = tables_of(problem, longest + rng.choice([0, 0, 7]))
        cuts = cuts_of(tables)
        most = min(best, longest)
        prices = new_prices(rng, tables, longest)
        assert prices.bound <= most
        for _ in range(4):
            bound = prices.rate(drawn_prices(rng, prices.prices.shape, cuts, longest))
            assert bound == prices.bound <= most, (seed, longest)
        for _ in range(5):
            before, step = prices.bound, rng.choice(["balance", "balance", "ascend", "drop"])
            if step == "balance":
                prices.balance(rng.random() < 0.5)
            elif step == "ascend":
                pace = rng.choice([0.001, 0.01, 0.3])
                prices.ascend(pace, pace / 2, rng.randint(1, 30), rng.randint(1, 40), lambda: True)
            elif longest <= best or rng.random() < 0.7:
                num_arcs = prices.num_arcs
                assert prices.drop() == num_arcs - prices.num_arcs
            assert falls(prices.prices, cuts), (seed, longest, step)
            assert before <= prices.bound <= most, (seed, longest, step)
        before = prices.bound
        assert prices.rate(prices.prices) == before  # nothing is left of older prices
        prices.drop()
        for _ in range(2):  # what is left bounds with any prices: the shortest schedule is in it
            prices.rate(drawn_prices(rng, prices.prices.shape, cuts, longest))
            assert prices.bound <= most, (seed, longest)
        finer = new_prices(rng, tables, longest)
        finer.take(prices.prices.copy())
        assert finer.bound <= most


@seeds(60, quick=3)
def test_no_prices_give_a_bound_beyond_the_optimum_whatever_is_done_to_them(seed):
    check_bounds(seed)


@pytest.mark.parametrize("windows", [1, 2, 4])
def test_dropping_keeps_the_way_of_a_schedule_that_is_shorter_by_one_cycle(windows):
    models = [model([layer(3), layer(2)]), model([layer(4)])]
    problem = tiny_problem(models, windows=windows)
    best = optimum(problem)
    for longest, known in ((best + 1, best), (best, best)):
        tables = tables_of(problem, best + 1)
        low = [table.low for table in tables.models]
        every = np.arange(longest + 1)
        prices = Prices(low, tables.counts, windows, longest, every, 2)
        for _ in range(10):
            prices.balance(True)
            prices.balance(False)
            prices.drop()
            assert prices.rate(prices.prices) <= known
        assert prices.num_arcs or longest == best
        assert prices.bound == known or windows > 2  # one border is exact, more may get stuck


def slow_bound(tables, longest, slots, prices):
    """The formula of the prices as it is written: every length, every sharing, every cut."""
    problem, counts = tables.problem, tables.counts
    windows, cuts = problem.max_windows, cuts_of(tables)
    width = -(-longest // slots)
    vectors = counts.vectors

    def gain(m, w, before, after, a, length):
        """Most that a model gains in a window; None if it cannot be."""
        low = tables.models[m].low
        end = len(low) - 1
        best = None
        for i in range(end + 1) if w else [0]:
            for j in range(i, end + 1) if w < windows - 1 else [end]:
                if low[i, j, a] <= length:
                    value = int(before[cuts[m] + i]) - int(after[cuts[m] + j])
                    best = value if best is None else max(best, value)
        return best

    def window(w, s, t, length):
        """Worth of a window of one length; None if no layers are fast enough."""
        shared = {tuple(0 for _ in problem.type_counts): 0}
        for m in range(len(tables.models)):
            more: dict[tuple[int, ...], int] = {}
            for a, vector in enumerate(vectors):
                worth = gain(m, w, prices[w, s], prices[w + 1, t], a, length)
                for used, value in shared.items() if worth is not None else ():
                    both = tuple(x + y for x, y in zip(used, vector, strict=True))
                    if all(x <= y for x, y in zip(both, problem.type_counts, strict=True)):
                        more[both] = max(more.get(both, value + worth), value + worth)
            shared = more
        return length - max(shared.values()) if shared else None

    left = dict.fromkeys(range(slots), 0)
    for w in reversed(range(windows)):
        here: dict[int, int] = {}
        for s, t in product(range(slots) if w else [0], range(slots)):
            first, last = max(0, (t - s - 1) * width + 1), (t + 1 - s) * width - 1
            lengths = range(first, min(last, longest) + 1)
            worth = [window(w, s, t, length) for length in lengths] if t in left else []
            known = [value + left[t] for value in worth if value is not None]
            if known:
                here[s] = min(known + ([here[s]] if s in here else []))
        left = here
    return min(longest, left.get(0, longest))


@seeds(25, quick=2)
def test_the_bound_is_that_of_a_slow_evaluation_with_every_length_a_class_of_its_own(seed):
    rng = Random(f"slow {seed}")
    while True:
        problem = drawn_problem(rng, most=300)
        best = optimum(problem)
        if best is not None and best <= 60 and len(tables_of(problem, 1).counts.vectors) <= 8:
            break
    longest = rng.randint(1, best + 5)
    tables = tables_of(problem, longest)
    slots = rng.randint(1, 4)
    low = [table.low for table in tables.models]
    every = np.arange(longest + 1)
    prices = Prices(low, tables.counts, problem.max_windows, longest, every, slots)
    for _ in range(3):
        prices.rate(drawn_prices(rng, prices.prices.shape, cuts_of(tables), longest))
        assert prices.bound == slow_bound(tables, longest, slots, prices.prices)


@pytest.mark.parametrize("longest", [1, 2, 299, 2**31 + 1, 2**53 + 1, 2**55 + 3, 2**55 + 5])
@pytest.mark.parametrize("ratio", [1.004, 1.5])
def test_classes_of_lengths_go_exactly_to_the_longest(longest, ratio):
    lengths = lengths_in_ratio(longest, ratio)
    assert lengths[-1] == longest
    assert (np.diff(lengths) > 0).all()


def test_schedules_longer_than_floats_are_exact_have_true_bounds():
    cost = 2**50 // 3
    sizes = [cost + m for m in range(26)]  # one model after the other: one chiplet, many windows
    models = [model([layer(size)]) for size in sizes]
    problem = tiny_problem(models, types="a", links=[], windows=26)
    best = sum(sizes)
    assert best > 2**53
    for longest in range(best + 1, best + 10):
        tables = tables_of(problem, longest)
        low = [table.low for table in tables.models]
        lengths = lengths_in_ratio(longest, 3)
        prices = Prices(low, tables.counts, 26, longest, lengths)
        assert prices.bound <= best
        assert prices.prices.shape[1] == 1  # slots are asked for


def test_classes_of_lengths_fall_by_a_ratio_down_to_a_part_of_the_longest():
    lengths = lengths_in_ratio(1000, 2.0)  # 2^9 is the first power beyond 300
    assert lengths.tolist() == [1, 3, 7, 15, 31, 62, 125, 250, 500, 1000]


@pytest.mark.parametrize(("longest", "slots"), [(12, 1), (12, 3), (13, 4)])
def test_arcs_are_the_classes_of_lengths_that_lead_from_slot_to_slot(longest, slots):
    problem = tiny_problem([model([layer(1), layer(2)])], windows=3)
    tables = tables_of(problem, longest)
    lengths = np.array([3, 7, longest])
    low = [table.low for table in tables.models]
    prices = Prices(low, tables.counts, 3, longest, lengths, slots)
    width = -(-longest // slots)
    expected = {
        (w, begin, time // width, k)
        for w in range(3)
        for begin in range(slots if w else 1)
        for start in range(begin * width, (begin + 1) * width)
        for k, (shortest, most) in enumerate(zip((0, 4, 8), lengths, strict=True))
        for time in range(start + shortest, start + most + 1)
        if time // width < slots
    }
    assert prices.num_arcs == len(expected)
    assert set(zip(*(column.tolist() for column in prices._arcs), strict=True)) == expected


def some_prices(slots=2):
    """Prices of three windows, all of whose lengths are a class of their own."""
    runs = [model([layer(3), layer(2), layer(4)]), model([layer(4), layer(1)])]
    problem = tiny_problem(runs, windows=3)
    best = optimum(problem)
    tables = tables_of(problem, best + 1)
    low = [table.low for table in tables.models]
    every = np.arange(best + 2)
    return Prices(low, tables.counts, 3, best + 1, every, slots), cuts_of(tables), best


def test_prices_that_rise_are_lowered_to_fall():
    prices, cuts, best = some_prices()
    rising = np.broadcast_to(np.arange(cuts[-1]), prices.prices.shape).copy()
    assert prices.rate(rising) <= best
    assert falls(prices.prices, cuts)
    inner = prices.prices[1]
    assert (inner[:, cuts[0] : cuts[1]] == cuts[0]).all()
    assert (inner[:, cuts[1] : cuts[2]] == cuts[1]).all()


def test_finer_slots_begin_with_the_prices_of_the_coarser():
    coarse, cuts, best = some_prices(1)
    assert coarse.prices.shape[1] == 1
    coarse.rate(drawn_prices(Random("coarse"), coarse.prices.shape, cuts, best))
    fine, _, _ = some_prices(3)
    fine.take(coarse.prices.copy())
    assert fine.prices.any()
    assert (fine.prices == coarse.prices).all()
    assert fine.bound >= coarse.bound


def test_what_is_left_at_the_begin_is_the_bound_and_nothing_at_the_end():
    prices, cuts, best = some_prices()
    prices.ascend(0.3, 0.1, 30, 10, lambda: True)
    assert int(prices.left(0)[0, 0]) == prices.bound <= best
    assert prices.left(0).shape == tuple(np.diff(cuts))
    assert not prices.left(3).any()
    slowly = min(
        int(prices.prices[1, s, [1, cuts[1] + 2]].sum()) + ahead(prices, s) for s in (0, 1)
    )
    assert prices.left(1)[1, 2] == slowly


def ahead(prices, slot):
    return int(prices._ways.backward[1, slot])


def test_a_proof_has_the_prices_of_every_round_and_the_last_ones():
    prices, _, best = some_prices()
    prices.ascend(0.3, 0.1, 30, 10, lambda: True)
    first = prices.prices[1:-1].copy()
    assert prices.drop()
    assert not prices.drop()  # nothing is left to drop: no round
    prices.balance(True)
    proof = prices.proof(7)
    assert (proof.weights, proof.slots, proof.tariffs) == ((1, 7), 2, ())
    assert prices.proof().weights == (1, 0)
    assert (proof.longest_cycles, proof.cap, proof.bound) == (best + 1, best + 1, prices.bound)
    assert proof.lengths_cycles.tolist() == list(range(best + 2))
    assert len(proof.rounds) == 2
    assert (proof.rounds[0] == first).all()
    assert (proof.rounds[1] == prices.prices[1:-1]).all()


def test_all_that_a_bound_is_made_of_are_integers(monkeypatch):
    prices, _, _ = some_prices()

    def types():
        return {a.dtype.name for a in (prices.prices, prices._values, prices._gains, *prices._ways)}

    assert types() == {"int64"}
    prices.ascend(0.3, 0.1, 1, 10, lambda: True)
    rated = []
    monkeypatch.setattr(prices, "rate", lambda of: rated.append(of.dtype.name))
    prices.ascend(0.3, 0.1, 1, 10, lambda: True)
    assert types() | {*rated} == {"int64"}


def test_a_proof_names_what_a_cycle_costs_the_tariffs_and_the_cap():
    problem = tiny_problem([model([layer(3, 2), layer(2, 5)])], windows=3)
    tables = tables_of(problem, 9)
    low = [table.low for table in tables.models]
    energy = EnergyCosts.of(problem, (5, 2), [3, 1], 2**60)
    proof = Prices(low, tables.counts, 3, 9, np.arange(10), 1, energy, 77).proof(2)
    assert (proof.weights, proof.tariffs) == ((5, 2), (3, 1))
    assert (proof.longest_cycles, proof.cap) == (9, 77)


def test_an_arc_is_dropped_where_its_shortest_way_costs_what_is_allowed():
    prices, _, _ = some_prices()
    prices.ascend(0.3, 0.1, 30, 10, lambda: True)
    forward, backward = prices._ways
    window, begin, end, _ = prices._arcs
    ways = forward[window, begin] + prices._values + backward[window + 1, end]
    assert forward[-1].min() == backward[0, 0] == ways.min()  # there and back
    cheap = int((ways < prices._cap).sum())
    assert 0 < cheap < prices.num_arcs
    prices.drop()
    assert prices.num_arcs == cheap


def test_climbing_asks_before_every_step_and_raises_the_bound():
    prices, _, best = some_prices()
    before, no, yes = prices.bound, Mock(return_value=False), Mock(return_value=True)
    prices.ascend(0.3, 0.1, 30, 100, no)
    assert (prices.bound, no.call_count) == (before, 1)
    prices.ascend(0.3, 0.1, 30, 100, yes)
    assert before < prices.bound <= best
    assert yes.call_count == 30
    best_prices = prices.prices.copy()
    prices.ascend(1e-6, 0.1, 30, 100, lambda: True)  # so small a step is none
    assert (prices.prices == best_prices).all()
