"""Rows of runs, judged by one another: ratios to the best value, certified gaps, summaries.

Rows about the same problem, space and objective share their best value and their best bound: a
heuristic's schedule is certified by an exact solver's bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from math import inf, nextafter
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from scar_cp.errors import ClaimError, Fault, InputError
from scar_cp.outcome.solving import relative_gap
from scar_cp.records.reading import reader
from scar_cp.records.record import NonNegativeInt, PositiveInt
from scar_cp.records.runs_csv import comment_head, read_table, readable, to_csv
from scar_cp.records.yaml_json import read_document
from scar_cp.terms import ObjectiveName, Space, Status, StopReason

__all__ = [
    "COLUMNS",
    "FORMAT",
    "Case",
    "JudgedRow",
    "Row",
    "Summary",
    "failed_row",
    "judge",
    "read_comparison",
    "refuse_contradictions",
    "refuted_rows",
    "summarise",
    "table_text",
    "unjudged",
]

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=1, allow_inf_nan=False)]
ClockHz = Annotated[float, Field(gt=0, allow_inf_nan=False)]

FORMAT = "scar-cp/compare@1"
"""Of a comparison in JSON."""


@dataclass(frozen=True)
class Case:
    """All that identifies a run: where a row of this case is stored, it is not run again."""

    scenario: str
    """Name of the instance's file."""
    package: str
    """Name of the package's file; empty for a compiled problem, as is the profile's."""
    profile: str
    windows: PositiveInt
    space: Space
    objective: ObjectiveName
    solver: str
    time_limit_s: Seconds
    stop_gap: Share
    """Certified gap at which the run may stop."""
    workers: PositiveInt
    seed: NonNegativeInt
    scar: str
    """Modes and budgets of the heuristic, as ``name=value,...``."""
    sha256: str
    """Of the problem: changed inputs make it another case."""
    code: str
    """Of the program, see `scar_cp.studies.fresh_process.code_fingerprint`, then ``+`` and the
    package and version of a solver that is a plug-in: another version is another case."""
    settings: str = ""
    """What replaced settings inside the files, as ``key=value; ...``."""

    @property
    def question(self) -> tuple[str, ...]:
        """What rows must share to be judged by one another."""
        program, _, _ = self.code.partition("+")
        return self.sha256, program, self.space, self.objective

    @property
    def scene(self) -> tuple[str, ...]:
        """What rows must share to be about the same work, by whatever package."""
        program, _, _ = self.code.partition("+")
        return program, self.scenario, self.profile, self.space, self.objective

    @property
    def plugin(self) -> str:
        """Package and version of a solver that is a plug-in; empty for a built-in one."""
        return self.code.partition("+")[2]

    def __str__(self) -> str:
        names = self.scenario, self.package, self.profile, self.settings, f"{self.windows}w"
        return " ".join(filter(None, (*names, self.space, self.objective, self.solver)))


@dataclass(frozen=True, kw_only=True)
class Row(Case):
    """What a run ended with."""

    value: NonNegativeInt | None
    bound: NonNegativeInt | None
    latency_cycles: NonNegativeInt | None
    energy_nj: NonNegativeInt | None
    status: Literal[Status, "failed"]
    """The solver's last word, or ``failed``: then the message says how."""
    seconds: Seconds
    """Wall-clock, with compiling."""
    peak_mb: NonNegativeInt | None
    message: str
    stopped: Literal[StopReason, ""] = ""
    """Why the search ended."""
    proof: str = ""
    """How the bound was got, see `scar_cp.terms.Method`; ``cp-sat, one run``: not confirmed."""
    clock_hz: ClockHz | None = None
    """Of the package; none in older tables."""

    @property
    def case(self) -> Case:
        """The case of the run."""
        return Case(**{f.name: getattr(self, f.name) for f in fields(Case)})


@dataclass(frozen=True, kw_only=True)
class JudgedRow(Row):
    """A row beside all others about the same question."""

    ratio: Ratio | None
    """Value / least value; 1 only if they are equal."""
    gap: Share | None
    """(value - largest bound) / value; 0 only if they are equal."""
    scenario_ratio: Ratio | None = None
    """Value / least value of the scenario, on whatever package, in units of time and energy."""


COLUMNS = (
    *("scenario", "package", "profile", "settings", "windows", "space", "objective", "solver"),
    *("value", "ratio", "gap", "status", "stopped", "bound", "proof"),
    *("scenario_ratio", "latency_cycles", "energy_nj", "clock_hz"),
    *("seconds", "peak_mb", "time_limit_s", "stop_gap", "workers", "seed", "scar", "sha256"),
    "code",
    "message",
)
"""The fields of a judged row in the order in which tables show them."""


def judge(rows: Iterable[Row]) -> list[JudgedRow]:
    """Compare every row with the best value and the best bound of its question.

    Raises
    ------
    ClaimError
        If a bound of one row lies above the value of another.
    """
    rows = list(rows)
    best = _best(rows)
    tightest: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if row.bound is not None:
            tightest[row.question] = max(tightest.get(row.question, row), row, key=_bound)
    for row in tightest.values():
        if refutation := _refutation(row, best):
            raise ClaimError(f"{row}: {refutation}")
    in_time = {row: value for row in rows if (value := _in_time(row)) is not None}
    quickest: dict[tuple[str, ...], Fraction] = {}
    for row, value in in_time.items():
        quickest[row.scene] = min(quickest.get(row.scene, value), value)
    return [
        JudgedRow(
            **vars(row),
            ratio=_ratio(row.value, best[row.question].value) if row.value is not None else None,
            gap=relative_gap(
                row.value, tightest[row.question].bound if row.question in tightest else None
            ),
            scenario_ratio=_ratio(in_time[row], quickest[row.scene]) if row in in_time else None,
        )
        for row in rows
    ]


