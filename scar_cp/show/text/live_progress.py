"""Progress on standard error: of a solve (incumbent, bound, gap, time), a front, many runs."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from types import TracebackType
from typing import Self

from rich.status import Status

from scar_cp.outcome.solving import relative_gap
from scar_cp.show.text.console import plain_console, status_text
from scar_cp.show.text.summary import gap_text
from scar_cp.show.text.units import Units
from scar_cp.solvers import Event, Request
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
        self._status = Status(status_text(status), console=self._console)
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
        self._status.update(status_text(self._line()))

    def _run_clock(self) -> None:
        while not self._ended.wait(_CLOCK_S):
            if self._console.is_terminal:
                self._status.update(status_text(self._line()))
            elif time.monotonic() - self._printed >= _BEAT_S:
                self.print(self._line())

    def _line(self) -> str:
        return f"{time.monotonic() - self._began:8.1f} s {self._said}"


class Progress(LiveStatus):
    """Prints a line when value or bound moves; its status says the stage, the gap and the limit.

    Parameters
    ----------
    name
        Of what is solved.
    request
        Its objective and its limit.
    units
        What costs are told in.
    quiet, began
        As for `LiveStatus`.
    """

    def __init__(
        self,
        name: str,
        request: Request,
        units: Units,
        quiet: bool = False,
        began: float | None = None,
    ) -> None:
        super().__init__(f"solving {name}", quiet, began)
        self._request, self._units = request, replace(units, digits=7)
        self._last_line = -_QUIET_S
        self._value: int | None = None
        self._unprinted = self._state = ""
        self._stage = f"solving {name}"

    def __enter__(self) -> Self:
        unit = self._units.unit(self._request.objective)
        value, bound = (f"{text} {unit}".rstrip() for text in ("value", "bound"))
        self._console.print(f"  elapsed {value:>16} {bound:>16}      gap  moved by")
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

    def stage(self, name: str) -> None:
        """Show what the search is at."""
        self._stage = name
        limit = f"limit {self._request.time_limit_s:g} s"
        if self._request.gap:
            limit += f" or a gap of {gap_text(self._request.gap)}"
        self.say(f"{self._state}{name}; {limit}")

    def event(self, event: Event) -> None:
        """Show one event; crowded ones only where the value improves."""
        objective = self._request.objective
        state = (
            f"{_short(self._units.number(objective, event.value)):>16} "
            f"{_short(self._units.number(objective, event.bound)):>16} "
            f"{gap_text(relative_gap(event.value, event.bound)):>8}  "
        )
        line = f"{event.seconds:8.1f} s {state}{event.source}"
        self._state = f"{state}at "
        self.stage(self._stage)
        now, self._unprinted = time.monotonic(), line
        if event.value != self._value or now - self._last_line >= _QUIET_S:
            self.print(line)
            self._last_line, self._value, self._unprinted = now, event.value, ""


def _short(number: str) -> str:
    return number if len(number) <= 16 else f"{float(number.replace(',', '')):.6e}"


class FrontProgress(LiveStatus):
    """Shows which weighted sum or budget is at work, and its gap and the limit of all."""

    def __init__(self, limit_s: float, quiet: bool = False, began: float | None = None) -> None:
        super().__init__("front", quiet, began)
        self._name, self._limit_s = "", limit_s

    def event(self, name: str, event: Event) -> None:
        """Show one event of one objective's search."""
        if name != self._name:
            self.print(f"minimising {name}")
            self._name = name
        gap = gap_text(relative_gap(event.value, event.bound))
        self.say(f"{name}: gap {gap}, {event.source}; limit {self._limit_s:g} s")


class RunsProgress(LiveStatus):
    """Prints a line for every run that ended; its status says which is at work and what is left."""

    def __init__(self, done: int, runs: int, quiet: bool = False) -> None:
        super().__init__("runs", quiet)
        self._before, self._done, self._runs = done, done, runs
        if done:
            self._console.print(f"{done} of {runs} runs are stored already")

    def start(self, run: object, limit_s: float) -> None:
        """Name the run at work, and its limit; what is cut off a narrow terminal comes last."""
        ended = self._done - self._before
        left = ""
        if ended:
            per_run_s = (time.monotonic() - self._began) / ended
            left = f", about {per_run_s * (self._runs - self._done):,.0f} s left"
        self.say(f"{run}; {self._done} of {self._runs} done{left}; limit {limit_s:g} s each")

    def done(self, line: str) -> None:
        """Show a run's end."""
        self._done += 1
        self.print(line)


def row_line(row: Row) -> str:
    """What a run of a comparison ended with, in a line."""
    value = Units(row.clock_hz).value(row.objective, row.value)
    return f"{row}: {value}, {row.status}, {row.seconds:.1f} s"
