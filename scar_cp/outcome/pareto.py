"""The latency-energy front: supported points, and what can lie between them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from scar_cp.judge.schedule import Schedule
from scar_cp.outcome.result import Result
from scar_cp.outcome.solving import Stop, question_of, solve
from scar_cp.problem.compiled import Problem, ProblemModel
from scar_cp.records.brief import Brief
from scar_cp.records.record import PositiveFloat, Record, Seq
from scar_cp.solvers import Event, Request
from scar_cp.terms import ObjectiveName

__all__ = ["Front", "FrontPoint", "HalfPlaneRecord", "largest_gaps", "pareto_front"]


class FrontPoint(Record):
    """A schedule of the front."""

    latency_cycles: int
    energy_nj: int
    supported: bool
    """Whether it was found as an optimum of some weights (the rest: by a latency budget)."""
    schedule: Schedule


class HalfPlaneRecord(Record):
    """A proven limit: ``latency_weight·cycles + energy_weight·nJ >= value`` everywhere."""

    latency_weight: int
    energy_weight: int
    value: int


class Front(Brief, Record):
    """Points that no point found dominates, and the half-planes that hold for all schedules.

    With ``budgets``, also energies that no schedule within a latency goes below.
    """

    format: Literal["scar-cp/pareto@1"] = "scar-cp/pareto@1"
    problem: str
    space: str
    points: Seq[FrontPoint]
    half_planes: Seq[HalfPlaneRecord]
    budgets: Seq[tuple[int, int]]
    """(latency budget, energy that no schedule within it goes below)."""
    clock_hz: PositiveFloat | None = None
    """Of the package; none in older files."""

    def least_energy(self, latency_cycles: int) -> int:
        """No schedule with this latency has less energy."""
        least = 0
        for plane in self.half_planes:
            if plane.energy_weight:
                left = plane.value - plane.latency_weight * latency_cycles
                least = max(least, -(-left // plane.energy_weight))
        return max([least, *(e for budget, e in self.budgets if latency_cycles <= budget)])

    @property
    def least_latency(self) -> int:
        """No schedule has less latency."""
        return max(
            (-(-h.value // h.latency_weight) for h in self.half_planes if not h.energy_weight),
            default=0,
        )

    def limits(self, from_cycles: int, to_cycles: int, steps: int = 400) -> list[tuple[int, int]]:
        """Possible latencies of a range, each with the energy that it needs at least.

        Spaced closely enough to be drawn as a line; exact at the ends and around budgets.
        """
        start = max(from_cycles, self.least_latency)
        at = {start + k * (to_cycles - start) // steps for k in range(steps + 1)}
        at |= {x for budget, _ in self.budgets for x in (budget, budget + 1)}
        return [(x, self.least_energy(x)) for x in sorted(at) if start <= x <= to_cycles]

    def _brief(self) -> str:
        return f"of {self.problem}: {len(self.points)} points in the {self.space} space"


@dataclass
class _Search:
    """The state of a front search."""

    problem: Problem
    request: Request
    each_s: float
    started: float
    on_event: Callable[[str, Event], None] | None
    found: dict[tuple[int, int], tuple[Schedule, bool]]
    planes: list[HalfPlaneRecord]
    stop: Callable[[], bool]

    @property
    def remaining_s(self) -> float:
        """Seconds that are left of the request; 0 once it is to stop."""
        if self.stop():
            return 0.0
        return max(0.0, self.started + self.request.time_limit_s - time.monotonic())

    def run(self, problem: Problem, request: Request, name: str) -> Result:
        """Solve one objective within its share of the time."""
        report = self.on_event
        return solve(
            problem,
            replace(request, time_limit_s=min(self.each_s, self.remaining_s)),
            on_event=(lambda event: report(name, event)) if report else None,
            stop=self.stop,
        ).result

    def supported(self, weights: tuple[int, int]) -> tuple[int, int] | None:
        """Minimise a weighted sum; its point, or ``None`` without a schedule."""
        request = replace(self.request, objective="weighted", weights=weights)
        if 0 in weights:
            objective: ObjectiveName = "latency" if weights[0] else "energy"
            request = replace(self.request, objective=objective, weights=None)
        result = self.run(self.problem, request, f"{weights[0]}·cycles + {weights[1]}·nJ")
        if result.bound is not None:
            plane = HalfPlaneRecord(
                latency_weight=weights[0], energy_weight=weights[1], value=result.bound
            )
            self.planes.append(plane)
        return self.keep(result, supported=True)

    def keep(self, result: Result, supported: bool) -> tuple[int, int] | None:
        """Remember a result's point."""
        if result.evaluation is None or result.schedule is None:
            return None
        point = result.evaluation.latency_cycles, result.evaluation.energy_nj
        self.found.setdefault(point, (result.schedule, supported))
        return point


