"""CP-SAT is not taken at its word: false claims are dropped, proofs are confirmed."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from problems import (
    layer,
    model,
    random_problem,
    random_schedule,
    scaled,
    seeds,
    tensor,
    tiny_problem,
)

from scar_cp.judge.bounds import best_bound
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.validation import validate
from scar_cp.outcome.result import Result
from scar_cp.outcome.solving import solve
from scar_cp.solvers import CpsatOptions, Request, Search
from scar_cp.solvers.cpsat import model as cpsat_model
from scar_cp.solvers.cpsat.layer_level import no_schedule, nothing_below
from scar_cp.solvers.cpsat.model import FIRST, SECOND, Answer, CpsatModel, Way
from scar_cp.solvers.cpsat.question import ask_for
from scar_cp.solvers.cpsat.ticks import MAX_TICKS, coarse
from scar_cp.solvers.cpsat.variables import Limits
from scar_cp.solvers.exhaustive import exhaustive

ONLY = CpsatOptions(hint=False, tables=False, cuts=False)
ALONE: dict[str, Any] = {"cpsat": ONLY, "workers": 1}
"""CP-SAT has to find everything by itself."""


@seeds(100, quick=12)
def test_a_question_in_ticks_bounds_every_schedule_in_cycles_and_nj(seed):
    rng = Random(f"question {seed}")
    problem = random_problem(rng)
    while (plan := random_schedule(rng, problem)) is None:
        problem = random_problem(rng)
    problem = scaled(problem, *(int(10 ** rng.uniform(0, 8)) for _ in range(2)))
    true = evaluate(problem, plan)
    uneven = rng.choice([(10**12, 3), (7, 10**9), (10**18, 10**18)])
    even = rng.randint(1, 10**9), rng.randint(1, 10**9)
    weights = rng.choice([(1, 0), (0, 1), (7, 0), uneven, even, even])
    slack = rng.choice([1, 2, 50])
    least = rng.choice([0, true.latency_cycles // 2, true.latency_cycles])
    limits = Limits(slack * true.latency_cycles, slack * true.energy_nj, least)
    question = ask_for(problem, weights, limits)
    counted = evaluate(coarse(problem, question.ticks), plan)
    assert max(question.weights) <= MAX_TICKS
    found = question.weights[0] * counted.latency_cycles + question.weights[1] * counted.energy_nj
    plane = question.half_plane(found)
    along = plane.latency_weight * true.latency_cycles + plane.energy_weight * true.energy_nj
    assert along >= plane.value
    assert question.most_ticks(along) >= found  # who looks for schedules up to there finds it
    if question.exact:
        assert along == plane.value
    if 0 in weights:
        assert question.direction == (int(weights[0] > 0), int(weights[1] > 0))


def drawn(objective: str, feasible: bool = True) -> tuple[Any, int]:
    """A problem that only a search closes, and its least value."""
    rng = Random(f"layer level {objective}")
    while True:
        problem = random_problem(rng, windows=2, max_schedules=1_000)
        truth = Search(problem, Request("full", objective))
        exhaustive(truth)
        simple = solve(problem, Request("full", objective, **ALONE)).result
        if truth.value is not None and _best(simple).proof.by == "cp-sat":
            return problem, truth.value


def _best(result: Result) -> Any:
    return best_bound(result.bounds, result.objective, result.space)


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_a_proof_by_cpsat_says_so_and_what_confirmed_it(objective):
    problem, value = drawn(objective)
    proof = _best(solve(problem, Request("full", objective, **ALONE)).result).proof
    assert proof.run is not None
    assert proof.run.parameters == FIRST.parameters()
    assert proof.run.confirmed_by == SECOND.parameters()
    asked = Request("full", objective, cpsat=replace(ONLY, confirm=False), workers=1)
    result = solve(problem, asked).result
    assert (result.value, result.status) == (value, "optimal")
    assert not _best(result).proof.is_confirmed
    assert "not confirmed" in _best(result).how


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
@pytest.mark.parametrize("way", [FIRST, SECOND])
def test_there_is_nothing_below_the_optimum_and_something_below_more(objective, way):
    problem, value = drawn(objective)
    request = Request("full", objective, **ALONE)
    assert nothing_below(Search(problem, request), value, way) is True
    search = Search(problem, request)
    assert nothing_below(search, value + 1, way) is False
    assert search.value == value


def lie(monkeypatch: pytest.MonkeyPatch, way: Way, tell: Any) -> None:
    """Let CP-SAT's answers by one way be changed."""
    honest = CpsatModel.solve

    def solved(self: CpsatModel, time_limit_s: float, workers: int, by: Way, **k: Any) -> Answer:
        answer = honest(self, time_limit_s, workers, by, **k)
        return tell(answer) if by == way else answer

    monkeypatch.setattr(CpsatModel, "solve", solved)


