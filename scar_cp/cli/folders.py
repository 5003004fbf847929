"""Folders that are named as such are made; those of files must be there."""

from __future__ import annotations

from pathlib import Path

from scar_cp.errors import Fault, InputError

__all__ = ["make_folder"]


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, where there is none.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        rule = f"cannot be made: {error.strerror}"
        raise InputError([Fault(str(folder), "", None, rule)]) from error
