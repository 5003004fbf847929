"""From what experiments ask for to jobs that can be run and stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scar_cp.studies.compare import Job, plan
from scar_cp.studies.papers.experiments import Ask, Experiment

__all__ = ["Limits", "Plan", "plan_experiments"]

Plan = dict[Ask, Job]
"""The job that answers each of an experiment's asks."""


@dataclass(frozen=True)
class Limits:
    """The same for every run, as in `scar_cp.solvers.Request`."""

    time_limit_s: float = 20.0
    gap: float = 0.01
    workers: int = 1
    seed: int = 0


def plan_experiments(
    experiments: Iterable[Experiment],
    profiles: Sequence[str],
    instances: Path | None,
    limits: Limits,
    results: Path,
) -> dict[str, Plan]:
    """The jobs of experiments, by their names; what two of them ask for is one job.

    Parameters
    ----------
    experiments
        What to plan.
    profiles
        Names of files beside the instances' own profile.
    instances
        Folder of the instances, one file per scenario; ``None``: those that are shipped.
    limits
        Of every run.
    results
        Folder for the whole results of experiments that show more than totals.

    Raises
    ------
    InputError
        With the faults of the first faulty instance.
    """
    asks = {
        experiment: list(dict.fromkeys(ask for p in profiles for ask in experiment.asks(p)))
        for experiment in experiments
    }
    jobs: Plan = {}
    for ask in (ask for of in asks.values() for ask in of):
        if ask not in jobs:
            jobs |= _alike(ask, set().union(*asks.values()), instances, limits)
    for experiment, of in asks.items():
        if experiment.by_window:
            jobs |= {ask: _kept(jobs[ask], results) for ask in of}
    return {experiment.name: {ask: jobs[ask] for ask in of} for experiment, of in asks.items()}


def _alike(ask: Ask, asks: set[Ask], instances: Path | None, limits: Limits) -> Plan:
    """Jobs of all asks that differ only in search and solver: their problem is compiled once."""
    alike = {
        (other.search, other.solver): other
        for other in asks
        if replace(other, search=ask.search, solver=ask.solver) == ask
    }
    settings: dict[str, str | int] = {"packing": ask.packing}
    if ask.n_splits is not None:
        settings["n_splits"] = ask.n_splits
    jobs = plan(
        [instances / f"{ask.scenario}.yaml" if instances else ask.scenario],
        [ask.package],
        [ask.profile],
        [ask.windows],
        sorted({search for search, _ in alike}),
        ["full"],
        sorted({solver for _, solver in alike}),
        time_limit_s=limits.time_limit_s,
        gap=limits.gap,
        workers=limits.workers,
        seed=limits.seed,
        scar=ask.scar,
        settings=settings,
    )
    answers = {(job.case.objective, job.case.solver): job for job in jobs}
    return {other: answers[which] for which, other in alike.items()}


def _kept(job: Job, results: Path) -> Job:
    """The same job with a file for its result; another case has another file."""
    case = job.case
    digest = hashlib.sha256(repr(case).encode()).hexdigest()[:8]
    name = f"{case.scenario}-{case.package}-{case.profile}-{case.objective}-{case.solver}-{digest}"
    return replace(job, result=results / f"{name}.json")
