"""Certificates from the command line: written, checked, and refused."""

from __future__ import annotations

import gzip
import json

import pytest

SMALL = ("quickstart", "--workers", "1", "--time-limit", "20")


@pytest.fixture
def written(command, tmp_path):
    """A certificate of the quickstart, and what was printed."""
    path = tmp_path / "certificate.json.gz"
    ran = command("solve", *SMALL, "--certificate", path)
    assert ran.code == 0
    return path, ran


def test_a_certificate_says_what_it_proves_and_is_accepted(command, tmp_path, written):
    path, ran = written
    document = json.loads(gzip.decompress(path.read_bytes()))
    assert document["bound"] == document["value"] == 909_537
    assert "certified: latency >= 1.8191 ms in the full space, gap 0 %" in ran.out
    problem = tmp_path / "problem.json"
    assert command("compile", "quickstart", "-o", problem).code == 0
    for of in (problem, "quickstart"):
        checked = command("verify-certificate", of, path)
        assert (checked.code, checked.out) == (
            0,
            "accepted: latency value 909537, bound 909537, optimal\n",
        )


def test_a_false_one_is_rejected_in_one_line(command, written):
    path, _ = written
    document = json.loads(gzip.decompress(path.read_bytes()))
    changes: tuple[dict[str, object], ...] = (
        {"bound": 909_538},
        {"value": 1},
        {"problem_sha256": "0"},
        {"proofs": []},
    )
    for change in changes:
        path.write_text(json.dumps(document | change), encoding="utf-8")
        checked = command("verify-certificate", "quickstart", path)
        assert checked.code == 1
        assert checked.out.startswith("rejected: ")
        assert checked.out.count("\n") == 1
    other = command("verify-certificate", "quickstart", path, "--windows", "2")
    assert other.code == 1


def test_bad_files_are_told_before_anything_is_done(command, tmp_path):
    missing = tmp_path / "none" / "certificate.json"
    ran = command("solve", *SMALL, "--certificate", missing)
    assert ran.code == 2
    assert "folder must exist" in ran.err
    same = tmp_path / "same.json"
    ran = command("solve", *SMALL, "-o", same, "--certificate", same)
    assert ran.code == 2
    assert not same.exists()
    assert command("verify-certificate", "quickstart", missing).code == 2


def test_verify_uses_a_certificate(command, tmp_path):
    result, path = tmp_path / "result.json", tmp_path / "certificate.json"
    of = ("solve", *SMALL, "--windows", "2")
    assert command(*of, "-o", result, "--certificate", path).code == 0
    ran = command(
        "solve", "quickstart", "--windows", "2", "--verify", result, "--certificate", path
    )
    assert ran.code == 0
    assert "(cp-sat): the certificate proves as much" in ran.out
    path.write_text("{}", encoding="utf-8")
    ran = command(
        "solve", "quickstart", "--windows", "2", "--verify", result, "--certificate", path
    )
    assert ran.code == 2
    assert "the checker says: rejected" in ran.err
