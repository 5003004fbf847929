"""Links and routes of a network on package, from its graph alone."""

from __future__ import annotations

from collections.abc import Sequence

from scar_cp.terms import Route

__all__ = ["RoutesFrom", "all_hops", "grid_links"]


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


def all_hops(neighbours: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Shortest-path lengths between every two chiplets of a connected network.

    Parameters
    ----------
    neighbours
        Ids one hop away from each chiplet.
    """

    def hops_from(source: int) -> tuple[int, ...]:
        hops = [-1] * len(neighbours)
        hops[source] = 0
        reached = [source]
        for here in reached:  # which grows
            for there in neighbours[here]:
                if hops[there] < 0:
                    hops[there] = hops[here] + 1
                    reached.append(there)
        return tuple(hops)

    return tuple(map(hops_from, range(len(neighbours))))


class RoutesFrom(dict[int, Route]):
    """The routes from a chiplet by their target, each found when it is asked for.

    All routes of a large package have hundreds of millions of links.

    Parameters
    ----------
    source
        The chiplet.
    neighbours
        Ids one hop away from each chiplet, ascending.
    hops
        Shortest-path lengths.
    columns
        Column of each chiplet for xy routing (change the column first), or ``None`` for the
        lexicographically smallest shortest path by chiplet id, read from the source.
    """

    def __init__(
        self,
        source: int,
        neighbours: Sequence[Sequence[int]],
        hops: Sequence[Sequence[int]],
        columns: Sequence[int | None] | None,
    ) -> None:
        super().__init__()
        self._source, self._neighbours, self._hops = source, neighbours, hops
        self._columns = columns

    def __missing__(self, target: int) -> Route:
        links: list[tuple[int, int]] = []
        here, hops, columns = self._source, self._hops[target], self._columns
        while here != target:
            nearer = [n for n in self._neighbours[here] if hops[n] == hops[here] - 1]
            if columns is not None and columns[here] != columns[target]:
                nearer = [n for n in nearer if columns[n] != columns[here]]
            links.append((here, nearer[0]))
            here = nearer[0]
        self[target] = tuple(links)
        return self[target]
