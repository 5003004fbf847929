"""The checker of certificates, which is a program of its own and knows nothing of this package."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from scar_cp.files.shipped import shipped_root

__all__ = ["checker", "checker_file"]


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
