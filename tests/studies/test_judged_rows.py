"""Rows judged by one another: ratios, certified gaps, summaries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rows import ROW

from scar_cp.errors import ClaimError
from scar_cp.show.text.comparison_text import (
    ratio_text,
)
from scar_cp.studies.judged_rows import judge, summarise

EXACT = replace(ROW, solver="cp-sat", value=100, bound=90)


def test_a_heuristic_is_certified_by_the_exact_solvers_bound() -> None:
    heuristic, exact = judge([ROW, EXACT])
    assert (heuristic.ratio, heuristic.gap) == (1.2, 0.25)
    assert (exact.ratio, exact.gap) == (1.0, 0.1)


@pytest.mark.parametrize("other", [{"sha256": "b" * 64}, {"space": "scar"}, {"objective": "edp"}])
def test_rows_about_another_question_do_not_meet(other: dict[str, Any]) -> None:
    heuristic, _ = judge([ROW, replace(EXACT, **other)])
    assert (heuristic.ratio, heuristic.gap) == (1.0, 70 / 120)


def test_other_limits_still_tell_something_about_the_same_question() -> None:
    heuristic, _ = judge([ROW, replace(EXACT, time_limit_s=600.0, seed=7)])
    assert (heuristic.ratio, heuristic.gap) == (1.2, 0.25)


def test_integers_beyond_floats_are_never_taken_for_equal() -> None:
    huge = 10**40
    worse, best = judge([replace(ROW, value=huge + 1), replace(EXACT, value=huge, bound=huge - 1)])
    assert best.ratio == 1
    assert best.gap is not None
    assert best.gap > 0
    assert worse.ratio is not None
    assert worse.ratio > 1
    assert ratio_text(worse.ratio) == "1 + 2.2e-16"


def test_a_best_value_of_0_has_no_ratios_but_its_own() -> None:
    worse, best = judge([replace(ROW, bound=0), replace(EXACT, value=0, bound=0)])
    assert (best.ratio, best.gap) == (1.0, 0.0)
    assert (worse.ratio, worse.gap) == (None, 1.0)


def test_rows_without_a_value_are_kept() -> None:
    nothing = replace(EXACT, value=None, bound=None, status="infeasible")
    (alone,) = judge([nothing])
    assert (alone.ratio, alone.gap) == (None, None)
    heuristic, _ = judge([ROW, replace(EXACT, value=None)])
    assert (heuristic.ratio, heuristic.gap) == (1.0, 0.25)


def test_a_bound_above_another_rows_value_is_an_error() -> None:
    with pytest.raises(
        ClaimError, match=r"cp-sat: the bound 121 lies above the value 120 of .*scar"
    ):
        judge([ROW, replace(EXACT, value=None, bound=121)])


def test_a_summary_counts_the_best_and_takes_medians() -> None:
    others = [
        replace(row, sha256=name * 64, value=value)
        for name, row, value in (("b", ROW, 200), ("b", EXACT, 100), ("c", ROW, 90))
    ]
    failed = replace(EXACT, sha256="c" * 64, value=None, bound=None, status="failed")
    heuristic, exact = summarise(judge([ROW, EXACT, *others, failed]))
    assert (heuristic.solver, heuristic.cases, heuristic.best) == ("scar", 3, 1)
    assert (heuristic.median_ratio, heuristic.worst_ratio) == (1.2, 2.0)
    assert (heuristic.median_gap, heuristic.worst_gap) == (40 / 90, 110 / 200)
    assert (exact.cases, exact.best, exact.median_ratio) == (3, 2, 1.0)
    assert (exact.median_gap, exact.worst_gap) == (0.1, 0.1)
