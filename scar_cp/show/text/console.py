"""The console that everything is printed on that needs more than ``print``."""

from __future__ import annotations

from rich.console import Console

__all__ = ["plain_console"]


def plain_console(*, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that prints text as it stands: names are neither markup nor emoji, nor wrapped."""
    return Console(
        stderr=stderr, quiet=quiet, highlight=False, markup=False, emoji=False, soft_wrap=True
    )
