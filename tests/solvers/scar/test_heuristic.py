"""The heuristic as a whole: exact where its budgets are off, and the same for the same seed."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from problems import layer, model, random_problem, seeds, tiny_problem

from scar_cp.errors import InputError
from scar_cp.files.loading import load_problem
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import space_is_defined, validate
from scar_cp.outcome.solving import solve
from scar_cp.problem.reconfig import reconfigure
from scar_cp.records.yaml_json import to_json
from scar_cp.solvers import Request, Search
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.solvers.scar.heuristic import scar
from scar_cp.solvers.scar.scar_options import ScarOptions, parse_scar_options
from scar_cp.solvers.scar.scheduling import Walks

NO_BUDGETS = ScarOptions(
    segmentation="exhaustive", top_k=None, max_cuts=None, max_walks=None, max_nodes=None
)


def best(problem, request, solver):
    search = Search(problem, request)
    solver(search)
    return search.value


def drawn(seed, **settings):
    problem = random_problem(Random(seed), max_schedules=3_000, **settings)
    if not space_is_defined(problem, "scar"):
        pytest.skip("no windows from the packing")
    return problem


@seeds(60, quick=4)
@pytest.mark.parametrize("objective", ["latency", "energy"])
def test_without_budgets_it_is_exact_in_its_own_space(seed, objective):
    request = Request("scar", objective, scar=NO_BUDGETS)
    problem = drawn(seed)
    assert best(problem, request, scar) == best(problem, request, exhaustive)


@seeds(40, quick=2)
def test_with_every_distribution_it_is_exact_with_given_windows(seed):
    options = replace(NO_BUDGETS, provisioning="exhaustive")
    request = Request("windowed", "latency", scar=options)
    problem = drawn(1000 + seed)
    assert best(problem, request, scar) == best(problem, request, exhaustive)


@seeds(40, quick=2)
@pytest.mark.parametrize(("objective", "weights"), [("edp", None), ("weighted", (2, 3))])
def test_in_one_window_every_objective_is_exact(seed, objective, weights):
    request = Request("scar", objective, weights, scar=NO_BUDGETS)
    problem = drawn(2000 + seed, windows=1)
    assert best(problem, request, scar) == best(problem, request, exhaustive)


@pytest.mark.parametrize(
    ("objective", "weights", "value"), [("edp", None, 70), ("weighted", (2, 1), 27)]
)
def test_a_placement_that_is_worse_alone_may_be_better_together(objective, weights, value):
    # Model 0: 10 cycles, 1 nJ on a. Model 1 on b, c: 2 cycles and 20 nJ, or 10 cycles and 6 nJ:
    # alone 40 < 60, together (10, 21) against (10, 7).
    x = 1000
    one = model([layer([10, x, x], [1, x, x], window=0)], max_segments=[1])
    layers = [layer([x, 1, 5], [x, 10, 3], window=0), layer([x, 5, 1], [x, 3, 10], window=0)]
    problem = tiny_problem(
        [one, model(layers, max_segments=[2])], types="abc", links=((0, 1), (1, 2))
    )
    request = Request("scar", objective, weights, scar=NO_BUDGETS)
    assert best(problem, request, scar) == best(problem, request, exhaustive) == value


def test_much_energy_does_not_weigh_on_latency():
    run = model([layer([100, 101], [2 * 10**14, 1])])
    problem = reconfigure(tiny_problem([run], types="ab"), 0)
    assert best(problem, Request("scar"), scar) == 100


def test_edp_takes_each_window_by_its_own_product():
    # Two windows of one layer each. Window 0: a 10 cycles, 10 nJ (100) or b 6 cycles, 18 nJ (108).
    # Window 1: a 1 cycle, 100 nJ or b 100 cycles, 100 nJ. Window by window: a, a: 11 * 110 = 1210;
    # b, a would be 7 * 118 = 826.
    run = model([layer([10, 6], [10, 18], window=0), layer([1, 100], [100, 100], window=1)],
                max_segments=[1, 1])  # fmt: skip
    problem = tiny_problem([run], types="ab", windows=2)
    request = Request("scar", "edp", scar=NO_BUDGETS)
    assert best(problem, request, scar) == 1210
    assert best(problem, request, exhaustive) == 826


@pytest.mark.slow
@pytest.mark.parametrize("segmentation", ["exhaustive", "evolutionary"])
@pytest.mark.parametrize("objective", ["latency", "edp"])
def test_the_same_seed_gives_the_same_schedule(segmentation, objective):
    problem = load_problem("instances/sc3.yaml", {"windows": 2}).problem
    options = ScarOptions(segmentation=segmentation)
    found = {solve(problem, Request("full", objective, scar=options), "scar").result.schedule
             for _ in range(2)}  # fmt: skip
    assert len(found) == 1


@pytest.mark.parametrize("solver", ["scar", "evolutionary", "random"])
def test_the_same_seed_gives_the_same_file_timings_aside(solver):
    problem = load_problem("instances/quickstart.yaml", {"windows": 2}).problem

    def written():
        result = solve(problem, Request(objective="edp", seed=5), solver).result
        log = tuple(line.replace(seconds=0) for line in result.log)
        return to_json(result.replace(seconds=0, log=log))

    assert written() == written()


def test_another_seed_may_end_elsewhere():
    problem = load_problem("instances/sc3.yaml").problem
    options = ScarOptions(segmentation="evolutionary", windows="given")
    found = {
        solve(problem, Request(seed=seed, scar=options), "scar").result.value for seed in range(4)
    }
    assert len(found) > 1


@seeds(20, quick=1)
def test_uniform_packing_gives_valid_schedules(seed):
    problem = random_problem(Random(seed), windows=3)
    problem = reconfigure(problem, 2, packing="uniform")
    if not space_is_defined(problem, "scar"):
        pytest.skip("no windows from the packing")
    search = Search(problem, Request("scar"))
    scar(search)
    assert search.schedule is not None
    assert not validate(problem, search.schedule, "scar")
    assert search.evaluation == evaluate(problem, search.schedule)


def test_only_the_given_windows_are_tried_if_asked():
    # 4 | 4 on one chiplet in two windows or one: both take 8, but weights are loaded twice in one.
    run = model([layer(4, weights=(1, 3, 0, 0, 0)), layer(4)])
    problem = reconfigure(tiny_problem([run], types="a", links=(), windows=2), 1)
    options = ScarOptions(windows="given")
    search = Search(problem, Request(scar=options))
    scar(search)
    assert isinstance(search.schedule, Schedule)
    assert [len(window) for window in search.schedule.windows] == [1, 1]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("top_k", 0, "must be an integer of at least 1: 0"),
        ("max_nodes", 2.5, "must be an integer of at least 1: 2.5"),
        ("population", None, "must be an integer of at least 1: None"),
        ("generations", -1, "must be an integer of at least 0: -1"),
        ("segmentation", "exhaustiv", "must be one of auto, exhaustive, evolutionary: 'exhaustiv'"),
        ("provisioning", "all", "must be one of rules, exhaustive: 'all'"),
    ],
)
def test_modes_and_budgets_are_what_they_can_be(name, value, rule):
    with pytest.raises(ValueError, match=f"^{name} {rule}$"):
        ScarOptions(**{name: value})


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("top_k=0", ["--scar: top_k: 0: must be an integer of at least 1"]),
        ("x=1,generations=-1", [
            "--scar: generations: -1: must be an integer of at least 0",
            "--scar: x: must be one of windows, provisioning, target, segmentation, top_k, "
            "max_cuts, max_walks, max_nodes, population, generations",
        ]),
        ("top_k=3,top_k=5", ["--scar: top_k: 5: must be given once"]),
        ("target=edp,windows=all", ["--scar: windows: all: must be one of best, given"]),
    ],
)  # fmt: skip
def test_options_in_words_are_checked(text, faults):
    with pytest.raises(InputError) as caught:
        parse_scar_options(text)
    assert sorted(str(caught.value).splitlines()) == sorted(faults)


def test_options_in_words():
    options = parse_scar_options("provisioning=exhaustive,top_k=none,generations=0")
    assert options == ScarOptions(provisioning="exhaustive", top_k=None, generations=0)
    assert parse_scar_options("") == ScarOptions()


def mesh(side):
    cells = [(r, c) for r in range(side) for c in range(side)]
    links = [
        (a, b)
        for a, (r, c) in enumerate(cells)
        for b, cell in enumerate(cells)
        if cell in ((r + 1, c), (r, c + 1))
    ]
    run = model([layer(1) for _ in range(side * side)])
    return tiny_problem([run], types="a" * side * side, links=links, cells=cells)


@pytest.mark.slow
def test_walks_that_hardly_exist_do_not_stop_the_clock():
    # No walk over all of a mesh of odd size begins on half of its chiplets.
    search = Search(reconfigure(mesh(7), 0), Request(time_limit_s=1.0))
    claim = scar(search)
    assert search.schedule is not None
    assert any("was cut off" in note for note in claim.notes)


def test_walks_that_hardly_exist_are_not_looked_for_without_end():
    notes = set()
    Walks(mesh(7), 200, notes)(49)
    assert "the search for walks of 49 chiplets was cut off" in notes


def test_cuts_that_cannot_fit_are_not_searched_for():
    runs = [model([layer(1) for _ in range(8)]) for _ in range(3)]
    links = [(c, c + 1) for c in range(11)]
    problem = reconfigure(tiny_problem(runs, types="a" * 12, links=links), 0)
    options = ScarOptions(provisioning="exhaustive", segmentation="evolutionary")
    search = Search(problem, Request(time_limit_s=60, scar=options))
    scar(search)
    assert search.value is not None
    assert search.remaining_s > 0


def test_a_model_without_a_chiplet_in_its_window_is_no_crash():
    run = model([layer(1, window=0), layer(1, window=0)], max_segments=[0])
    for segmentation in ("exhaustive", "evolutionary"):
        options = ScarOptions(segmentation=segmentation)
        search = Search(tiny_problem([run]), Request("scar", scar=options))
        scar(search)
        assert search.schedule is None


def test_why_there_is_no_schedule_is_said():
    crowd = reconfigure(tiny_problem([model([layer(1)]) for _ in range(5)], windows=2))
    assert scar(Search(crowd, Request())).notes == (
        "no packing puts all models into windows with a chiplet for each",
    )
    late = reconfigure(tiny_problem([model([layer(10)], deadline=5)]))
    assert any("deadline" in note for note in scar(Search(late, Request())).notes)


def test_node_counts_may_follow_energy():
    # Two models of equal cycles on four chiplets, all energy in the second: 2 and 2, or 1 and 3.
    runs = [model([layer(9, nj)] * 3, batch=50) for nj in (0, 50)]
    links = [(c, c + 1) for c in range(3)]
    problem = reconfigure(tiny_problem(runs, types="aaaa", links=links), 0)

    def segments(target):
        search = Search(problem, Request(scar=ScarOptions(target=target, windows="given")))
        scar(search)
        return [sum(s.model == m for s in search.schedule.windows[0]) for m in range(2)]

    assert segments("latency") == [2, 2]
    assert segments("energy") == [1, 3]
