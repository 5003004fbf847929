"""The checker of certificates, which is a program of its own and knows nothing of this package."""

from __future__ import annotations

import gzip
import json
import re
import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from scar_cp.certificates.certificate import read_packed
from scar_cp.errors import Fault, InputError
from scar_cp.files.loading import LoadedProblem
from scar_cp.files.shipped import shipped_root
from scar_cp.judge.objective import Objective
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import to_json

__all__ = ["checker", "checker_file", "problem_bytes", "proven_by"]


def checker_file() -> Path:
    """Where the checker is installed, or stands in a checkout."""
    return shipped_root() / "checker" / "check_certificate.py"


@cache
def checker() -> ModuleType:
    """The checker as a module."""
    spec = spec_from_file_location("check_certificate", checker_file())
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def problem_bytes(loaded: LoadedProblem) -> bytes:
    """What a certificate's hash is of: the problem file itself, or what ``compile`` would write."""
    if loaded.settings is None and not loaded.overrides:
        return loaded.files[0].read_bytes()
    return to_json(loaded.problem).encode()


@reader
def proven_by(path: Path, loaded: LoadedProblem) -> tuple[Objective, int]:
    """An objective, and the bound on it that the checker finds proven.

    Raises
    ------
    InputError
        If the checker does not accept the certificate, or it has no bound.
    """
    packed = read_packed(path)
    accepted, said = checker().judge(problem_bytes(loaded), packed)
    found = re.search(r"bound (\d+)", said)
    if not accepted or found is None:
        raise InputError([Fault(str(path), "", None, f"the checker says: {said}")])
    text = gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed
    document = json.loads(text)
    weights = document["weights"] and tuple(document["weights"])
    return Objective(document["objective"], weights), int(found[1])
