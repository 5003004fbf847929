"""A row of a comparison, to be varied by tests."""

from __future__ import annotations

from scar_cp.studies.judged_rows import Row

ROW = Row(
    scenario="sc1",
    package="square",
    profile="physical",
    windows=1,
    space="full",
    objective="latency",
    solver="scar",
    time_limit_s=60.0,
    stop_gap=0.0,
    workers=2,
    seed=0,
    scar="",
    sha256="a" * 64,
    code="c0de",
    value=120,
    bound=50,
    latency_cycles=10,
    energy_nj=12,
    status="feasible",
    seconds=0.25,
    peak_mb=64,
    message="",
)
