"""Named suites of solves, one table per run, and what got worse since the stored run.

Method: every case runs in a fresh process, one after the other, with the stated limit, workers
and seed; the heuristic's value comes from the solver ``scar`` on the same problem; seconds are
wall-clock and include compiling; peak memory is that process's maximum resident set.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from scar_cp.files.loading import load_problem
from scar_cp.outcome.solving import relative_gap, solve
from scar_cp.records.record import NonNegativeInt, PositiveInt
from scar_cp.records.runs_csv import comment_head, to_csv
from scar_cp.solvers import CpsatOptions, Request
from scar_cp.studies.fresh_process import in_fresh_process, peak_memory_mb
from scar_cp.studies.judged_rows import ClockHz, Seconds, Share
from scar_cp.terms import ObjectiveName, Space, Status

__all__ = [
    "SCALING",
    "SUITES",
    "Case",
    "Row",
    "method",
    "regressions",
    "run_suite",
    "source_of",
    "table_text",
]

SCENARIOS = tuple(f"sc{i}" for i in range(1, 11))


@dataclass(frozen=True)
class Case:
    """One solve of a suite."""

    scenario: str
    package: str
    windows: int
    objective: ObjectiveName
    time_limit_s: float
    gap: float = 0.0
    """Certified gap at which the solve stops: what a target asks for, with a margin."""
    space: Space = "full"
    without: str = ""
    """Ideas switched off, joined by ``+``: fields of `CpsatOptions`."""

    @property
    def key(self) -> tuple[str, str, int, str, str, str]:
        """What identifies the case."""
        case = self.scenario, self.package, self.windows, self.objective
        return *case, self.space, self.without


@dataclass(frozen=True)
class Row:
    """What one case ended with."""

    scenario: str
    package: str
    windows: PositiveInt
    objective: ObjectiveName
    space: Space
    without: str
    heuristic: NonNegativeInt | None
    value: NonNegativeInt | None
    bound: NonNegativeInt | None
    gap: Share | None
    status: Status
    author: str
    first_s: Seconds | None
    best_s: Seconds | None
    seconds: Seconds
    peak_mb: NonNegativeInt
    clock_hz: ClockHz | None = None
    """Of the package; none in older tables."""

    @property
    def key(self) -> tuple[str, str, int, str, str, str]:
        """What identifies the case."""
        case = self.scenario, self.package, self.windows, self.objective
        return *case, self.space, self.without

    @property
    def name(self) -> str:
        """The case in words."""
        name = f"{self.scenario} {self.package} {self.windows}w {self.objective} {self.space}"
        return f"{name} without {self.without}" if self.without else name


def _grid(
    scenarios: Sequence[str],
    packages: Sequence[str],
    windows: Sequence[int],
    objectives: Sequence[ObjectiveName],
    time_limit_s: float,
    gap: float = 0.0,
) -> list[Case]:
    return [
        Case(scenario, package, w, objective, time_limit_s, gap)
        for w in windows
        for package in packages
        for objective in objectives
        for scenario in scenarios
    ]


def _without(scenario: str, objective: ObjectiveName, ideas: Sequence[str]) -> list[Case]:
    """One case with one idea after the other switched off."""
    return [
        Case(scenario, "het_sides_3x3", 5, objective, 60, 0.005, without=idea) for idea in ideas
    ]


PACKAGES = ("simba_nvd_3x3", "simba_shi_3x3", "het_cb_3x3", "het_sides_3x3")
SIDES = ("het_sides_3x3",)
CROSS = ("het_cross_6x6",)

SCALING: dict[str, dict[int, Case]] = {
    "chiplets": {
        n * n: Case("models-4", f"mixed_{n}x{n}", 1, "latency", 60, 0.01)
        for n in (3, 4, 6, 8, 12, 16)
    },
    "models": {
        n: Case(f"models-{n}", "mixed_8x8", 1, "latency", 60, 0.01) for n in (1, 2, 4, 8, 12, 20)
    },
    "layers": {
        n: Case(f"layers-{n}", "mixed_3x3", 1, "latency", 60, 0.01)
        for n in (54, 144, 480, 648, 1506)
    },
    "windows": {n: Case("models-4", "mixed_3x3", n, "latency", 60, 0.01) for n in (1, 2, 3, 5, 8)},
}
"""What is varied, its sizes and their cases; in ``results/scaling``."""

SUITES: dict[str, list[Case]] = {
    "one-window": [
        *_grid(SCENARIOS, PACKAGES, [1], ["latency", "energy"], 20, 0.0005),
        *_grid(SCENARIOS, PACKAGES, [1], ["edp"], 60, 0.002),
    ],
    "two-windows": _grid(SCENARIOS, SIDES, [2], ["latency", "edp"], 120, 0.005),
    "three-windows": [
        *_grid(SCENARIOS, SIDES, [3], ["latency"], 120, 0.005),
        *_grid(SCENARIOS, SIDES, [3], ["edp"], 180, 0.015),
    ],
    "five-windows": [
        *_grid(SCENARIOS, SIDES, [5], ["latency"], 150, 0.005),
        *_grid(SCENARIOS, SIDES, [5], ["edp"], 300, 0.02),
    ],
    "eight-windows": _grid(SCENARIOS, SIDES, [8], ["latency"], 300, 0.01),
    "ablation": [
        Case(scenario, "het_sides_3x3", 1, "latency", 60, without=without)
        for scenario in ("sc3", "sc4", "sc8")
        for without in ("", "hint", "tables", "tables+cuts", "tables+hint", "tables+cuts+hint")
    ],
    "engine": [
        *_without("sc5", "latency", ("", "annealing", "climbs", "slots")),
        *_without("sc7", "latency", ("", "annealing", "climbs", "joint")),
        *_without("sc5", "edp", ("", "annealing", "climbs", "tariffs")),
    ],
    "6x6": [
        *_grid(["sc4", "sc5"], CROSS, [1], ["latency", "edp"], 300, 0.01),
        *_grid(["sc4", "sc5"], CROSS, [3], ["latency", "edp"], 300, 0.015),
    ],
    "scenarios": _grid(SCENARIOS, ["het_sides_3x3"], [1], ["latency"], 60),
    "scaling": list(dict.fromkeys(case for sizes in SCALING.values() for case in sizes.values())),
}
"""Cases by suite name."""


def run_suite(
    cases: Sequence[Case], instances: Path | None, workers: int, seed: int
) -> Iterator[Row]:
    """Run cases one after the other, each in a fresh process.

    Parameters
    ----------
    cases
        What to run.
    instances
        Folder of the instances and packages; ``None``: those that are shipped.
    workers, seed
        As in `scar_cp.solvers.Request`.
    """
    for case in cases:
        yield in_fresh_process(run_case, case, instances, workers, seed)


def source_of(scenario: str, package: str, instances: Path | None) -> tuple[str | Path, str]:
    """Instance and package of a case: names of shipped ones, or files of a folder."""
    if instances is None:
        return scenario, package
    return instances / f"{scenario}.yaml", str(instances / "packages" / f"{package}.yaml")


def run_case(case: Case, instances: Path | None, workers: int, seed: int) -> Row:
    """Solve one case, and the same problem with the heuristic alone."""
    started = time.monotonic()
    source, package = source_of(case.scenario, case.package, instances)
    problem = load_problem(source, {"package": package, "windows": case.windows}).problem
    compiled_s = time.monotonic() - started
    request = Request(
        space=case.space,
        objective=case.objective,
        time_limit_s=case.time_limit_s,
        workers=workers,
        seed=seed,
        gap=case.gap,
        cpsat=CpsatOptions(**dict.fromkeys(filter(None, case.without.split("+")), False)),
    )
    heuristic = solve(problem, request, "scar").result
    outcome = solve(problem, request)
    result = outcome.result
    improving = [
        line
        for i, line in enumerate(result.log)
        if line.value is not None and (i == 0 or line.value != result.log[i - 1].value)
    ]
    return Row(
        *(case.scenario, case.package, case.windows, case.objective, case.space, case.without),
        heuristic=heuristic.value,
        value=result.value,
        bound=result.bound,
        gap=relative_gap(result.value, result.bound),
        status=result.status,
        author=outcome.author,
        first_s=round(compiled_s + improving[0].seconds, 2) if improving else None,
        best_s=round(compiled_s + improving[-1].seconds, 2) if improving else None,
        seconds=round(compiled_s + result.seconds, 2),
        peak_mb=peak_memory_mb(),
        clock_hz=problem.clock_hz,
    )


def method(suite: str, workers: int, seed: int, only: str | None = None) -> str:
    """How a table was made, as comment lines for its head."""
    command = f"scar-cp bench suite {suite} --workers {workers} --seed {seed}"
    command += f" --only '{only}'" if only else ""
    limits = sorted({(case.time_limit_s, case.gap) for case in SUITES[suite]})
    return comment_head(
        f"command: {command}",
        "limit per case: "
        + " or ".join(f"{limit:g} s, or a certified gap of {gap:.2%}" for limit, gap in limits)
        + "; "
        f"workers {workers}; seed {seed}; each case in a fresh process",
    )


def table_text(rows: Sequence[Row], head: str) -> str:
    """The table of a run."""
    return to_csv([f.name for f in fields(Row)], map(asdict, rows), head)


def regressions(before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """Cases whose value or gap got worse: a larger gap at the same limit is a regression."""
    stored = {row.key: row for row in before}
    worse = []
    for row in after:
        old = stored.get(row.key)
        if old is None:
            continue
        if old.value is not None and (row.value is None or row.value > old.value):
            now = "none" if row.value is None else f"{row.value:,}"
            worse.append(f"{row.name}: value {old.value:,} -> {now}")
        if old.gap is not None and (row.gap is None or row.gap > old.gap + 1e-6):
            now = "none" if row.gap is None else f"{row.gap:.4%}"
            worse.append(f"{row.name}: gap {old.gap:.4%} -> {now}")
    return worse
