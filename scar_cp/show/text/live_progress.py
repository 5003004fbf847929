"""Progress on standard error: of a solve (incumbent, bound, gap, time), a front, many runs."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.status import Status
from rich.text import Text

from scar_cp.outcome.solving import relative_gap
from scar_cp.show.text.console import plain_console
from scar_cp.show.text.summary import gap_text
from scar_cp.solvers import Event
from scar_cp.studies.judged_rows import Row

__all__ = ["FrontProgress", "LiveStatus", "Progress", "RunsProgress", "row_line"]

_QUIET_S = 0.5
"""On a terminal, events closer together than this are shown in the status line only."""


_BEAT_S = 2.0
"""Without a terminal, a line comes at least so often."""
_CLOCK_S = 0.5
"""How often the clock on a terminal is set."""


class LiveStatus:
    """A console on standard error with a running clock: a sign of life, whatever happens.

    On a terminal the clock stands in a status line; elsewhere a line is printed whenever there was
    none for two seconds.
    """

    def __init__(self, status: str, quiet: bool = False, began: float | None = None) -> None:
        self._console = plain_console(stderr=True, quiet=quiet)
        self._said = status
        self._status = Status(Text(status), console=self._console)
        self._printed = time.monotonic()
        self._began = self._printed if began is None else began
        self._ended = threading.Event()
        self._clock = threading.Thread(target=self._run_clock, daemon=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status.start()
        if not self._console.quiet:
            self._clock.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._clock.is_alive():
            self._clock.join()
        self._status.stop()

    def print(self, line: str) -> None:
        """Print a line above the status."""
        self._console.print(line)
        self._printed = time.monotonic()

    def say(self, status: str) -> None:
        """Change the status."""
        self._said = status
        self._status.update(Text(status))  # a string would be markup on any console

    def _run_clock(self) -> None:
        while not self._ended.wait(_CLOCK_S):
            now = time.monotonic()
            line = f"{now - self._began:8.1f} s {self._said}"
            if self._console.is_terminal:
                self._status.update(Text(line))
            elif now - self._printed >= _BEAT_S:
                self.print(line)


class Progress(LiveStatus):
    """Prints a line when value or bound moves, and a live status line on a terminal."""

    def __init__(self, name: str, quiet: bool = False, began: float | None = None) -> None:
        super().__init__(f"solving {name}", quiet, began)
        self._last_line = -_QUIET_S
        self._value: int | None = None
        self._unprinted = ""

    def __enter__(self) -> Self:
        self._console.print("  elapsed            value            bound      gap  moved by")
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        if self._unprinted:
            self.print(self._unprinted)

    def event(self, event: Event) -> None:
        """Show one event; crowded ones only where the value improves."""
        state = (
            f"{_number(event.value):>16} {_number(event.bound):>16} "
            f"{gap_text(relative_gap(event.value, event.bound)):>8}"
        )
        line = f"{event.seconds:8.1f} s {state}  {event.source}"
        self.say(f"{state}  still at work, last moved by {event.source}")
        now, self._unprinted = time.monotonic(), line
        if event.value != self._value or now - self._last_line >= _QUIET_S:
            self.print(line)
            self._last_line, self._value, self._unprinted = now, event.value, ""


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}" if value < 10**12 else f"{value:.6e}"


class FrontProgress(LiveStatus):
    """Shows which weighted sum or budget is at work, and its value and bound."""

    def __init__(self) -> None:
        super().__init__("")
        self._name = ""

    def event(self, name: str, event: Event) -> None:
        """Show one event of one objective's search."""
        if name != self._name:
            self.print(f"minimising {name}")
            self._name = name
        self.say(
            f"{name}: {_number(event.value)}, bound {_number(event.bound)}, {event.seconds:.1f} s"
        )


class RunsProgress:
    """Prints a line for every run, under them a bar where standard error is a terminal."""

    def __init__(self, done: int, runs: int, quiet: bool = False) -> None:
        self._console = plain_console(stderr=True, quiet=quiet)
        self._bar = Bar(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=runs, completed=done)
        if done:
            self._console.print(f"{done} of {runs} runs are stored already")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not self._bar.disable:  # older versions of rich end even this one with an empty line
            self._bar.stop()

    def start(self, run: object) -> None:
        """Name the run at work."""
        self._bar.update(self._task, description=str(run))

    def done(self, line: str) -> None:
        """Show a run's end."""
        self._bar.advance(self._task)
        self._console.print(line)


def row_line(row: Row) -> str:
    """What a run of a comparison ended with, in a line."""
    return f"{row}: {_number(row.value)}, {row.status}, {row.seconds:.1f} s"
