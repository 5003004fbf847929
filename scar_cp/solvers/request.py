"""What is asked of a solver: the question, the limits, and the options of solvers that have any."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import get_args

from scar_cp.judge.objective import Objective
from scar_cp.solvers.scar.scar_options import ScarOptions
from scar_cp.terms import MEMORY_LIMIT_GB, TIME_LIMIT_S, WORKERS, ObjectiveName, Space

__all__ = ["STAGES", "CpsatOptions", "Request"]

STAGES = (
    *("hint", "tables", "cuts", "confirm"),
    *("annealing", "climbs", "slots", "joint", "tariffs"),
)
"""Switches of the exact solver, as results name them."""


@dataclass(frozen=True)
class CpsatOptions:
    """Which stages of the exact solver are on."""

    hint: bool = True
    """Whether it starts from the heuristic's schedule."""
    tables: bool = True
    """Whether it uses pipeline-partition tables."""
    cuts: bool = True
    """Whether proven bounds become constraints of the layer-level model."""
    confirm: bool = True
    """Whether a proof by CP-SAT is confirmed by a second solve, another way."""
    annealing: bool = True
    """With three windows and more: whether cuts are annealed."""
    climbs: bool = True
    """Whether prices climb, beside being balanced."""
    slots: bool = True
    """Whether prices may depend on the elapsed time."""
    joint: bool = True
    """Whether the cuts of two or three models are searched together."""
    tariffs: bool = True
    """Whether energy inside windows counts in the bounds of EDP and weighted sums."""

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that are on."""
        return tuple(name for name in STAGES if getattr(self, name))


@dataclass(frozen=True)
class Request:
    """What is asked of a solver: the space, the objective, and the limits.

    Raises
    ------
    ValueError
        If no search could make sense of a value.

    Examples
    --------
    >>> import scar_cp as sc
    >>> request = sc.Request(objective="weighted", weights=(10, 1), gap=0.001, workers=1)
    >>> request.goal.value(7, 5)
    75
    >>> sc.Request(objective="speed")
    Traceback (most recent call last):
    ValueError: objective must be one of ('latency', 'energy', 'edp', 'weighted'): 'speed'
    """

    space: Space = "full"
    """``full``, ``adjacent``, ``windowed`` or ``scar``: the schedules that a proof is about."""
    objective: ObjectiveName = "latency"
    """``latency`` (cycles), ``energy`` (nJ), ``edp`` (their product) or ``weighted``."""
    weights: tuple[int, int] | None = None
    """Of cycles and of nJ, for ``weighted`` only."""
    time_limit_s: float = TIME_LIMIT_S
    """Seconds of wall clock; an answer comes within a second and 5 % of it."""
    workers: int = WORKERS
    """Threads of CP-SAT; with 1, runs that end before the time limit are repeatable."""
    seed: int = 0
    """Of everything that is drawn at random."""
    memory_limit_gb: float = MEMORY_LIMIT_GB
    """The layer-level model is not built if it would take more."""
    gap: float = 0.0
    """Certified gap at which the search may stop."""
    cpsat: CpsatOptions = field(default_factory=CpsatOptions)
    """Stages of the exact solver."""
    scar: ScarOptions = field(default_factory=ScarOptions)
    """Modes and budgets of the heuristic."""

    def __post_init__(self) -> None:
        """Refuse values that no search could make sense of."""
        Objective(self.objective, self.weights)
        if self.space not in get_args(Space):
            raise ValueError(f"space must be one of {get_args(Space)}: {self.space!r}")
        for name, holds, rule in (
            ("time_limit_s", self.time_limit_s >= 0, "at least 0"),
            ("memory_limit_gb", self.memory_limit_gb >= 0, "at least 0"),
            ("gap", 0 <= self.gap < 1, "at least 0 and below 1"),
            ("workers", self.workers >= 1, "at least 1"),
            ("seed", 0 <= self.seed < 2**31, "at least 0 and below 2^31"),
        ):
            if not holds:
                raise ValueError(f"{name} must be {rule}: {getattr(self, name)!r}")

    @cached_property
    def goal(self) -> Objective:
        """The objective, with its weights."""
        return Objective(self.objective, self.weights)
