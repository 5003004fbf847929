"""Every rule by name: one corruption, exactly its violation."""

from __future__ import annotations

from pathlib import Path

import pytest
from problems import ROW_OF_THREE, layer, model, schedule, tensor, tiny_problem

from scar_cp.errors import Fault
from scar_cp.judge.validation import space_is_defined, undefined_space, validate
from scar_cp.problem.compiled import Problem
from scar_cp.terms import Space


def two_models(**changes):
    """Model 0: three layers in windows 0, 0, 1; model 1: one layer in window 1.

    Chiplets 0-1-2 in a row, two windows.
    """
    first = model(
        [layer(5, window=0), layer(5, window=0), layer(5, window=1)],
        [tensor(0, [1]), tensor(1, [2]), tensor(2, [])],
        max_segments=(2, 1),
    )
    second = model([layer(4, window=1)], max_segments=(0, 1))
    runs = [first | changes, second]
    return tiny_problem(runs, types="aaa", links=ROW_OF_THREE, windows=2)


GOOD = schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 2)])


def rules(plan, space="full", problem=None):
    return [v.rule for v in validate(problem or two_models(), plan, space)]


def test_a_valid_schedule_breaks_no_rule_of_any_space() -> None:
    for space in ("full", "adjacent", "windowed", "scar"):
        assert rules(GOOD, space) == []


CORRUPTED = {
    "a layer is dropped": (
        "coverage",
        schedule([(0, 0, 0, 0)], [(0, 2, 2, 1), (1, 0, 0, 2)]),
    ),
    "a model is dropped": (
        "coverage",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1)]),
    ),
    "a layer lies in two segments of one window": (
        "coverage",
        schedule([(0, 0, 1, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 2)]),
    ),
    "a layer lies in two windows": (
        "coverage",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 1, 2, 1), (1, 0, 0, 2)]),
    ),
    "a layer lies in an earlier window than the one before it": (
        "order",
        schedule([(0, 0, 0, 0), (0, 2, 2, 1)], [(0, 1, 1, 1), (1, 0, 0, 2)]),
    ),
    "a chiplet hosts two models": (
        "exclusive",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 1)]),
    ),
    "there are too many windows": (
        "windows",
        schedule([(0, 0, 0, 0)], [(0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 2)]),
    ),
    "an empty window is one too many": (
        "windows",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 2)], []),
    ),
    "a model does not exist": (
        "range coverage",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (2, 0, 0, 2)]),
    ),
    "a model is negative": (
        "range coverage",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (-1, 0, 0, 2)]),
    ),
    "a layer does not exist": (
        "range",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 3, 1), (1, 0, 0, 2)]),
    ),
    "a first layer is negative": (
        "range",
        schedule([(0, -1, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 2)]),
    ),
    "a segment ends before it begins": (
        "range coverage",
        schedule([(0, 1, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 2)]),
    ),
    "a chiplet does not exist": (
        "range",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 3)]),
    ),
    "a chiplet is negative": (
        "range",
        schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, -1)]),
    ),
}


@pytest.mark.parametrize("fault", CORRUPTED)
def test_a_corruption_breaks_exactly_its_rule(fault):
    rule, plan = CORRUPTED[fault]
    assert rules(plan) == rule.split()


def test_a_gap_between_neighbouring_segments_matters_only_where_the_space_says_so() -> None:
    plan = schedule([(0, 0, 0, 0), (0, 1, 1, 2)], [(0, 2, 2, 1), (1, 0, 0, 2)])
    assert rules(plan) == []
    assert rules(plan, "adjacent") == ["adjacent"]
    assert rules(plan, "windowed") == ["adjacent"]
    assert rules(plan, "scar") == ["adjacent"]


def test_segments_of_different_windows_or_models_need_not_touch() -> None:
    plan = schedule([(0, 0, 1, 0)], [(0, 2, 2, 2), (1, 0, 0, 0)])
    assert rules(plan, "scar") == []


