"""Deadlines: whether all can be kept, by how much they are missed at least, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from scar_cp.clock import while_in_time
from scar_cp.judge.evaluation import Evaluation, evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.outcome.solving import Outcome, Stop, question_of, solve
from scar_cp.partition.deadline_windows import DeadlineWindows
from scar_cp.partition.placement import place
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Event, Request

__all__ = ["Demand", "Tardiness", "least_tardiness"]


@dataclass(frozen=True)
class Demand:
    """What must be done by a deadline, and what is proven about it."""

    deadline_cycles: int
    models: tuple[int, ...]
    """Runs that are due by then."""
    least_cycles: int
    """They take at least so long, whatever else runs."""

    @property
    def late_cycles(self) -> int:
        """Some of them is late by at least this."""
        return max(0, self.least_cycles - self.deadline_cycles)


@dataclass(frozen=True)
class Tardiness:
    """What is known of the deadlines of a problem."""

    problem: Problem
    demands: tuple[Demand, ...]
    """One for each deadline, the earliest first."""
    schedule: Schedule | None
    """The least late that is known, or, if no deadline is missed, the thriftiest."""
    evaluation: Evaluation | None
    energy: Outcome | None
    """The search for the least energy that keeps all deadlines."""
    relaxed: tuple[str, ...]
    """Names of models: without the deadlines of one of these alone, all others can be kept."""

    @property
    def least_cycles(self) -> int:
        """The largest tardiness of a run is proven to be at least this."""
        return max((demand.late_cycles for demand in self.demands), default=0)

    @property
    def most_cycles(self) -> int | None:
        """The largest tardiness in the schedule; None if there is no schedule."""
        if self.evaluation is None:
            return None
        ends = self.evaluation.completion_cycles
        late = (
            end - run.deadline_cycles
            for end, run in zip(ends, self.problem.models, strict=True)
            if run.deadline_cycles is not None
        )
        return max(0, max(late, default=0))


def least_tardiness(
    problem: Problem,
    request: Request | None = None,
    on_event: Callable[[str, Event | None], None] = lambda *_: None,
    stop: Stop | None = None,
    started: float | None = None,
) -> Tardiness:
    """Find out whether all deadlines can be kept.

    Bounds: what is due by a deadline D takes at least L on the whole package, so that some of it is
    late by L - D. Schedules: whole runs in windows, the earliest deadline first; if these miss
    none, the search goes on for the least energy that keeps all.

    Parameters
    ----------
    problem
        With deadlines.
    request
        Limits; the objective is of no account.
    on_event
        Called with what is at work, and with events of its search.
    stop, started
        As for `solve`.

    Returns
    -------
    Tardiness

    Examples
    --------
    >>> import scar_cp as sc
    >>> late = {"scenario.models.0.deadline_ms": 0.5}
    >>> found = least_tardiness(sc.load_problem("quickstart", late).problem)
    >>> found.least_cycles > 0, found.most_cycles >= found.least_cycles, found.relaxed
    (True, True, ('resnet50_block',))
    """
    request = request or Request()
    until = (time.monotonic() if started is None else started) + request.time_limit_s
    stopped = question_of(stop)

    def keep_going() -> bool:
        return time.monotonic() < until and not stopped()

    on_event("schedules", None)
    schedule = _earliest(problem, keep_going) or _any(problem)
    kept = schedule is not None and not _is_late(problem, schedule)
    demands = list[Demand]()
    for demand in () if kept else _demands(problem):
        if not keep_going():
            break
        share = (until - time.monotonic()) / 2
        on_event(f"what is due by {demand.deadline_cycles:,} cycles", None)
        demands.append(_bounded(problem, demand, replace(request, time_limit_s=share), stop))
    energy = None
    if not any(demand.late_cycles for demand in demands):
        left = replace(request, objective="energy", time_limit_s=max(0.0, until - time.monotonic()))
        start = schedule if kept else None
        energy = solve(
            problem,
            left,
            on_event=lambda event: on_event("least energy", event),
            initial_schedule=start,
            stop=stop,
        )
        schedule = energy.result.schedule or schedule
    relaxed = () if energy and energy.result.schedule else tuple(_relaxed(problem, keep_going))
    evaluation = None if schedule is None else evaluate(problem, schedule)
    return Tardiness(problem, tuple(demands), schedule, evaluation, energy, relaxed)


def _earliest(problem: Problem, keep_going: Callable[[], bool]) -> Schedule | None:
    plan = None
    with while_in_time(keep_going):
        windows = DeadlineWindows(problem)
        plan = windows.windows(windows.least_tardiness(keep_going))
    return None if plan is None else place(problem, plan.windows, adjacent=False)


def _any(problem: Problem) -> Schedule | None:
    """A schedule at once, whatever its deadlines."""
    runs = tuple(run.replace(deadline_cycles=None) for run in problem.models)
    return solve(problem.replace(models=runs), solver="standalone").result.schedule


def _is_late(problem: Problem, schedule: Schedule) -> bool:
    ends = evaluate(problem, schedule).completion_cycles
    return any(
        run.deadline_cycles is not None and end > run.deadline_cycles
        for end, run in zip(ends, problem.models, strict=True)
    )


def _demands(problem: Problem) -> Iterator[Demand]:
    deadlines = {m: run.deadline_cycles for m, run in enumerate(problem.models)}
    for deadline in sorted({d for d in deadlines.values() if d is not None}):
        due = tuple(m for m, d in deadlines.items() if d is not None and d <= deadline)
        yield Demand(deadline, due, 0)


def _bounded(problem: Problem, demand: Demand, request: Request, stop: Stop | None) -> Demand:
    """How long the runs that are due take at least, with nothing else on the package."""
    runs = tuple(problem.models[m].replace(deadline_cycles=None) for m in demand.models)
    only = problem.replace(models=runs)
    asked = replace(request, objective="latency", space="full", weights=None)
    found = solve(only, asked, stop=stop).result
    return replace(demand, least_cycles=found.bound or 0)


def _relaxed(problem: Problem, keep_going: Callable[[], bool]) -> Iterator[str]:
    """Models without whose deadlines these schedules keep all others."""
    names = [run.name.partition("#")[0] for run in problem.models]
    for name in dict.fromkeys(names):
        runs = tuple(
            run.replace(deadline_cycles=None) if own == name else run
            for run, own in zip(problem.models, names, strict=True)
        )
        if not keep_going():
            return
        if all(run.deadline_cycles is None for run in runs):
            yield name
            continue
        without = problem.replace(models=runs)
        schedule = _earliest(without, keep_going)
        if schedule is not None and not _is_late(without, schedule):
            yield name
