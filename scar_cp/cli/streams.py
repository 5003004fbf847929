"""Standard output and error, for commands whose work is done whether or not somebody reads it."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, cast

from scar_cp.plain import plain_text

__all__ = ["Plain", "Unfailing", "forgiving_streams", "output_width", "say_written"]


def say_written(path: Path | None) -> None:
    """Say where output is, unless it is on standard output itself, or nowhere."""
    if path is not None and str(path) != "-":
        print(f"written: {path}")


def output_width(elsewhere: int) -> int:
    """Columns of the terminal; so many where there is none."""
    return shutil.get_terminal_size((elsewhere, 24)).columns


@contextmanager
def forgiving_streams() -> Iterator[Unfailing]:
    """Let any character be printed, whatever becomes of it: nothing ends for want of a reader.

    What a terminal would obey, and what a stream's encoding lacks, is printed as an escape. A
    stream that fails leads nowhere from then on. Yields standard output, which remembers why: the
    program's end is then a failure, also where it was closed, and Python would drop the text.
    """
    before = sys.stdout, sys.stderr
    streams = before[0] or _closed(1), before[1] or _closed(2)
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    out, err = map(Unfailing, streams)
    sys.stdout, sys.stderr = cast("TextIO", Plain(out)), cast("TextIO", Plain(err))
    try:
        yield out
    finally:
        # What is still unwritten must not fail once more when Python ends.
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


class Unfailing:
    """A stream that leads nowhere once it fails; ``failure`` says why it does."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        """Write text as it stands."""
        try:
            self._stream.write(text)
        except OSError as error:
            self._divert(error)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        try:
            self._stream.flush()
        except OSError as error:
            self._divert(error)

    def _divert(self, error: OSError) -> None:
        self.failure = self.failure or error
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class Plain:
    """A stream of text of which a terminal obeys nothing.

    Parameters
    ----------
    terminal
        Where it leads, for who draws and knows what a terminal obeys.
    """

    def __init__(self, terminal: Unfailing) -> None:
        self.terminal = terminal

    def write(self, text: str) -> int:
        """Write text, with escapes for what would be obeyed."""
        self.terminal.write(plain_text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.terminal, name)


def _closed(number: int) -> TextIO:
    """A stream in place of a closed one: writing fails, as soon as it is more than buffered.

    It also takes the number, which the next file to be opened would have otherwise.
    """
    os.dup2(os.open(os.devnull, os.O_RDONLY), number)
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w", closefd=False)))
