"""A problem by the hash of what is written of it."""

from __future__ import annotations

import hashlib

from scar_cp.problem.compiled import Problem
from scar_cp.records.yaml_json import to_json

__all__ = ["sha256_of"]


def sha256_of(problem: Problem) -> str:
    """Hash of the bytes that `to_json` writes for a problem."""
    return hashlib.sha256(to_json(problem).encode()).hexdigest()