def test_a_layer_outside_its_window_breaks_windowed_only_there() -> None:
    plan = schedule([(0, 0, 0, 0)], [(0, 1, 2, 1), (1, 0, 0, 2)])
    assert rules(plan, "adjacent") == []
    assert rules(plan, "windowed") == ["windowed"]
    assert rules(plan, "scar") == ["windowed"]


def test_windows_are_counted_by_position_empty_ones_too() -> None:
    # One layer, whose window is the second: an empty first window keeps the count.
    run = model([layer(5, window=1)], max_segments=(0, 1))
    problem = tiny_problem([run], windows=2)
    assert rules(schedule([], [(0, 0, 0, 0)]), "scar", problem) == []
    found = rules(schedule([(0, 0, 0, 0)]), "windowed", problem)
    assert found == ["windowed"]
    assert rules(schedule([(0, 0, 0, 0)]), "scar", problem) == ["windowed", "scar"]


def test_more_segments_than_the_node_count_break_scar_only_there() -> None:
    problem = two_models(max_segments=(1, 1))
    assert rules(GOOD, "windowed", problem) == []
    assert rules(GOOD, "scar", problem) == ["scar"]


def test_a_missed_deadline_breaks_every_space_and_one_met_exactly_none() -> None:
    # Completion of model 0: 10 in window 0 (5 + 5), 5 in window 1.
    for space in ("full", "adjacent", "windowed", "scar"):
        assert rules(GOOD, space, two_models(deadline_cycles=15)) == []
        assert rules(GOOD, space, two_models(deadline_cycles=14)) == ["deadline"]


def test_a_deadline_is_not_judged_without_numbers() -> None:
    _, dropped = CORRUPTED["a layer is dropped"]
    assert rules(dropped, "full", two_models(deadline_cycles=1)) == ["coverage"]
    # The rules that leave the numbers alone do not stand in the way.
    far = schedule([(0, 0, 0, 0), (0, 1, 1, 2)], [(0, 2, 2, 1), (1, 0, 0, 2)])
    found = rules(far, "adjacent", two_models(deadline_cycles=1))
    assert found == ["adjacent", "deadline"]


def test_several_violations_are_all_reported() -> None:
    # Three windows; layer 1 missing, layer 2 twice; chiplet 2 twice in window 0.
    plan = schedule([(0, 2, 2, 2), (1, 0, 0, 2)], [(0, 0, 0, 0)], [(0, 2, 2, 1)])
    found = rules(plan, "scar")
    assert set(found) == {"windows", "coverage", "order", "exclusive", "windowed", "scar"}
    assert found.count("coverage") == 2


def test_two_faults_of_one_segment_are_two_violations() -> None:
    plan = schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(0, 2, 2, 1), (7, 0, 0, 9)])
    assert rules(plan) == ["range", "range", "coverage"]


def test_a_segment_out_of_range_does_not_hide_a_shared_chiplet_elsewhere() -> None:
    plan = schedule([(0, 0, 0, 1), (0, 1, 1, 1)], [(0, 2, 2, 1), (1, 0, 0, 9)])
    assert set(rules(plan)) >= {"range", "exclusive"}


SAYINGS = {
    "a layer is dropped": [
        "coverage: model0[0] layer 1: lies in 0 segments, must lie in exactly one",
    ],
    "a layer lies in an earlier window than the one before it": [
        "order: model0[0] layer 2: lies in window 0, a lower-numbered layer in 1",
    ],
    "a chiplet hosts two models": [
        "exclusive: windows[1] chiplet 1: hosts 2 segments, at most one allowed",
    ],
    "there are too many windows": ["windows: windows: 3 windows, at most 2 allowed"],
    "a model does not exist": [
        "range: windows[1][1]: model 2 does not exist: there are 2",
        "coverage: model1[1] layer 0: lies in 0 segments, must lie in exactly one",
    ],
    "a layer does not exist": ["range: windows[1][0]: layers 2-3 are not a range within 0-2"],
    "a chiplet does not exist": ["range: windows[1][1]: chiplet 3 does not exist: there are 3"],
}


