from __future__ import annotations

from pathlib import Path

import pytest

from scar_cp.cost.calibration import Calibration, compare_with_maestro, measure_rows_per_second
from scar_cp.inputs.workload import LayerShape

from .costing import DATAFLOWS, chiplet

SAMPLE = Path(__file__).with_name("maestro_sample.csv")  # its source and rule: README.md


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return compare_with_maestro(SAMPLE)


def test_covers_every_dataflow_and_latency(calibration: Calibration) -> None:
    covered = [(fit.dataflow, fit.noc_latency_cycles, fit.rows) for fit in calibration.fits]
    assert covered == [(name, latency, 70) for name in sorted(DATAFLOWS) for latency in (0, 1)]


def test_runtime_agrees(calibration: Calibration) -> None:
    for fit in calibration.fits:
        assert fit.runtime.median <= 0.01
        assert fit.runtime.percentile_90 <= 0.06


def test_energy_agrees(calibration: Calibration) -> None:
    for fit in calibration.fits:
        assert fit.energy.median <= 0.03


def test_preference_agrees(calibration: Calibration) -> None:
    assert [preference.noc_latency_cycles for preference in calibration.preferences] == [0, 1]
    for preference in calibration.preferences:
        assert preference.right_share >= 0.98
        assert preference.shidiannao_rows > 0
        assert preference.shidiannao_right_share >= 0.90


def test_speed_is_a_rate() -> None:
    layers = [LayerShape(op="conv", K=8, C=8, Y=8, X=8)]
    assert measure_rows_per_second(layers, chiplet("nvdla"), num_rows=100) > 0
