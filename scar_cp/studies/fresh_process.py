"""Work in a process of its own: no leftovers of earlier work, and a peak of memory of its own."""

from __future__ import annotations

import ctypes
import hashlib
import multiprocessing
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from scar_cp.errors import CrashError

__all__ = ["code_fingerprint", "end_with_parent", "in_fresh_process", "peak_memory_mb"]

P = ParamSpec("P")
R = TypeVar("R")


def in_fresh_process(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function of a module in a new process and hand on what it returns or raises.

    If the caller is interrupted, the process is ended at once.

    Raises
    ------
    CrashError
        If the process dies without an answer, for example for want of memory.
    """
    context = multiprocessing.get_context("spawn")
    answers, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, work, args, kwargs))
    with _interrupts_ignored():  # the process inherits it: an interrupt is the caller's affair
        process.start()
    try:
        sender.close()  # the process holds the only other end: its death ends the wait
        error, result = answers.recv()
    except EOFError:
        process.join()
        raise CrashError(f"the process died, exit code {process.exitcode}") from None
    finally:
        process.kill()
        process.join()
    if error is not None:
        raise error
    return cast("R", result)


def _answer(
    sender: Connection,
    work: Callable[..., object],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    end_with_parent()
    try:
        answer: tuple[Exception | None, object] = None, work(*args, **kwargs)
    except Exception as error:
        error.add_note(f"raised in a process of its own:\n{traceback.format_exc()}")
        answer = error, None
    sender.send(answer)


def end_with_parent() -> None:
    """Let this process, a child of another, leave interrupts to it and end when it is gone.

    The system ends it where it can; a thread that waits for the parent's end does elsewhere, and
    where the parent was gone before the system was asked.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_outlive_not, args=(parent,), daemon=True).start()


_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def _outlive_not(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def peak_memory_mb() -> int:
    """The largest resident set of this process so far."""
    try:  # getrusage also counts what the parent held when this process was started
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) // 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


_SHOWS_ONLY = {"cli", "show"}
"""Parts of the program that no run's outcome depends on."""


@cache
def code_fingerprint() -> str:
    """First digits of a hash of the sources that runs depend on, in the order of their names."""
    here = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        inside = path.relative_to(here)
        if inside.parts[0] not in _SHOWS_ONLY:
            digest.update(inside.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
