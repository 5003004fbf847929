"""Options that several commands share, with their names and checks: imported as one letter."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from scar_cp.cli.choices import (
    ContentionName,
    GranularityName,
    ObjectiveName,
    OverlapName,
    PackingName,
    RoutingName,
    SpaceName,
    UnweightedName,
    WeightPolicyName,
    name_of,
)
from scar_cp.cli.option_checks import (
    check_request,
    given,
    known,
    parse_grid,
    parse_set,
    together,
)
from scar_cp.plugins import SOLVERS

__all__ = [
    "SETTINGS",
    "STANDARD",
    "AsJson",
    "Confirm",
    "Contention",
    "ContentionName",
    "Gap",
    "Granularity",
    "GranularityName",
    "Grid",
    "Instance",
    "Instances",
    "MemoryLimit",
    "NSplits",
    "Objective",
    "ObjectiveName",
    "Objectives",
    "Output",
    "Overlap",
    "OverlapName",
    "Package",
    "Packages",
    "Packing",
    "PackingName",
    "Profile",
    "Profiles",
    "Quiet",
    "Raw",
    "Routing",
    "RoutingName",
    "Scar",
    "Scenario",
    "Seed",
    "Set",
    "Solver",
    "Solvers",
    "Space",
    "SpaceName",
    "Spaces",
    "TimeLimit",
    "UnweightedName",
    "WeightPolicy",
    "WeightPolicyName",
    "Weights",
    "WindowCounts",
    "Windows",
    "Workers",
    "check_request",
    "given",
    "known",
    "name_of",
    "parse_grid",
    "parse_set",
    "together",
    "with_settings",
]

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


Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Replace a setting of any file, e.g. package.dram.gb_per_s=16; again for more.",
        rich_help_panel=_SETTINGS,
    ),
]


Grid = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=A,B,...",
        help="Values of any file's setting, e.g. package.dram.gb_per_s=16,32; again for more.",
        rich_help_panel=_SETTINGS,
    ),
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


Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write; - for standard output.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print the result as JSON, as -o has it, and no table.")
]
STANDARD = Path("-")
"""Standard output, or input."""


Raw = Annotated[bool, typer.Option("--raw", help="Cycles and nJ instead of ms, mJ and J·s.")]


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
        for name, option in (*SETTINGS.items(), ("set_", Set))
    ]

    @wraps(command)
    def run(**arguments: Any) -> None:
        chosen = given(**{name: arguments.pop(name) for name in SETTINGS})
        chosen |= parse_set(arguments.pop("set_") or ())
        command(**arguments, settings=chosen)

    # What is read to build the command line.
    run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {of.name: of.annotation for of in (*own, *added)}
    return run
