"""Problems and certificates as a checker reads them."""

from __future__ import annotations

import hashlib
import json

from scar_cp.certificates.certificate import Certificate
from scar_cp.problem.compiled import Problem
from scar_cp.records.yaml_json import to_json


def bytes_of(problem: Problem) -> bytes:
    """The problem file."""
    return to_json(problem).encode()


def with_hash(problem: Problem, certificate: Certificate) -> Certificate:
    """The certificate about the bytes of this problem."""
    return certificate | {"problem_sha256": hashlib.sha256(bytes_of(problem)).hexdigest()}


def text_of(certificate: Certificate) -> bytes:
    """A certificate's file."""
    return json.dumps(certificate).encode()
