"""Broken schedules and results, and what is not hidden by them."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Project
from refusals import assert_refused

SCHEDULE = {"format": "scar-cp/schedule@1", "problem": "instance", "windows": []}
SEGMENT = {"model": 0, "first": "a", "chiplet": 1}
NEITHER = "must be 'scar-cp/schedule@1' or 'scar-cp/result@1'"


@pytest.mark.parametrize(
    ("document", "lines"),
    [
        ([1], ["[1]: must be a mapping with the keys of Schedule"]),
        ({"windows": []}, [f"format: {NEITHER}"]),
        (SCHEDULE | {"format": "x"}, [f"format: 'x': {NEITHER}"]),
        (SCHEDULE | {"windows": "none"}, ["windows: 'none': must be a list"]),
        (
            SCHEDULE | {"windows": [[], [SEGMENT]]},
            [
                "windows[1][0].first: 'a': must be a valid integer",
                "windows[1][0].last: is required",
            ],
        ),
        (
            {"format": "scar-cp/result@1", "schedule": None},
            ["schedule: the result has no schedule"],
        ),
        ({"format": "scar-cp/result@1"}, ["schedule: the result has no schedule"]),
        (
            {"format": "scar-cp/result@1", "schedule": SCHEDULE, "problem_sha256": ["a"]},
            ["problem_sha256: ['a']: must be a valid string"],
        ),
        (
            {"format": "scar-cp/result@1", "schedule": SCHEDULE | {"windows": [[SEGMENT | {"last": 1}]]}},
            ["schedule.windows[0][0].first: 'a': must be a valid integer"],
        ),
    ],
)  # fmt: skip
def test_a_broken_schedule_file_is_refused(
    project: Project, command: Command, document: Any, lines: list[str]
) -> None:
    Path("s.json").write_text(json.dumps(document))
    expected = [f"s.json: {line}" for line in lines]
    assert_refused(project, command, ["evaluate", "instance.yaml", "s.json"], *expected)


def test_a_missing_model_does_not_hide_a_domain_that_nobody_has(
    project: Project, command: Command
) -> None:
    project.put("scenario.yaml", "domain", "cloud")
    project.put("scenario.yaml", "models", 0, "model", "absent.yaml")
    code, _, err = command("check", "instance.yaml")
    assert code == 2
    assert "scenario.yaml: domain: cloud: must be a domain of the profile" in err
    assert "scenario.yaml: models[0].model: absent.yaml: must be a file" in err


def test_an_instance_and_a_schedule_are_blamed_together(project: Project, command: Command) -> None:
    lines = ["absent.json: no such file", "absent.yaml: no such file"]
    assert_refused(project, command, ["evaluate", "absent.yaml", "absent.json"], *lines)
