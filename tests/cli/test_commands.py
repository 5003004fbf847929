"""The command line: what its commands print, write and end with."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Command, Project

QUICKSTART = ROOT / "instances/quickstart.yaml"
CHIPLET = f"{ROOT}/instances/profiles/physical.yaml#datacenter.nvdla"
SOLVERS = ("cp-sat", "scar", "simba", "standalone")

RESULT_KEYS = [
    *("format", "problem", "problem_sha256", "origin", "solver", "space", "objective", "weights"),
    *("status", "schedule", "evaluation", "value", "bounds", "gap", "notes", "seconds"),
    *("seed", "workers", "time_limit_s", "versions", "log"),
    *("stop_gap", "memory_limit_gb", "stages", "scar", "stopped", "proof"),
]
EVALUATION_KEYS = [
    *("latency_cycles", "energy_nj", "edp", "latency_s", "energy_j", "edp_js"),
    *("completion_cycles", "windows", "energy_parts"),
]


def read(path: str | Path) -> Any:
    return json.loads(Path(path).read_text(encoding="utf-8"))


# --- check, cost, compile ------------------------------------------------------------------------


def test_check_says_what_a_file_is(command: Command) -> None:
    model = ROOT / "models/gpt_l_fc.yaml"
    code, out, err = command("check", QUICKSTART, model)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{QUICKSTART}: ok: 2 models, 12 layers, 4 chiplets",
        f"{model}: ok: model gpt_l_fc, 1 layers",
    ]


def test_cost_prints_the_rows_with_their_costs(project: Project, command: Command) -> None:
    Path("layers.csv").write_text("label,op,K,C,Y\nfirst,gemm,64,64,4\nsecond,gemm,128,64,4\n")
    code, out, err = command("cost", "layers.csv", "--chiplet", CHIPLET)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (code, err) == (0, "")
    assert [row["label"] for row in rows] == ["first", "second"]
    assert [int(row["macs"]) for row in rows] == [64 * 64 * 4, 128 * 64 * 4]
    assert int(rows[0]["cycles"]) < int(rows[1]["cycles"])


def test_cost_takes_a_chiplet_file_and_writes_a_table(project: Project, command: Command) -> None:
    chiplet = {
        "format": "scar-cp/chiplet@1",
        "name": "one",
        "type": project.data["profile.yaml"]["domains"]["desk"]["big"],
    }
    Path("chiplet.json").write_text(json.dumps(chiplet))
    Path("layers.csv").write_text("op,K,C\ngemm,4,4\n")
    arguments = ["cost", "layers.csv", "--chiplet", "chiplet.json"]
    assert command(*arguments, "-o", "costs.csv") == (0, "written: costs.csv\n", "")
    assert Path("costs.csv").read_text() == command(*arguments).out


def test_compile_prints_what_it_would_write(project: Project, command: Command) -> None:
    assert command("compile", QUICKSTART, "-o", "problem.json") == (
        0,
        "written: problem.json\n",
        "",
    )
    assert command("compile", QUICKSTART).out == Path("problem.json").read_text()


@pytest.mark.parametrize(
    ("option", "value", "key", "expected"),
    [
        ("--windows", "3", "max_windows", 3),
        ("--weight-policy", "resident", "weight_policy", "resident"),
        ("--overlap", "full", "overlap", "full"),
        ("--contention", "links", "contention", "links"),
        ("--routing", "shortest", "routing", "shortest"),
    ],
)
@pytest.mark.parametrize("compiled", [False, True], ids=["instance", "problem"])
def test_an_option_replaces_the_files_setting(
    project: Project,
    command: Command,
    option: str,
    value: str,
    key: str,
    expected: object,
    compiled: bool,
) -> None:
    source: object = QUICKSTART
    if compiled:
        command("compile", QUICKSTART, "-o", "problem.json")
        source = "problem.json"
    assert json.loads(command("compile", source, option, value).out)[key] == expected


def test_windows_of_a_compiled_problem_are_packed_anew(project: Project, command: Command) -> None:
    command("compile", QUICKSTART, "-o", "one.json")
    again = command("compile", "one.json", "--windows", "2", "--n-splits", "1").out
    assert again == command("compile", QUICKSTART, "--windows", "2", "--n-splits", "1").out


def test_granularity_all_keeps_every_row(command: Command) -> None:
    problem = json.loads(command("compile", QUICKSTART, "--granularity", "all").out)
    assert [len(model["layers"]) for model in problem["models"]] == [7, 9]


# --- solve and evaluate ------------------------------------------------------------------------


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_result_file_holds_what_evaluate_says(
    project: Project, command: Command, solver: str, objective: str
) -> None:
    options = ["--solver", solver, "--objective", objective, "--time-limit", "5", "--quiet"]
    code, out, err = command("solve", QUICKSTART, *options, "-o", "result.json")
    assert (code, err) == (0, "")
    assert out.endswith("written: result.json\n")

    result = read("result.json")
    assert list(result) == RESULT_KEYS
    assert list(result["evaluation"]) == EVALUATION_KEYS
    assert (result["solver"], result["objective"], result["space"]) == (solver, objective, "full")

    judged = json.loads(command("evaluate", QUICKSTART, "result.json", "--json").out)
    assert judged == {"violations": [], "evaluation": result["evaluation"]}
    field = {"latency": "latency_cycles", "energy": "energy_nj", "edp": "edp"}[objective]
    assert result["value"] == result["evaluation"][field]
    assert sum(result["evaluation"]["energy_parts"].values()) == result["evaluation"]["energy_nj"]

    bounds = [b["value"] for b in result["bounds"] if b["objective"] == objective]
    assert all(isinstance(bound, int) and bound <= result["value"] for bound in bounds)
    assert (result["status"] == "optimal") == (max(bounds) == result["value"])
    assert (result["gap"] == 0) == (result["status"] == "optimal")


def test_the_quickstart_is_proven_optimal(project: Project, command: Command) -> None:
    command("solve", QUICKSTART, "--quiet", "-o", "result.json")
    result = read("result.json")
    assert (result["status"], result["gap"]) == ("optimal", 0)


def test_a_compiled_problem_is_as_good_an_input_as_its_instance(
    project: Project, command: Command
) -> None:
    command("compile", QUICKSTART, "-o", "problem.json")
    results = []
    for source in (QUICKSTART, "problem.json"):
        options = ["--solver", "scar", "--quiet", "--seed", "3", "-o", "result.json"]
        assert command("solve", source, *options).code == 0
        result = read("result.json")
        for key in ("seconds", "log", "origin"):
            del result[key]
        results.append(result)
    assert results[0] == results[1]


def test_weights_belong_to_the_weighted_objective(project: Project, command: Command) -> None:
    options = [
        "--objective",
        "weighted",
        "--weights",
        "latency=7,energy=2",
        "--quiet",
        "-o",
        "result.json",
    ]
    assert command("solve", QUICKSTART, *options).code == 0
    result = read("result.json")
    evaluation = result["evaluation"]
    assert result["weights"] == [7, 2]
    assert result["value"] == 7 * evaluation["latency_cycles"] + 2 * evaluation["energy_nj"]


def test_evaluate_takes_a_bare_schedule_too(project: Project, command: Command) -> None:
    command("solve", QUICKSTART, "--solver", "scar", "--quiet", "-o", "result.json")
    Path("schedule.json").write_text(json.dumps(read("result.json")["schedule"]))
    outputs = {
        command("evaluate", QUICKSTART, f"{name}.json").out for name in ("result", "schedule")
    }
    assert len(outputs) == 1
    assert "latency" in outputs.pop()


def segment(model: int, first: int, last: int, chiplet: int) -> dict[str, int]:
    return {"model": model, "first": first, "last": last, "chiplet": chiplet}


@pytest.mark.parametrize(
    ("window", "rules", "has_numbers"),
    [
        ([segment(0, 0, 4, 0), segment(1, 0, 6, 1)], [], True),
        ([segment(0, 0, 4, 0), segment(1, 0, 6, 9)], ["range"], False),
        ([segment(-1, 0, 4, 0), segment(1, 5, 10**30, 1)], ["range", "coverage"], False),
        ([segment(0, 0, 4, 0)], ["coverage"], False),
        ([segment(0, 0, 4, 0), segment(1, 0, 6, 0)], ["exclusive"], False),
        ([segment(0, 0, 3, 0), segment(0, 4, 4, 3), segment(1, 0, 6, 1)], ["adjacent"], True),
    ],
)
def test_evaluate_names_every_broken_rule(
    project: Project,
    command: Command,
    window: list[dict[str, int]],
    rules: list[str],
    has_numbers: bool,
) -> None:
    schedule = {"format": "scar-cp/schedule@1", "problem": "quickstart", "windows": [window]}
    Path("schedule.json").write_text(json.dumps(schedule))
    arguments = ["evaluate", QUICKSTART, "schedule.json", "--space", "adjacent"]
    code, out, err = command(*arguments, "--json")
    document = json.loads(out)
    assert (code, err) == (1 if rules else 0, "")
    assert {v["rule"] for v in document["violations"]} == set(rules)
    assert (document["evaluation"] is not None) == has_numbers
    assert command(*arguments).code == code


def test_a_deadline_that_nothing_can_meet_is_infeasible_and_says_why(
    project: Project, command: Command
) -> None:
    project.put("scenario.yaml", "models", 0, "deadline_ms", 1e-6)
    code, out, err = command("solve", "instance.yaml", "--quiet", "-o", "result.json")
    result = read("result.json")
    assert (code, err) == (1, "")
    assert "infeasible" in out
    assert "deadline: net[0] takes at least" in out.replace("\n", " ")
    assert list(result) == RESULT_KEYS
    assert (result["status"], result["schedule"], result["value"]) == ("infeasible", None, None)
    (why,) = result["notes"]
    assert f"note: {why}" in out.splitlines()
    assert command("check", "result.json").code == 0


def test_layers_of_no_cost_are_scheduled(project: Project, command: Command) -> None:
    command("compile", "instance.yaml", "--windows", "2", "-o", "problem.json")
    problem = read("problem.json")
    problem["hop_cycles"] = problem["dram_latency_cycles"] = 0
    for model in problem["models"]:
        for part in (*model["layers"], *model["tensors"]):
            for key, value in part.items():
                if key.startswith(("compute_", "weight_", "nop_", "dram_")):
                    part[key] = dict.fromkeys(value, 0) if isinstance(value, dict) else 0
    Path("problem.json").write_text(json.dumps(problem))
    for solver in SOLVERS:
        for objective in ("latency", "energy", "edp"):
            options = ["--solver", solver, "--objective", objective, "--quiet"]
            assert command("solve", "problem.json", *options, "-o", "result.json").code == 0
            result = read("result.json")
            assert (result["status"], result["value"], result["gap"]) == ("optimal", 0, 0)


def test_more_models_than_a_compiled_problem_can_hold_are_infeasible(
    project: Project, command: Command
) -> None:
    command("compile", "instance.yaml", "-o", "problem.json")
    problem = read("problem.json")
    problem["models"] *= 3
    Path("problem.json").write_text(json.dumps(problem))
    code, out, _ = command("solve", "problem.json", "--quiet")
    assert code == 1
    assert "more models than chiplets x windows" in out.replace("\n", " ")
    assert command("solve", "problem.json", "--quiet", "--solver", "scar").code == 1


def test_a_package_may_have_more_chiplets_than_an_integer_has_bits(
    project: Project, command: Command
) -> None:
    project.put("package.yaml", "layout", [["big"] * 10] * 7)
    options = ["--solver", "scar", "--quiet", "-o", "result.json"]
    assert command("solve", "instance.yaml", *options).code == 0
    assert command("evaluate", "instance.yaml", "result.json").code == 0


# --- measuring, help ---------------------------------------------------------------------------


@pytest.mark.slow
def test_bench_cost_prints_a_line_per_type(command: Command) -> None:
    options = ["--rows", "200", "--models", ROOT / "models"]
    code, out, _ = command("bench", "cost", *options, "--profile", CHIPLET.partition("#")[0])
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["nvdla", "shidiannao", "eyeriss"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["cost", "--models", "absent"], "absent: must be a folder with models (*.yaml)"),
        (["maestro", "absent.csv"], "absent.csv: cannot be read: No such file or directory"),
        (
            ["maestro", "bad.csv"],
            "bad.csv: must hold rows of MAESTRO: there is no column 'dataflow'",
        ),
        (
            ["suite", "one-window", "-o", "."],
            "one-window.csv: must hold a table of this suite: there is no column 'scenario'",
        ),
    ],
)
def test_bench_refuses_files_that_are_not_what_it_reads(
    project: Project, command: Command, arguments: list[str], line: str
) -> None:
    for name in ("bad.csv", "one-window.csv"):
        Path(name).write_text("a,b\n1,2\n")
    assert command("bench", *arguments) == (2, "", f"{line}\n")


def test_faults_found_in_another_process_arrive_whole(project: Project, command: Command) -> None:
    options = ["--instances", "absent", "--only", "sc1 ", "-o", "."]
    code, _, err = command("bench", "suite", "scenarios", *options)
    assert (code, err.splitlines()[-1]) == (2, "absent/sc1.yaml: no such file")
    assert not Path("scenarios.csv").exists()


@pytest.mark.parametrize(
    "name",
    [
        *("init", "show", "check", "cost", "cost-template", "compile"),
        *("evaluate", "schema", "solve", "compare", "gaps", "plot", "trace", "bench"),
        *("import", "import onnx", "import maestro", "import csv", "import costs"),
    ],
)
def test_every_command_has_help(command: Command, name: str) -> None:
    code, out, err = command(*name.split(), "--help")
    assert (code, err) == (0, "")
    assert f"scar-cp {name} " in out
