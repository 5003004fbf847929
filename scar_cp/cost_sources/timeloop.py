"""Timeloop writes ``timeloop-mapper.stats.txt`` (or ``-model``) per layer.

It ends with ``Summary Stats``: ``Cycles: N`` and ``Energy: E uJ``, as in its public sources and
published examples of 2020 to 2024. E has two decimals, so an energy is known to 10 nJ. The file
does not name its layer: its own name does, or its folder's where the file has Timeloop's name.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Final

from scar_cp.cost_sources.cost_source import CostSource, LayerResult
from scar_cp.errors import Fault, InputError
from scar_cp.records.user_csv import read_text

__all__ = ["TIMELOOP"]


def _read(path: Path) -> list[LayerResult]:
    _, title, summary = read_text(path).partition("Summary Stats")
    if not title:
        rule = "must hold 'Summary Stats', as Timeloop's *.stats.txt do"
        raise InputError([Fault(str(path), "", None, rule)])
    found: list[str] = []
    faults = []
    for name, unit in (("Cycles", ""), ("Energy", " uJ")):
        match = re.search(rf"^{name}: *(\S+){unit}\s*$", summary, re.MULTILINE)
        if match:
            found.append(match[1])
        else:
            rule = f"must hold a line '{name}: NUMBER{unit}'"
            faults.append(Fault(str(path), "Summary Stats", None, rule))
    if faults:
        raise InputError(faults)
    name = path.name.removesuffix(".stats.txt").removesuffix(".txt")
    if name in ("timeloop-mapper", "timeloop-model"):
        name = path.resolve().parent.name
    return [LayerResult("", "", name, *found)]


TIMELOOP: Final = CostSource(_read, energy_unit_pj=Fraction(1_000_000))  # written in uJ
