"""Scenarios x packages x solvers x objectives: every combination a run, every run a row.

Method: every run is in a fresh process, one after the other, and is stored as soon as it is done,
so that an interrupted comparison goes on where it stopped.

Examples
--------
>>> jobs = plan(["instances/quickstart.yaml"], packages=["het_2x2"], time_limit_s=10)
>>> store = Store(Path("table.csv"))
>>> for row in run(jobs, store):
...     print(row, row.value)
quickstart het_2x2 physical 1w full latency scar 2552520
quickstart het_2x2 physical 1w full latency cp-sat 1098274
>>> for judged in store.judged(jobs):
...     print(judged.solver, round(judged.ratio, 3), round(judged.gap, 3))
scar 2.324 0.57
cp-sat 1.0 0.0
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from scar_cp.errors import ClaimError, Fault, InputError, PluginError, ScarError
from scar_cp.files.loading import LoadedProblem, load_problem
from scar_cp.files.shipped import file_of
from scar_cp.judge.bounds import best_bound
from scar_cp.judge.validation import space_is_defined, undefined_space
from scar_cp.outcome.result import Result
from scar_cp.outcome.solving import solve
from scar_cp.records.runs_csv import read_table, readable
from scar_cp.records.writing import alone
from scar_cp.records.yaml_json import to_json, write_text
from scar_cp.solvers import SOLVERS, Request
from scar_cp.solvers.scar.scar_options import parse_scar_options
from scar_cp.studies.fresh_process import code_fingerprint, in_fresh_process, peak_memory_mb
from scar_cp.studies.judged_rows import (
    Case,
    JudgedRow,
    Row,
    failed_row,
    judge,
    refuse_contradictions,
    refuted_rows,
    table_text,
    unjudged,
)
from scar_cp.terms import ObjectiveName, Space

__all__ = ["Job", "Store", "plan", "run", "run_here"]


@dataclass(frozen=True)
class Job:
    """A case, and the files and settings that its problem is made from."""

    case: Case
    instance: Path
    overrides: Mapping[str, Any]
    result: Path | None = None
    """Where the whole result is kept, if anywhere."""
    files: tuple[Path, ...] = ()
    """All that the problem is read from: nothing may be written there."""


def plan(
    instances: Sequence[str | Path],
    packages: Sequence[str] = (),
    profiles: Sequence[str] = (),
    windows: Sequence[int] = (),
    objectives: Sequence[ObjectiveName] = ("latency",),
    spaces: Sequence[Space] = (),
    solvers: Sequence[str] = ("scar", "cp-sat"),
    *,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    workers: int = 2,
    seed: int = 0,
    scar: str = "",
    settings: Mapping[str, Any] | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
) -> list[Job]:
    """Every combination as a job, each case once.

    Parameters
    ----------
    instances
        Instances or compiled problems: files, or names of shipped instances.
    packages, profiles
        Files, or names of files beside the instance's own or of shipped ones; default: the
        instance's own.
    windows, spaces
        Default: the instance's own.
    objectives
        Any but ``weighted``.
    solvers
        Names of `scar_cp.solvers.SOLVERS`, plug-ins included.
    time_limit_s, gap, workers, seed
        The same for every run, as in `scar_cp.solvers.Request`.
    scar
        Modes and budgets of the heuristic, see `parse_scar_options`.
    settings
        Further settings of the instances, e.g. ``packing``, the same for all.
    grid
        Values of settings inside the files, e.g. of ``package.dram.gb_per_s``: each is tried.

    Returns
    -------
    list of Job

    Raises
    ------
    InputError
        With the faults of all instances, packages and settings.
    """
    jobs: dict[Case, Job] = {}
    faults: list[Fault] = []
    try:
        parse_scar_options(scar)
    except InputError as error:
        faults += error.faults
    names = _scenario_names(instances)
    problems = product(
        map(Path, instances),
        packages or (None,),
        profiles or (None,),
        windows or (None,),
        product(*(grid or {}).values()),
    )
    for instance, package, profile, most, values in problems:
        inner = dict(zip(grid or {}, values, strict=True))
        try:
            chosen = {"package": package, "profile": profile, "windows": most}
            given = {key: value for key, value in chosen.items() if value is not None}
            loaded = load_problem(instance, {**(settings or {}), **given, **inner})
        except InputError as error:
            faults += error.faults
            continue
        own = loaded.settings
        for objective, asked, solver in product(objectives, spaces or (None,), solvers):
            space = asked or (own.space if own else "full")
            if not space_is_defined(loaded.problem, space):
                faults.append(undefined_space(space, instance, asked))
            case = Case(
                scenario=names[instance],
                package=Path(own.package).stem if own else "",
                profile=Path(own.profile).stem if own and own.profile else "",
                windows=loaded.problem.max_windows,
                space=space,
                objective=objective,
                solver=solver,
                time_limit_s=time_limit_s,
                stop_gap=gap,
                workers=workers,
                seed=seed,
                scar=scar,
                sha256=loaded.sha256,
                code=_code(solver),
                settings="; ".join(f"{key}={value}" for key, value in inner.items()),
            )
            jobs.setdefault(case, Job(case, instance, loaded.overrides, files=loaded.files))
    if faults:
        raise InputError(faults)
    return list(jobs.values())


def _scenario_names(instances: Sequence[str | Path]) -> dict[Path, str]:
    """Instances by the names of their files; where these are the same, with their folders'."""
    files = {path: file_of(path, str(path), "instance").resolve() for path in map(Path, instances)}
    count = Counter(file.stem for file in set(files.values()))
    return {
        path: path.stem if count[path.stem] == 1 else f"{file.parent.name}/{path.stem}"
        for path, file in files.items()
    }


