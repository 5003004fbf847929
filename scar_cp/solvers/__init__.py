"""Solvers by name."""

from __future__ import annotations

from scar_cp.plugins import SOLVERS
from scar_cp.solvers.base import Claim, Event, Search, Solver
from scar_cp.solvers.request import CpsatOptions, Request
from scar_cp.terms import Status

__all__ = [
    "SOLVERS",
    "Claim",
    "CpsatOptions",
    "Event",
    "Request",
    "Search",
    "Solver",
    "Status",
    "get_solver",
]


def get_solver(name: str) -> Solver:
    """Return the solver of a name, built in or a plug-in's.

    Raises
    ------
    KeyError
        If there is none; the message lists those there are.
    InputError
        If the plug-in of this name is broken.
    """
    solver: Solver = SOLVERS[name]
    return solver
