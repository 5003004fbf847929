"""What the experiments ask for, and how their tables are made from runs; nothing is solved."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT

from scar_cp.errors import ClaimError
from scar_cp.inputs.package import Package
from scar_cp.records.yaml_json import read_record
from scar_cp.show.text.papers_text import cells_text
from scar_cp.studies.judged_rows import Case, Row
from scar_cp.studies.papers.cells import CLOCK_HZ, Cell, cells_csv, cells_of
from scar_cp.studies.papers.experiments import EXPERIMENTS, Ask, Experiment, Part, Strategy
from scar_cp.studies.papers.jobs import Limits, plan_experiments
from scar_cp.terms import ObjectiveName

INSTANCES = ROOT / "instances"


def asks(name: str) -> set[Ask]:
    return set(EXPERIMENTS[name].asks("physical"))


@pytest.mark.parametrize(
    ("name", "solvers"),
    [
        # 5 scenarios x 2 searches x (2 Stand., 2 Simba, 2 Het, the optima of 4 packages)
        ("table-iv", {"standalone": 20, "simba": 20, "scar": 20, "cp-sat": 40}),
        ("table-v", {"standalone": 10, "simba": 10, "scar": 10, "cp-sat": 20}),
        ("table-vi", {"scar": 1, "cp-sat": 1}),
        ("6x6", {"simba": 2, "scar": 1, "cp-sat": 3}),
        ("triangular", {"simba": 4, "scar": 2, "cp-sat": 6}),
        ("splits", {"scar": 10, "cp-sat": 10}),
        ("packing", {"scar": 2, "cp-sat": 1}),
        ("provisioning", {"standalone": 2, "simba": 4, "scar": 4, "cp-sat": 6}),
        ("motivational", {"nn-baton": 1, "standalone": 2, "scar": 3, "cp-sat": 3}),
        ("predecessor", {"standalone": 2, "scar": 2, "cp-sat": 4}),
    ],
)
def test_how_many_runs_an_experiment_needs(name: str, solvers: dict[str, int]) -> None:
    assert Counter(ask.solver for ask in asks(name)) == solvers


def test_strategies_are_what_the_papers_call_so() -> None:
    of = {(ask.package, ask.solver, ask.windows) for ask in asks("table-v")}
    assert of == {
        *(
            (f"simba_{x}_3x3", solver, 1)
            for x in ("shi", "nvd")
            for solver in ("simba", "standalone")
        ),
        *((f"het_{x}_3x3", "scar", 5) for x in ("cb", "sides")),
        *((f"{x}_3x3", "cp-sat", 5) for x in ("simba_shi", "simba_nvd", "het_cb", "het_sides")),
    }
    given = {
        ask for name in ("splits", "packing", "provisioning", "table-vi") for ask in asks(name)
    }
    assert {ask.scar.split(",")[0] for ask in given if ask.solver == "scar"} == {"windows=given"}
    splits = {(ask.solver, ask.windows, ask.n_splits) for ask in asks("splits")}
    assert splits == {
        (s, n + 1, n if s == "scar" else None) for s in ("scar", "cp-sat") for n in range(1, 6)
    }


def test_every_package_has_the_clock_that_seconds_are_made_with() -> None:
    for package in {ask.package for name in EXPERIMENTS for ask in asks(name)}:
        file = INSTANCES / "packages" / f"{package}.yaml"
        assert read_record(file, Package).clock_mhz * 1e6 == CLOCK_HZ


def test_experiments_share_runs_and_one_of_them_keeps_results(tmp_path: Path) -> None:
    chosen = [EXPERIMENTS[name] for name in ("packing", "table-vi")]
    plans = plan_experiments(chosen, ["physical"], INSTANCES, Limits(seed=7), tmp_path)
    packing, by_window = plans["packing"], plans["table-vi"]
    assert len(packing.keys() & by_window.keys()) == 2
    assert all(packing[ask] == job for ask, job in by_window.items())
    files = {job.result for job in by_window.values()}
    assert len(files) == 2
    assert all(file is not None and file.parent == tmp_path for file in files)
    (uniform,) = (job for ask, job in packing.items() if ask.packing == "uniform")
    assert uniform.result is None
    assert (uniform.case.scar, uniform.case.windows, uniform.case.seed) == ("windows=given", 5, 7)
    assert (uniform.case.time_limit_s, uniform.case.stop_gap, uniform.case.space) == (
        20,
        0.01,
        "full",
    )
    assert len({job.case.sha256 for job in packing.values()}) == 2


# --- tables from runs --------------------------------------------------------------------------

NEW, OLD = Strategy("new", "het"), Strategy("old", "mono", "standalone", 1, optimum_windows=None)
EXPERIMENT = Experiment(
    "tiny", "nowhere", (Part(("s",), ("latency",), (NEW, OLD), (("new", "old"),)),)
)
HERE: tuple[str, str, ObjectiveName] = ("s", "physical", "latency")


def run_of(ask: Ask | None, cycles: int, energy_nj: int, bound: int) -> dict[Ask, Row]:
    assert ask is not None
    case = Case(
        *(ask.scenario, ask.package, ask.profile, ask.windows, "full", ask.search, ask.solver),
        *(20.0, 0.01, 1, 0, ask.scar, "a" * 64, "c0de"),
    )
    row = Row(
        **vars(case),
        value=cycles,
        bound=bound,
        latency_cycles=cycles,
        energy_nj=energy_nj,
        status="feasible",
        seconds=0.1,
        peak_mb=1,
        message="",
    )
    return {ask: row}


ROWS = {
    **run_of(NEW.own(*HERE), 400_000_000, 10**9, 0),
    **run_of(NEW.optimum(*HERE), 200_000_000, 3 * 10**9, 100_000_000),
    **run_of(OLD.own(*HERE), 800_000_000, 2 * 10**9, 0),
}


def table(rows: dict[Ask, Row]) -> dict[tuple[str, str, str], Cell]:
    cells = cells_of(EXPERIMENT, "physical", rows)
    return {(cell.strategy, cell.relative_to, cell.quantity): cell for cell in cells}


def test_a_cell_is_in_seconds_and_joules_or_a_ratio() -> None:
    cells = table(ROWS)
    latency = cells["new", "", "latency"]
    assert (latency.unit, latency.heuristic, latency.optimum) == ("s", 0.8, 0.4)
    assert (latency.optimum_least, latency.optimum_most, latency.gap) == (0.2, 0.4, 0.5)
    edp = cells["new", "", "edp"]
    assert (edp.unit, edp.optimum_least) == ("J.s", None)
    assert (edp.heuristic, edp.optimum) == pytest.approx((0.8, 1.2))
    ratio = cells["new", "old", "latency"]
    assert (ratio.unit, ratio.heuristic, ratio.optimum) == ("", 0.5, 0.25)
    assert (ratio.optimum_least, ratio.optimum_most) == (0.125, 0.25)
    assert cells["old", "", "latency"].optimum is None


def test_the_optimum_is_never_worse_than_a_known_schedule_of_the_package() -> None:
    rows = {**ROWS, **run_of(NEW.own(*HERE), 150_000_000, 10**9, 0)}
    latency = table(rows)["new", "", "latency"]
    assert (latency.optimum, latency.gap) == pytest.approx((0.3, 1 / 3))
    more_windows = replace(NEW, windows=6)
    rows = {**ROWS, **run_of(more_windows.own(*HERE), 150_000_000, 10**9, 0)}
    assert table(rows)["new", "", "latency"].optimum == 0.4


def test_a_bound_above_a_known_schedule_is_an_error() -> None:
    rows = {**ROWS, **run_of(NEW.own(*HERE), 90_000_000, 10**9, 0)}
    with pytest.raises(ClaimError, match="lies above"):
        table(rows)


def test_what_has_not_been_run_is_left_empty() -> None:
    assert {cell.heuristic for cell in table({}).values()} == {None}
    assert "- " not in cells_csv(EXPERIMENT, table({}).values(), "c").partition("profile,")[2]


def test_a_table_states_its_method() -> None:
    head = cells_csv(EXPERIMENT, [], "scar-cp papers tiny").partition("profile,")[0]
    assert "# command: scar-cp papers tiny\n# published: nowhere\n" in head
    assert (
        "# strategy new: scar on het, at most 5 windows; optimum: cp-sat, at most 5 windows" in head
    )
    assert "# strategy old: standalone on mono, at most 1 window\n" in head


def test_text_shows_what_the_paper_has_figures_for() -> None:
    cells = [
        replace(cell, published=0.3 if cell.relative_to and cell.quantity == "edp" else None)
        for cell in table(ROWS).values()
    ]
    assert cells_text(cells).splitlines() == [
        "physical, latency search: edp relative to old",
        "strategy  way            s",
        "new       paper        0.3",
        "          heuristic   0.25",
        "          optimum    0.375",
        "          gap            -",  # it is the latency's, which was searched for
    ]
