"""An instance: a scenario on a package, with every setting of the problem and the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path, PurePath
from typing import Annotated, Literal

from pydantic import Field

from scar_cp.inputs.cost_table import CostTable, RowName
from scar_cp.inputs.package import ChipletType, Package, Profile
from scar_cp.inputs.workload import Model, Scenario
from scar_cp.records.brief import Brief
from scar_cp.records.record import NonNegativeInt, Record
from scar_cp.terms import (
    MAX_WINDOWS,
    Contention,
    Granularity,
    Overlap,
    Packing,
    Routing,
    Space,
    Target,
    WeightPolicy,
)

__all__ = ["Instance", "InstanceFile"]


class InstanceFile(Record):
    """An instance as written: names of shipped files, or paths relative to the file itself."""

    format: Literal["scar-cp/instance@1"]
    name: str | None = None
    scenario: str
    package: str
    profile: str | None = None
    """Not needed where the package has every chiplet type of its own."""
    cost_table: str | None = None
    """CSV of compute costs that replaces the analytical model (see `CostTable`)."""
    windows: Annotated[int, Field(gt=0, le=MAX_WINDOWS)] = 1
    n_splits: NonNegativeInt | None = None
    """Splits of the horizon for the packing; default min(4, windows - 1)."""
    packing: Packing = "greedy"
    """How layers are packed into windows; ``uniform``: by their number."""
    granularity: Granularity = "compute"
    weight_policy: WeightPolicy = "per_pass"
    overlap: Overlap = "none"
    contention: Contention = "none"
    routing: Routing | None = None
    """Default: ``xy`` on a full mesh, ``shortest`` elsewhere."""
    space: Space = "full"
    objective: Target = "latency"


@dataclass(frozen=True, repr=False)
class Instance(Brief):
    """An instance with everything it refers to, checked."""

    name: str
    file: str
    """Where the settings stand, for messages."""
    settings: InstanceFile
    scenario: Scenario
    models: tuple[Model, ...]
    """One per run of the scenario, after the profile's replacements."""
    package: Package
    chiplet_types: dict[str, ChipletType]
    """The types that the package uses, pooled dies scaled."""
    dram_pj_per_bit: float
    cost_table: CostTable | None = None
    """Compute costs of every layer, where the analytical model is not asked."""
    guessed_rows: Mapping[RowName, RowName] = field(default_factory=dict, compare=False)
    """Rows of the cost table that have another spelling, by what they were taken for."""
    files: tuple[Path, ...] = field(default=(), compare=False)
    """What it was read from, and what its file refers to, replaced by settings or not."""

    @property
    def used_types(self) -> dict[str, ChipletType]:
        """The types of the package's chiplets, in the order of their lowest ids."""
        names = dict.fromkeys(self.package.type_names)
        return {name: self.chiplet_types[name] for name in names}

    def _brief(self) -> str:
        return f"{self.name}: {len(self.models)} models on {self.package.name}"

    @classmethod
    def of(
        cls,
        file: str,
        settings: InstanceFile,
        scenario: Scenario,
        models: tuple[Model, ...],
        package: Package,
        profile: Profile,
    ) -> Instance:
        """Bring the records of an instance together."""
        types = profile.domains[scenario.domain] | package.chiplet_types
        dram_pj = profile.dram_pj_per_bit
        return cls(
            name=settings.name or PurePath(file).stem,
            file=file,
            settings=settings,
            scenario=scenario,
            models=models,
            package=package,
            chiplet_types={n: _pooled(t, package.pooled) for n, t in types.items()},
            dram_pj_per_bit=package.dram.pj_per_bit if dram_pj is None else dram_pj,
        )


def _pooled(chiplet_type: ChipletType, times: int) -> ChipletType:
    """One die with the elements, buffer and bandwidth of several (a square number)."""
    side = isqrt(times)
    return chiplet_type.replace(
        array=(chiplet_type.array[0] * side, chiplet_type.array[1] * side),
        noc_elements_per_cycle=chiplet_type.noc_elements_per_cycle * times,
        buffer_bytes=chiplet_type.buffer_bytes * times,
    )
