"""Exact numbers: what was written in decimals, and the one way to round it to integers."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["exact", "nearest"]


def exact(value: float) -> Fraction:
    """The decimal number that was written, not its binary neighbour."""
    return Fraction(str(value))


def nearest(value: Fraction) -> int:
    """Nearest integer, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
