"""Names as they are shown: what a terminal or a spreadsheet would obey is text like any other.

Pages and pictures have their own marks: see `scar_cp.show.page.figure.plain` and the style of
`scar_cp.show.plots.style`.
"""

from __future__ import annotations

import re

__all__ = ["from_cell", "plain_line", "plain_text", "to_cell"]

_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff]"
)
"""Control characters but for tab and newline, marks that reorder or hide text, half characters."""

_FORMULA = re.compile(r"[=+\-@\t\r']")


def plain_text(text: str) -> str:
    r"""Text of several lines for a terminal: what it would obey stands as an escape.

    Examples
    --------
    >>> plain_text("net" + chr(27) + "[2J")
    'net\\x1b[2J'
    """
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)


def plain_line(text: str) -> str:
    """Text for one line of a terminal.

    Examples
    --------
    >>> plain_line("a  net" + chr(10) + "of two lines")
    'a net of two lines'
    """
    return " ".join(plain_text(text).split())


def to_cell(text: str) -> str:
    """A name in a cell of CSV: an apostrophe stands before what a spreadsheet would compute.

    Examples
    --------
    >>> [to_cell(name) for name in ("net", "=1+1", "'tis")]
    ['net', "'=1+1", "''tis"]
    """
    return f"'{text}" if _FORMULA.match(text) else text


def from_cell(cell: str) -> str:
    """The name that `to_cell` put into a cell.

    Examples
    --------
    >>> [from_cell(cell) for cell in ("net", "'=1+1", "''tis", "'net")]
    ['net', '=1+1', "'tis", "'net"]
    """
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell[1:]) else cell
