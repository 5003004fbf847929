"""The console that everything is printed on that needs more than ``print``."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from scar_cp.plain import plain_line, plain_text

__all__ = ["plain_console", "status_text"]


class _PlainConsole(Console):
    """Draws on the terminal itself; what it is given to show is shown and not obeyed."""

    def render_str(self, text: str, **kwargs: Any) -> Text:
        """Make text of a string, as `rich.console.Console` does."""
        return super().render_str(plain_text(text), **kwargs)


def plain_console(*, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that prints text as it stands: names are neither markup nor emoji, nor wrapped."""
    return _PlainConsole(
        file=getattr(sys.stderr if stderr else sys.stdout, "terminal", None),
        stderr=stderr,
        quiet=quiet,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


def status_text(text: str) -> Text:
    """What a status line says, which takes a string for markup."""
    return Text(plain_line(text))
