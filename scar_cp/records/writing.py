"""Files written whole or not at all, and never over what is read; ``-`` is standard output."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from scar_cp.errors import Fault, InputError

__all__ = ["check_writable", "is_stream", "write_bytes", "write_text"]


def is_stream(path: str | Path | None) -> bool:
    """Whether a path stands for standard input or output."""
    return str(path) == "-"


def check_writable(path: Path | None, *inputs: Path) -> None:
    """Refuse an output path, if there is one, before work is spent on it.

    Raises
    ------
    InputError
        If it is a folder or, by whatever name, one of the inputs; or lies in a folder that does
        not exist or cannot be written.
    """
    if path is None or is_stream(path):
        return
    if os.path.isdir(path):
        rule = "is a directory, not a file"
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        rule = "its folder must exist and be writable"
    else:
        try:
            place = _place(path)
        except OSError as error:
            rule = f"cannot be written: {error.strerror}"
        else:
            if place not in map(os.path.realpath, inputs):
                return
            rule = "must not be a file that is read"
    raise InputError([Fault(str(path), "", None, rule)])


def _place(path: Path) -> str:
    """Where a file is, or would be, behind all links.

    Raises
    ------
    OSError
        If links lead in a circle, or the current folder is gone.
    """
    with suppress(FileNotFoundError):
        path.stat()
    return os.path.realpath(path)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file whole or not at all, as `write_bytes` does."""
    if is_stream(path):
        sys.stdout.write(text)
    else:
        write_bytes(path, text.encode())


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written there.
    """
    if is_stream(path):
        sys.stdout.buffer.write(content)
        return
    path = Path(path)
    check_writable(path)
    whole = Path(_place(path))
    try:
        if path.exists() and not path.is_file():  # a device or pipe is written to, not replaced
            path.write_bytes(content)
            return
        part = whole.with_name(f".{whole.name}.{os.getpid()}")
        try:
            part.write_bytes(content)
            os.replace(part, whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be written: {error}")]) from error
