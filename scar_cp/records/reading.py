"""Files as they are read: at most so large, and noted, so that nothing is written over them."""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from scar_cp.errors import Fault, InputError, ScarError

__all__ = ["is_noted", "limited", "noting_files", "read_bytes", "reader", "unpacked"]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bytes, str)

_noted: ContextVar[set[tuple[int, int]] | None] = ContextVar("noted", default=None)

LET_BUGS_THROUGH = "SCAR_CP_RAISE"
"""Variable of the environment: where it is set, a reader's own errors are not made faults."""


@contextmanager
def noting_files() -> Iterator[None]:
    """Note every file that is read: `scar_cp.records.writing` writes over none of them."""
    token = _noted.set(set())
    try:
        yield
    finally:
        _noted.reset(token)


def is_noted(found: os.stat_result) -> bool:
    """Whether a file, by whatever name, has been read."""
    return (found.st_dev, found.st_ino) in (_noted.get() or ())


def read_bytes(path: str | Path, most_bytes: int, *, note: bool = True) -> bytes:
    """The content of a file.

    Parameters
    ----------
    path
        The file; devices and pipes are read to their end.
    most_bytes
        Read no further than that.
    note
        Whether it must not be written to; no, for a table that is continued.

    Raises
    ------
    InputError
        If there is more in it.
    OSError
        If it cannot be read.
    """
    parts: list[bytes] = []
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        noted = _noted.get()
        if note and noted is not None and stat.S_ISREG(status.st_mode):
            noted.add((status.st_dev, status.st_ino))
        left = most_bytes + 1
        size = min(left, max(status.st_size + 1, 2**16))
        while left and (part := file.read(min(left, size))):
            parts.append(part)
            left -= len(part)
    return limited(b"".join(parts), most_bytes, path)


def limited(content: T, most: int, path: str | Path) -> T:
    """What was read, if it is no more than it may be.

    Raises
    ------
    InputError
        If it is.
    """
    if len(content) > most:
        rule = f"must have at most {most // 2**20} MiB"
        raise InputError([Fault(str(path), "", None, rule)])
    return content


def unpacked(content: bytes, most_bytes: int, path: str | Path) -> bytes:
    """What was packed by gzip.

    Raises
    ------
    InputError
        If it was not, or is more than it may be.
    """
    packer = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        return limited(packer.decompress(content, most_bytes + 1), most_bytes, path)
    except zlib.error as error:
        raise InputError([Fault(str(path), "", None, f"cannot be unpacked: {error}")]) from error


def reader(read: Callable[P, R]) -> Callable[P, R]:
    """The border of a reader: whatever else a file makes it raise is one fault of that file.

    What is left then is a bug of the reader, and the fault says so. Tests let it through. The file
    is the reader's first argument.
    """

    @wraps(read)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return read(*args, **kwargs)
        except ScarError:
            raise
        except MemoryError as error:
            raise InputError([Fault(_first(args, kwargs), "", None, _TOO_LITTLE)]) from error
        except Exception as error:
            if LET_BUGS_THROUGH in os.environ:
                raise
            rule = f"cannot be read ({type(error).__name__}): please report this file, it is a bug"
            raise InputError([Fault(_first(args, kwargs), "", None, rule)]) from error

    return guarded


_TOO_LITTLE = "cannot be read: there is too little memory"


def _first(args: tuple[object, ...], kwargs: Mapping[str, object]) -> str:
    return str(next(iter((*args, *kwargs.values()))))
