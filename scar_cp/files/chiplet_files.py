"""Chiplet types from files and profiles."""

from __future__ import annotations

from scar_cp.errors import Fault, InputError
from scar_cp.files.shipped import named_file
from scar_cp.inputs.package import ChipletFile, ChipletType, Profile
from scar_cp.inputs.rules import (
    type_faults,
)
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import read_record

__all__ = ["read_chiplet"]


@reader
def read_chiplet(reference: str) -> ChipletType:
    """Read a chiplet type: a file of its own, or ``PROFILE#domain.type`` with a file or name.

    Raises
    ------
    InputError
        With every fault of the file, or if the profile has no such type.
    """
    file, _, inside = reference.partition("#")
    if not inside:
        chiplet = read_record(file, ChipletFile)
        return _checked_type(chiplet.type, file, "type")
    profile = read_record(named_file(file, "profile"), Profile)
    domain, _, name = inside.partition(".")
    known = [f"{d}.{t}" for d, types in profile.domains.items() for t in types]
    if f"{domain}.{name}" not in known:
        rule = f"the profile has no such type: choose from {', '.join(known)}"
        raise InputError([Fault(file, "", inside, rule)])
    return _checked_type(profile.domains[domain][name], file, f"domains.{inside}")


def _checked_type(chiplet_type: ChipletType, file: str, at: str) -> ChipletType:
    parent, _, name = at.rpartition(".")
    faults = type_faults({name: chiplet_type}, file, parent)
    if faults:
        raise InputError(faults)
    return chiplet_type