def too_cheap(answer: Answer) -> Answer:
    """Claim less for the schedule than it costs."""
    return answer if answer.value is None else replace(answer, value=answer.value - 1)


def too_good(answer: Answer) -> Answer:
    """Claim that no schedule costs less than a bit more."""
    return answer if answer.bound is None else replace(answer, bound=answer.bound + 1)


@pytest.mark.parametrize("tell", [too_cheap, too_good])
@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_a_false_claim_of_one_way_is_dropped_and_the_other_way_asked(monkeypatch, objective, tell):
    problem, value = drawn(objective)
    lie(monkeypatch, FIRST, tell)
    result = solve(problem, Request("full", objective, **ALONE)).result
    assert result.value == value
    assert max(b.value for b in result.bounds if b.objective == objective) <= value
    assert any("contradicted itself" in note for note in result.notes)


@pytest.mark.parametrize("cuts", [False, True])
@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_an_optimum_that_a_second_solve_beats_is_none(monkeypatch, objective, cuts):
    # A first way that keeps off chiplet 0 and is honest otherwise contradicts nothing.
    run = model([layer([9, 1], [9, 1]), layer([9, 1], [9, 1])], [tensor(0, [1], nop=4, nop_nj=4)])
    problem = tiny_problem([run], types="ba", windows=1)
    honest = CpsatModel.solve

    def narrowed(self: CpsatModel, time_limit_s: float, workers: int, by: Way, **k: Any) -> Answer:
        if by == FIRST:
            for (_, _, _, chiplet), on in self.variables.on.items():
                if chiplet == 0:
                    self.cp.add(on == 0)
        return honest(self, time_limit_s, workers, by, **k)

    monkeypatch.setattr(CpsatModel, "solve", narrowed)
    monkeypatch.setattr("scar_cp.solvers.cpsat.solver.standalone", lambda search: None)
    result = solve(
        problem, Request("full", objective, cpsat=replace(ONLY, cuts=cuts), workers=1)
    ).result
    assert (result.value, result.status) == (4 if objective == "edp" else 2, "optimal")
    assert any("a second solve finds a schedule below" in note for note in result.notes)


def test_emptiness_is_shown_twice():
    # Each layer has its own type, and together they are too slow for the deadline.
    layers = [layer([5, 50]), layer([50, 5])]
    problem = tiny_problem([model(layers, deadline=12), model(layers, deadline=12)], types="ab")
    search = Search(problem, Request("full", "latency"))
    assert exhaustive(search).exhausted
    assert search.schedule is None
    result = solve(problem, Request("full", "latency", **ALONE)).result
    assert result.status == "infeasible"
    assert result.proof is not None
    assert result.proof.by == "cp-sat"
    assert result.proof.is_confirmed
    met = problem.replace(models=tuple(r.replace(deadline_cycles=200) for r in problem.models))
    search = Search(met, Request("full", "latency"))
    assert no_schedule(search, SECOND) is False
    assert not validate(met, search.schedule)


def test_ways_differ_in_all_that_matters():
    first, second = FIRST.parameters(), SECOND.parameters()
    assert {name for name in first if first[name] == second[name]} == {
        "presolve_inclusion_work_limit"  # presolve off uses none
    }
    assert cpsat_model.THIRD.parameters() not in (first, second)
