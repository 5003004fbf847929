"""Where the heuristic loses: its gap, split over nested spaces.

In ``scar ⊆ windowed ⊆ adjacent ⊆ full`` the heuristic's engines each decide something that a
larger space leaves open. What the optimum of the next space gains is what that decision costs:

============ =================================================
``scar``     segmentation and placement (SEG, SCHED)
``windowed`` provisioning (PROV)
``adjacent`` window packing (MCM-Reconfig)
``full``     segments of a model on NoP neighbours only
============ =================================================

Where an optimum is known as an interval only, so is the loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from scar_cp.records.reading import reader
from scar_cp.records.record import NonNegativeInt, PositiveInt
from scar_cp.records.runs_csv import read_table, readable
from scar_cp.studies.compare import Job, plan
from scar_cp.studies.judged_rows import ClockHz, Row, Share
from scar_cp.terms import ObjectiveName, Space

__all__ = [
    "STEPS",
    "GapSplit",
    "Loss",
    "check_replaceable",
    "plan_gaps",
    "read_splits",
    "split_gaps",
]

STEPS: tuple[tuple[Space, str], ...] = (
    ("scar", "segmentation, placement"),
    ("windowed", "provisioning"),
    ("adjacent", "window packing"),
    ("full", "adjacency"),
)
"""Spaces from the smallest to the largest, and the decision whose cost each shows."""

_HEURISTIC, _EXACT = "scar", "cp-sat"


@dataclass(frozen=True)
class Loss:
    """What one decision of the heuristic costs, in shares of the heuristic's value."""

    decision: str
    space: Space
    value: NonNegativeInt | None
    """Best schedule known in the space; one of a smaller space is one of this too."""
    bound: NonNegativeInt | None
    """Best bound known in the space; one of a larger space holds here too."""
    least: Share | None
    most: Share | None

    @property
    def proven(self) -> bool:
        """Whether the space's optimum is known."""
        return self.value is not None and self.value == self.bound


@dataclass(frozen=True)
class GapSplit:
    """The heuristic's gap on one problem and objective, decision by decision."""

    scenario: str
    package: str
    profile: str
    windows: int
    objective: ObjectiveName
    heuristic: int
    losses: tuple[Loss, ...]
    clock_hz: float | None = None
    """Of the package; none in older tables."""

    @property
    def total(self) -> tuple[float | None, float | None]:
        """Least and most share that all decisions together lose."""
        last = self.losses[-1]
        return _share(self.heuristic, last.value, self.heuristic), _share(
            self.heuristic, last.bound, self.heuristic
        )


def plan_gaps(
    instances: Sequence[str | Path],
    packages: Sequence[str] = (),
    profiles: Sequence[str] = (),
    windows: Sequence[int] = (),
    objectives: Sequence[ObjectiveName] = ("latency",),
    *,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
    workers: int = 2,
    seed: int = 0,
) -> list[Job]:
    """The runs behind a split: the heuristic in its own space, the exact solver in all four.

    Parameters and errors are those of `scar_cp.studies.compare.plan`.
    """
    shared = {"time_limit_s": time_limit_s, "gap": gap, "workers": workers, "seed": seed}
    spaces = [space for space, _ in STEPS]
    jobs = []
    for within, solver in (([spaces[0]], _HEURISTIC), (spaces, _EXACT)):
        jobs += plan(
            instances,
            packages,
            profiles,
            windows,
            objectives,
            within,
            [solver],
            **shared,  # type: ignore[arg-type]
        )
    return jobs


def split_gaps(rows: Iterable[Row]) -> list[GapSplit]:
    """Split the gap of every problem and objective among rows of `plan_gaps`.

    Problems for which the heuristic found nothing are left out.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.sha256, row.code, row.objective), []).append(row)
    return [split for group in groups.values() if (split := _split(group)) is not None]


def _split(rows: list[Row]) -> GapSplit | None:
    own = [r for r in rows if r.solver == _HEURISTIC and r.space == STEPS[0][0]]
    if not own or own[0].value is None:
        return None
    heuristic = own[0].value
    spaces = [space for space, _ in STEPS]
    values: list[int | None] = []
    bounds: list[int | None] = []
    for k in range(len(spaces)):
        smaller, larger = set(spaces[: k + 1]), set(spaces[k:])
        found = [r.value for r in rows if r.space in smaller and r.value is not None]
        proven = [r.bound for r in rows if r.space in larger and r.bound is not None]
        values.append(min(found, default=None))
        bounds.append(max(proven, default=None))
    losses = []
    before: tuple[int | None, int | None] = heuristic, heuristic
    for (space, decision), value, bound in zip(STEPS, values, bounds, strict=True):
        least, most = _share(before[1], value, heuristic), _share(before[0], bound, heuristic)
        losses.append(Loss(decision, space, value, bound, least, most))
        before = value, bound
    first = own[0]
    return GapSplit(
        first.scenario,
        first.package,
        first.profile,
        first.windows,
        first.objective,
        heuristic,
        tuple(losses),
        first.clock_hz,
    )


@dataclass(frozen=True)
class _LossRow(Loss):
    """A row of the table that `scar_cp.show.text.gaps_text.gaps_csv` writes."""

    scenario: str
    package: str
    profile: str
    windows: PositiveInt
    objective: ObjectiveName
    heuristic: NonNegativeInt
    clock_hz: ClockHz | None = None


def check_replaceable(path: Path) -> None:
    """Refuse a file that is there and is no table of ``scar-cp gaps``, if only an empty one.

    Raises
    ------
    InputError
        If it holds something else.
    """
    if path.is_file():
        with _readable(path):
            read_table(path, _LossRow, note=False)


def _readable(path: Path) -> AbstractContextManager[None]:
    return readable(path, "a table of scar-cp gaps")


@reader
def read_splits(path: Path) -> list[GapSplit]:
    """The splits of a table that ``scar-cp gaps`` wrote.

    Raises
    ------
    InputError
        If it holds something else, or nothing.
    """
    splits: dict[tuple[object, ...], GapSplit] = {}
    with _readable(path):
        for row in read_table(path, _LossRow):
            problem = row.scenario, row.package, row.profile, row.windows, row.objective
            new = GapSplit(*problem, row.heuristic, losses=(), clock_hz=row.clock_hz)
            split = splits.setdefault(problem, new)
            loss = Loss(row.decision, row.space, row.value, row.bound, row.least, row.most)
            splits[problem] = replace(split, losses=(*split.losses, loss))
        decisions = tuple(decision for _, decision in STEPS)
        if not splits or any(
            tuple(loss.decision for loss in split.losses) != decisions for split in splits.values()
        ):
            raise ValueError(f"not every problem has the decisions {', '.join(decisions)}")
    return list(splits.values())


def _share(before: int | None, after: int | None, whole: int) -> float | None:
    """How much of the whole lies between two values, 0 if the second is larger."""
    if before is None or after is None or whole == 0:
        return None
    return max(0.0, (before - after) / whole)
