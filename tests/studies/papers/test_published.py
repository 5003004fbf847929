"""The papers' figures: complete, as printed, and each in some experiment's table."""

from __future__ import annotations

from collections import Counter

import pytest

from scar_cp.studies.papers.cells import cells_of
from scar_cp.studies.papers.experiments import EXPERIMENTS
from scar_cp.studies.papers.published import Figure, figures


def test_every_figure_is_there() -> None:
    assert Counter(figure.experiment for figure in figures()) == {
        "table-iv": 2 * 2 * 6 * 5,
        "table-v": 2 * 6 * 5,
        "table-vi": 5 * 8 - 1,
        "6x6": 2 * 3,
        "triangular": 2 * 3 - 1,
        "splits": 4,
        "packing": 2,
        "provisioning": 3 * 2,
        "motivational": 4,
        "predecessor": 2,
    }


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        (("table-iv", "sc4", "latency", "Het-Sides", "", "latency"), 3.07),
        (("table-iv", "sc5", "latency", "Stand.(Shi)", "", "edp"), 21.09),
        (("table-iv", "sc5", "edp", "Stand.(Shi)", "", "edp"), 21.0),
        (("table-iv", "sc4", "edp", "Simba(NVD)", "", "latency"), 8.284),
        (("table-v", "sc9", "edp", "Het-CB", "Stand.(NVD)", "edp"), 0.43),
        (("table-vi", "sc4", "edp", "BERT-L", "", "W2"), 1.47),
        (("table-vi", "sc4", "edp", "window", "", "total"), 3.8),
        (("6x6", "sc4", "edp", "Simba(NVD)", "Het-Cross", "latency"), 1.8),
        (("triangular", "sc3", "edp", "Simba-T(NVD)", "Het-T", "edp"), 1 / 2.5),
        (("splits", "sc4", "edp", "4 splits", "5 splits", "edp"), 1.04),
        (("packing", "sc4", "edp", "greedy", "uniform", "energy"), 1 - 0.086),
        (
            ("provisioning", "sc5", "edp", "Het-Sides exhaustive", "Simba(Shi)", "edp"),
            1 - 0.576,
        ),
        (("motivational", "motivational", "edp", "two windows", "NN-baton", "edp"), 0.28),
        (("predecessor", "predecessor", "latency", "Monolithic(Shi)", "Het 2x2", "latency"), 2.2),
    ],
)
def test_figures_are_the_papers(figure: tuple[str, ...], value: float) -> None:
    assert figures()[Figure(*figure)] == pytest.approx(value)


def test_the_rows_of_table_vi_add_up_as_far_as_rounding_goes() -> None:
    def at(row: str, column: str) -> float:
        return figures()[Figure("table-vi", "sc4", "edp", row, "", column)]

    columns = [f"W{w}" for w in range(5)]
    for model in ("GPT-L", "BERT-L", "U-Net", "ResNet"):
        assert sum(at(model, c) for c in columns) == pytest.approx(at(model, "ideal"), abs=0.05)
    assert sum(at("window", c) for c in columns) == pytest.approx(at("window", "total"), abs=0.05)


@pytest.mark.parametrize("name", [name for name, e in EXPERIMENTS.items() if not e.by_window])
def test_every_figure_has_its_row(name: str) -> None:
    shown = {
        Figure(name, c.scenario, c.search, c.strategy, c.relative_to, c.quantity): c.published
        for c in cells_of(EXPERIMENTS[name], "physical", {})
    }
    published = {figure: value for figure, value in figures().items() if figure[0] == name}
    assert published.items() <= shown.items()
