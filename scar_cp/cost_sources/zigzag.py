"""ZigZag writes ``LAYER_simple.json`` and ``LAYER_complete.json``, with cycles and pJ.

As in its public sources of 2024 (slashes of the layer's name are underscores there). The latency
includes loading and unloading the array.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Final

from scar_cp.cost_sources.cost_source import CostSource, LayerResult
from scar_cp.errors import Fault, InputError
from scar_cp.records.decimals import exact
from scar_cp.records.yaml_json import read_document

__all__ = ["ZIGZAG"]

_LATENCIES: Final = ("data_onloading", "computation", "data_offloading")


def _read(path: Path) -> list[LayerResult]:
    data: Any = read_document(path)
    try:
        if "outputs" in data:
            energy = data["outputs"]["energy"]["energy_total"]
            latency = data["outputs"]["latency"]
            parts = [latency[part] for part in _LATENCIES]
            cycles = sum(map(exact, parts), Fraction())
        else:
            energy, cycles = data["energy"], exact(data["latency"])
    except (KeyError, TypeError, ValueError) as error:
        rule = "must hold energy and latency, as ZigZag's *_simple.json and *_complete.json do"
        raise InputError([Fault(str(path), "", None, rule)]) from error
    if path.name.startswith("overall_"):
        rule = "is the sum of all layers: give the files of the layers"
        raise InputError([Fault(str(path), "", None, rule)])
    name = path.stem.removesuffix("_simple").removesuffix("_complete")
    return [LayerResult("", "", name, str(ceil(cycles)), str(energy))]


ZIGZAG: Final = CostSource(_read, energy_unit_pj=Fraction(1))
