"""Search of the best package: bounds on counts of chiplet types first, places after them.

A set of counts is bounded by its ideal package, on which nothing is farther than a hop; counts
whose bound passes a package that is known are done with. What is left is bounded better, the most
promising first, until the best known package is certified to the gap asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from scar_cp.codesign.design_file import DesignFile
from scar_cp.codesign.design_space import (
    Counts,
    Layout,
    all_counts,
    base_problem,
    ideal,
    laid_out,
    layouts,
)
from scar_cp.errors import ScarError
from scar_cp.files.instance_files import read_instance
from scar_cp.judge.bounds import best_bound, simple_bounds
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.objective import Objective
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.outcome.result import Result
from scar_cp.partition.one_window import WindowPlan
from scar_cp.partition.placement import place
from scar_cp.partition.program import Piece
from scar_cp.problem.compiled import Problem
from scar_cp.problem.compiler import compile_instance
from scar_cp.problem.hash import sha256_of
from scar_cp.records.yaml_json import flow_yaml
from scar_cp.solvers import CpsatOptions, Request
from scar_cp.sweeps.point_store import PointRow, PointStore
from scar_cp.sweeps.points import Plan, Point, new_point
from scar_cp.sweeps.running import Submit, run_points

__all__ = ["Candidate", "Codesign", "Known"]

_LIMITS_S = (1.0, 6.0, 30.0, 120.0, 400.0)
"""Time of a solve, the first time and again where a bound must rise."""
_MOST_LAYOUTS = 32
"""That are tried for counts; the bound is about all of them."""


@dataclass
class _Answer:
    """What is known of an instance with counts of chiplets."""

    bound: int
    level: int = 0
    """How many of the limits it has been solved with."""
    value: int | None = None
    """Of the best schedule on the ideal package."""
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Known:
    """A package, with what its schedules come to."""

    layout: Layout
    values: tuple[int, ...]
    """Of each instance's schedule, as evaluated."""
    schedules: tuple[Schedule, ...]
    total: Fraction
    """Mean of the values, relative to the package to compare with."""


@dataclass
class Candidate:
    """Counts of chiplet types, and what is known of packages with them."""

    counts: Counts
    answers: list[_Answer]
    best: Known | None = None
    bound: Fraction = Fraction(0)
    """No layout of these counts has a smaller total."""
    placed: tuple[Schedule | None, ...] = field(default=())
    """The ideal schedules that the layouts were tried with."""


