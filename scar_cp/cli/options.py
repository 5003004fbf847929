"""Options that several commands share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from scar_cp.errors import Fault, InputError
from scar_cp.plugins import SOLVERS, Registry

__all__ = [
    "SETTINGS",
    "Confirm",
    "Contention",
    "Gap",
    "Granularity",
    "Instance",
    "Instances",
    "MemoryLimit",
    "NSplits",
    "Objective",
    "Objectives",
    "Output",
    "Overlap",
    "Package",
    "Packages",
    "Packing",
    "Profile",
    "Profiles",
    "Quiet",
    "Routing",
    "Scar",
    "Scenario",
    "Seed",
    "Solver",
    "Solvers",
    "Space",
    "Spaces",
    "TimeLimit",
    "WeightPolicy",
    "Weights",
    "WindowCounts",
    "Windows",
    "Workers",
    "check_request",
    "given",
    "known",
    "name_of",
    "together",
    "with_settings",
]


class ObjectiveName(StrEnum):
    """What to minimise."""

    latency = "latency"
    energy = "energy"
    edp = "edp"
    weighted = "weighted"


class UnweightedName(StrEnum):
    """What to minimise where no weights can be given."""

    latency = "latency"
    energy = "energy"
    edp = "edp"


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


class PackingName(StrEnum):
    """How layers are packed into windows."""

    greedy = "greedy"
    uniform = "uniform"


class RoutingName(StrEnum):
    """How messages find their way."""

    xy = "xy"
    shortest = "shortest"


class GranularityName(StrEnum):
    """Which rows of a model are scheduled."""

    compute = "compute"
    all = "all"


def name_of(registry: Registry, question: str, *option: str, **further: Any) -> Any:
    """An option for a name of a registry: its help has the built-in names, `known` knows all."""

    def complete(incomplete: str) -> list[str]:
        return [name for name in registry if name.startswith(incomplete)]

    names = ", ".join(registry.built_in)
    text = f"{question} {names}, or a plug-in's."
    return typer.Option(*option, metavar="NAME", help=text, autocompletion=complete, **further)


_SETTINGS = "Instance settings (replace the file's)"
_REQUEST = "Request"

Instance = Annotated[
    Path,
    typer.Argument(
        metavar="INSTANCE", help="An instance (YAML, or a shipped one's name) or a problem.json."
    ),
]
Instances = Annotated[
    list[Path],
    typer.Argument(
        metavar="INSTANCE", help="Instances (YAML, or shipped ones' names) or compiled problems."
    ),
]
Scenario = Annotated[
    str | None,
    typer.Option(
        help="Scenario file, or name (scar-cp list).",
        rich_help_panel=_SETTINGS,
        metavar="NAME_OR_FILE",
    ),
]
Package = Annotated[
    str | None,
    typer.Option(
        help="Package file, or name (scar-cp list).",
        rich_help_panel=_SETTINGS,
        metavar="NAME_OR_FILE",
    ),
]
Packages = Annotated[
    list[str] | None,
    typer.Option(
        help="Package file, or name (scar-cp list); again for more.",
        rich_help_panel=_SETTINGS,
        metavar="NAME_OR_FILE",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        help="Profile file, or name (scar-cp list).",
        rich_help_panel=_SETTINGS,
        metavar="NAME_OR_FILE",
    ),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        help="Profile file, or name (scar-cp list); again for more.",
        rich_help_panel=_SETTINGS,
        metavar="NAME_OR_FILE",
    ),
]
Windows = Annotated[
    int | None,
    typer.Option(help="Most time windows a schedule may have.", rich_help_panel=_SETTINGS),
]
WindowCounts = Annotated[
    list[int] | None,
    typer.Option(
        help="Most time windows a schedule may have; again for more.", rich_help_panel=_SETTINGS
    ),
]
NSplits = Annotated[
    int | None,
    typer.Option(help="Splits of the horizon for the packing.", rich_help_panel=_SETTINGS),
]
Packing = Annotated[
    PackingName | None,
    typer.Option(help="Pack layers into windows by time or by number.", rich_help_panel=_SETTINGS),
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
    typer.Option(help=r"What to minimise \[default: the instance's]", rich_help_panel=_REQUEST),
]
Objectives = Annotated[
    list[UnweightedName],
    typer.Option(help="What to minimise; again for more.", rich_help_panel=_REQUEST),
]
Space = Annotated[
    SpaceName | None,
    typer.Option(help=r"Schedules to search \[default: the instance's]", rich_help_panel=_REQUEST),
]
Spaces = Annotated[
    list[SpaceName] | None,
    typer.Option(
        help="Schedules to search, the instance's by default; again for more.",
        rich_help_panel=_REQUEST,
    ),
]
Solver = Annotated[str, name_of(SOLVERS, "Who searches:", rich_help_panel=_REQUEST)]
Solvers = Annotated[
    list[str], name_of(SOLVERS, "Who searches; again for more:", rich_help_panel=_REQUEST)
]
TimeLimit = Annotated[
    float,
    typer.Option(
        help="Seconds from the start of the program; the best schedule is kept, and shown at most"
        " 1 s + 5 % later.",
        rich_help_panel=_REQUEST,
    ),
]
Workers = Annotated[
    int,
    typer.Option(min=1, max=1024, help="Threads of the exact solver.", rich_help_panel=_REQUEST),
]
Seed = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="Random seed.", rich_help_panel=_REQUEST)
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="latency=A,energy=B",
        help="Minimise A x cycles + B x nJ.",
        rich_help_panel=_REQUEST,
    ),
]
MemoryLimit = Annotated[
    float,
    typer.Option(help="GB; a larger exact model is not built.", rich_help_panel=_REQUEST),
]
Gap = Annotated[
    float,
    typer.Option(help="Stop at this certified gap, e.g. 0.001.", rich_help_panel=_REQUEST),
]
Confirm = Annotated[
    bool,
    typer.Option(
        "--confirm/--no-confirm",
        help="Look for whatever CP-SAT alone has proven a second time, another way.",
        rich_help_panel=_REQUEST,
    ),
]
Scar = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=VALUE,...",
        help="Modes and budgets of the heuristic, e.g. provisioning=exhaustive,top_k=none",
        rich_help_panel=_REQUEST,
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="File to write.")]


SETTINGS: Mapping[str, Any] = {
    "scenario": Scenario,
    "package": Package,
    "profile": Profile,
    "windows": Windows,
    "n_splits": NSplits,
    "packing": Packing,
    "weight_policy": WeightPolicy,
    "overlap": Overlap,
    "contention": Contention,
    "routing": Routing,
    "granularity": Granularity,
}
"""The option of each setting of an instance."""


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting; it takes those that were set as ``settings``."""
    signature = inspect.signature(command, eval_str=True)
    own = [of for name, of in signature.parameters.items() if name != "settings"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=option)
        for name, option in SETTINGS.items()
    ]

    @wraps(command)
    def run(**arguments: Any) -> None:
        chosen = given(**{name: arguments.pop(name) for name in SETTINGS})
        command(**arguments, settings=chosen)

    # What is read to build the command line.
    run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {of.name: of.annotation for of in (*own, *added)}
    return run