def _code(solver: str) -> str:
    plugin = SOLVERS.version_of(solver)
    return f"{code_fingerprint()}+{plugin}" if plugin else code_fingerprint()


def run_here(job: Job) -> Row:
    """Do a job in this process; its peak of memory is the process's own.

    Raises
    ------
    InputError
        If the problem is no longer the one of the plan.
    """
    case = job.case
    started = time.monotonic()
    loaded = _unchanged(job)
    request = Request(
        space=case.space,
        objective=case.objective,
        time_limit_s=case.time_limit_s,
        workers=case.workers,
        seed=case.seed,
        gap=case.stop_gap,
        scar=parse_scar_options(case.scar),
    )
    with SOLVERS.blaming(case.solver):
        outcome = solve(loaded.problem, request, case.solver, sha256=loaded.sha256, started=started)
    result = outcome.result
    if job.result is not None:
        write_text(job.result, to_json(result))
    return Row(
        **asdict(case),
        value=result.value,
        bound=result.bound,
        latency_cycles=None if result.evaluation is None else result.evaluation.latency_cycles,
        energy_nj=None if result.evaluation is None else result.evaluation.energy_nj,
        status=result.status,
        seconds=round(result.seconds, 2),
        peak_mb=peak_memory_mb(),
        message=_one_line("; ".join(outcome.notes)),
        stopped=result.stopped or "",
        proof=_proof(result),
        clock_hz=loaded.problem.clock_hz,
    )


def _proof(result: Result) -> str:
    best = best_bound(result.bounds, result.objective, result.space)
    proof = result.proof or (best.proof if best else None)
    if proof is None:
        return ""
    return proof.by if proof.is_confirmed else f"{proof.by}, one run"


def _unchanged(job: Job) -> LoadedProblem:
    loaded = load_problem(job.instance, job.overrides)
    if loaded.sha256 != job.case.sha256:
        rule = "its problem has changed since the comparison began"
        raise InputError([Fault(str(job.instance), "", None, rule)])
    return loaded


def _one_line(text: str) -> str:
    return " ".join(text.split())


def run(
    jobs: Iterable[Job], store: Store, on_start: Callable[[Case], None] | None = None
) -> Iterator[Row]:
    """Do what the store does not hold yet, each job in a fresh process, and store every row.

    A limit of a solver, a process that dies, or whatever a plug-in's solver does ends its run with
    the status ``failed`` and not the comparison.

    Parameters
    ----------
    jobs
        What to do.
    store
        Where rows are looked up and kept.
    on_start
        Called with every case that is about to run.

    Yields
    ------
    Row
        Every new row, once it is stored.

    Raises
    ------
    ClaimError
        If a built-in solver's claim and the evaluator, or two rows, contradict each other.
    """
    for job in store.missing(jobs):
        if on_start:
            on_start(job.case)
        started = time.monotonic()
        try:
            row = in_fresh_process(run_here, job)
        except (ClaimError, InputError):
            raise
        except (ScarError, MemoryError) as error:
            reason = error.reason if isinstance(error, PluginError) else str(error)
            reason = _one_line(reason) or type(error).__name__
            row = failed_row(job.case, reason, round(time.monotonic() - started, 2))
        store.add(row)
        yield row


class Store:
    """Rows in a CSV file, which is whole and judged anew after every row.

    Parameters
    ----------
    path
        The file; it need not exist yet.

    Raises
    ------
    InputError
        If it holds something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: dict[Case, Row] = {}
        self._read()
        refuse_contradictions(self._rows.values(), path)

    def _read(self) -> None:
        if self.path.is_file():
            with readable(self.path, "a table of scar-cp compare"):
                rows = read_table(self.path, Row, note=False)
            self._rows |= {row.case: row for row in rows}

    def missing(self, jobs: Iterable[Job]) -> list[Job]:
        """The jobs without a row or without the result to be kept, and those that failed."""
        done = {case for case, row in self._rows.items() if row.status != "failed"}
        return [
            job
            for job in jobs
            if job.case not in done or (job.result is not None and not job.result.is_file())
        ]

    def add(self, row: Row) -> None:
        """Keep a row, beside those that another comparison may have stored meanwhile."""
        with alone(self.path):
            self._add(row)

    def _add(self, row: Row) -> None:
        self._read()
        self._rows[row.case] = row
        self._rows |= {refuted.case: refuted for refuted in refuted_rows(self._rows.values())}
        try:
            judged = judge(self._rows.values())
        except ClaimError as error:  # a bug, but no reason to lose what has been computed
            write_text(self.path, table_text(unjudged(self._rows.values())))
            raise ClaimError(f"{self.path}: {error}") from error
        write_text(self.path, table_text(judged))

    def judged(self, jobs: Iterable[Job]) -> list[JudgedRow]:
        """The rows of jobs that are done, judged by all rows of the store."""
        rows = {row.case: row for row in judge(self._rows.values())}
        return [rows[job.case] for job in jobs if job.case in rows]
