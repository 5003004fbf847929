"""Links and routes of a network on package, from its graph alone."""

from __future__ import annotations

from collections.abc import Sequence

from scar_cp.terms import Route

__all__ = ["all_routes", "grid_links"]


def grid_links(rows: int, columns: int, diagonals: bool) -> list[tuple[int, int]]:
    """Unit steps of a grid, ids row by row; ``diagonals`` adds one per cell (triangular)."""
    steps = [(0, 1), (1, 0), (1, 1)] if diagonals else [(0, 1), (1, 0)]
    return sorted(
        (r * columns + c, (r + dr) * columns + c + dc)
        for r in range(rows)
        for c in range(columns)
        for dr, dc in steps
        if r + dr < rows and c + dc < columns
    )


def all_routes(
    neighbours: Sequence[Sequence[int]],
    hops: Sequence[Sequence[int]],
    columns: Sequence[int | None] | None,
) -> tuple[tuple[Route, ...], ...]:
    """The route between every two chiplets, as ``routes[source][target]``.

    Parameters
    ----------
    neighbours
        Ids one hop away from each chiplet, ascending.
    hops
        Shortest-path lengths.
    columns
        Column of each chiplet for xy routing (change the column first), or ``None`` for the
        lexicographically smallest shortest path by chiplet id, read from the source.
    """

    def route(source: int, target: int) -> Route:
        links: list[tuple[int, int]] = []
        here = source
        while here != target:
            nearer = [n for n in neighbours[here] if hops[n][target] == hops[here][target] - 1]
            if columns is not None and columns[here] != columns[target]:
                nearer = [n for n in nearer if columns[n] != columns[here]]
            links.append((here, nearer[0]))
            here = nearer[0]
        return tuple(links)

    ids = range(len(neighbours))
    return tuple(tuple(route(source, target) for target in ids) for source in ids)
