"""The network on package: links, memory ports, and its graph."""

from __future__ import annotations

import networkx as nx

from scar_cp.inputs.package import Package
from scar_cp.inputs.topology import grid_links

__all__ = ["memory_ports", "nop_graph", "nop_links"]


def nop_links(package: Package) -> list[tuple[int, int]]:
    """The undirected links of the network on package, sorted."""
    if package.links is not None:
        return sorted({(min(link), max(link)) for link in package.links})
    layout = package.layout or ((),)
    return grid_links(len(layout), len(layout[0]), package.nop.topology == "triangular")


def memory_ports(package: Package) -> list[int]:
    """Ids of the chiplets with a DRAM interface, sorted; empty where they must be named."""
    if package.memory_ports is not None:
        return sorted(set(package.memory_ports))
    if package.layout is None or package.links is not None or package.nop.topology != "mesh":
        return []
    columns = len(package.layout[0])
    return [i for i in range(len(package.type_names)) if i % columns in (0, columns - 1)]


def nop_graph(package: Package, links: list[tuple[int, int]]) -> nx.Graph[int]:
    """The chiplets of a package, joined by links."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(package.type_names)))
    graph.add_edges_from(links)
    return graph
