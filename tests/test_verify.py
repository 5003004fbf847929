"""Result files are checked from scratch; corrupted ones are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scar_cp.documents import to_json
from scar_cp.errors import InputError
from scar_cp.io import load_problem
from scar_cp.solvers import Request
from scar_cp.solving import solve
from scar_cp.verify import verify

ROOT = Path(__file__).parent.parent


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
