"""Relations between the proven optima of two problems hold for the whole tool."""

from __future__ import annotations

from random import Random

import pytest
from problems import seeds

from scar_cp.problem.problem_faults import problem_faults

from .asked import optimum
from .never_worse import NEVER_WORSE
from .no_difference import NO_DIFFERENCE


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
@pytest.mark.parametrize("relation", [*NEVER_WORSE, *NO_DIFFERENCE], ids=lambda of: of.__name__)
@seeds(4, quick=1)
def test_a_relation_between_optima_holds(seed, relation, objective):
    rng = Random(f"{relation.__name__} {objective} {seed}")
    before, after = relation(rng)
    while before == after:  # there was nothing to change
        before, after = relation(rng)
    assert not problem_faults(after.problem, relation.__name__)
    was, now = (optimum(asked, objective).value for asked in (before, after))
    assert now <= was if relation in NEVER_WORSE else now == was
