"""Search over all models' cuts: exact on its tables, and never beyond the optimum."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product
from math import prod
from random import Random

from problems import seeds

from scar_cp.partition import joint
from scar_cp.partition.joint import JointCuts

from .priced import cuts_of, drawn_prices, drawn_problem, new_prices, optimum, tables_of


def window_cycles(tables, begin, end):
    """Least latency of one window, all counts tried."""
    vectors, most = tables.counts.vectors, tables.counts.vectors[-1]
    return min(
        max(int(t.low[i, j, a]) for t, i, j, a in zip(tables.models, begin, end, of, strict=True))
        for of in product(range(len(vectors)), repeat=len(tables.models))
        if all(sum(vectors[a][t] for a in of) <= c for t, c in enumerate(most))
    )


def least_of_all_cuts(tables):
    """All sequences of cuts, one window after the other."""
    ends = tuple(len(table.low) - 1 for table in tables.models)
    cycles = cache(lambda begin, end: window_cycles(tables, begin, end))

    @cache
    def left(windows, begin):
        if windows == 1:
            return cycles(begin, ends)
        further = product(*(range(i, end + 1) for i, end in zip(begin, ends, strict=True)))
        return min(cycles(begin, cut) + left(windows - 1, cut) for cut in further)

    return left(tables.problem.max_windows, (0,) * len(ends))


def check_joint(seed, monkeypatch):
    """Any prices and any number of states at once, against all cuts and brute force."""
    rng = Random(f"joint {seed}")
    monkeypatch.setattr(joint, "_STATES_AT_ONCE", rng.choice([20, 50, 500]))
    while True:
        problem = drawn_problem(rng, most=3_000)
        ways = prod(c + 1 for c in problem.type_counts) ** len(problem.models)
        if ways <= 1_000:
            break
    best = optimum(problem)
    for longest in {best + 1, best + rng.randint(1, best + 9), rng.randint(1, best + 1)}:
        tables = tables_of(problem, longest + rng.choice([0, 7]))
        low, windows = [table.low for table in tables.models], problem.max_windows
        prices = new_prices(rng, tables, longest)
        prices.rate(drawn_prices(rng, prices.prices.shape, cuts_of(tables), longest))
        for _ in range(rng.choice([0, 1, 5])):
            prices.balance(rng.random() < 0.5)
            prices.drop()
        search = JointCuts(low, tables.counts, windows, prices)
        before = search.bound
        steps = [1.0, 1.003, 1.3, 10.0] if longest < 200 else [1.3, 10.0]
        monkeypatch.setattr(joint, "_STEP", rng.choice(steps))
        for _ in search.raise_bound(longest, lambda: True):
            assert before <= search.bound <= min(best, longest), seed
            before = search.bound
        least = least_of_all_cuts(tables)
        assert min(search.bound, longest) == min(least, longest), seed
        if search.cuts is not None:
            assert (search.cuts[0] == 0).all()
            assert all(
                cut == len(table.low) - 1
                for cut, table in zip(search.cuts[-1], tables.models, strict=True)
            )
            total = sum(window_cycles(tables, a, b) for a, b in pairwise(search.cuts.tolist()))
            assert total <= search.bound < longest


@seeds(60, quick=3)
def test_the_search_ends_with_the_least_of_all_cuts_whatever_the_prices(seed, monkeypatch):
    check_joint(seed, monkeypatch)


def test_what_is_known_holds_when_the_search_is_stopped():
    rng = Random("stopped")
    problem = drawn_problem(rng)
    best = optimum(problem)
    tables = tables_of(problem, best + 1)
    prices = new_prices(rng, tables, best + 1)
    low = [table.low for table in tables.models]
    search = JointCuts(low, tables.counts, problem.max_windows, prices)
    assert not list(search.raise_bound(best + 1, lambda: False))
    assert search.bound <= best
    assert search.cuts is None
