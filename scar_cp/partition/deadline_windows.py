"""Windows for deadlines: whole runs, the earliest deadline first.

Runs in the order of their deadlines, cut into consecutive groups, one group a window. The sum of
least window lengths up to a group is least if it is least up to each group before, so that dynamic
programming over the cuts finds the groups that end earliest within given deadlines; for schedules
with one window per group it is exact up to hops.
"""

from __future__ import annotations

from collections.abc import Callable

from scar_cp.clock import look
from scar_cp.partition.one_window import Plan, WindowPlan, partition_window
from scar_cp.partition.program import NEVER
from scar_cp.problem.compiled import Problem

__all__ = ["DeadlineWindows"]


class DeadlineWindows:
    """Groups of runs in the order of their deadlines, and how long each takes.

    Parameters
    ----------
    problem
        The compiled problem.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        deadlines = [m.deadline_cycles for m in problem.models]
        self._deadlines = [NEVER if d is None else d for d in deadlines]
        self._order = sorted(range(len(deadlines)), key=lambda m: (self._deadlines[m], m))
        self._plans: dict[tuple[int, int], Plan | None] = {}

    def least_tardiness(self, keep_going: Callable[[], bool] = lambda: True) -> int:
        """Least cycles that some run ends after its deadline, by these schedules; 0 if none does.

        Parameters
        ----------
        keep_going
            Asked between steps; the least found by then.
        """
        if self.windows(0) is not None:
            return 0
        low, high = 0, NEVER // 4
        while high - low > 1 and keep_going():
            middle = (low + high) // 2
            if self.windows(middle) is None:
                low = middle
            else:
                high = middle
        return high

    def windows(self, tardiness: int = 0) -> Plan | None:
        """Windows in which no run is later than its deadline by more than this, if there are any.

        Parameters
        ----------
        tardiness
            In cycles.
        """
        runs, most = len(self._order), self._problem.max_windows
        ends = [[NEVER] * (runs + 1) for _ in range(most + 1)]
        ends[0][0] = 0
        cuts: dict[tuple[int, int], int] = {}
        for w in range(1, most + 1):
            for b in range(1, runs + 1):
                for a in range(b):
                    if ends[w - 1][a] >= NEVER:
                        continue
                    plan = self._plan(a, b)
                    if plan is None:
                        continue
                    end = ends[w - 1][a] + plan.bound
                    if end < ends[w][b] and end <= self._deadlines[self._order[a]] + tardiness:
                        ends[w][b], cuts[w, b] = end, a
        w = min(range(most + 1), key=lambda w: ends[w][runs])
        total = ends[w][runs]
        if total >= NEVER:
            return None
        chosen, b = list[WindowPlan](), runs
        while b:
            a = cuts[w, b]
            plan = self._plan(a, b)
            assert plan is not None
            chosen += plan.windows
            w, b = w - 1, a
        return Plan(total, tuple(chosen[::-1]))

    def _plan(self, a: int, b: int) -> Plan | None:
        """The shortest window with the runs a..b-1 in the order of deadlines."""
        if (a, b) not in self._plans:
            look()
            models = self._problem.models
            ranges = {m: (0, models[m].num_layers) for m in sorted(self._order[a:b])}
            fits = b - a <= self._problem.num_chiplets
            self._plans[a, b] = partition_window(self._problem, ranges) if fits else None
        return self._plans[a, b]
