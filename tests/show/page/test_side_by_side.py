"""Results beside each other: differences are those of the evaluator's numbers."""

from __future__ import annotations

import pytest

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.outcome.result import Origin, Result
from scar_cp.show.page.side_by_side import MOST_SIDES, Side, side_by_side
from show.plots import examples

PROBLEM, PLAN = examples.example()


def moved(plan: Schedule, of_window: int, to: int) -> Schedule:
    """The same but for the first segment of a window, on a chiplet that is free in it."""
    windows = [list(window) for window in plan.windows]
    windows[of_window][0] = windows[of_window][0].replace(chiplet=to)
    return Schedule.of(plan.problem, windows)


def free(plan: Schedule, window: int) -> int:
    return min(set(range(PROBLEM.num_chiplets)) - {s.chiplet for s in plan.windows[window]})


def result(plan: Schedule, **changes: object) -> Result:
    evaluation = evaluate(PROBLEM, plan)
    found = examples.RESULT.replace(
        schedule=plan,
        evaluation=evaluation,
        objective="latency",
        value=evaluation.latency_cycles,
        bounds=(),
        gap=0.25,
    )
    return found.replace(**changes)


def side(name: str, plan: Schedule = PLAN, **changes: object) -> Side:
    return Side(name, result(plan, **changes), PROBLEM, plan)


def tables(*sides: Side) -> dict[str, dict[str, dict[str, str]]]:
    """Cells by caption, first cell of their line, and head."""
    section = side_by_side(sides)
    assert section is not None
    return {
        table.caption: {
            line[0]: dict(zip([head.name for head in table.heads], line, strict=True))
            for line in table.lines
        }
        for table in section.tables
    }


def test_differences_are_shares_of_the_first_and_the_better_is_named() -> None:
    whole = [
        Segment(model=m, first=0, last=run.num_layers - 1, chiplet=m)
        for m, run in enumerate(PROBLEM.models)
    ]
    other = Schedule.of(PLAN.problem, [whole])
    found = tables(side("a", gap=0.5), side("b", other))
    before, after = evaluate(PROBLEM, PLAN), evaluate(PROBLEM, other)
    assert before.energy_nj != after.energy_nj
    line = found["Numbers"]["energy"]
    share = (after.energy_nj - before.energy_nj) / before.energy_nj
    assert float(line["difference"].removesuffix(" %")) == pytest.approx(100 * share, abs=0.006)
    assert line["better"] == ("a" if share > 0 else "b")
    assert line["a"].endswith(" mJ")
    gap = found["Numbers"]["gap"]
    assert (gap["a"], gap["difference"], gap["better"]) == ("50.00 %", "-25.00 points", "b")
    ends = found["When runs are done"]
    assert list(ends) == [f"{model.name} x{model.batch}" for model in PROBLEM.models]
    assert len(found["Lengths of windows"]) == len(before.windows)
    assert "better" not in found["Lengths of windows"]["0"]


def test_layers_that_sit_elsewhere_are_found_and_no_others() -> None:
    to = free(PLAN, 0)
    other, segment = moved(PLAN, 0, to), PLAN.windows[0][0]
    count = sum(model.num_layers for model in PROBLEM.models)
    moves = segment.last + 1 - segment.first
    (line,) = tables(side("a"), side("b", other))[
        f"Layers of a that sit elsewhere in b: {moves} of {count}"
    ].values()
    assert line["b"] == f"window 0, {to} {PROBLEM.chiplets[to].type}"
    assert not [caption for caption in tables(side("a"), side("b")) if "elsewhere" in caption]


def test_what_cannot_be_compared_has_no_difference_and_settings_say_why() -> None:
    origin = Origin(file="x.yaml", settings={"package": "p.yaml"})
    other = side("b", objective="energy", problem_sha256="f" * 64, origin=origin, seed=7)
    section = side_by_side([side("a"), other])
    assert section is not None
    assert section.notes[0].startswith("b is about another problem than a")
    found = tables(side("a"), other)
    assert found["Numbers"]["value"]["difference"] == found["Numbers"]["gap"]["better"] == "-"
    assert found["Numbers"]["latency"]["difference"] == "0 %"
    differing = found["Settings that differ"]
    assert differing["seed"]["b"] == "7"
    assert differing["with"]["b"] == "package p"
    assert {"objective", "sha256"} < set(differing)
    assert "solver" not in differing


def test_results_without_a_schedule_or_problem_stand_beside_others() -> None:
    nothing = result(PLAN, schedule=None, evaluation=None, value=None, gap=None)
    found = tables(side("a"), Side("b", nothing))
    assert found["Numbers"]["value"]["b"] == found["Numbers"]["latency"]["b"] == "-"
    assert all(line["difference"] == "-" for line in found["When runs are done"].values())


def test_several_are_compared_with_the_first_and_many_are_not() -> None:
    section = side_by_side([side("a"), side("b"), side("c")])
    assert section is not None
    assert section.notes == ["all settings are the same"]
    heads = [head.name for head in section.tables[0].heads]
    assert heads[1:] == ["a", "b", "difference of b", "c", "difference of c", "best"]
    assert side_by_side([side("a")]) is None
    assert side_by_side([side(str(n)) for n in range(MOST_SIDES + 1)]) is None