@pytest.mark.parametrize("fault", SAYINGS)
def test_a_violation_says_where_and_by_how_much(fault):
    _, plan = CORRUPTED[fault]
    assert [str(violation) for violation in validate(two_models(), plan)] == SAYINGS[fault]


def test_violations_of_a_space_say_where_and_by_how_much() -> None:
    apart = schedule([(0, 0, 0, 0), (0, 1, 1, 2)], [(0, 2, 2, 1), (1, 0, 0, 2)])
    late = schedule([(0, 0, 0, 0)], [(0, 1, 2, 1), (1, 0, 0, 2)])
    hurried, few = two_models(deadline_cycles=14), two_models(max_segments=(1, 1))
    found = [
        *validate(two_models(), apart, "adjacent"),
        *validate(two_models(), late, "windowed"),
        *validate(few, GOOD, "scar"),
        *validate(hurried, GOOD),
    ]
    assert list(map(str, found)) == [
        "adjacent: windows[0] model0[0] layers 0|1: chiplets 0 and 2 are not neighbours",
        "windowed: model0[0] layer 1: lies in window 1, its window is 0",
        "scar: windows[0] model0[0]: 2 segments, at most 1 allowed",
        "deadline: model0[0]: completes at 15 cycles, deadline 14",
    ]


@pytest.mark.parametrize(
    "fault",
    ["a layer does not exist", "a first layer is negative", "a chiplet does not exist"],
)
def test_what_does_not_exist_breaks_no_other_rule_of_the_smallest_space(fault):
    rule, plan = CORRUPTED[fault]
    assert rules(plan, "scar") == [rule]


def test_chiplets_that_do_not_exist_are_neither_shared_nor_neighbours() -> None:
    # There are chiplets 0 to 2; chiplet 3 would be the first that is missing.
    plan = schedule([(0, 0, 0, 2), (0, 1, 1, 3)], [(0, 2, 2, 3), (1, 0, 0, 3)])
    assert rules(plan, "adjacent") == ["range"] * 3


def test_the_first_chiplet_is_as_exclusive_as_any_other() -> None:
    plan = schedule([(0, 0, 0, 0), (0, 1, 1, 0)], [(0, 2, 2, 1), (1, 0, 0, 2)])
    assert rules(plan) == ["exclusive"]


def test_nobody_may_have_a_segment_in_a_window_too_many() -> None:
    plan = schedule([(0, 0, 0, 0), (0, 1, 1, 1)], [(1, 0, 0, 2)], [(0, 2, 2, 1)])
    assert rules(plan, "scar") == ["windows", "windowed", "scar"]


def test_deadlines_of_all_models_are_judged() -> None:
    # Completions: 15 of model 0, 10 + 4 of model 1.
    problem = two_models(deadline_cycles=14)
    runs = problem.models[0], problem.models[1].replace(deadline_cycles=13)
    found = validate(problem.replace(models=runs), GOOD)
    assert [violation.where for violation in found] == ["model0[0]", "model1[1]"]


def test_an_undefined_space_raises() -> None:
    no_windows = tiny_problem([model([layer(1)])])
    no_counts = tiny_problem([model([layer(1, window=0)])])
    plan = schedule([(0, 0, 0, 0)])
    undefined: tuple[tuple[Problem, Space], ...] = (
        (no_windows, "windowed"),
        (no_windows, "scar"),
        (no_counts, "scar"),
    )
    for problem, space in undefined:
        assert not space_is_defined(problem, space)
        with pytest.raises(ValueError, match=space):
            validate(problem, plan, space)
    assert validate(no_counts, plan, "windowed") == []
    assert validate(no_windows, plan, "adjacent") == []


def test_a_space_that_is_not_defined_is_a_fault_of_the_option_or_of_the_file() -> None:
    rule = "the problem has no windows from the greedy packing, so the space is undefined"
    option = Fault("space", "", "scar", rule, is_parameter=True)
    assert undefined_space("scar", Path("in.yaml"), "scar") == option
    assert undefined_space("scar", Path("in.yaml"), None) == Fault("in.yaml", "space", "scar", rule)
