"""The file of a sweep: which instances, which settings, which questions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from scar_cp.errors import Fault, InputError
from scar_cp.files.instance_files import REFERENCES
from scar_cp.files.shipped import is_name
from scar_cp.records.reading import reader
from scar_cp.records.record import NonNegativeInt, PositiveFloat, PositiveInt, Record, Seq
from scar_cp.records.yaml_json import read_record
from scar_cp.terms import TIME_LIMIT_S, Space, Target

__all__ = ["Grid", "SweepFile", "read_sweep"]

Grid = dict[str, list[Any]]
"""Values to try, by setting."""


class SweepFile(Record):
    """A sweep as written; paths in it are relative to the file itself.

    Examples
    --------
    >>> sweep = SweepFile(format="scar-cp/sweep@1", instances=["sc4"],
    ...                   grid={"package.dram.gb_per_s": [16, 32], "weight_policy": "resident"})
    >>> sweep.values
    {'package.dram.gb_per_s': [16, 32], 'weight_policy': ['resident']}
    """

    format: Literal["scar-cp/sweep@1"]
    instances: Annotated[Seq[str], Field(min_length=1)]
    """Instances or compiled problems: files, or names of shipped instances."""
    grid: dict[str, JsonValue] = {}
    """Settings with a value, or a list of values to try: keys of an instance such as ``package`` or
    ``windows``, and places in its files such as ``package.dram.gb_per_s``."""
    objectives: Annotated[Seq[Target], Field(min_length=1)] = ("latency",)
    spaces: Seq[Space] = ()
    """Default: each instance's own."""
    solvers: Annotated[Seq[str], Field(min_length=1)] = ("cp-sat",)
    time_limit_s: PositiveFloat = TIME_LIMIT_S
    gap: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Certified gap at which a point may stop."""
    workers: PositiveInt = 1
    """Threads of one point."""
    seed: Annotated[NonNegativeInt, Field(lt=2**31)] = 0

    @property
    def values(self) -> Grid:
        """The values to try of every setting."""
        return {
            key: list(value) if isinstance(value, list) else [value]
            for key, value in self.grid.items()
        }


@reader
def read_sweep(path: Path) -> SweepFile:
    """Read a sweep, with its paths as they stand from the current folder.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    sweep = read_record(path, SweepFile)
    empty = [
        Fault(str(path), f"grid.{key}", "[]", "must have a value")
        for key, values in sweep.values.items()
        if not values
    ]
    if empty:
        raise InputError(empty)
    folder = path.parent
    grid = {
        key: [_placed(folder, value) for value in values] if key in REFERENCES else values
        for key, values in sweep.values.items()
    }
    return sweep.replace(instances=_all_placed(folder, sweep.instances), grid=grid)


def _all_placed(folder: Path, given: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(_placed(folder, one)) for one in given)


def _placed(folder: Path, given: Any) -> Any:
    """A path as it stands from the current folder; a name stays a name unless a file has it."""
    if not isinstance(given, str) or (is_name(given) and not (folder / given).exists()):
        return given
    return str(folder / given)
