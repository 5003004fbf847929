"""Standard output and error, for commands whose work is done whether or not somebody reads it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

__all__ = ["forgiving_streams", "say_written"]


def say_written(path: Path | None) -> None:
    """Say where output is, unless it is on standard output itself, or nowhere."""
    if path is not None and str(path) != "-":
        print(f"written: {path}")


@contextmanager
def forgiving_streams() -> Iterator[None]:
    """Let any character be printed, and progress be lost.

    What a stream's encoding lacks is printed as an escape. Standard error leaves out what cannot
    be written: no search ends because nobody sees its progress. Standard output fails like any
    file, and also where it is closed, where Python would drop the text.
    """
    before = sys.stdout, sys.stderr
    out, err = before[0] or _closed(1), before[1] or _closed(2)
    for stream in (out, err):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = out, cast("TextIO", _Unfailing(err))
    try:
        yield
    finally:
        # What is still unwritten must not fail once more when Python ends.
        _Unfailing(out).flush()
        _Unfailing(err).flush()
        sys.stdout, sys.stderr = before


class _Unfailing:
    """A stream that leads nowhere once it fails."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except OSError:
            self._divert()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._divert()

    def _divert(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _closed(number: int) -> TextIO:
    """A stream in place of a closed one: writing fails, as soon as it is more than buffered.

    It also takes the number, which the next file to be opened would have otherwise.
    """
    os.dup2(os.open(os.devnull, os.O_RDONLY), number)
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)))