def given(**options: Any) -> dict[str, Any]:
    """The options that were set, with plain values."""
    return {
        key: value.value if isinstance(value, StrEnum) else value
        for key, value in options.items()
        if value is not None
    }


def known(option: str, registry: Registry, *names: str) -> None:
    """Refuse names that stand for nothing, and plug-ins that are broken."""
    faults = [
        Fault(option, "", name, registry.rule) for name in names if registry.get(name) is None
    ]
    if faults:
        raise InputError(faults)


def check_request(
    time_limit: float,
    objective: StrEnum | None,
    weights: str | None,
    memory_limit: float = 6.0,
    gap: float = 0.0,
) -> tuple[int, int] | None:
    """Refuse limits out of range, and weights without their use; return the weights."""
    faults = []
    for option, value, unit in (
        ("--time-limit", time_limit, "seconds"),
        ("--memory-limit", memory_limit, "GB"),
    ):
        if not 0 < value < float("inf"):
            faults.append(Fault(option, "", str(value), f"must be a positive number of {unit}"))
    if not 0 <= gap < 1:
        faults.append(Fault("--gap", "", str(gap), "must be at least 0 and below 1"))
    parsed = None
    if weights is not None:
        parsed = _parse_weights(weights)
        if parsed is None:
            rule = "must be latency=A,energy=B with integers from 0 to 1000000, not both 0"
            faults.append(Fault("--weights", "", weights, rule))
        if objective not in (None, "weighted"):
            faults.append(Fault("--weights", "", weights, "needs --objective weighted"))
    elif objective == "weighted":
        faults.append(Fault("--weights", "", None, "is required with --objective weighted"))
    if faults:
        raise InputError(faults)
    return parsed


def _parse_weights(text: str) -> tuple[int, int] | None:
    given = dict(re.findall(r"(latency|energy)=(\d{1,7})(?:,|$)", text))
    if ",".join(f"{k}={v}" for k, v in given.items()) != text or not given:
        return None
    weights = int(given.get("latency", 0)), int(given.get("energy", 0))
    return weights if any(weights) and max(weights) <= 1_000_000 else None


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
