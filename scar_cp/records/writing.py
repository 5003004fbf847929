"""Files written whole or not at all, never over what is read; ``-`` is standard output."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.records.own_files import OwnFile
from scar_cp.records.reading import is_noted

__all__ = ["alone", "check_writable", "is_stream", "write_bytes", "write_text"]


def is_stream(path: str | Path | None) -> bool:
    """Whether a path stands for standard input or output."""
    return str(path) == "-"


def check_writable(path: Path | None, *inputs: Path, replaces: OwnFile | None = None) -> None:
    """Refuse an output path, if there is one, before work is spent on it.

    Parameters
    ----------
    path
        The output.
    *inputs
        What is read; files that have been read need not be named (`scar_cp.records.reading`).
    replaces
        The only kind of file that may be there already.

    Raises
    ------
    InputError
        If it is a folder or, by whatever name, one of the inputs; is a file of another kind or
        write-protected; or lies in a folder that does not exist or cannot be written.
    """
    if path is None or is_stream(path):
        return
    try:
        rule = _objection(path, inputs, replaces)
    except OSError as error:
        rule = f"cannot be written: {error.strerror}"
    except ValueError:  # a null character in the path
        rule = "is no path"
    if rule:
        raise InputError([Fault(str(path), "", None, rule)])


def _objection(path: Path, inputs: tuple[Path, ...], replaces: OwnFile | None) -> str:
    if os.path.isdir(path):
        return "is a directory, not a file"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return "its folder must exist and be writable"
    place = _place(path)
    there = os.stat(path) if os.path.exists(path) else None
    if place in map(os.path.realpath, inputs) or (there is not None and _is_read(there, inputs)):
        return "must not be a file that is read"
    if there is None or not stat.S_ISREG(there.st_mode):
        return ""
    if not os.access(path, os.W_OK):
        return "cannot be written: it is write-protected"
    if replaces is not None and there.st_size:
        with open(path, "rb") as file:
            if not replaces.wrote(file.read(OwnFile.HEAD_BYTES)):
                return f"is there and is not {replaces.what}: it is not replaced"
    return ""


def _is_read(there: os.stat_result, inputs: tuple[Path, ...]) -> bool:
    """Whether a file is one of the inputs, or one that has been read, by another name."""
    if is_noted(there):
        return True
    for source in inputs:
        with suppress(OSError):
            if os.path.samestat(os.stat(source), there):
                return True
    return False


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
        write_bytes(path, text.encode(errors="backslashreplace"))


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all, on the disk when this returns; its mode stays.

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
    try:
        if path.exists() and not path.is_file():  # a device or pipe is written to, not replaced
            path.write_bytes(content)
            return
        whole = Path(_place(path))
        part = whole.with_name(f".{whole.name[:100]}.{secrets.token_hex(4)}")
        try:
            _write_new(part, content, whole)
            os.replace(part, whole)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        rule = f"cannot be written: {error.strerror}"
        raise InputError([Fault(str(path), "", None, rule)]) from error


def _write_new(part: Path, content: bytes, whole: Path) -> None:
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        with suppress(FileNotFoundError):
            os.fchmod(file.fileno(), stat.S_IMODE(whole.stat().st_mode))
        os.fsync(file.fileno())


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes that ask for the same out, while a table is read and written anew.

    The lock is on the table's folder: it needs no file of its own, and ends with its holder.

    Raises
    ------
    InputError
        If the folder cannot be locked.
    """
    try:
        folder = os.open(os.path.dirname(_place(path)), os.O_RDONLY)
    except OSError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be locked: {error}")]) from error
    try:
        _lock(folder, path)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, path: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
    except OSError as error:
        raise InputError([Fault(str(path), "", None, f"cannot be locked: {error}")]) from error
