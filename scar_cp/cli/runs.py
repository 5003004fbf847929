"""Runs of a command: only those that are missing, with progress, stored one by one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scar_cp.records.own_files import OwnFile
    from scar_cp.studies.compare import Job, Store

__all__ = ["check_outputs", "run_missing", "termination_as_interrupt"]


def check_outputs(jobs: Iterable[Job], *outputs: Path, replaces: OwnFile | None = None) -> None:
    """Refuse to write to a file that a job's problem is read from, or to one of another kind."""
    from scar_cp.records.yaml_json import check_writable

    files = dict.fromkeys(file for job in jobs for file in job.files)
    for output in outputs:
        check_writable(output, *files, replaces=replaces)


def run_missing(jobs: Collection[Job], store: Store, quiet: bool, kept: bool = True) -> None:
    """Do what the store does not hold; an interrupt says how much it holds by then."""
    from scar_cp.show.text.live_progress import RunsProgress, row_line
    from scar_cp.studies.compare import run

    todo = len(store.missing(jobs))
    try:
        with (
            termination_as_interrupt(),
            RunsProgress(len(jobs) - todo, len(jobs), quiet) as progress,
        ):
            for row in run(jobs, store, lambda case: progress.start(case, case.time_limit_s)):
                progress.done(row_line(row))
    except KeyboardInterrupt:
        left = len(store.missing(jobs))
        where = f"are in {store.path}; the same command again does the rest"
        if not kept:
            where = "were done; with -o FOLDER they would be kept"
        print(f"interrupted: {len(jobs) - left} of {len(jobs)} runs {where}", file=sys.stderr)
        raise


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM, too, end the run at work and say what is done."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
