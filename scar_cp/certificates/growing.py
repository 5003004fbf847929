"""Trees of ranges of cuts, where prices alone do not close a small problem."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from scar_cp.certificates.certificate import Certificate
from scar_cp.certificates.checker import checker
from scar_cp.problem.compiled import Problem

__all__ = ["grown"]

_MOST_CUTS = 60
"""Cuts that could be chosen at all borders of a problem for which a tree is tried."""
_MOST_LEAVES = 3000
_MOST_LENGTHS = 5000

Limits = dict[tuple[int, int], tuple[int, int]]
"""Per border and model, its first and last cut."""


class _OpenError(Exception):
    """The bound cannot be reached, or not by so few leaves."""


def grown(problem: Problem, data: bytes, certificate: Certificate) -> Certificate:
    """Raise a small problem's bound on latency to its schedule's value, if a tree can.

    Parameters
    ----------
    problem
        The compiled problem.
    data
        Bytes of its file.
    certificate
        One that is about them; it is returned as it is where there is nothing to do.
    """
    cuts = sum(run.num_layers for run in problem.models) * (problem.max_windows - 1)
    only = certificate["objective"] == "latency" and certificate["schedule"] is not None
    if not only or cuts > _MOST_CUTS or len(certificate["proofs"]) != 1:
        return certificate
    [proof], check = certificate["proofs"], checker()
    longest = proof["longest_cycles"]
    setting = SimpleNamespace(**certificate, longest=longest, dearest=0)
    plane = check.HalfPlane(check.read_problem(data), setting, proof, {})
    if plane.least >= certificate["value"]:
        return certificate
    known = np.concatenate([values.ravel() for values, _ in plane.tables])
    known = np.unique(known[(known > 0) & (known <= longest)])
    if len(known) > _MOST_LENGTHS:
        return certificate
    lengths = np.unique(np.append(known - 1, longest)).tolist()
    leaf = proof["leaf"] | {"lengths": lengths, "rounds": proof["leaf"]["rounds"][-1:]}
    plane.cap = certificate["value"]
    try:
        tree = _Growth(plane, leaf, certificate["value"]).node(plane.ranges)
    except _OpenError:
        tree = None
    cap = {"cap": certificate["value"], "longest_cycles": max(longest, certificate["value"])}
    return certificate | {"proofs": [proof | cap | {"leaf": leaf, "tree": tree}]}


class _Growth:
    """A tree that grows until every leaf's bound is a target."""

    def __init__(self, plane: Any, leaf: dict[str, Any], target: int) -> None:
        self._plane, self._leaf, self._target = plane, leaf, target
        self._left = _MOST_LEAVES

    def node(self, ranges: Limits) -> dict[str, Any] | None:
        """A leaf, or a fork at the widest range, below which all leaves reach the target."""
        self._left -= 1
        if self._plane.of_leaf(self._leaf, ranges) >= self._target:
            return None
        widest = max(ranges, key=lambda at: ranges[at][1] - ranges[at][0])
        low, high = ranges[widest]
        if low == high or self._left < 0:
            raise _OpenError
        border, model = widest
        cut = (low + high + 1) // 2
        return {
            "model": model,
            "border": border,
            "cut": cut,
            "below": self.node(ranges | {widest: (low, cut - 1)}),
            "from": self.node(ranges | {widest: (cut, high)}),
        }
