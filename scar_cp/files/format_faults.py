"""What is said of a file of another format."""

from __future__ import annotations

from scar_cp.errors import Fault
from scar_cp.records.yaml_json import shown

__all__ = ["wrong_format"]


def wrong_format(file: str, kind: object, rule: str) -> Fault:
    """The fault of a file whose format is missing or another one."""
    return Fault(file, "format", None if kind is None else shown(kind), rule)
