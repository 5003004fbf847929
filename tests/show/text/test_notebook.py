"""What a notebook or a prompt shows of what it is given: a table, or one line."""

from __future__ import annotations

import re
import subprocess
import sys
from html import unescape
from random import Random
from typing import Any

import pytest
from conftest import ROOT
from problems import with_unused_type

import scar_cp as sc
from scar_cp.outcome.pareto import FrontPoint
from scar_cp.show.text.summary import print_summary

PROBLEM = sc.load_problem(ROOT / "instances/quickstart.yaml").problem
OUTCOME = sc.solve(PROBLEM, sc.Request(workers=1))
INSTANCE = sc.read_instance(ROOT / "instances/quickstart.yaml")
FRONT = sc.Front(
    problem="p",
    space="full",
    points=tuple(
        FrontPoint(latency_cycles=c, energy_nj=e, supported=True, schedule=OUTCOME.result.schedule)
        for c, e in ((1000, 30), (2000, 10))
    ),
    half_planes=(),
    budgets=(),
)
LARGE: list[Any] = [
    PROBLEM,
    PROBLEM.models[0],
    INSTANCE,
    *(INSTANCE.models[0], INSTANCE.package),
    *(OUTCOME, OUTCOME.result, OUTCOME.result.evaluation, OUTCOME.result.schedule),
    FRONT,
]


def texts(html: str) -> list[str]:
    """The text of each cell and line, markup apart."""
    return [unescape(text) for text in re.split(r"<[^>]*>", html) if text]


@pytest.mark.parametrize("shown", LARGE, ids=lambda shown: type(shown).__name__)
def test_what_is_large_prints_as_one_line(shown: Any) -> None:
    assert repr(shown) == str(shown) == f"{shown}"
    assert re.fullmatch(rf"<{type(shown).__name__} .{{5,120}}>", repr(shown))


def test_a_line_says_what_matters() -> None:
    assert repr(PROBLEM) == (
        "<Problem quickstart: 2 models, 12 layers, 4 chiplets, at most 1 window(s)>"
    )
    assert repr(OUTCOME) == (
        "<Outcome of quickstart: latency 909,537, bound 909,537, optimal in the full space, "
        "found by pipeline partitions>"
    )


def test_a_notebook_shows_of_an_outcome_what_solve_prints(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_summary(OUTCOME)
    printed = capsys.readouterr().out
    shown = texts(OUTCOME._repr_html_())
    assert all(text in printed for text in shown[1:])
    assert {
        "resnet50_block x4",
        "3 shidiannao",
        "bound 1.8191 ms (pipeline partitions), gap 0 %",
    } < {*shown}


def test_without_the_problem_models_and_chiplets_have_numbers() -> None:
    row = ["0: 1.8191 ms", "0", "0", "3", "0.27310 ms", "98%", "1.2450 ms"]
    for shown in (OUTCOME.result, OUTCOME.result.evaluation):
        cells = texts(shown._repr_html_())
        assert cells[8:15] == row


def test_a_notebook_shows_problems_fronts_and_what_they_are_made_of() -> None:
    assert texts(PROBLEM._repr_html_())[6:11] == ["resnet50_block", "4", "1", "5", "-"]
    assert texts(FRONT._repr_html_())[6:11] == [
        "1,000 cycles",
        "30 nJ",
        "30,000 cycles x nJ",
        "weights",
        "at most 100.00 %",
    ]
    assert "package mixed_2x2: 4 chiplets (3 nvdla, 1 shidiannao)" in INSTANCE._repr_html_()
    assert INSTANCE.package._repr_html_().startswith("<pre>package mixed_2x2")
    assert OUTCOME.result.schedule._repr_html_() is None


def test_a_type_that_no_chiplet_has_is_not_shown() -> None:
    assert with_unused_type(Random(1), PROBLEM)._repr_html_() == PROBLEM._repr_html_()


def test_tables_are_imported_when_a_notebook_asks() -> None:
    """However the record was imported."""
    code = """
import sys
from scar_cp.inputs.package import Package
shown = Package.model_validate(
    {"format": "scar-cp/package@1", "name": "pair", "layout": [["a", "b"]]}, strict=False
)
before = "scar_cp.show" in sys.modules
print(before, shown._repr_html_().splitlines()[0])
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed == "False <pre>package pair: 2 chiplets (1 a, 1 b)\n"


def test_names_are_no_markup() -> None:
    evil = PROBLEM.replace(
        name="<script>", models=tuple(m.replace(name="<b>&") for m in PROBLEM.models)
    )
    html = evil._repr_html_()
    assert "<script>" not in html
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;" in html


def test_a_picture_shows_itself() -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    picture: Any = sc.plot_bounds(OUTCOME.result)
    assert picture._repr_png_().startswith(b"\x89PNG")
