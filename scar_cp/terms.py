"""Words and limits that files, problems, searches and results share: each stands here once."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "MAX_CHIPLETS",
    "MAX_LAYERS",
    "MAX_WINDOWS",
    "MEMORY_LIMIT_GB",
    "TIME_LIMIT_S",
    "WORKERS",
    "Contention",
    "Granularity",
    "Method",
    "ObjectiveName",
    "Overlap",
    "Packing",
    "Route",
    "Routing",
    "Space",
    "Status",
    "StopReason",
    "Target",
    "WeightPolicy",
]

MAX_CHIPLETS = 1024
MAX_LAYERS = 50_000
MAX_WINDOWS = 1000

TIME_LIMIT_S = 60.0
WORKERS = 2
MEMORY_LIMIT_GB = 6.0
"""Limits of a search that is not given others."""

WeightPolicy = Literal["per_pass", "resident"]
Overlap = Literal["none", "full"]
Contention = Literal["none", "dram", "links"]
Routing = Literal["xy", "shortest"]
Packing = Literal["greedy", "uniform"]
"""How layers get the windows of the spaces ``windowed`` and ``scar``."""
Space = Literal["full", "adjacent", "windowed", "scar"]

ObjectiveName = Literal["latency", "energy", "edp", "weighted"]
Granularity = Literal["compute", "all"]
"""Layers that are scheduled: those with multiply-accumulates, or all."""
Target = Literal["latency", "energy", "edp"]
"""An objective without weights; also what node counts are shared out by."""
Status = Literal["optimal", "feasible", "infeasible", "unknown"]
Method = Literal["relaxation", "tables", "combination", "exhaustion", "cp-sat", "word"]
"""How a proof was got.

``relaxation`` of the problem, by formula; ``tables`` of pipeline partitions; ``combination`` of
other bounds; ``exhaustion`` of all schedules; ``cp-sat``; or a solver's ``word``.
"""
StopReason = Literal["proven", "gap", "time", "memory", "interrupted", "finished"]
"""Why a search ended: nothing is left to prove; the gap asked for is reached; time is up; a model
would not fit into memory; it was interrupted; or the solver had nothing more to try."""

Route = tuple[tuple[int, int], ...]
"""Directed links from a source to a target."""
