"""The cost model held against MAESTRO: errors, preferences, and speed.

The model is derived from the mappings, not fitted. Where the two are known to differ, the
difference is kept:

- Smaller last tiles: MAESTRO moves the inputs of a last tile of channels (nvdla), columns
  (shidiannao) or rows (eyeriss) as if it were full; here it has its own size.
- Output planes that do not fill the rows of the array (shidiannao): MAESTRO counts one input
  row per channel less than the windows cover.
- Filters that do not fill the array: MAESTRO counts the outputs of one filter less.
- A new filter tile: MAESTRO reads no inputs for it, although the plane starts over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple, Self

import numpy as np

from scar_cp.cost.analytical import cost_layers
from scar_cp.cost.columns import FloatArray, IntArray
from scar_cp.cost.shapes import Shapes
from scar_cp.inputs.package import ChipletType
from scar_cp.inputs.workload import LayerShape
from scar_cp.records.user_csv import csv_lines, read_text

__all__ = [
    "Calibration",
    "Errors",
    "Fit",
    "Preference",
    "compare_with_maestro",
    "measure_rows_per_second",
]

_DATAFLOWS: Final = {"nvdla": "nvdla", "shi": "shidiannao", "rs3": "eyeriss"}
"""Ours by the name in MAESTRO's rows; its ``rs`` is a mapping that we do not have."""

_COLUMNS: Final = {
    ("nvdla", 4096): 64,
    ("nvdla", 256): 16,
    ("shi", 4096): 64,
    ("shi", 256): 16,
    ("rs3", 4096): 16,
    ("rs3", 256): 8,
}
"""Columns of the array (MAESTRO's cluster size) by mapping and number of elements."""

_UNLIMITED: Final = 2**31 - 1
"""MAESTRO's off-chip bandwidth when none is given."""


@dataclass(frozen=True)
class Errors:
    """Summary of relative errors |model / MAESTRO - 1|."""

    median: float
    percentile_90: float
    maximum: float

    @classmethod
    def between(cls, model: IntArray | FloatArray, reference: IntArray | FloatArray) -> Self:
        """Summarise the errors of `model` against `reference`, both of shape (n,)."""
        error = np.abs(model / reference - 1)
        return cls(float(np.median(error)), float(np.quantile(error, 0.9)), float(error.max()))


@dataclass(frozen=True)
class Fit:
    """How well one dataflow agrees with MAESTRO at one NoC latency."""

    dataflow: str
    noc_latency_cycles: int
    rows: int
    runtime: Errors
    energy: Errors


@dataclass(frozen=True)
class Preference:
    """Whether the faster of nvdla and shidiannao is the one that MAESTRO names.

    Layers on which MAESTRO sees no difference are left out; a tie of ours is wrong.
    """

    noc_latency_cycles: int
    rows: int
    right: int
    shidiannao_rows: int
    """Rows on which MAESTRO prefers shidiannao."""
    shidiannao_right: int
    """How many of those are right."""

    @property
    def right_share(self) -> float:
        """Share of all rows that are right; NaN without rows."""
        return _share(self.right, self.rows)

    @property
    def shidiannao_right_share(self) -> float:
        """Share of the rows preferring shidiannao that are right; NaN without rows."""
        return _share(self.shidiannao_right, self.shidiannao_rows)


@dataclass(frozen=True)
class Calibration:
    """All of a comparison with MAESTRO."""

    fits: tuple[Fit, ...]
    """By dataflow, then NoC latency."""
    preferences: tuple[Preference, ...]
    """By NoC latency."""


class _Group(NamedTuple):
    """Rows that share a dataflow and a NoC latency: MAESTRO's numbers and ours."""

    keys: list[tuple[str, ...]]
    """Layer and configuration of each row, equal across dataflows."""
    cycles: IntArray
    cycles_maestro: IntArray
    energy: FloatArray
    energy_maestro: FloatArray


def compare_with_maestro(csv_path: Path) -> Calibration:
    """Cost the layers of MAESTRO's rows and compare runtime and energy.

    Rows with an off-chip limit, with miscounted MACs, or of a mapping that we do not have
    are left out.

    Parameters
    ----------
    csv_path : Path
        Rows of MAESTRO (public repository at commit 4eb08d17): shape and configuration,
        ``runtime_cycles``, and ``energy`` in units of one MAC. Input planes include padding.
    """
    groups: dict[tuple[str, int], list[_Group]] = {}
    for chiplet, rows in _by_chiplet(_usable_rows(csv_path)):
        key = chiplet.dataflow, chiplet.noc_latency_cycles
        groups.setdefault(key, []).append(_compare(rows, chiplet))
    merged = {key: _merge(parts) for key, parts in sorted(groups.items())}

    fits = [
        Fit(
            dataflow,
            latency,
            len(group.keys),
            runtime=Errors.between(group.cycles, group.cycles_maestro),
            energy=Errors.between(group.energy, group.energy_maestro),
        )
        for (dataflow, latency), group in merged.items()
    ]
    preferences = [
        _preference(latency, merged["nvdla", latency], merged["shidiannao", latency])
        for latency in sorted({latency for _, latency in merged})
        if ("nvdla", latency) in merged and ("shidiannao", latency) in merged
    ]
    return Calibration(tuple(fits), tuple(preferences))


