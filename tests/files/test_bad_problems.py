"""Compiled problems that are broken, and settings that they cannot have."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project
from refusals import assert_refused


@pytest.fixture
def problem(project: Project, command: Command) -> dict[str, Any]:
    """The project compiled for two windows; ``problem.json`` lies beside it."""
    assert command("compile", "instance.yaml", "--windows", "2", "-o", "problem.json").code == 0
    document: dict[str, Any] = json.loads(Path("problem.json").read_text())
    return document


LAYER = ("models", 0, "layers", 1)
TENSOR = ("models", 0, "tensors", 1)
ONE_BIG = {"big": 10**18, "small": 1}

PROBLEM_FAULTS = [
    (("chiplets", 1, "port", 9), "chiplets[1].port: 9: must be a chiplet id below 4"),
    (("chiplets", 1, "port", 3), "chiplets[1].port: 3: the nearest port is 0"),
    (("chiplets", 1, "type", "npu"), "chiplets[1].type: npu: must be one of the types"),
    (("chiplets", 1, "id", 5), "chiplets[1].id: 5: ids must be 0, 1, 2, ... in order"),
    (("types", 1, "name", "big"), "types[1].name: big: must be unique"),
    (("links", [[0, 1]]), "links: [[0, 1], [2], [3]]: the network on package must be connected"),
    (("links", 0, [1, 0]), "links[0]: [1, 0]: must be [c, d] with c < d < 4"),
    (("links", 3, [2, 9]), "links[3]: [2, 9]: must be [c, d] with c < d < 4"),
    (("links", 3, [0, 1]), "links[3]: [0, 1]: must come after the link before it: sorted, no repeats"),
    (("types", 0, "buffer_bytes", 10**18), "types[0].buffer_bytes: 1,000,000,000,000,000,000: must be at most 2^50"),
    ((*LAYER, "compute_cycles", {"big": 1}), "models[0].layers[1].compute_cycles: ['big']: must have one entry for every type"),
    ((*LAYER, "compute_cycles", "big", -1), "models[0].layers[1].compute_cycles.big: -1: must be greater than or equal to 0"),
    ((*LAYER, "compute_cycles", ONE_BIG), "models[0]: up to 2^62 cycles: a model's costs must add up to at most 2^50 cycles"),
    ((*LAYER, "compute_energy_nj", ONE_BIG), "models[0]: up to 2^60 nJ: a model's costs must add up to at most 2^50 nJ"),
    ((*LAYER, "weight_bytes", 10**18), "models[0]: up to 2^60 weight bytes: a model's costs must add up to at most 2^50 weight bytes"),
    ((*LAYER, "window", 7), "models[0].layers[1].window: 7: must be below max_windows = 2"),
    ((*LAYER, "weights_of", 1), "models[0].layers[1].weights_of: 1: must be an earlier layer with the same costs of weights, of its own"),
    ((*LAYER, "weights_of", 0), "models[0].layers[1].weights_of: 0: must be an earlier layer with the same costs of weights, of its own"),
    ((*LAYER, "weights_of", -1), "models[0].layers[1].weights_of: -1: must be greater than or equal to 0"),
    (("models", 0, "max_segments", [1]), "models[0].max_segments: 1 entries: must have max_windows = 2 entries"),
    (("models", 0, "passes", 3), "models[0].passes: 3: must be ceil(batch / minibatch)"),
    (("models", 0, "layers", []), "models[0].layers: []: must have at least 1 item, not 0"),
    ((*TENSOR, "producer", 50), "models[0].tensors[1].producer: 50: must be a layer below 3"),
    ((*TENSOR, "consumers", [50]), "models[0].tensors[1].consumers: 50: must be a layer after the producer"),
    ((*TENSOR, "consumers", [0]), "models[0].tensors[1].consumers: 0: must be a layer after the producer"),
    ((*TENSOR, "dram_cycles", "x"), "models[0].tensors[1].dram_cycles: 'x': must be a valid integer"),
    (("models", 0, "tensors", 0, "is_output", True), "models[0].tensors[0].is_output: True: a model input is never an output"),
    (("models", 0, "deadline_cycles", -1), "models[0].deadline_cycles: -1: must be greater than or equal to 0"),
    (("models", 0, "layer", []), "models[0].layer: []: unknown key, did you mean layers?"),
    (("clock_hz", 0), "clock_hz: 0: must be greater than 0"),
    (("clock_hz", "fast"), "clock_hz: 'fast': must be a valid number"),
    (("max_windows", 0), "max_windows: 0: must be greater than 0"),
    (("routing", "yx"), "routing: 'yx': must be 'xy' or 'shortest'"),
    (("chiplets", 0, "row", 7), "routing: xy: needs links that are exactly the unit steps of a filled rectangle"),
    (("format", "scar-cp/problem@2"), "format: 'scar-cp/problem@2': must be 'scar-cp/instance@1' or 'scar-cp/problem@1'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line"), PROBLEM_FAULTS, ids=[line for _, line in PROBLEM_FAULTS]
)
def test_a_broken_problem_file_is_refused_at_the_exact_place(
    project: Project,
    command: Command,
    problem: dict[str, Any],
    change: tuple[Any, ...],
    line: str,
) -> None:
    *place, key, value = change
    inside: Any = problem
    for part in place:
        inside = inside[part]
    inside[key] = value
    Path("problem.json").write_text(json.dumps(problem))
    code, out, err = command("solve", "problem.json", "--quiet", "-o", "result.json")
    assert f"problem.json: {line}" in err.splitlines()
    assert (code, out) == (2, "")
    assert "result.json" not in project.names()


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (["--windows", "0"], ["--windows: 0: must be greater than 0"]),
        (["--n-splits", "9"], ["--n-splits: 9: must be at least 0 and below 2 windows"]),
        (
            ["--package", "package.yaml", "--n-splits", "-1"],
            [
                "--n-splits: -1: must be at least 0 and below 2 windows",
                "--package: 'package.yaml': a compiled problem cannot change this: "
                "give its instance instead",
            ],
        ),
    ],
)
def test_settings_of_a_compiled_problem_are_checked_too(
    project: Project,
    command: Command,
    problem: dict[str, Any],
    options: list[str],
    lines: list[str],
) -> None:
    assert_refused(project, command, ["solve", "problem.json", *options], *lines)
