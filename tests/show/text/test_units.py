"""Costs as people read them: the same figure in ms, mJ and J·s, or the integer itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scar_cp.show.text.units import Units, plain_digits


@pytest.mark.parametrize(
    ("objective", "value", "text", "raw"),
    [
        ("latency", 82_065_126, "164.13 ms", "82,065,126 cycles"),
        ("energy", 2_995_198_767, "2,995.2 mJ", "2,995,198,767 nJ"),
        ("edp", 82_065_126 * 2_995_198_767, "0.49160 J·s", "245,801,364,208,899,642 cycles x nJ"),
        ("weighted", 12_345_678, "12,345,678", "12,345,678"),
        ("latency", 0, "0 ms", "0 cycles"),
        ("latency", None, "-", "-"),
    ],
)
def test_a_value_in_both(objective, value, text, raw) -> None:
    assert (Units(500e6).value(objective, value), Units().value(objective, value)) == (text, raw)


@pytest.mark.parametrize("clock_hz", [1e6, 500e6, 1.2e9])
def test_edp_is_latency_times_energy(clock_hz) -> None:
    units, cycles, nj = Units(clock_hz), 123_456, 987_654
    ms, mj = units.in_unit("latency", cycles), units.in_unit("energy", nj)
    assert float(units.in_unit("edp", cycles * nj)) == pytest.approx(float(ms * mj) * 1e-6)


@pytest.mark.parametrize("digits", [3, 5, 7])
def test_digits_are_the_significant_ones(digits) -> None:
    for exponent in range(-9, 12):
        number = Decimal("1.2345678901") * Decimal(10) ** exponent
        shown = Decimal(plain_digits(number, digits).replace(",", ""))
        assert abs(shown - number) <= number * Decimal(10) ** (1 - digits) / 2