def _in_time(row: Row) -> Fraction | None:
    """A value that packages of different clocks can be compared by."""
    if row.value is None or row.objective == "energy":
        return None if row.value is None else Fraction(row.value)
    return None if row.clock_hz is None else Fraction(row.value) / Fraction(row.clock_hz)


def failed_row(case: Case, reason: str, seconds: float) -> Row:
    """A run that ended without an answer."""
    return Row(
        **vars(case),
        value=None,
        bound=None,
        latency_cycles=None,
        energy_nj=None,
        status="failed",
        seconds=seconds,
        peak_mb=None,
        message=reason,
    )


def refuted_rows(rows: Iterable[Row]) -> list[Row]:
    """The rows of plug-ins whose bound lies above a value of their question, as failed runs."""
    rows = list(rows)
    best = _best(rows)
    return [
        failed_row(row.case, f"ClaimError: {refutation}", row.seconds)
        for row in rows
        if row.plugin and (refutation := _refutation(row, best))
    ]


def _best(rows: Iterable[Row]) -> dict[tuple[str, ...], Row]:
    """The row with the least value, by question."""
    best: dict[tuple[str, ...], Row] = {}
    for row in rows:
        if row.value is not None:
            best[row.question] = min(best.get(row.question, row), row, key=_value)
    return best


def _refutation(row: Row, best: dict[tuple[str, ...], Row]) -> str:
    """Why a row's bound is none, if any value says so."""
    other = best.get(row.question)
    if other is None or row.bound is None or row.bound <= _value(other):
        return ""
    return f"the bound {row.bound} lies above the value {other.value} of {other}"


def unjudged(rows: Iterable[Row]) -> list[JudgedRow]:
    """Rows without ratios and gaps, for rows that contradict each other."""
    return [JudgedRow(**vars(row), ratio=None, gap=None) for row in rows]


def _value(row: Row) -> int:
    assert row.value is not None
    return row.value


def _bound(row: Row) -> int:
    assert row.bound is not None
    return row.bound


def _ratio(value: int | Fraction, best: int | Fraction | None) -> float | None:
    """``value / best``: 1 only if they are equal, ``None`` where only the best is 0."""
    if value == best:
        return 1.0
    return max(float(Fraction(value) / best), nextafter(1.0, inf)) if best else None


@dataclass(frozen=True)
class Summary:
    """How a solver did on an objective."""

    objective: str
    solver: str
    cases: int
    best: int
    """Cases in which no row of the same question has a smaller value."""
    median_ratio: float | None
    worst_ratio: float | None
    median_gap: float | None
    worst_gap: float | None


def summarise(rows: Sequence[JudgedRow]) -> list[Summary]:
    """One summary per objective and solver, in the order of the rows."""
    return [
        _summary(objective, solver, [r for r in rows if (r.objective, r.solver) == group])
        for group in dict.fromkeys((row.objective, row.solver) for row in rows)
        for objective, solver in [group]
    ]


def _summary(objective: str, solver: str, rows: Sequence[JudgedRow]) -> Summary:
    ratios = [row.ratio for row in rows if row.ratio is not None]
    gaps = [row.gap for row in rows if row.gap is not None]
    return Summary(
        objective=objective,
        solver=solver,
        cases=len(rows),
        best=sum(ratio == 1 for ratio in ratios),
        median_ratio=median(ratios) if ratios else None,
        worst_ratio=max(ratios, default=None),
        median_gap=median(gaps) if gaps else None,
        worst_gap=max(gaps, default=None),
    )


def refuse_contradictions(rows: Iterable[Row], path: Path) -> None:
    """Refuse a file of rows that cannot all be true.

    Raises
    ------
    InputError
        If a bound lies above a value of the same question, as only a changed file has it.
    """
    rows = list(rows)
    best = _best(rows)
    faults = [
        Fault(str(path), str(row), None, f"the rows contradict each other: {refutation}")
        for row in rows
        if (refutation := _refutation(row, best))
    ]
    if faults:
        raise InputError(faults)


def table_text(rows: Iterable[JudgedRow]) -> str:
    """Judged rows as CSV, with the method in the head."""
    head = comment_head(
        "method: scar-cp compare; each run in a fresh process, one after the other, with the",
        "  limits (time_limit_s, or a certified gap of stop_gap), workers and seed of its row",
        "seconds: wall-clock, with compiling; peak_mb: largest resident set of the process",
        "ratio: value / least value, gap: (value - largest bound) / value, of all stored rows with",
        "  this sha256, space and objective",
        "scenario_ratio: value in time or energy / least one of all stored rows with the same",
        "  scenario and profile, space and objective, on any package",
    )
    return to_csv(COLUMNS, map(asdict, rows), head)


@reader
def read_comparison(path: Path) -> list[JudgedRow]:
    """The rows of a comparison in a file, CSV or JSON.

    Raises
    ------
    InputError
        If it holds something else, or no row.
    """
    with readable(path, "a table of scar-cp compare"):
        if path.suffix == ".json":
            document = read_document(path)
            if not isinstance(document, dict) or document.get("format") != FORMAT:
                raise ValueError(f"format is not {FORMAT!r}")
            rows = TypeAdapter(list[JudgedRow]).validate_python(document["rows"])
        else:
            rows = read_table(path, JudgedRow)
        if not rows:
            raise ValueError("no rows")
    refuse_contradictions(rows, path)
    return rows
