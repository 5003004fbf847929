"""What prints as one line."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Brief", "show_by"]


class Brief:
    """What prints as one line, however much it holds, and as tables in a notebook."""

    def _brief(self) -> str:
        """What it is, in a few words."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._brief()}>"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str | None:
        return _html_of(self)  # notebooks ask the object itself


def _none(shown: Brief) -> str | None:
    return None


_html_of: Callable[[Brief], str | None] = _none


def show_by(html_of: Callable[[Brief], str | None]) -> None:
    """Say what makes the tables of notebooks: rooms far above, which records do not know."""
    global _html_of
    _html_of = html_of
