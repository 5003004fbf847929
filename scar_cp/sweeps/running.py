"""The points of a sweep at work: in processes of this machine, or on a cluster."""

from __future__ import annotations

import gzip
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from scar_cp.errors import ScarError
from scar_cp.outcome.solving import solve
from scar_cp.problem.compiled import Problem
from scar_cp.records.yaml_json import to_json
from scar_cp.solvers import SOLVERS
from scar_cp.studies.fresh_process import end_with_parent
from scar_cp.sweeps.point_store import PointRow, PointStore
from scar_cp.sweeps.points import Plan, Point

__all__ = ["Submit", "point_workers", "run_points", "solve_point"]

_LOOK_S = 0.5
"""How often claims of others are looked at while nothing ends."""
_RENEW_S = 15.0

Submit = Callable[[bytes, Point], "Future[PointRow]"]
"""Hands a packed problem and a point to whoever solves it."""


def solve_point(packed: bytes, point: Point) -> PointRow:
    """Solve one point, wherever this runs; what a solver does wrong is in the row.

    Parameters
    ----------
    packed
        The JSON of the problem, gzipped.
    point
        Which.
    """
    started = time.monotonic()
    problem = Problem.model_validate_json(gzip.decompress(packed))
    try:
        with SOLVERS.blaming(point.solver):
            outcome = solve(
                problem, point.request, point.solver, sha256=point.problem_sha256, started=started
            )
    except (ScarError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return _row(point, problem.clock_hz, time.monotonic() - started, message=reason)
    result, evaluation = outcome.result, outcome.result.evaluation
    return _row(
        point,
        problem.clock_hz,
        time.monotonic() - started,
        status=result.status,
        stopped=result.stopped or "",
        value=result.value,
        bound=result.bound,
        latency_cycles=None if evaluation is None else evaluation.latency_cycles,
        energy_nj=None if evaluation is None else evaluation.energy_nj,
        message=" ".join("; ".join(outcome.notes).split()),
        result=to_json(result),
    )


def _row(point: Point, clock_hz: float, seconds: float, **ended: Any) -> PointRow:
    request = point.request
    failed = dict.fromkeys(("value", "bound", "latency_cycles", "energy_nj", "result"))
    return PointRow(
        key=point.key,
        parameters=point.parameters,
        problem_sha256=point.problem_sha256,
        objective=request.objective,
        space=request.space,
        solver=point.solver,
        time_limit_s=request.time_limit_s,
        stop_gap=request.gap,
        workers=request.workers,
        seed=request.seed,
        clock_hz=float(clock_hz),
        seconds=round(seconds, 2),
        **{"status": "failed", "stopped": "", **failed, **ended},
    )


def run_points(
    plan: Plan,
    store: PointStore,
    jobs: int,
    submit: Submit,
    on_start: Callable[[Point], None] | None = None,
) -> Iterator[PointRow | None]:
    """Do what the store does not hold, several points at a time, and store every row at once.

    Points that another process is at are left to it, and taken over if it ends without them.

    Parameters
    ----------
    plan
        What to do.
    store
        Where rows are kept.
    jobs
        Points at a time.
    submit
        Of `point_workers`.
    on_start
        Called with every point that begins.

    Yields
    ------
    PointRow or None
        Every row of this process, once it is stored; None now and then, while nothing ends.
    """
    store.keep_problems(plan)
    waiting, running = deque(store.missing(plan.points)), dict[Future[PointRow], Point]()
    renewed = time.monotonic()
    try:
        while waiting or running:
            others = deque[Point]()
            while waiting and len(running) < jobs:
                point = waiting.popleft()
                if not store.claim(point, again=True):
                    others.append(point)
                    continue
                if on_start:
                    on_start(point)
                running[submit(store.packed_problem(point.problem_sha256), point)] = point
            waiting += others
            done = _ended(running)
            yield from (_kept(store, future, running.pop(future)) for future in done)
            if time.monotonic() - renewed > _RENEW_S:
                store.renew()
                renewed = time.monotonic()
            if not done:
                waiting = deque(store.missing(waiting))
                yield None
    finally:
        store.release()


def _ended(running: dict[Future[PointRow], Point]) -> list[Future[PointRow]]:
    if not running:
        time.sleep(_LOOK_S)
        return []
    return list(wait(running, _LOOK_S, FIRST_COMPLETED).done)


def _kept(store: PointStore, future: Future[PointRow], point: Point) -> PointRow:
    """The row of a point that has ended, however it did."""
    try:
        row = future.result()
    except (
        Exception,
        CancelledError,
    ) as error:  # its process died, or what it handed back cannot be read
        reason = " ".join(str(error).split()) or type(error).__name__
        row = _row(point, 0.0, 0.0, message=f"the process died: {reason}")
    store.add(row)
    return row


def point_workers(jobs: int, scheduler: str | None = None) -> AbstractContextManager[Submit]:
    """Who solves points: processes of this machine, or a cluster where a scheduler is named.

    Parameters
    ----------
    jobs
        Processes.
    scheduler
        Address of a Dask scheduler.

    Raises
    ------
    ScarError
        If the cluster cannot be reached, when it is entered.
    """
    return _cluster(scheduler) if scheduler else _processes(jobs)


@contextmanager
def _processes(jobs: int) -> Iterator[Submit]:
    """Processes of this machine, which are used for many points and end with this one."""
    import multiprocessing

    from pebble import ProcessPool

    pool: Any = ProcessPool(
        jobs, initializer=end_with_parent, context=multiprocessing.get_context("spawn")
    )

    def submit(packed: bytes, point: Point) -> Future[PointRow]:
        future: Future[PointRow] = pool.schedule(solve_point, (packed, point))
        return future

    try:
        yield submit
        pool.close()
    finally:
        pool.stop()
        pool.join()


@contextmanager
def _cluster(scheduler: str) -> Iterator[Submit]:
    """Workers of a Dask cluster, which has this program installed."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ScarError("a cluster needs Dask: pip install 'scar-cp[dask]'") from error
    try:
        connect: Any = Client
        client = connect(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ScarError(f"the scheduler {scheduler} cannot be reached: {error}") from error
    with client, client.get_executor(pure=False, retries=3) as executor:

        def submit(packed: bytes, point: Point) -> Future[PointRow]:
            future: Future[PointRow] = executor.submit(solve_point, packed, point)
            return future

        yield submit
