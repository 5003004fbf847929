"""The clock that long work looks at, however deep it is in the program.

Whoever has a limit sets the clock around a stage; whoever may take long looks at it between small
steps. A look that finds the time used up ends the stage. Outside of any stage there is all the time
in the world: so it is for the first schedule, which comes whatever the limit.
"""

from __future__ import annotations

import errno
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Thread

__all__ = ["any_left", "counting_shortages", "in_time", "leave_alone", "look", "while_in_time"]


class _TimeIsUp(BaseException):
    """Ends a stage; no handler of errors is to take it for one."""


_SHORTAGES = (MemoryError, ImportError, OSError)
_left: list[Thread] = []
_shortages: ContextVar[list[Exception] | None] = ContextVar("shortages", default=None)
_clock: ContextVar[Callable[[], bool]] = ContextVar("clock", default=lambda: True)


def in_time() -> bool:
    """Whether the stage may go on: for work that can stop with what it has."""
    return _clock.get()()


def look() -> None:
    """Go on if there is time; otherwise leave the innermost stage at once."""
    if not in_time():
        raise _TimeIsUp


@contextmanager
def while_in_time(keep_going: Callable[[], bool]) -> Iterator[None]:
    """A stage: what is inside is left for what comes after it once the clock says no.

    So it is once memory runs out, where somebody counts that (`counting_shortages`).

    Parameters
    ----------
    keep_going
        The clock, asked at every look.

    Examples
    --------
    >>> steps = iter([True, True, False])
    >>> done = []
    >>> with while_in_time(lambda: next(steps)):
    ...     for k in range(5):
    ...         look()
    ...         done.append(k)
    >>> done
    [0, 1]
    """
    before = _clock.set(keep_going)
    try:
        yield
    except _TimeIsUp:
        pass
    except _SHORTAGES as error:
        shortages = _shortages.get()
        if shortages is None or not _is_shortage(error):
            raise
        shortages.append(error.with_traceback(None))  # whose frames hold what took the memory
    finally:
        _clock.reset(before)


@contextmanager
def counting_shortages() -> Iterator[list[Exception]]:
    """What ran out of memory inside, each stage once, and the work itself if it did.

    Examples
    --------
    >>> with counting_shortages() as shortages, while_in_time(lambda: True):
    ...     raise MemoryError
    >>> len(shortages)
    1
    """
    shortages: list[Exception] = []
    before = _shortages.set(shortages)
    try:
        yield shortages
    except _SHORTAGES as error:
        if not _is_shortage(error):
            raise
        shortages.append(error.with_traceback(None))
    finally:
        _shortages.reset(before)


def _is_shortage(error: Exception) -> bool:
    """Whether memory ran out: also for a library that finds no room to be loaded."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    limited = resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    return isinstance(error, MemoryError) or limited


def leave_alone(thread: Thread) -> None:
    """Wait no longer for a thread that cannot be ended."""
    _left.append(thread)


def any_left() -> bool:
    """Whether a thread that was left alone still runs."""
    return any(thread.is_alive() for thread in _left)
