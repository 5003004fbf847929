"""Result files are checked from scratch; corrupted ones are refused."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from problems import layer, model, random_problem, tiny_problem

import scar_cp.files.loading
import scar_cp.outcome.verify
import scar_cp.records.yaml_json
from scar_cp.errors import InputError
from scar_cp.files.loading import load_problem
from scar_cp.judge.bounds import Bound, Proof, best_bound
from scar_cp.outcome.solving import solve
from scar_cp.outcome.verify import verify
from scar_cp.records.yaml_json import to_json
from scar_cp.solvers import CpsatOptions, Request
from scar_cp.terms import Method

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def solved():
    loaded = load_problem(ROOT / "instances/quickstart.yaml", {"windows": 2})
    request = Request(workers=1, time_limit_s=20)
    return loaded, to_json(solve(loaded.problem, request, sha256=loaded.sha256).result)


def refused(solved, tmp_path, change):
    """The faults of a result file after a change to its document."""
    loaded, text = solved
    document = json.loads(text)
    change(document)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        verify(loaded.problem, loaded.sha256, path)
    return "\n".join(str(fault) for fault in caught.value.faults)


@pytest.mark.slow
def test_an_honest_result_is_confirmed(solved, tmp_path):
    loaded, text = solved
    path = tmp_path / "result.json"
    path.write_text(text)
    found = verify(loaded.problem, loaded.sha256, path)

    assert json.loads(text)["status"] == "optimal"
    assert found.confirmed[:4] == ("schedule", "evaluation", "gap", "status")
    assert any("latency >=" in line for line in found.confirmed[4:])
    assert found.open_claims == ()


def move_a_layer(document):
    segments = [s for window in document["schedule"]["windows"] for s in window]
    longer = next(s for s in segments if s["last"] > s["first"])
    follower = next(
        (s for s in segments if s["model"] == longer["model"] and s["first"] == longer["last"] + 1),
        None,
    )
    longer["last"] -= 1
    if follower is not None:
        follower["first"] -= 1


def change_a_cost(document):
    document["evaluation"]["windows"][0]["segments"][0]["compute_cycles"] -= 1


def raise_the_bound(document):
    for bound in document["bounds"]:
        if bound["objective"] == "latency":
            bound["value"] = document["value"] + 1


def invent_optimality(document):
    worst = max(document["bounds"], key=lambda b: b["value"] * (b["objective"] == "latency"))
    worst["value"] -= 1


def forge_the_hash(document):
    document["problem_sha256"] = "0" * 64


def forge_the_value(document):
    document["value"] -= 5


def claim_infeasible(document):
    document |= {"schedule": None, "evaluation": None, "value": None, "gap": None}
    document["status"] = "infeasible"


def ask_for_nonsense(document):
    document["objective"] = "speed"


def drop_a_key(document):
    del document["seed"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "place"),
    [
        (move_a_layer, "evaluation."),
        (change_a_cost, "evaluation.windows[0].segments[0].compute_cycles"),
        (raise_the_bound, "bounds["),
        (invent_optimality, "gap"),
        (forge_the_hash, "problem_sha256"),
        (forge_the_value, "value"),
        (claim_infeasible, "a schedule of value"),
        (ask_for_nonsense, "objective"),
        (drop_a_key, "seed"),
    ],
)
def test_a_corrupted_result_is_refused_at_its_place(solved, tmp_path, change, place):
    assert place in refused(solved, tmp_path, change)


@pytest.mark.slow
def test_a_bound_that_only_tables_give_is_derived_again(tmp_path):
    loaded = load_problem(ROOT / "instances/sc3.yaml")
    result = solve(loaded.problem, Request(workers=1), sha256=loaded.sha256).result
    path = tmp_path / "result.json"
    path.write_text(to_json(result))
    assert verify(loaded.problem, loaded.sha256, path).open_claims == ()

    document = json.loads(to_json(result))
    tables = [b for b in document["bounds"] if b["source"] == "pipeline partitions"]
    tables[-1]["value"] += 1
    path.write_text(json.dumps(document))
    with pytest.raises(InputError):
        verify(loaded.problem, loaded.sha256, path)


# --- another way -------------------------------------------------------------------------------


def closed_by_cpsat(windows: int = 2) -> tuple[Any, Any]:
    """A problem whose least latency CP-SAT alone proves, and the result."""
    rng = Random("closed by CP-SAT")
    while True:
        problem = random_problem(rng, windows=windows, max_schedules=1_000)
        asked = Request(workers=1, cpsat=CpsatOptions(hint=False, tables=False, cuts=False))
        result = solve(problem, asked).result
        best = best_bound(result.bounds, "latency", "full")
        if result.status == "optimal" and best is not None and best.proof.by == "cp-sat":
            return problem, result


def verified(problem: Any, result: Any, folder: Any) -> Any:
    path = folder / "result.json"
    path.write_text(to_json(result))
    return verify(problem, result.problem_sha256, path)


@pytest.mark.parametrize("few", [0, 50_000])
def test_a_bound_of_cpsat_is_confirmed_by_other_means_than_its_own(tmp_path, monkeypatch, few):
    problem, result = closed_by_cpsat()
    asked = []
    honest = scar_cp.outcome.verify.nothing_below
    monkeypatch.setattr(scar_cp.outcome.verify, "_FEW_SCHEDULES", few)
    monkeypatch.setattr(
        scar_cp.outcome.verify,
        "nothing_below",
        lambda *about: asked.append(about[2].parameters()) or honest(*about),
    )
    found = verified(problem, result, tmp_path)
    assert found.open_claims == ()
    best = best_bound(result.bounds, "latency", "full")
    run = best.proof.run
    assert bool(asked) == (few == 0)
    assert not [way for way in asked if way in (run.parameters, run.confirmed_by)]
    how = "all were looked at" if few else "CP-SAT finds nothing below it"
    assert any(f"latency >= {best.value}" in line and how in line for line in found.confirmed)


@pytest.mark.parametrize("few", [0, 50_000])
@pytest.mark.parametrize("by", [*get_args(Method)])
def test_a_false_bound_is_refuted_whatever_it_says_of_itself(tmp_path, monkeypatch, few, by):
    problem, result = closed_by_cpsat()
    monkeypatch.setattr(scar_cp.outcome.verify, "_FEW_SCHEDULES", few)
    bounds = [bound for bound in result.bounds if bound.objective != "latency"]
    false = best_bound(result.bounds, "latency", "full")
    proof = false.proof if by == "cp-sat" else Proof(by=by)
    bounds.append(false.replace(value=false.value + 1, proof=proof))
    unknown = result.replace(  # as if no schedule were known that refutes it
        schedule=None,
        evaluation=None,
        value=None,
        gap=None,
        status="unknown",
        bounds=tuple(bounds),
        stopped="time",
    )
    with pytest.raises(InputError, match="latency >= "):
        verified(problem, unknown, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("by", [*get_args(Method)])
@pytest.mark.parametrize("objective", ["latency", "edp"])
def test_a_poor_schedule_is_not_made_optimal_by_a_bound(solved, tmp_path, objective, by):
    loaded, _ = solved
    poor = solve(loaded.problem, Request(objective=objective), "simba", sha256=loaded.sha256).result
    forged = Bound(
        value=poor.value, objective=objective, space="full", source="x", proof=Proof(by=by)
    )
    poor = poor.replace(bounds=(*poor.bounds, forged), status="optimal", gap=0.0, stopped="proven")
    path = tmp_path / "result.json"
    path.write_text(to_json(poor))
    with pytest.raises(InputError, match=f"{objective} >= {poor.value}"):
        verify(loaded.problem, loaded.sha256, path)


def about_another_objective(document):
    document["bounds"].append(
        {"value": document["evaluation"]["energy_nj"] + 1, "objective": "energy", "space": "full",
         "source": "x", "proof": {"by": "combination", "run": None}}
    )  # fmt: skip


def without_weights(document):
    document["bounds"][0]["objective"] = "weighted"


def weigh(document):
    document["weights"] = [1, 1]


def weigh_nothing(document):
    document |= {"objective": "weighted", "weights": [0, 0]}


def employ_nobody(document):
    document["workers"] = 0


def end_otherwise(document):
    document["stopped"] = "time"


def prove_too_much(document):
    document["proof"] = {"by": "exhaustion", "run": None}


def raise_the_bound_beyond_all(document):
    document |= {"schedule": None, "evaluation": None, "value": None, "gap": None}
    document |= {"status": "unknown", "stopped": "time"}
    for bound in document["bounds"]:
        bound |= {"value": 10**30, "proof": {"by": "exhaustion", "run": None}}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (about_another_objective, "lies above the schedule's value"),
        (without_weights, "bounds[0].objective"),
        (weigh, "weights"),
        (weigh_nothing, "weights"),
        (employ_nobody, "workers"),
        (end_otherwise, "stopped"),
        (prove_too_much, "proof"),
        pytest.param(raise_the_bound_beyond_all, "a schedule of value", marks=pytest.mark.slow),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(solved, tmp_path, change, place):
    assert place in refused(solved, tmp_path, change)


def test_deadlines_that_nothing_can_meet_are_confirmed_without_a_search(tmp_path, monkeypatch):
    problem, _ = closed_by_cpsat()
    problem = problem.replace(
        models=tuple(run.replace(deadline_cycles=1) for run in problem.models)
    )
    result = solve(problem, Request(workers=1)).result
    assert result.status == "infeasible"
    assert result.proof == Proof(by="relaxation")
    monkeypatch.setattr(scar_cp.outcome.verify, "exhaustive", None)
    monkeypatch.setattr(scar_cp.outcome.verify, "no_schedule", None)
    found = verified(problem, result, tmp_path)
    assert found.open_claims == ()
    assert any(line.startswith("status: infeasible: deadline: ") for line in found.confirmed)


@pytest.mark.parametrize("few", [0, 50_000])
def test_infeasibility_that_needs_a_search_is_searched_for_another_way(tmp_path, monkeypatch, few):
    # Each layer has its own type; one model after the other is too late, and together they wait.
    layers = [layer([5, 50]), layer([50, 5])]
    problem = tiny_problem([model(layers, deadline=12)] * 2, types="ab")
    monkeypatch.setattr(scar_cp.outcome.verify, "_FEW_SCHEDULES", few)
    result = solve(problem, Request(workers=1, cpsat=CpsatOptions(hint=False, tables=False))).result
    assert (result.status, result.proof.by) == ("infeasible", "cp-sat")
    found = verified(problem, result, tmp_path)
    assert any(line.startswith("status: infeasible: ") for line in found.confirmed)


def test_the_file_is_read_once(tmp_path, monkeypatch):
    problem, result = closed_by_cpsat()
    reads = []
    honest = scar_cp.outcome.verify.read_document
    for module in (scar_cp.outcome.verify, scar_cp.records.yaml_json, scar_cp.files.loading):
        monkeypatch.setattr(
            module, "read_document", lambda path: reads.append(path) or honest(path)
        )
    verified(problem, result, tmp_path)
    assert len(reads) == 1


def test_results_of_earlier_versions_are_read_and_their_bounds_taken_for_what_they_are(tmp_path):
    problem, result = closed_by_cpsat()
    document = json.loads(to_json(result))
    for key in ("stop_gap", "memory_limit_gb", "stages", "scar", "stopped", "proof"):
        del document[key]
    for bound in document["bounds"]:
        del bound["proof"]
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document))
    found = verify(problem, result.problem_sha256, path)
    assert found.open_claims == ()
    assert all("derived again" not in line for line in found.confirmed)
