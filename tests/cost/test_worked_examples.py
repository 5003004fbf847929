"""Examples worked by hand from the mappings, on the shapes of three MAESTRO rows."""

from __future__ import annotations

import pytest

from scar_cp.inputs.workload import LayerShape

from .costing import chiplet, cost

ATTENTION = LayerShape(op="gemm", K=1024, C=1024, Y=128)
DEPTHWISE = LayerShape(op="dwconv", K=960, C=960, Y=7, X=7, R=3, S=3, pad=1, groups=960)
CONV8 = LayerShape(op="conv", K=512, C=256, Y=28, X=28, R=3, S=3, pad=1)


def test_gemm_with_offchip_limit() -> None:
    # 16 filter tiles x 16 channel tiles x 128 rows = 32768 steps. The first tile has 64
    # inputs and 64 x 64 weights: 4160 // 128 = 32 cycles, on every step. MAESTRO: 1048576.
    costs = cost(ATTENTION, chiplet("nvdla", offchip_elements_per_cycle=128))
    assert costs.cycles[0] == 32768 * 32 == 1_048_576


def test_gemm_without_offchip_limit() -> None:
    # A step is 1 MAC + fill ceil(128 / 1024) = 1, so 2 cycles.
    # 15 x 16 channel steps load 64 + 4096 elements: 5 cycles instead of 2.
    # 15 filter steps load as much (MAESTRO: weights only, 4 cycles): 5 instead of 2.
    # The cold first step waits 5 cycles on top of its 2.
    costs = cost(ATTENTION, chiplet("nvdla"))
    assert costs.cycles[0] == 32768 * 2 + 240 * 3 + 15 * 3 + 5 == 66_306
    assert costs.cycles[0] == pytest.approx(66_291, rel=3e-4)  # MAESTRO


def test_gemm_counts_and_energy() -> None:
    costs = cost(ATTENTION, chiplet("nvdla"))
    # 16 x 16 sweeps of 128 rows, 64 channels each; MAESTRO misses the first window of
    # 15 of them (2096192).
    assert costs.input_l2_reads[0] == 16 * 16 * 128 * 64 == 2_097_152
    assert costs.input_l2_writes[0] == costs.output_l2_reads[0] == 1024 * 128
    assert costs.filter_l2_reads[0] == costs.filter_l2_writes[0] == 1024 * 1024
    assert costs.output_l2_writes[0] == 16 * 1024 * 128  # once per channel tile
    assert costs.macs[0] == 134_217_728
    assert costs.l1_accesses[0] == 4 * 134_217_728 + 2_097_152 + 1_048_576
    energy = costs.energy_pj(chiplet("nvdla"))[0]
    # The 960 reads more cost 960 x (18.61 + 1.68).
    assert energy == pytest.approx(1_163_388_700.8 + 960 * 20.29)


def test_depthwise_output_stationary() -> None:
    # 960 channels, one tile each, 9 MACs per step. With latency 0 a transfer of at most
    # 1024 elements is free: block 9 x 9 + 9 weights in, 49 out, fill 63 + 9.
    costs = cost(DEPTHWISE, chiplet("shidiannao", noc_latency_cycles=0))
    assert costs.cycles[0] == 960 * 9 == 8640  # MAESTRO: 8640
    # With latency 1 the fill takes 1 cycle per step, and the cold start 1.
    assert cost(DEPTHWISE, chiplet("shidiannao")).cycles[0] == 960 * 10 + 1 == 9601


def test_depthwise_counts() -> None:
    costs = cost(DEPTHWISE, chiplet("shidiannao"))
    # At the start every row of elements is fed by itself: 7 x 3 rows of 9. After that a
    # channel is one block of 9 rows (MAESTRO: 8).
    assert costs.input_l2_reads[0] == 7 * 3 * 9 + 959 * 81 == 77_868
    assert costs.filter_l2_reads[0] == costs.filter_l2_writes[0] == 8640
    assert costs.output_l2_writes[0] == costs.output_l2_reads[0] == 960 * 49
    assert costs.input_l2_writes[0] == 960 * 81
    assert costs.macs[0] == 423_360


def test_convolution_weight_stationary() -> None:
    # 8 x 4 x 784 = 25088 steps of 9 MACs + fill ceil(1152 / 1024) = 2.
    # 24 channel steps load 576 x 65 elements: 37 instead of 11; 7 filter steps as well
    # (MAESTRO: 36); the cold first step waits 37 on top.
    costs = cost(CONV8, chiplet("nvdla"))
    assert costs.cycles[0] == 25088 * 11 + 24 * 26 + 7 * 26 + 37 == 276_811
    assert costs.cycles[0] == pytest.approx(276_804, rel=3e-5)  # MAESTRO
    # A row of windows reads 3 x 30 inputs per channel; 28 rows, 32 tiles of 64 channels.
    assert costs.input_l2_reads[0] == 32 * 64 * 90 * 28 == 5_160_960
    assert costs.filter_l2_reads[0] == 1_179_648
    assert costs.output_l2_writes[0] == 1_605_632
    energy = costs.energy_pj(chiplet("nvdla"))[0]
    assert energy == pytest.approx(7_331_957_061.76 + 7 * 576 * 20.29)


def test_convolution_output_stationary() -> None:
    # 512 x 256 steps of 9 MACs + fill ceil((28 x 9 + 9) / 1024) = 1; cold start
    # ceil((28 x 3 x 30 + 9) / 1024) = 3. MAESTRO: 1310723.
    assert cost(CONV8, chiplet("shidiannao")).cycles[0] == 131_072 * 10 + 3 == 1_310_723


def test_row_stationary() -> None:
    # 64 x 16 elements with 3 x 3 kernels: 21 sets. 25 filter tiles (24 x 21 + 8), 256
    # channels, row tiles of 16 and 12, 28 columns. Step: 3 MACs + fills
    # ceil(17 x 9 / 1024) + ceil(18 / 1024) = 5; a channel step moves 18 x 3 + 189 elements.
    # Nothing exceeds a beat; the cold start waits 1.
    layer = CONV8
    assert cost(layer, chiplet("eyeriss", (64, 16))).cycles[0] == 25 * 256 * 2 * 28 * 5 + 1
