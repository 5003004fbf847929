"""Tables of text cells, for terminals, for Markdown and for notebooks."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape

__all__ = ["Columns", "by_numbers", "html_table", "narrowed", "pipe_table", "plain_table"]

Columns = dict[str, list[str]]
"""Cells by heading."""


_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")


def by_numbers(text: object) -> list[str | float]:
    """A key to sort by: sc2 before sc10.

    Examples
    --------
    >>> sorted(["sc10", "sc2", "sc2_rt", "gb_per_s=1.5", "gb_per_s=12"], key=by_numbers)
    ['gb_per_s=1.5', 'gb_per_s=12', 'sc2', 'sc2_rt', 'sc10']
    """
    parts = _NUMBER.split(str(text))
    return [float(part) if k % 2 else part for k, part in enumerate(parts)]


def _widths(columns: Columns) -> dict[str, int]:
    return {heading: max(map(len, (heading, *cells))) for heading, cells in columns.items()}


def narrowed(columns: Columns, width: int, first_to_go: Sequence[str]) -> tuple[Columns, list[str]]:
    """A table for `plain_table` that is at most so many characters wide, if it can be.

    Parameters
    ----------
    columns
        The whole table.
    width
        Of the terminal.
    first_to_go
        Headings that it does without if it must, one after the other.

    Returns
    -------
    columns : dict of list of str
        What is left.
    notes : list of str
        A line that says what is not shown, if anything.
    """
    widths, hidden = _widths(columns), []
    for heading in first_to_go:
        if heading in widths and sum(widths.values()) + 2 * (len(widths) - 1) > width:
            del widths[heading]
            hidden.append(heading)
    notes = [f"not shown, too wide: {', '.join(hidden)}"] if hidden else []
    return {heading: columns[heading] for heading in widths}, notes


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


def html_table(columns: Columns, left: Collection[str]) -> str:
    """The same table in HTML, whose looks are the page's own but for the sides of the cells."""

    def line(tag: str, cells: Collection[str]) -> str:
        sides = ("left" if heading in left else "right" for heading in columns)
        return "".join(
            f'<{tag} style="text-align: {side}">{escape(cell)}</{tag}>'
            for side, cell in zip(sides, cells, strict=True)
        )

    rows = zip(*columns.values(), strict=True)
    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"<table><thead><tr>{line('th', columns)}</tr></thead><tbody>{body}</tbody></table>"
