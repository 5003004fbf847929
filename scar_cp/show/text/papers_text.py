"""The papers' experiments and their ranking as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from scar_cp.show.text.summary import gap_text
from scar_cp.show.text.tables import Columns, plain_table
from scar_cp.studies.papers.cells import Cell
from scar_cp.studies.papers.ranking import Agreement

__all__ = ["cells_text", "ranking_text"]

_WAYS: dict[str, Callable[[Cell], str]] = {
    "paper": lambda cell: _number(cell.published),
    "heuristic": lambda cell: _number(cell.heuristic),
    "optimum": lambda cell: _number(cell.optimum),
    "gap": lambda cell: gap_text(cell.gap if cell.quantity == cell.search else None),
}
_LEFT = {"strategy", "way", "experiment", "profile", "search", "quantity"}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def cells_text(cells: Iterable[Cell], by_window: bool = False) -> str:
    """The published figures and ours, one block per profile, search and quantity.

    Scenarios stand side by side; with `by_window` the quantities do.
    """
    blocks: dict[str, list[Cell]] = {}
    for cell in cells:
        what = f"{cell.quantity} {cell.unit}".strip()
        if by_window:  # one schedule, one gap
            what = f"seconds, gap of the optimum {gap_text(cell.gap)}"
        what += f" relative to {cell.relative_to}" if cell.relative_to else ""
        blocks.setdefault(f"{cell.profile}, {cell.search} search: {what}", []).append(cell)
    lines = []
    for heading, block in blocks.items():
        if any(cell.published is not None for cell in block):
            lines += [heading, *plain_table(_block(block, by_window), _LEFT), ""]
    return "\n".join(lines)


def _block(cells: Sequence[Cell], by_window: bool) -> Columns:
    def column(cell: Cell) -> str:
        return cell.quantity if by_window else cell.scenario

    at = {(cell.strategy, column(cell)): cell for cell in cells}
    headings = dict.fromkeys(map(column, cells))
    lines = [
        [strategy if way == "paper" else "", way]
        + [show(at[strategy, h]) if (strategy, h) in at else "-" for h in headings]
        for strategy in dict.fromkeys(cell.strategy for cell in cells)
        for way, show in _WAYS.items()
        if way != "gap" or not by_window
    ]
    return _columns(["strategy", "way", *headings], lines)


def _columns(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> Columns:
    return {heading: [line[i] for line in lines] for i, heading in enumerate(headings)}


def ranking_text(agreements: Sequence[Agreement]) -> str:
    """Agreeing pairs of all pairs, by scenario and together."""
    scenarios = dict.fromkeys(agreement.scenario for agreement in agreements)
    rows: dict[tuple[str, ...], dict[str, Agreement]] = {}
    for a in agreements:
        key = a.experiment, a.profile, a.search, a.quantity, a.way
        rows.setdefault(key, {})[a.scenario] = a
    lines = []
    for where, by in rows.items():
        pairs, agreeing = sum(a.pairs for a in by.values()), sum(a.agreeing for a in by.values())
        of = [f"{by[s].agreeing}/{by[s].pairs}" if s in by else "" for s in scenarios]
        lines.append([*where, *of, f"{agreeing / pairs:.0%}"])
    headings = ["experiment", "profile", "search", "quantity", "way", *scenarios, "all"]
    return (
        "\n".join(["pairs ordered as in the paper", *plain_table(_columns(headings, lines), _LEFT)])
        + "\n"
    )
