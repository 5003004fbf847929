"""A small schedule with everything that a picture can show, and its setting drawn off-mesh."""

from __future__ import annotations

from dataclasses import replace

from problems import SQUARE, layer, model, schedule, tensor, tiny_problem
from rows import ROW

from scar_cp.judge.bounds import Bound
from scar_cp.outcome.pareto import Front, FrontPoint, HalfPlaneRecord
from scar_cp.outcome.result import LogLine, Result
from scar_cp.studies.gap_splits import STEPS, split_gaps
from scar_cp.studies.judged_rows import judge

CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))


def chain(cycles, batch, weights=(6, 3, 2, 4, 1)):
    """A model of a layer per number; every tensor costs 2 cycles of links, 4 of DRAM."""
    last = len(cycles) - 1
    links = [tensor(i, [i + 1], nop=2, dram=4) for i in range(last)]
    ends = [tensor(None, [0], nop=2, dram=4), tensor(last, [], nop=2, dram=4)]
    return model([layer(c, c, weights) for c in cycles], [*ends, *links], batch)


def example(cells=CELLS, links=SQUARE, models=2, **settings):
    """Model 0 on chiplets 0 and 1, then on 0; model 1 on 2, then on 1 and 3; more on none."""
    problem = tiny_problem(
        [chain([30, 50, 20], 4), chain([70, 25, 30], 3)][:models],
        types="abab",
        links=links,
        cells=cells,
        ports=[0, 3],
        buffers={"a": 100, "b": 0},
        windows=2,
        hop=1,
        dram_latency=2,
        **settings,
    )
    return problem, schedule(
        [(0, 0, 0, 0), (0, 1, 1, 1), (1, 0, 0, 2)], [(0, 2, 2, 0), (1, 1, 1, 1), (1, 2, 2, 3)]
    )


RESULT = Result(
    problem="tiny",
    problem_sha256="0" * 64,
    solver="cp-sat",
    space="full",
    objective="edp",
    weights=None,
    status="feasible",
    schedule=None,
    evaluation=None,
    value=10**20,
    bounds=(Bound(value=9 * 10**19, objective="edp", space="full", source="tables"),),
    gap=0.1,
    seconds=8.0,
    seed=0,
    workers=1,
    time_limit_s=8.0,
    versions={},
    log=(
        LogLine(seconds=0.5, value=None, bound=5 * 10**19, source="corner"),
        LogLine(seconds=1.0, value=3 * 10**20, bound=5 * 10**19, source="standalone"),
        LogLine(seconds=3.0, value=10**20, bound=5 * 10**19, source="scar"),
        LogLine(seconds=6.5, value=10**20, bound=9 * 10**19, source="cp-sat"),
    ),
)
"""A search whose values pass 64 bits, and which first has a bound only."""

FRONT = Front(
    problem="tiny",
    space="full",
    points=tuple(
        FrontPoint(latency_cycles=x, energy_nj=y, supported=found, schedule=schedule())
        for x, y, found in [
            (1_000_000, 9_000_000, True),
            (2_000_000, 6_000_000, False),
            (4_000_000, 4_000_000, True),
        ]
    ),
    half_planes=(
        HalfPlaneRecord(latency_weight=1, energy_weight=0, value=900_000),
        HalfPlaneRecord(latency_weight=0, energy_weight=1, value=4_000_000),
        HalfPlaneRecord(latency_weight=1, energy_weight=1, value=6_500_000),
    ),
    budgets=((1_500_000, 6_000_000),),
)

COMPARISON = judge(
    replace(ROW, scenario=scenario, solver=solver, value=value, bound=bound, sha256=scenario)
    for scenario, solver, value, bound in [
        ("sc1", "scar", 120, None),
        ("sc1", "cp-sat", 100, 100),
        ("sc2", "scar", 200, None),
        ("sc2", "cp-sat", 180, 150),
        ("sc3", "scar", None, None),
        ("sc3", "cp-sat", 70, None),
    ]
)
"""Proven, open, and without a bound."""


def _split(scenario, heuristic, *optima):
    """The split of optima, or (value, bound), by space."""
    rows = [replace(ROW, scenario=scenario, space="scar", value=heuristic, bound=None)]
    for (space, _), (value, bound) in zip(STEPS, optima, strict=True):
        rows.append(replace(rows[0], solver="cp-sat", space=space, value=value, bound=bound))
    return split_gaps(rows)


SPLITS = [
    *_split("sc1", 200, (180, 180), (150, 150), (140, 140), (100, 100)),
    *_split("sc2", 200, (180, 180), (160, 140), (130, 130), (130, 130)),
]
"""Proven, and open between two decisions."""
