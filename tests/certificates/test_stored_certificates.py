"""The certificates of `results/certificates`: some each day, all with ``--certificates``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from problems import due_today

import scar_cp as sc
from scar_cp.certificates.checker import checker

FILES = sorted((Path(__file__).parents[2] / "results" / "certificates").glob("*.json.gz"))
SHARE = 72
"""One in so many is checked, others on other days."""


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_a_stored_certificate_is_accepted(file: Path, request) -> None:
    if file not in due_today(FILES, SHARE) and not request.config.getoption("--certificates"):
        pytest.skip("due on another day, or with --certificates")
    scenario, windows = re.fullmatch(r"(sc\d+)-(\d)w-\w+\.json\.gz", file.name).groups()
    problem = sc.load_problem(scenario, {"windows": int(windows)}).problem
    accepted, said = checker().judge(sc.to_json(problem).encode(), file.read_bytes())
    assert accepted, said


def test_there_are_stored_certificates() -> None:
    assert len(FILES) >= 60
