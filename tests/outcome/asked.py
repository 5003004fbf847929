"""Problems with the space that is searched, drawn at random, and their optima."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

from problems import random_problem

import scar_cp as sc
from scar_cp.problem.compiled import Problem, ProblemModel
from scar_cp.solvers.exhaustive import count_schedules
from scar_cp.terms import ObjectiveName, Space

SPACES: tuple[Space, ...] = ("scar", "windowed", "adjacent", "full")
"""Each lies inside the ones after it."""


class Asked(NamedTuple):
    """A problem with the space that is searched."""

    problem: Problem
    space: Space = "full"

    def but(self, **changes: Any) -> Asked:
        """The same space of a changed problem."""
        return self._replace(problem=self.problem.replace(**changes))

    def with_runs(self, change: Callable[[ProblemModel], ProblemModel]) -> Asked:
        """Every model changed."""
        return self.but(models=tuple(map(change, self.problem.models)))


def drawn(rng: Random, spaces: Sequence[Space] = SPACES, **settings: Any) -> Asked:
    """A problem and a space with some schedule; settings that are not given are drawn too."""
    while True:
        asked = Asked(random_problem(rng, max_schedules=200, **settings), rng.choice(spaces))
        if _has_schedules(asked):
            return asked


def _has_schedules(asked: Asked) -> bool:
    try:
        return count_schedules(*asked) > 0
    except sc.ScarError:  # the space needs windows that the packing did not find
        return False


Pair = tuple[Asked, Asked]
"""What is asked before a change, and after."""


def optimum(asked: Asked, objective: ObjectiveName) -> sc.Result:
    request = sc.Request(asked.space, objective, time_limit_s=60, workers=1)
    result = sc.solve(asked.problem, request).result
    assert result.status == "optimal"
    return result
