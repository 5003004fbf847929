"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from scar_cp.errors import Fault, InputError

__all__ = [
    "Contention",
    "Granularity",
    "Instance",
    "NSplits",
    "Objective",
    "Output",
    "Overlap",
    "Package",
    "Profile",
    "Routing",
    "Scenario",
    "Seed",
    "Solver",
    "Space",
    "TimeLimit",
    "WeightPolicy",
    "Weights",
    "Windows",
    "Workers",
    "check_request",
    "given",
    "together",
]


class ObjectiveName(StrEnum):
    """What to minimise."""

    latency = "latency"
    energy = "energy"
    edp = "edp"
    weighted = "weighted"


class SpaceName(StrEnum):
    """Which schedules are searched."""

    full = "full"
    adjacent = "adjacent"
    windowed = "windowed"
    scar = "scar"


class WeightPolicyName(StrEnum):
    """How often weights are loaded."""

    per_pass = "per_pass"
    resident = "resident"


class OverlapName(StrEnum):
    """Whether transfers hide behind compute."""

    none = "none"
    full = "full"


class ContentionName(StrEnum):
    """Which shared resources bound a window."""

    none = "none"
    dram = "dram"
    links = "links"


class RoutingName(StrEnum):
    """How messages find their way."""

    xy = "xy"
    shortest = "shortest"


class GranularityName(StrEnum):
    """Which rows of a model are scheduled."""

    compute = "compute"
    all = "all"


class SolverName(StrEnum):
    """Who searches."""

    cp_sat = "cp-sat"
    scar = "scar"
    simba = "simba"
    standalone = "standalone"
    exhaustive = "exhaustive"


_SETTINGS = "Instance settings (replace the file's)"
_REQUEST = "Request"

Instance = Annotated[
    Path, typer.Argument(metavar="INSTANCE", help="An instance (YAML) or a compiled problem.json.")
]
Scenario = Annotated[
    str | None, typer.Option(help="Scenario file.", rich_help_panel=_SETTINGS, metavar="FILE")
]
Package = Annotated[
    str | None, typer.Option(help="Package file.", rich_help_panel=_SETTINGS, metavar="FILE")
]
Profile = Annotated[
    str | None, typer.Option(help="Profile file.", rich_help_panel=_SETTINGS, metavar="FILE")
]
Windows = Annotated[
    int | None,
    typer.Option(help="Most time windows a schedule may have.", rich_help_panel=_SETTINGS),
]
NSplits = Annotated[
    int | None,
    typer.Option(help="Splits of the horizon in greedy packing.", rich_help_panel=_SETTINGS),
]
WeightPolicy = Annotated[
    WeightPolicyName | None,
    typer.Option(help="Load weights on every pass or keep them.", rich_help_panel=_SETTINGS),
]
Overlap = Annotated[
    OverlapName | None,
    typer.Option(help="Hide transfers behind compute.", rich_help_panel=_SETTINGS),
]
Contention = Annotated[
    ContentionName | None,
    typer.Option(help="Shared resources that bound a window.", rich_help_panel=_SETTINGS),
]
Routing = Annotated[
    RoutingName | None, typer.Option(help="Route choice on the NoP.", rich_help_panel=_SETTINGS)
]
Granularity = Annotated[
    GranularityName | None,
    typer.Option(help="Fold element-wise rows or keep all.", rich_help_panel=_SETTINGS),
]
Objective = Annotated[
    ObjectiveName | None,
    typer.Option(help="What to minimise [default: the instance's]", rich_help_panel=_REQUEST),
]
Space = Annotated[
    SpaceName | None,
    typer.Option(help="Schedules to search [default: the instance's]", rich_help_panel=_REQUEST),
]
Solver = Annotated[SolverName, typer.Option(help="Who searches.", rich_help_panel=_REQUEST)]
TimeLimit = Annotated[
    float, typer.Option(help="Seconds; the best schedule is kept.", rich_help_panel=_REQUEST)
]
Workers = Annotated[
    int,
    typer.Option(min=1, max=1024, help="Threads of the exact solver.", rich_help_panel=_REQUEST),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="Random seed.", rich_help_panel=_REQUEST)
]
Weights = Annotated[
    tuple[int, int] | None,
    typer.Option(
        min=0,
        max=1000,
        metavar="CYCLES NJ",
        help="With --objective weighted: weights of latency and energy.",
        rich_help_panel=_REQUEST,
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="File to write.")]


def given(**options: Any) -> dict[str, Any]:
    """The options that were set, with plain values."""
    return {
        key: value.value if isinstance(value, StrEnum) else value
        for key, value in options.items()
        if value is not None
    }


def check_request(
    time_limit: float, objective: StrEnum | None, weights: tuple[int, int] | None
) -> None:
    """Refuse limits that are not a positive number of seconds, and weights without their use."""
    faults = []
    if not 0 < time_limit < float("inf"):
        rule = "must be a positive number of seconds"
        faults.append(Fault("--time-limit", "", str(time_limit), rule))
    weighted = objective == "weighted"
    if weighted and weights is None:
        faults.append(Fault("--weights", "", None, "is required with --objective weighted"))
    if not weighted and weights is not None:
        faults.append(Fault("--weights", "", str(weights), "needs --objective weighted"))
    if faults:
        raise InputError(faults)


def together(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step, then report the faults of all of them."""
    faults: list[Fault] = []
    results = []
    for step in steps:
        try:
            results.append(step())
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    return results
