"""The brute force, against counts by hand and against a dumber brute force."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest
from conftest import ROOT
from problems import (
    ROW_OF_THREE,
    layer,
    model,
    random_problem,
    schedule,
    seeds,
    tensor,
    tiny_problem,
)

from scar_cp.errors import ScarError
from scar_cp.files.loading import load_problem
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.objective import Objective
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.problem.compiled import Problem
from scar_cp.problem.reconfig import reconfigure
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import count_schedules, exhaustive, schedules
from scar_cp.terms import Space


def two_layers(windows: int = 1, of: tuple[int, int] = (0, 0), most: tuple[int, ...] = (2, 2)):
    """A chain of two layers on two neighbours; ``of``: the windows the problem gives."""
    run = model([layer(5, window=of[0]), layer(9, window=of[1])], max_segments=most[:windows])
    return tiny_problem([run], windows=windows)


def test_two_layers_on_two_chiplets_in_one_window_have_four_schedules():
    # Together: on 0 or on 1. Apart: (0, 1) or (1, 0).
    for space in ("full", "adjacent", "windowed", "scar"):
        assert count_schedules(two_layers(), space) == 4
    found = set(schedules(two_layers(), "full"))
    assert found == {
        schedule([(0, 0, 1, 0)]),
        schedule([(0, 0, 1, 1)]),
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)]),
        schedule([(0, 0, 0, 1), (0, 1, 1, 0)]),
    }


def test_a_second_window_adds_every_way_to_split_over_time():
    # The 4 of one window, and layer 0 then layer 1, each on either chiplet: 2 * 2.
    assert count_schedules(two_layers(windows=2), "full") == 8
    assert count_schedules(two_layers(windows=2), "adjacent") == 8


def test_given_windows_leave_only_the_places():
    # Layer 0 in window 0, layer 1 in window 1: 2 * 2 places.
    assert count_schedules(two_layers(windows=2, of=(0, 1)), "windowed") == 4
    # Both in window 1, window 0 empty: as in one window.
    assert count_schedules(two_layers(windows=2, of=(1, 1)), "windowed") == 4
    # A layer may not run before a lower-numbered one.
    assert count_schedules(two_layers(windows=2, of=(1, 0)), "windowed") == 0


def test_node_counts_limit_the_segments():
    assert count_schedules(two_layers(most=(1,)), "scar") == 2
    assert count_schedules(two_layers(most=(0,)), "scar") == 0


def test_consecutive_segments_must_touch_only_where_the_space_says_so():
    # Row of three. Together 3; apart: 3 * 2 in full, the 4 directed links in adjacent.
    problem = tiny_problem([model([layer(1), layer(1)])], types="aaa", links=ROW_OF_THREE)
    assert count_schedules(problem, "full") == 9
    assert count_schedules(problem, "adjacent") == 7


def test_two_models_never_share_a_chiplet_in_a_window():
    # One layer each on two chiplets: 2 in one window; with two windows also one after the
    # other, 2 orders * 2 * 2 places.
    runs = [model([layer(1)]), model([layer(1)])]
    assert count_schedules(tiny_problem(runs), "full") == 2
    assert count_schedules(tiny_problem(runs, windows=2), "full") == 10


def every_assignment(problem: Problem, space: Space) -> Iterator[Schedule]:
    """Try every window and chiplet for every layer; keep what `validate` accepts."""
    places = list(product(range(problem.max_windows), range(problem.num_chiplets)))
    sizes = [run.num_layers for run in problem.models]
    for homes in product(places, repeat=sum(sizes)):
        windows: list[list[Segment]] = [[] for _ in range(problem.max_windows)]
        offset = 0
        for m, size in enumerate(sizes):
            mine = homes[offset : offset + size]
            offset += size
            first = 0
            for i in range(size):
                if i + 1 == size or mine[i + 1] != mine[i]:
                    w, c = mine[i]
                    windows[w].append(Segment(model=m, first=first, last=i, chiplet=c))
                    first = i + 1
        while not windows[-1]:
            windows.pop()
        plan = Schedule.of(problem.name, windows)
        if not validate(problem, plan, space):
            yield plan


@seeds(30, quick=2)
def test_it_finds_the_best_of_every_assignment_of_layers(seed):
    rng = Random(seed)
    problem = random_problem(rng, max_total_layers=3, max_chiplets=3, deadlines=seed % 3 == 0)
    for space in ("full", "adjacent", "windowed", "scar"):
        if not space_is_defined(problem, space):
            continue
        valid = list(every_assignment(problem, space))
        if all(run.deadline_cycles is None for run in problem.models):
            free = space in ("full", "adjacent")
            listed = {p for p in valid if not free or all(p.windows)}
            assert set(schedules(problem, space)) == listed
            assert count_schedules(problem, space) == len(listed)
        numbers = [evaluate(problem, plan) for plan in valid]
        for objective, weights in (
            ("latency", None),
            ("energy", None),
            ("edp", None),
            ("weighted", (3, 2)),
        ):
            search = Search(problem, Request(space, objective, weights))
            claim = exhaustive(search)
            best = min(map(Objective(objective, weights).of, numbers), default=None)
            assert claim.exhausted
            assert claim.value == best
            assert search.bound == best
            assert (claim.schedule is None) == (best is None)
            if claim.schedule is not None:
                assert not validate(problem, claim.schedule, space)


def test_an_impossible_deadline_is_infeasible():
    problem = tiny_problem([model([layer(5)], deadline=4)])
    search = Search(problem, Request())
    claim = exhaustive(search)
    assert claim.exhausted
    assert claim.schedule is None
    assert search.bounds == []


def test_a_deadline_that_is_met_exactly_is_met():
    claim = exhaustive(Search(tiny_problem([model([layer(5)], deadline=5)]), Request()))
    assert claim.value == 5


def test_too_many_schedules_are_refused_with_their_number():
    runs = [model([layer(1)]), model([layer(1)])]  # 10 schedules of 4 placements each
    search = Search(tiny_problem(runs, windows=2), Request())
    with pytest.raises(ScarError, match="10, at most 9"):
        exhaustive(search, limit=9)
    with pytest.raises(ScarError, match="model0 alone has more than 3"):
        exhaustive(search, limit=3)
    assert exhaustive(search, limit=10).exhausted


def test_an_undefined_space_is_an_error():
    problem = tiny_problem([model([layer(1)])])
    with pytest.raises(ScarError, match="windowed"):
        exhaustive(Search(problem, Request("windowed")))


def test_a_stopped_enumeration_claims_nothing():
    search = Search(two_layers(), Request(time_limit_s=0))
    claim = exhaustive(search)
    assert not claim.exhausted
    assert claim.notes
    assert search.bounds == []


def test_a_problem_larger_than_the_others_is_counted_without_being_listed():
    # Six models of one layer on six chiplets in a row: 6! placements of one window.
    links = [(c, c + 1) for c in range(5)]
    problem = tiny_problem([model([layer(1)])] * 6, types="a" * 6, links=links)
    assert count_schedules(problem, "full") == 720


def test_reconfigured_windows_are_searched_by_position():
    # Layers of 10 and 10 cycles, two windows of 10: one layer in each.
    run = model([layer(10), layer(10)], [tensor(0, [1], nop=1, dram=3), tensor(1, [], dram=2)])
    problem = reconfigure(tiny_problem([run], windows=2), 1)
    search = Search(problem, Request("windowed"))
    # 10 + write 3, then read 3 + 10 + write 2
    assert exhaustive(search).value == 28
    assert exhaustive(Search(problem, Request("full"))).value == 22


def test_it_stops_in_time_while_it_still_counts():
    problem = load_problem(ROOT / "instances" / "sc3.yaml").problem
    search = Search(problem, Request(time_limit_s=0.2))
    claim = exhaustive(search)
    assert not claim.exhausted
    assert claim.notes == ("the enumeration was cut off by the time limit",)
