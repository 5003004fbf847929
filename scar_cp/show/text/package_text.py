"""A package as text: a map of its mesh with types and memory ports, or a list of its chiplets."""

from __future__ import annotations

from collections.abc import Sequence

from scar_cp.inputs.network import memory_ports, nop_links
from scar_cp.inputs.package import Package
from scar_cp.show.text.tables import plain_table

__all__ = ["package_lines"]


def package_lines(package: Package, width: int) -> list[str]:
    """Lines that show a package's chiplets, links and memory.

    Parameters
    ----------
    package
        A package without faults.
    width
        Most characters of a line of the map; without room for it, chiplets are listed.
    """
    lines = [f"package {package.name}: {package.counts_text}"]
    if package.pooled > 1:
        lines.append(f"every chiplet is a die of {package.pooled}")
    lines += ["", *(_map_lines(package, width) or _list_lines(package)), ""]
    nop, dram = package.nop, package.dram
    return [
        *lines,
        f"NoP   {nop.gb_per_s:g} GB/s, {nop.hop_ns:g} ns and {nop.pj_per_bit_hop:g} pJ/bit per hop",
        f"DRAM  {dram.gb_per_s:g} GB/s, {dram.latency_ns:g} ns, {dram.pj_per_bit:g} pJ/bit",
        f"clock {package.clock_mhz:g} MHz",
    ]


def _map_lines(package: Package, width: int) -> list[str]:
    """The mesh as drawn on paper, or nothing where it is none or has no room."""
    if package.layout is None:
        return []
    columns = len(package.layout[0])
    ports = memory_ports(package)
    for shorts in (list(package.type_names), _abbreviated(package.type_names)):
        cells = [f"{i} {t}{'*' if i in ports else ''}" for i, t in enumerate(shorts)]
        cell_width = max(map(len, cells))
        if columns * cell_width + 4 * (columns - 1) <= width:
            break
    else:
        return []
    links = set(nop_links(package))
    lines: list[str] = []
    for first in range(0, len(cells), columns):
        row = range(first, first + columns)
        if first:
            marks = ["|" if (i - columns, i) in links else " " for i in row]
            lines.append("    ".join(mark.ljust(cell_width) for mark in marks).rstrip())
        line = cells[first].ljust(cell_width)
        for i in row[1:]:
            line += (" -- " if (i - 1, i) in links else "    ") + cells[i].ljust(cell_width)
        lines.append(line.rstrip())
    lines += ["", "* memory port"]
    if shorts != list(package.type_names):
        legend = dict(zip(shorts, package.type_names, strict=True))
        lines += [f"{short}: {name}" for short, name in legend.items()]
    unit_steps = {(i, i + columns) for i in range(len(cells))}
    unit_steps |= {(i, i + 1) for i in range(len(cells)) if (i + 1) % columns}
    further = sorted(links - unit_steps)
    if package.links is None and further:
        lines.append("and one diagonal link in each square of four")
    elif further:
        lines.append(f"further links: {', '.join(f'{c}-{d}' for c, d in further)}")
    return lines


def _abbreviated(names: Sequence[str]) -> list[str]:
    """Each name cut to the fewest letters that tell the types apart."""
    kinds = set(names)
    longest = max(map(len, kinds))
    letters = next(n for n in range(1, longest + 1) if len({k[:n] for k in kinds}) == len(kinds))
    return [name[:letters] for name in names]


def _list_lines(package: Package) -> list[str]:
    names, ports = package.type_names, memory_ports(package)
    neighbours: list[list[str]] = [[] for _ in names]
    for c, d in nop_links(package):
        neighbours[c].append(str(d))
        neighbours[d].append(str(c))
    columns = {
        "id": [str(i) for i in range(len(names))],
        "type": list(names),
        "memory port": ["yes" if i in ports else "" for i in range(len(names))],
        "linked to": [" ".join(ids) for ids in neighbours],
    }
    return plain_table(columns, left=("type", "memory port", "linked to"))