class Codesign:
    """The best chiplet types for some instances, searched until it is certified.

    Parameters
    ----------
    design
        What is asked.
    store
        Where all solves are kept: the same search goes on where it was stopped.
    workers
        Threads of one solve.
    seed
        Of all that is drawn at random.

    Raises
    ------
    InputError
        If a type is not among an instance's.
    ScarError
        If no counts keep the limits.
    """

    def __init__(
        self, design: DesignFile, store: PointStore, workers: int = 1, seed: int = 0
    ) -> None:
        self.design, self._store = design, store
        self._workers, self._seed = workers, seed
        self.names = tuple(design.types)
        self._goal = Objective(design.objective)
        instances = [read_instance(one.instance) for one in design.instances]
        self._package = instances[0].package
        self.base = tuple(base_problem(instance, design) for instance in instances)
        against = {} if design.against is None else {"package": design.against}
        if design.windows is not None:
            against["windows"] = design.windows  # type: ignore[assignment]
        self._other = tuple(
            compile_instance(read_instance(one.instance, against)) for one in design.instances
        )
        self.other: tuple[PointRow, ...] = ()
        """The solves of the package to compare with."""
        every = all_counts(design)
        if not every:
            raise ScarError("no counts of chiplet types keep all limits: nothing to choose from")
        self.candidates = [self._new(counts) for counts in every]

    def _new(self, counts: Counts) -> Candidate:
        answers = []
        for base in self.base:
            bounds = simple_bounds(ideal(base, self.names, counts))
            best = best_bound(tuple(bounds), self.design.objective, "full")
            answers.append(_Answer(0 if best is None else best.value))
        return Candidate(counts, answers)

    @property
    def best(self) -> Candidate | None:
        """The candidate with the best known package."""
        known = [candidate for candidate in self.candidates if candidate.best is not None]
        return min(known, key=lambda one: _known(one).total, default=None)

    @property
    def bound(self) -> Fraction:
        """No package within the limits has a smaller total."""
        return min(candidate.bound for candidate in self.candidates)

    @property
    def gap(self) -> float | None:
        """Of the best known package; None before there is one."""
        best = self.best
        if best is None:
            return None
        total = _known(best).total
        return float(1 - min(self.bound, total) / total) if total else 0.0

    @property
    def open(self) -> list[Candidate]:
        """Candidates other than the best that may still hold a better package."""
        best = self.best
        if best is None:
            return self.candidates
        return [c for c in self.candidates if c is not best and c.bound < _known(best).total]

    def run(
        self,
        jobs: int,
        submit: Submit,
        time_limit_s: float,
        on_start: Callable[[Point], None] | None = None,
    ) -> Iterator[PointRow | None]:
        """Search; what is found by then stands in the attributes.

        Parameters
        ----------
        jobs, submit, on_start
            As for `run_points`.
        time_limit_s
            When to begin no further solve.

        Yields
        ------
        PointRow or None
            Of every solve; None now and then.
        """
        until = time.monotonic() + time_limit_s
        yield from self._solve_other(jobs, submit, on_start)
        self._bound_all()
        while time.monotonic() < until:
            chosen = self._next(2 * jobs)
            if not chosen:
                return
            points = [self._point(candidate, s) for candidate, s in chosen]
            problems = {
                point.problem_sha256: self._problem(candidate.counts, s)
                for point, (candidate, s) in zip(points, chosen, strict=True)
            }
            plan = Plan(tuple(points), problems)
            yield from run_points(plan, self._store, jobs, submit, on_start)
            rows = {row.key: row for row in self._store.rows(points)}
            for point, (candidate, s) in zip(points, chosen, strict=True):
                self._learn(candidate.answers[s], rows[point.key])
            self._bound_all()
            for candidate in {id(c): c for c, _ in chosen}.values():
                self._place(candidate)

    def _solve_other(
        self, jobs: int, submit: Submit, on_start: Callable[[Point], None] | None
    ) -> Iterator[PointRow | None]:
        """The package to compare with, to the same gap."""
        hashes = [sha256_of(problem) for problem in self._other]
        request = self._request(_LIMITS_S[2], has_paths=True)
        points = [
            new_point({"instance": p.name, "package": "to compare with"}, sha256, request)
            for p, sha256 in zip(self._other, hashes, strict=True)
        ]
        plan = Plan(tuple(points), dict(zip(hashes, self._other, strict=True)))
        yield from run_points(plan, self._store, jobs, submit, on_start)
        rows = {row.key: row for row in self._store.rows(points)}
        self.other = tuple(rows[point.key] for point in points)
        if any(row.value is None for row in self.other):
            raise ScarError("the package to compare with has no schedule within the time")
        self._take_other()

    def _take_other(self) -> None:
        """Begin with the package to compare with, if it is one of those that may be chosen."""
        kinds = {tuple(chiplet.type for chiplet in problem.chiplets) for problem in self._other}
        if len(kinds) > 1 or not set().union(*kinds) <= set(self.names):
            return
        layout = tuple(self.names.index(name) for name in kinds.pop())
        counts = tuple(layout.count(t) for t in range(len(self.names)))
        for candidate in self.candidates:
            if candidate.counts == counts:
                schedules = [_schedule(row) for row in self.other]
                candidate.best = self._known(layout, schedules)

    def _request(self, limit_s: float, has_paths: bool = False) -> Request:
        return Request(
            objective=self.design.objective,
            time_limit_s=limit_s,
            gap=self.design.gap / 4,
            workers=self._workers,
            seed=self._seed,
            # The heuristic's paths are too many where all chiplets are neighbours.
            cpsat=CpsatOptions(hint=has_paths),
        )

    def total(self, values: Sequence[int]) -> Fraction:
        """Weighted mean of values, each relative to the package to compare with."""
        parts = [self._share(s, value) for s, value in enumerate(values)]
        weights = [Fraction(one.weight) for one in self.design.instances]
        return sum(parts, Fraction(0)) / sum(weights)

    def _bound_all(self) -> None:
        for candidate in self.candidates:
            candidate.bound = self.total([answer.bound for answer in candidate.answers])

    def _next(self, most: int) -> list[tuple[Candidate, int]]:
        """What to solve next: of the candidates with the least bounds what is known worst."""
        gap, best = self.gap, self.best
        if gap is not None and gap <= self.design.gap:
            return []
        limit = None if best is None else _known(best).total
        chosen: list[tuple[Candidate, int]] = []
        for candidate in sorted(self.candidates, key=lambda one: one.bound):
            if limit is not None and candidate.bound >= limit and candidate is not best:
                break
            chosen += [(candidate, s) for s in self._undecided(candidate)]
            if len(chosen) >= most:
                break
        return chosen[:most]

    def _undecided(self, candidate: Candidate) -> list[int]:
        """Instances that the bound of a candidate may rise by most, per second of the next solve.

        All are solved once first: where they need no more, or hardly matter, it shows.
        """
        answers = candidate.answers
        if any(answer.level == 0 for answer in answers):
            return [s for s, answer in enumerate(answers) if answer.level == 0]
        room: dict[int, Fraction] = {}
        for s, answer in enumerate(answers):
            value = self.other[s].value if answer.value is None else answer.value
            if answer.level < len(_LIMITS_S) and answer.bound < (value or 0):
                above = self._share(s, (value or 0) - answer.bound)
                room[s] = above / Fraction(_LIMITS_S[answer.level])
        return sorted(room, key=lambda s: -room[s])[:1]

    def _share(self, s: int, value: int) -> Fraction:
        """What a value of an instance counts in a total."""
        weight = Fraction(self.design.instances[s].weight)
        return weight * Fraction(value, max(1, self.other[s].value or 1))

    def _problem(self, counts: Counts, s: int) -> Problem:
        return ideal(self.base[s], self.names, counts)

    def _point(self, candidate: Candidate, s: int) -> Point:
        problem = self._problem(candidate.counts, s)
        parameters = {"instance": problem.name, "counts": self.counts_text(candidate.counts)}
        request = self._request(_LIMITS_S[candidate.answers[s].level])
        return new_point(parameters, sha256_of(problem), request)

    def counts_text(self, counts: Counts) -> str:
        """Counts as people say them."""
        return " + ".join(f"{n} {name}" for name, n in zip(self.names, counts, strict=True) if n)

    def package_text(self, name: str) -> str:
        """The best known package as a file: the first instance's own, with other chiplets."""
        best = self.best
        assert best is not None
        columns = self.design.grid[1]
        kinds = [self.names[t] for t in _known(best).layout]
        rows = [kinds[k : k + columns] for k in range(0, len(kinds), columns)]
        keys = self._package.replace(name=name, memory_ports=None).model_dump(exclude_defaults=True)
        keys |= {"layout": rows}
        return "".join(f"{key}: {flow_yaml(value)}\n" for key, value in keys.items() if value)

    def _learn(self, answer: _Answer, row: PointRow) -> None:
        answer.level += 1
        if row.bound is not None:
            answer.bound = max(answer.bound, row.bound)
        if row.status == "infeasible":
            raise ScarError(f"{row.parameters['instance']}: no schedule keeps the deadlines")
        if row.value is not None and (answer.value is None or row.value < answer.value):
            answer.value, answer.schedule = row.value, _schedule(row)

    def _place(self, candidate: Candidate) -> None:
        """Try layouts with the ideal schedules, if these may be better than what is known."""
        schedules = tuple(answer.schedule for answer in candidate.answers)
        if any(schedule is None for schedule in schedules) or schedules == candidate.placed:
            return
        candidate.placed = schedules
        best = self.best
        ideal_total = self.total([answer.value or 0 for answer in candidate.answers])
        if best is not None and best is not candidate and ideal_total >= _known(best).total:
            return
        for layout in layouts(candidate.counts, self.base[0], _MOST_LAYOUTS, self._seed):
            known = self._placed(candidate, layout)
            if known and (candidate.best is None or known.total < candidate.best.total):
                candidate.best = known

    def _placed(self, candidate: Candidate, layout: Layout) -> Known | None:
        schedules = []
        for s, answer in enumerate(candidate.answers):
            problem = laid_out(self.base[s], self.names, layout)
            assert answer.schedule is not None
            plans = _plans(answer.schedule, self._problem(candidate.counts, s), problem)
            schedules.append(place(problem, plans, adjacent=False, value=self._goal.value))
        return self._known(layout, schedules)

    def _known(self, layout: Layout, schedules: Sequence[Schedule | None]) -> Known | None:
        """A package with schedules, if these are valid there."""
        values, valid = [], []
        for base, schedule in zip(self.base, schedules, strict=True):
            problem = laid_out(base, self.names, layout)
            if schedule is None or len(problem.chiplets) != len(layout):
                return None
            if validate(problem, schedule):
                return None
            found = evaluate(problem, schedule)
            values.append(self._goal.value(found.latency_cycles, found.energy_nj))
            valid.append(schedule)
        return Known(layout, tuple(values), tuple(valid), self.total(values))


def _known(candidate: Candidate) -> Known:
    assert candidate.best is not None
    return candidate.best


def _schedule(row: PointRow) -> Schedule | None:
    return None if row.result is None else Result.model_validate_json(row.result).schedule


def _plans(schedule: Schedule, there: Problem, here: Problem) -> list[WindowPlan]:
    """Pieces with types, in the order of another problem's types, of a schedule's windows."""
    types = {name: t for t, name in enumerate(here.type_names)}
    plans = list[WindowPlan]()
    for window in schedule.windows:
        plan: WindowPlan = {}
        for segment in sorted(window, key=lambda s: (s.model, s.first)):
            kind = types[there.chiplets[segment.chiplet].type]
            plan.setdefault(segment.model, []).append(Piece(segment.first, segment.last, kind))
        plans.append(plan)
    return plans
