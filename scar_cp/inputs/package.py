"""Chiplet types, packages and profiles: what a scenario runs on (SPEC section 2)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, Strict

from scar_cp.records.brief import Brief
from scar_cp.records.record import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Record,
    Seq,
)

__all__ = ["ChipletFile", "ChipletType", "Dram", "NoP", "Package", "Profile"]


# Upper limits keep the cost model's counts within 64 bits.
_Lanes = Annotated[int, Field(gt=0, le=2**16)]
_Bandwidth = Annotated[int, Field(gt=0, le=2**32)]


class ChipletType(Record):
    """A kind of chiplet: how its array maps a layer, and what an access costs.

    These parameters are the only inputs of the analytical cost model besides the layer.
    """

    dataflow: str
    """``nvdla`` (weight-stationary), ``shidiannao`` (output-stationary), ``eyeriss``
    (row-stationary), or a plug-in's name."""
    array: Annotated[tuple[_Lanes, _Lanes], Strict(False)]
    """Rows and columns of processing elements: output-channel lanes x input channels
    (nvdla), output rows x output columns (shidiannao), filters and kernel rows x output
    rows (eyeriss)."""
    noc_elements_per_cycle: _Bandwidth
    """Bandwidth between the chiplet's buffer and its array, each way."""
    noc_latency_cycles: Annotated[int, Field(ge=0, le=4096)] = 0
    offchip_elements_per_cycle: _Bandwidth | None = None
    """Off-chip limit inside the array model; null leaves DRAM to the schedule's costs."""
    buffer_bytes: PositiveInt = 10_485_760
    partial_sums: Literal["array", "buffer"] = "array"
    """Whether unfinished sums of an output-stationary array stay in its elements."""
    gemm: Literal["rows", "fold", "vector"] = "rows"
    """How a matrix product becomes a convolution: its rows as a column of pixels, the
    rows folded into the best rectangle, or one vector (rows ignored)."""
    groups: Literal["exact", "ignored"] = "exact"
    """``ignored`` charges grouped and depthwise convolutions as dense ones."""
    padding: Literal["exact", "ignored"] = "exact"
    """``ignored`` computes unpadded output planes."""
    energy_unit_pj: NonNegativeFloat = 0.23
    """Energy of one multiply-accumulate."""
    l1_access_units: NonNegativeFloat = 1.68
    l2_access_units: NonNegativeFloat = 18.61

    @property
    def num_pes(self) -> int:
        """Number of processing elements."""
        return self.array[0] * self.array[1]


class ChipletFile(Record):
    """A chiplet type in a file of its own."""

    format: Literal["scar-cp/chiplet@1"]
    name: str
    type: ChipletType


class NoP(Record):
    """Network on package; defaults are the paper's Table II."""

    topology: Literal["mesh", "triangular"] = "mesh"
    """Grid links: unit steps, and for ``triangular`` also one diagonal per cell."""
    gb_per_s: PositiveFloat = 100.0
    hop_ns: NonNegativeFloat = 35.0
    pj_per_bit_hop: NonNegativeFloat = 2.04


class Dram(Record):
    """Off-package memory; defaults are the paper's Table II."""

    gb_per_s: PositiveFloat = 64.0
    latency_ns: NonNegativeFloat = 200.0
    pj_per_bit: NonNegativeFloat = 14.8


class Package(Brief, Record):
    """A multi-chip module: a grid or a list of chiplets, their links and memory ports."""

    format: Literal["scar-cp/package@1"]
    name: str
    layout: Seq[Seq[str]] | None = None
    """Rows of chiplet-type names of a grid; ids run row by row."""
    chiplets: Seq[str] | None = None
    """Chiplet-type name of each id, where the chiplets form no grid."""
    links: Seq[Annotated[tuple[NonNegativeInt, NonNegativeInt], Strict(False)]] | None = None
    """Undirected links between ids; required with ``chiplets``."""
    memory_ports: Seq[NonNegativeInt] | None = None
    """Ids with a DRAM interface; default on a mesh: the left and right columns."""
    pooled: Annotated[int, Field(gt=0, le=1024)] = 1
    """Every chiplet is a die with the elements, buffer and bandwidth of this many."""
    clock_mhz: PositiveFloat = 500.0
    nop: NoP = NoP()
    dram: Dram = Dram()
    chiplet_types: dict[str, ChipletType] = {}
    """Types of this package's own; they take precedence over the profile's."""

    @property
    def type_names(self) -> tuple[str, ...]:
        """Chiplet-type name of each id."""
        if self.layout is not None:
            return tuple(name for row in self.layout for name in row)
        return self.chiplets or ()

    @property
    def counts_text(self) -> str:
        """The number of chiplets, and of each type."""
        counts = Counter(self.type_names)
        kinds = ", ".join(f"{count} {name}" for name, count in counts.items())
        return f"{counts.total()} chiplets ({kinds})"

    def _brief(self) -> str:
        return f"{self.name}: {self.counts_text}"


class Profile(Brief, Record):
    """A reading of the hardware: chiplet types per domain, and what goes with them."""

    format: Literal["scar-cp/profile@1"]
    name: str
    domains: dict[str, dict[str, ChipletType]]
    """Chiplet types by name, for each domain that a scenario may name."""
    models: dict[str, str] = {}
    """Model names that this reading replaces by another model of the same folder."""
    dram_pj_per_bit: Annotated[float, Field(ge=0)] | None = None
    """Replaces the package's DRAM energy."""

    @property
    def domains_text(self) -> str:
        """The domains, each with its chiplet types."""
        return ", ".join(f"{domain} ({', '.join(types)})" for domain, types in self.domains.items())

    def _brief(self) -> str:
        return f"{self.name}: {self.domains_text}"


def no_profile(domain: str) -> Profile:
    """What an instance has that names none: the domain of its scenario, without chiplet types."""
    return Profile(format="scar-cp/profile@1", name="none", domains={domain: {}})
