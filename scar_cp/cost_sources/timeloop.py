"""Timeloop writes ``timeloop-mapper.stats.txt`` (or ``-model``) per layer.

It ends with ``Summary Stats``: ``Cycles: N`` and ``Energy: E uJ``, as in its public sources and
published examples of 2020 to 2024. E has two decimals, and small layers 0.00; the same summary has
the energy of one compute in more digits, which is taken where it is there, or EDP by cycles. The
file does not name its layer: its own name does, or its folder's where the file has Timeloop's name.
"""

from __future__ import annotations

import re
from decimal import Decimal
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
    found[1] = _in_more_digits(summary, *found)
    name = path.name.removesuffix(".stats.txt").removesuffix(".txt")
    if name in ("timeloop-mapper", "timeloop-model"):
        name = path.resolve().parent.name
    return [LayerResult("", "", name, *found)]


_UJ = {"fJ": Decimal("1e-9"), "pJ": Decimal("1e-6")}


def _in_more_digits(summary: str, cycles: str, energy_uj: str) -> str:
    """The energy in uJ from the finest numbers that the summary has."""
    number = r"([0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?)"
    computes = re.search(rf"^Computes *= *{number} *$", summary, re.MULTILINE)
    each = re.search(
        rf"^(fJ|pJ)/Compute *$(?:.*\n)+? *Total *= *{number} *$", summary, re.MULTILINE
    )
    if computes and each:
        return f"{Decimal(computes[1]) * Decimal(each[2]) * _UJ[each[1]]:f}"
    edp = re.search(rf"^EDP\(J\*cycle\): *{number} *$", summary, re.MULTILINE)
    if edp and re.fullmatch("[0-9]+", cycles) and int(cycles):
        return f"{Decimal(edp[1]) / int(cycles) * 1_000_000:f}"
    return energy_uj


TIMELOOP: Final = CostSource(_read, energy_unit_pj=Fraction(1_000_000))  # written in uJ
