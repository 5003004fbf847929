"""The file of a co-design: for which instances, of which chiplet types, within which limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from scar_cp.codesign.package_cost import PackageCost
from scar_cp.errors import Fault, InputError
from scar_cp.files.shipped import is_name
from scar_cp.records.reading import reader
from scar_cp.records.record import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Record,
    Seq,
)
from scar_cp.records.yaml_json import read_record
from scar_cp.terms import Target

__all__ = ["DesignFile", "Offer", "Weighted", "design_faults", "read_design"]


class Weighted(Record):
    """An instance, and how much it counts."""

    instance: str
    """A file, or the name of a shipped instance."""
    weight: PositiveFloat = 1.0


class Offer(Record):
    """A chiplet type that may be chosen."""

    least: NonNegativeInt = 0
    most: NonNegativeInt | None = None
    """Chiplets of this type; null: as many as there is room for."""
    takes: dict[str, NonNegativeFloat] = {}
    """What one chiplet takes of each limit, such as ``area_mm2`` or ``watts``."""


class DesignFile(Record):
    """A co-design as written; paths in it are relative to the file itself.

    Examples
    --------
    >>> DesignFile(format="scar-cp/codesign@1", instances=[Weighted(instance="sc4")],
    ...            grid=[3, 3], types={"nvdla": Offer(), "shidiannao": Offer(most=3)}).grid
    (3, 3)
    """

    format: Literal["scar-cp/codesign@1"]
    instances: Annotated[Seq[Weighted], Field(min_length=1)]
    grid: Annotated[tuple[PositiveInt, PositiveInt], Field(strict=False)]
    """Rows and columns."""
    types: Annotated[dict[str, Offer], Field(min_length=1)]
    """By name: types of every instance's profile or package."""
    limits: dict[str, NonNegativeFloat] = {}
    """What all chiplets together may take."""
    objective: Target = "edp"
    windows: PositiveInt | None = None
    """Default: each instance's own."""
    against: str | None = None
    """Package to compare with; default: each instance's own."""
    gap: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Certified gap of the answer at which the search may stop."""
    cost: PackageCost | None = None
    """Of packages, to be shown beside their bounds; it decides nothing."""


def design_faults(design: DesignFile, file: str) -> list[Fault]:
    """Broken rules between the keys of a co-design."""
    faults = [
        Fault(file, f"types.{name}.takes.{kind}", str(taken), "there is no such limit in limits")
        for name, offer in design.types.items()
        for kind, taken in offer.takes.items()
        if kind not in design.limits
    ]
    known = design.types if design.cost is None else design.cost.area_mm2
    faults += [
        Fault(
            file, "cost.area_mm2", name, "is required: the area of every type", is_parameter=False
        )
        for name in design.types
        if name not in known
    ]
    room = design.grid[0] * design.grid[1]
    least = sum(offer.least for offer in design.types.values())
    most = sum(room if o.most is None else o.most for o in design.types.values())
    if least > room or most < room:
        rule = f"these types must fill {room} places, but {least} to {most} are asked for"
        faults.append(Fault(file, "types", None, rule))
    return faults


@reader
def read_design(path: Path) -> DesignFile:
    """Read a co-design, with its paths as they stand from the current folder.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    design = read_record(path, DesignFile)
    faults = design_faults(design, str(path))
    if faults:
        raise InputError(faults)

    def placed(given: str) -> str:
        beside = path.parent / given
        return given if is_name(given) and not beside.exists() else str(beside)

    instances = tuple(one.replace(instance=placed(one.instance)) for one in design.instances)
    against = None if design.against is None else placed(design.against)
    return design.replace(instances=instances, against=against)