def measure_rows_per_second(
    layers: Sequence[LayerShape], chiplet: ChipletType, num_rows: int = 50_000
) -> float:
    """Measure how many layers a second `cost_layers` costs on one core.

    Parameters
    ----------
    layers : sequence of LayerShape
        Layers to repeat, in their order, until there are `num_rows`.
    chiplet : ChipletType
        The chiplet type to cost them on.
    num_rows : int
        Layers per call; the fastest of three calls counts.
    """
    shapes = Shapes.from_layers(layers).take(np.arange(num_rows) % len(layers))
    seconds = []
    for _ in range(3):
        start = perf_counter()
        cost_layers(shapes, chiplet)
        seconds.append(perf_counter() - start)
    return num_rows / min(seconds)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _usable_rows(csv_path: Path) -> list[dict[str, str]]:
    (_, names), *lines = csv_lines(read_text(csv_path), str(csv_path))
    rows = [dict(zip(names, cells, strict=False)) for _, cells in lines if cells]
    return [
        row
        for row in rows
        if row["dataflow"] in _DATAFLOWS
        and row["macs"] == row["macs_counted"]
        and int(row["offchip_bw"]) == _UNLIMITED
    ]


def _by_chiplet(
    rows: Sequence[Mapping[str, str]],
) -> list[tuple[ChipletType, list[Mapping[str, str]]]]:
    by_configuration: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        configuration = (row["dataflow"], row["num_pes"], row["noc_bw"], row["noc_latency"])
        by_configuration.setdefault(configuration, []).append(row)
    return [(_chiplet(group[0]), group) for group in by_configuration.values()]


def _chiplet(row: Mapping[str, str]) -> ChipletType:
    elements = int(row["num_pes"])
    columns = _COLUMNS[row["dataflow"], elements]
    return ChipletType(
        dataflow=_DATAFLOWS[row["dataflow"]],
        array=(elements // columns, columns),
        noc_elements_per_cycle=int(row["noc_bw"]),
        noc_latency_cycles=int(row["noc_latency"]),
        partial_sums="buffer",
        energy_unit_pj=1.0,  # MAESTRO's energies are in units of one MAC
    )


def _layer(row: Mapping[str, str]) -> LayerShape:
    """Read a row's shape.

    Matrix products arrive as 1 x 1 convolutions, folded or not. Depthwise rows give one
    filter; ``groups`` of the other rows is a number of heads, of which the row costs one.
    """
    K, C, Y, X, R, S, stride = (int(row[name]) for name in ("K", "C", "Y", "X", "R", "S", "stride"))
    if row["depthwise"] == "1":
        return LayerShape(op="dwconv", K=C, C=C, Y=Y, X=X, R=R, S=S, stride=stride, groups=C)
    return LayerShape(op="conv", K=K, C=C, Y=Y, X=X, R=R, S=S, stride=stride)


def _compare(rows: Sequence[Mapping[str, str]], chiplet: ChipletType) -> _Group:
    costs = cost_layers(Shapes.from_layers([_layer(row) for row in rows]), chiplet)
    return _Group(
        keys=[(row["model"], row["layer"], row["cfg"]) for row in rows],
        cycles=costs.cycles,
        cycles_maestro=np.array([int(row["runtime_cycles"]) for row in rows], dtype=np.int64),
        energy=costs.energy_pj(chiplet),
        energy_maestro=np.array([float(row["energy"]) for row in rows]),
    )


def _merge(groups: Sequence[_Group]) -> _Group:
    return _Group(
        [key for group in groups for key in group.keys],
        np.concatenate([group.cycles for group in groups]),
        np.concatenate([group.cycles_maestro for group in groups]),
        np.concatenate([group.energy for group in groups]),
        np.concatenate([group.energy_maestro for group in groups]),
    )


def _preference(latency: int, nvdla: _Group, shidiannao: _Group) -> Preference:
    position = {key: place for place, key in enumerate(nvdla.keys)}
    pairs = [(position[key], place) for place, key in enumerate(shidiannao.keys) if key in position]
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    ours = np.sign(nvdla.cycles[left] - shidiannao.cycles[right])
    theirs = np.sign(nvdla.cycles_maestro[left] - shidiannao.cycles_maestro[right])
    agree = ours == theirs
    return Preference(
        latency,
        rows=int(np.sum(theirs != 0)),
        right=int(np.sum(agree & (theirs != 0))),
        shidiannao_rows=int(np.sum(theirs > 0)),
        shidiannao_right=int(np.sum(agree & (theirs > 0))),
    )
