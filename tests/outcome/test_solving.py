"""A result says what was asked and why the search ended."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from problems import layer, model, random_problem, tiny_problem

from scar_cp.files.loading import load_problem
from scar_cp.outcome.solving import solve
from scar_cp.show.text.summary import STOPPED, certificate_lines
from scar_cp.solvers import SOLVERS, Claim, CpsatOptions, Request, Search
from scar_cp.solvers.rivals.baselines import standalone
from scar_cp.solvers.scar.scar_options import ScarOptions, parse_scar_options, scar_options_text


def interrupted(search: Search) -> Claim:
    standalone(search)
    search.interrupted = True
    return Claim(search.schedule, search.value)


@pytest.fixture
def quickstart() -> Any:
    return load_problem("instances/quickstart.yaml").problem


@pytest.mark.parametrize(
    ("solver", "request_", "reason"),
    [
        ("cp-sat", Request(workers=1), "proven"),
        ("cp-sat", Request(workers=1, gap=0.9), "gap"),
        ("cp-sat", Request(workers=1, time_limit_s=0), "time"),
        (
            "cp-sat",
            Request("adjacent", memory_limit_gb=1e-6, cpsat=CpsatOptions(tables=False)),
            "memory",
        ),
        ("standalone", Request(), "finished"),
        ("interrupted", Request(), "interrupted"),
    ],
)
def test_a_result_says_why_the_search_ended(monkeypatch, quickstart, solver, request_, reason):
    monkeypatch.setattr("scar_cp.outcome.solving.get_solver", solver_or(interrupted))
    result = solve(quickstart, request_, solver).result
    assert result.stopped == reason
    assert (STOPPED.get(reason) in certificate_lines(result)) == (reason != "proven")


def solver_or(other: Any) -> Any:
    return lambda name: SOLVERS.get(name, other)


def test_deadlines_that_nothing_can_meet_are_a_proof() -> None:
    problem = tiny_problem([model([layer(7)], deadline=6)])
    result = solve(problem).result
    assert (result.status, result.stopped) == ("infeasible", "proven")
    assert result.proof is not None
    assert result.proof.by == "relaxation"


def test_every_setting_is_recorded(quickstart):
    request = Request(
        workers=1,
        seed=7,
        gap=0.25,
        memory_limit_gb=3.5,
        cpsat=CpsatOptions(tables=False, confirm=False),
        scar=ScarOptions(windows="given", top_k=None, population=4),
    )
    result = solve(quickstart, request, "scar").result
    assert (result.seed, result.workers, result.stop_gap) == (7, 1, 0.25)
    assert result.memory_limit_gb == 3.5
    ideas = ("annealing", "climbs", "slots", "joint", "tariffs")
    assert result.stages == ("hint", "cuts", *ideas)
    assert result.scar == "windows=given,top_k=none,population=4"
    assert parse_scar_options(result.scar) == request.scar


@pytest.mark.parametrize("seed", range(20))
def test_options_of_the_heuristic_are_read_back_as_they_were(seed):
    rng = Random(f"scar options {seed}")
    options = ScarOptions(
        windows=rng.choice(["best", "given"]),
        provisioning=rng.choice(["rules", "exhaustive"]),
        target=rng.choice(["latency", "energy", "edp"]),
        segmentation=rng.choice(["auto", "exhaustive", "evolutionary"]),
        top_k=rng.choice([None, 300, 1]),
        max_cuts=rng.choice([None, 50_000, 9]),
        generations=rng.choice([0, 4]),
    )
    assert parse_scar_options(scar_options_text(options)) == options


def test_a_score_is_named():
    def hurry(cycles: float, nj: float) -> float:
        return cycles

    assert scar_options_text(ScarOptions(score=hurry)).endswith("hurry")


@pytest.mark.parametrize("seed", range(5))
def test_bounds_name_their_proofs(seed):
    problem = random_problem(Random(f"proofs {seed}"), max_schedules=500)
    bounds = solve(problem, Request(workers=1)).result.bounds
    assert {bound.proof.by for bound in bounds} <= {
        *("relaxation", "tables", "combination", "exhaustion", "cp-sat"),
    }
    assert all((bound.proof.run is not None) == (bound.proof.by == "cp-sat") for bound in bounds)
