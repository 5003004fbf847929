"""Costs as people read them: ms, mJ and J·s; or, on request, the exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from scar_cp.judge.evaluation import Evaluation
from scar_cp.judge.objective import UNITS
from scar_cp.terms import ObjectiveName

__all__ = ["Units", "plain_digits"]

_UNITS: dict[ObjectiveName, str] = {"latency": "ms", "energy": "mJ", "edp": "J·s"}
_SMALL = Decimal("0.001")
_MJ_PER_NJ = Decimal(10) ** -6


@dataclass(frozen=True)
class Units:
    """What costs are told in.

    Examples
    --------
    >>> Units(500e6).value("latency", 137_111_324), Units().value("latency", 137_111_324)
    ('274.22 ms', '137,111,324 cycles')
    """

    clock_hz: float | None = None
    """Of the package; None: cycles and nJ, as files have them."""
    digits: int = 5
    """Significant ones."""

    @classmethod
    def of(cls, evaluation: Evaluation | None) -> Units:
        """Those of an evaluation, which says its clock by its latency in both units."""
        is_known = evaluation is not None and evaluation.latency_cycles
        return cls(evaluation.latency_cycles / evaluation.latency_s if is_known else None)  # type: ignore[union-attr]

    def time(self, cycles: int) -> str:
        """A number of cycles."""
        return self.value("latency", cycles)

    def value(self, objective: ObjectiveName, value: int | None) -> str:
        """A value of an objective, or a bound on it, with its unit."""
        number, unit = self.number(objective, value), self.unit(objective)
        return number if value is None else f"{number} {unit}".rstrip()

    def number(self, objective: ObjectiveName, value: int | None) -> str:
        """The same without its unit; a hyphen where there is none."""
        if value is None:
            return "-"
        if self.clock_hz is None or objective not in _UNITS:
            return f"{value:,}"
        return plain_digits(self.in_unit(objective, value), self.digits)

    def in_unit(self, objective: ObjectiveName, value: int) -> Decimal:
        """A value as a number in ms, mJ or J·s."""
        if self.clock_hz is None or objective not in _UNITS:
            return Decimal(value)
        found = Decimal(value)
        if objective in ("latency", "edp"):
            found = found * 1000 / Decimal(self.clock_hz)
        if objective in ("energy", "edp"):
            found *= _MJ_PER_NJ
        return found * _MJ_PER_NJ if objective == "edp" else found

    def unit(self, objective: ObjectiveName) -> str:
        """What values of an objective are counted in; empty for weighted sums."""
        return (UNITS if self.clock_hz is None else _UNITS).get(objective, "")


def plain_digits(number: Decimal | float, digits: int) -> str:
    """A number with so many significant digits, and no exponent unless it is small.

    Examples
    --------
    >>> plain_digits(123456.7, 4), plain_digits(0.00012345, 3), plain_digits(0, 4)
    ('123,500', '1.23e-04', '0')
    """
    found = Decimal(number)
    if not found:
        return "0"
    if abs(found) < _SMALL:
        return f"{float(found):.{digits - 1}e}"
    rounded = Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(found)
    return f"{rounded:,f}" if rounded.as_tuple().exponent != 0 else f"{int(rounded):,}"
