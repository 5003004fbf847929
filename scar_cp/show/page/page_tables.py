"""Tables of a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from scar_cp.show.text.tables import Columns

__all__ = ["Head", "Table", "table_of"]


class Head(NamedTuple):
    """The head of a column; words stand at the left, numbers at the right."""

    name: str
    words: bool


@dataclass(frozen=True)
class Table:
    """A table that sorts by a click on a head."""

    caption: str
    heads: list[Head]
    lines: list[tuple[str, ...]]
    links: list[str] = field(default_factory=list)
    """Where the first cell of each line leads to; empty: nowhere."""


def table_of(caption: str, columns: Columns) -> Table:
    """A table of text cells by heading."""
    heads = [
        Head(name, not all(re.match(r"[-+\d]|$", cell) for cell in cells))
        for name, cells in columns.items()
    ]
    return Table(caption, heads, list(zip(*columns.values(), strict=True)))
