"""Solvers by name."""

from __future__ import annotations

from importlib import import_module

from scar_cp.solvers.base import Claim, Event, Request, Search, Solver, Status

__all__ = ["SOLVERS", "Claim", "Event", "Request", "Search", "Solver", "Status", "get_solver"]

SOLVERS = {
    "cp-sat": "scar_cp.solvers.exact:cpsat",
    "scar": "scar_cp.solvers.scar.heuristic:scar",
    "simba": "scar_cp.solvers.baselines:simba",
    "standalone": "scar_cp.solvers.baselines:standalone",
    "nn-baton": "scar_cp.solvers.baselines:nn_baton",
    "heft": "scar_cp.solvers.heft:heft",
    "random": "scar_cp.solvers.evolution:random_draws",
    "evolutionary": "scar_cp.solvers.evolution:evolutionary",
    "exhaustive": "scar_cp.solvers.exhaustive:exhaustive",
}
"""Where each solver lives; it is imported when it is asked for."""


def get_solver(name: str) -> Solver:
    """Return the solver of a name.

    Raises
    ------
    KeyError
        If there is none; the message lists those there are.
    """
    if name not in SOLVERS:
        raise KeyError(f"unknown solver {name!r}: choose from {', '.join(SOLVERS)}")
    module, _, function = SOLVERS[name].partition(":")
    solver: Solver = getattr(import_module(module), function)
    return solver
