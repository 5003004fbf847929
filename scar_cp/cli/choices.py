"""The names that options take, written out so that help needs nothing of the library."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import typer

from scar_cp.plugins import Registry

__all__ = [
    "ContentionName",
    "GranularityName",
    "ObjectiveName",
    "OverlapName",
    "PackingName",
    "RoutingName",
    "SpaceName",
    "UnweightedName",
    "WeightPolicyName",
    "name_of",
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
