"""Tables of text cells, for terminals and for Markdown."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["Columns", "pipe_table", "plain_table", "table_width"]

Columns = dict[str, list[str]]
"""Cells by heading."""


def _widths(columns: Columns) -> dict[str, int]:
    return {heading: max(map(len, (heading, *cells))) for heading, cells in columns.items()}


def table_width(columns: Columns) -> int:
    """Characters that `plain_table` takes."""
    return sum(_widths(columns).values()) + 2 * (len(columns) - 1)


def plain_table(columns: Columns, left: Collection[str]) -> list[str]:
    """Lines of a table for a terminal; cells under the headings of ``left`` stand at the left."""
    widths = _widths(columns)
    return [
        "  ".join(
            cell.ljust(widths[heading]) if heading in left else cell.rjust(widths[heading])
            for heading, cell in zip(columns, line, strict=True)
        ).rstrip()
        for line in (tuple(columns), *zip(*columns.values(), strict=True))
    ]


def pipe_table(columns: Columns, left: Collection[str]) -> list[str]:
    """Lines of the same table in Markdown."""
    rules = ["---" if heading in left else "---:" for heading in columns]
    return [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
        for line in (tuple(columns), rules, *zip(*columns.values(), strict=True))
    ]
