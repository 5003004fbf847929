"""Rules inside the files of an instance and between them that no single record can check."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import networkx as nx

from scar_cp.errors import Fault
from scar_cp.inputs.instance import InstanceFile
from scar_cp.inputs.network import memory_ports, nop_graph, nop_links
from scar_cp.inputs.package import ChipletType, Package, Profile
from scar_cp.inputs.topology import grid_links
from scar_cp.inputs.workload import Scenario
from scar_cp.plugins import DATAFLOWS
from scar_cp.terms import MAX_CHIPLETS

__all__ = ["instance_faults", "package_faults", "profile_faults", "scenario_faults", "type_faults"]


def instance_faults(
    settings: InstanceFile,
    scenario: Scenario,
    package: Package,
    profile: Profile,
    files: Mapping[str, str],
) -> list[Fault]:
    """Every rule between an instance's files that is broken.

    Parameters
    ----------
    settings, scenario, package, profile
        Records without faults of their own.
    files
        The file of each, for the messages: ``instance``, ``scenario``, ``package``.
    """
    faults: list[Fault] = []

    def fault(file: str, place: str, value: object, rule: str) -> None:
        faults.append(Fault(files[file], place, str(value), rule))

    if scenario.domain not in profile.domains:
        rule = f"must be a domain of the profile {profile.name}: {', '.join(profile.domains)}"
        fault("scenario", "domain", scenario.domain, rule)
    else:
        known = package.chiplet_types | profile.domains[scenario.domain]
        columns = len(package.layout[0]) if package.layout else 0
        for i, name in enumerate(package.type_names):
            if name not in known:
                place = f"layout[{i // columns}][{i % columns}]" if columns else f"chiplets[{i}]"
                rule = f"must be a chiplet type of the package or profile: {', '.join(known)}"
                fault("package", place, name, rule)
    num_chiplets = len(package.type_names)
    if len(scenario.models) > settings.windows * num_chiplets:
        need = -(-len(scenario.models) // num_chiplets)
        rule = f"{len(scenario.models)} models on {num_chiplets} chiplets need {need} windows"
        fault("instance", "windows", settings.windows, rule)
    if settings.n_splits is not None and settings.n_splits >= settings.windows:
        fault(
            "instance", "n_splits", settings.n_splits, f"must be below {settings.windows} windows"
        )
    if settings.routing == "xy" and not _is_mesh(package):
        fault("instance", "routing", "xy", "needs a package whose links form a mesh")
    return faults


def _is_mesh(package: Package) -> bool:
    layout = package.layout
    if layout is None:
        return False
    return nop_links(package) == grid_links(len(layout), len(layout[0]), diagonals=False)


def scenario_faults(scenario: Scenario, file: str) -> list[Fault]:
    """Every broken rule inside a scenario."""
    return [
        Fault(file, f"models[{i}].{key}", str(value), rule)
        for i, run in enumerate(scenario.models)
        for key, value, rule in run.broken_rules()
    ]


def type_faults(types: Mapping[str, ChipletType], file: str, at: str) -> list[Fault]:
    """Every chiplet type with a dataflow that nobody provides; ``at`` is the types' place."""
    return [
        Fault(file, f"{at}.{name}.dataflow", chiplet_type.dataflow, DATAFLOWS.rule)
        for name, chiplet_type in types.items()
        if chiplet_type.dataflow not in DATAFLOWS
    ]


def profile_faults(profile: Profile, file: str) -> list[Fault]:
    """Every broken rule inside a profile."""
    return [
        fault
        for domain, types in profile.domains.items()
        for fault in type_faults(types, file, f"domains.{domain}")
    ]


def package_faults(package: Package, file: str) -> list[Fault]:
    """Every broken rule inside a package."""
    faults = type_faults(package.chiplet_types, file, "chiplet_types")

    def fault(place: str, value: object, rule: str) -> None:
        faults.append(Fault(file, place, None if value is None else str(value), rule))

    if isqrt(package.pooled) ** 2 != package.pooled:
        fault("pooled", package.pooled, "must be a square number")
    if (package.layout is None) == (package.chiplets is None):
        fault("layout", None, "give either layout (a grid) or chiplets (a list with links)")
        return faults
    names = package.type_names
    if not names:
        place = "chiplets" if package.layout is None else "layout"
        fault(place, None, "must hold at least one chiplet")
        return faults
    if len(names) > MAX_CHIPLETS:
        fault("layout", f"{len(names)} chiplets", f"must hold at most {MAX_CHIPLETS} chiplets")
        return faults
    if package.layout is not None and len({len(row) for row in package.layout}) != 1:
        fault("layout", [len(row) for row in package.layout], "rows must have equal lengths")
        return faults
    for i, port in enumerate(package.memory_ports or ()):
        if port >= len(names):
            fault(f"memory_ports[{i}]", port, f"must be a chiplet id below {len(names)}")
    if package.memory_ports is not None and not package.memory_ports:
        fault("memory_ports", "[]", "at least one memory port is required")
    elif not memory_ports(package):
        fault("memory_ports", None, "is required where the package is not a plain mesh")
    if package.chiplets is not None and package.links is None:
        fault("links", None, "is required with chiplets")
        return faults
    lost = [
        (i, link)
        for i, link in enumerate(package.links or ())
        if link[0] == link[1] or max(link) >= len(names)
    ]
    for i, link in lost:
        fault(f"links[{i}]", list(link), f"must join two different ids below {len(names)}")
    graph = nop_graph(package, [] if lost else nop_links(package))
    if not lost and not nx.is_connected(graph):
        parts = sorted(sorted(part) for part in nx.connected_components(graph))
        fault("links", parts, "the network on package must be connected")
    return faults