def pareto_front(
    problem: Problem,
    request: Request | None = None,
    epsilon: int = 0,
    max_solves: int = 12,
    on_event: Callable[[str, Event], None] | None = None,
    started: float | None = None,
    stop: Stop | None = None,
) -> Front | None:
    """Find the front between the least latency and the least energy.

    Supported points come from weighted sums, each along the connection of two points that are
    known; what no weighted sum can find lies above the half-planes, and ``epsilon`` evenly spread
    latency budgets look for it.

    Parameters
    ----------
    problem
        The compiled problem.
    request
        Space, workers, seed, and the time limit for everything together; default: 60 s in the full
        space.
    epsilon
        Number of latency budgets to minimise the energy under.
    max_solves
        Most weighted sums to minimise.
    on_event
        Called with the objective at work and every event of its search.
    started
        Reading of ``time.monotonic`` from which the time limit counts; default: now.
    stop
        As for `solve`: once it says yes, the front is what was found so far.

    Returns
    -------
    Front or None
        ``None`` if no schedule was found.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> front = sc.pareto_front(problem, sc.Request(time_limit_s=30))
    >>> [(point.latency_cycles, point.energy_nj) for point in front.points]
    [(909537, 13389130), (2595160, 12751444), (2819644, 12738342)]
    """
    request = request or Request()
    each_s = request.time_limit_s / (max_solves + epsilon)
    started = time.monotonic() if started is None else started
    state = _Search(problem, request, each_s, started, on_event, {}, [], question_of(stop))
    fast, thrifty = state.supported((1, 0)), state.supported((0, 1))
    if fast is None or thrifty is None:
        return None
    solves, gaps = 2, [(fast, thrifty)]
    while gaps and solves < max_solves and state.remaining_s > 0:
        left, right = gaps.pop(0)
        if left[0] >= right[0] or left[1] <= right[1]:
            continue
        weights = left[1] - right[1], right[0] - left[0]
        shrink = 1 + max(weights) // 2**20  # CP-SAT's objective is a 64-bit integer
        point = state.supported((max(1, weights[0] // shrink), max(1, weights[1] // shrink)))
        solves += 1
        if point is not None and left[0] < point[0] < right[0] and right[1] < point[1] < left[1]:
            gaps += [(left, point), (point, right)]
    budgets = []
    for k in range(1, epsilon + 1):
        if state.remaining_s == 0:
            break
        limit = fast[0] + k * (thrifty[0] - fast[0]) // (epsilon + 1)
        within = problem.replace(
            models=tuple(m.replace(deadline_cycles=_tighter(m, limit)) for m in problem.models)
        )
        result = state.run(within, replace(request, objective="energy"), f"nJ within {limit:,}")
        state.keep(result, supported=False)
        if result.bound is not None:
            budgets.append((limit, result.bound))
    points = [
        FrontPoint(latency_cycles=cycles, energy_nj=energy, supported=of[1], schedule=of[0])
        for (cycles, energy), of in sorted(state.found.items())
        if not any(a <= cycles and b <= energy for a, b in state.found.keys() - {(cycles, energy)})
    ]
    return Front(
        problem=problem.name,
        space=request.space,
        points=tuple(points),
        half_planes=tuple(state.planes),
        budgets=tuple(budgets),
        clock_hz=problem.clock_hz,
    )


def _tighter(model: ProblemModel, limit: int) -> int:
    return limit if model.deadline_cycles is None else min(model.deadline_cycles, limit)


def largest_gaps(front: Front) -> list[float]:
    """Between every two neighbouring points: how far below them a schedule might still lie.

    Returns
    -------
    list of float
        Per pair, the largest relative difference in energy between the point on the left (which is
        what a user has for that latency) and the least energy that the bounds allow just before
        the point on the right.
    """
    return [
        1 - front.least_energy(b.latency_cycles - 1) / a.energy_nj
        for a, b in pairwise(front.points)
    ]
