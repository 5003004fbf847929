"""What a package costs: limits that need no formula, and how it moves with each figure."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import Command

from scar_cp.codesign.package_cost import (
    PackageCost,
    Wafer,
    die_cost,
    die_yield,
    dies_per_wafer,
    package_cost,
)

COUNTS = [("a", 6), ("b", 3)]


def priced(**more) -> PackageCost:
    chiplet = Wafer(price=9000.0, defects_per_cm2=0.1)
    return PackageCost(area_mm2={"a": 6.0, "b": 5.0}, chiplet=chiplet, **more)


def cost_of(counts=COUNTS, **more) -> float:
    found = package_cost(counts, priced(**more))
    assert found is not None
    return found


def test_small_dies_use_the_whole_wafer() -> None:
    assert dies_per_wafer(1e-4, 300) == pytest.approx(math.pi * 150**2 / 1e-4, rel=1e-3)


@pytest.mark.parametrize("area_mm2", [1.0, 100.0, 800.0])
def test_yield_tends_to_the_law_of_poisson(area_mm2) -> None:
    even = die_yield(area_mm2, Wafer(price=1.0, defects_per_cm2=0.2, clustering=1e7))
    assert even == pytest.approx(math.exp(-area_mm2 / 100 * 0.2), rel=1e-4)
    clustered = die_yield(area_mm2, Wafer(price=1.0, defects_per_cm2=0.2, clustering=1.0))
    assert even < clustered < 1, "clustered defects spare more dies"


def test_without_faults_a_package_is_the_sum_of_its_parts() -> None:
    chiplet = Wafer(price=9000.0, defects_per_cm2=0.0)
    perfect = PackageCost(area_mm2={"a": 6.0, "b": 5.0}, chiplet=chiplet, bond_yield=1.0)
    dies = 6 * 9000 / dies_per_wafer(6, 300) + 3 * 9000 / dies_per_wafer(5, 300)
    assert package_cost(COUNTS, perfect) == pytest.approx(dies)


@pytest.mark.parametrize(
    "more",
    [
        {"interposer": Wafer(price=2000.0, defects_per_cm2=0.05)},
        {"substrate_price_per_mm2": 0.01},
        {"bond_yield": 0.9},
    ],
)
def test_every_part_adds_to_the_cost(more) -> None:
    assert cost_of(**more) > cost_of()


def test_one_more_bond_loses_more_packages() -> None:
    chiplets = [cost_of([("a", n)], bond_yield=0.9) / n for n in range(1, 9)]
    assert [b / a for a, b in pairwise(chiplets)] == pytest.approx([1 / 0.9] * 7)


def test_an_interposer_larger_than_its_wafer_cannot_be_had() -> None:
    assert die_cost(80_000.0, Wafer(price=1.0, defects_per_cm2=0.0)) is None
    wafer = Wafer(price=1.0, defects_per_cm2=0.0, diameter_mm=8.0)
    assert package_cost(COUNTS, priced(interposer=wafer)) is None


def test_the_answer_has_a_column_of_costs(command: Command, tmp_path: Path) -> None:
    text = """format: scar-cp/codesign@1
instances: [{instance: quickstart}]
grid: [1, 2]
types: {nvdla: {}, shidiannao: {}}
windows: 1
cost: {area_mm2: {nvdla: 6.0%s}, chiplet: {price: 9000, defects_per_cm2: 0.1}}
"""
    file = tmp_path / "design.yaml"
    file.write_text(text % ", shidiannao: 5.0")
    ran = command("codesign", file, "-o", tmp_path / "d.db", "--time-limit", 20)
    assert ran.code == 0
    head = next(line for line in ran.out.splitlines() if line.startswith("counts"))
    assert head.split()[:3] == ["counts", "cost", "bound"]
    file.write_text(text % "")
    ran = command("codesign", file, "-o", tmp_path / "e.db")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "cost.area_mm2" in ran.err
    assert not (tmp_path / "e.db").exists()
