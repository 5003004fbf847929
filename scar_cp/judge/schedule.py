"""Schedules: decisions, no numbers (SPEC section 4)."""

from __future__ import annotations

from typing import Literal

from scar_cp.records.brief import Brief
from scar_cp.records.record import Record, Seq

__all__ = ["Schedule", "Segment", "Window", "layers_text"]


class Segment(Record):
    """Layers ``first`` to ``last`` of a model on one chiplet, in one window."""

    model: int
    first: int
    last: int
    chiplet: int


Window = tuple[Segment, ...]


class Schedule(Brief, Record):
    """An ordered list of time windows, each a set of segments.

    Examples
    --------
    >>> import scar_cp as sc
    >>> first = [sc.Segment(model=0, first=0, last=4, chiplet=0)]
    >>> second = [sc.Segment(model=1, first=0, last=6, chiplet=0)]
    >>> sc.Schedule.of("quickstart", [first, second])
    <Schedule of quickstart: 2 window(s), 2 segments>
    """

    format: Literal["scar-cp/schedule@1"] = "scar-cp/schedule@1"
    problem: str
    windows: Seq[Seq[Segment]]

    @classmethod
    def of(cls, problem: str, windows: list[list[Segment]]) -> Schedule:
        """Build a schedule with its segments in canonical order: by model, then by layer."""
        ordered = tuple(
            tuple(sorted(w, key=lambda s: (s.model, s.first, s.last, s.chiplet))) for w in windows
        )
        return cls(problem=problem, windows=ordered)

    def _brief(self) -> str:
        segments = sum(map(len, self.windows))
        return f"of {self.problem}: {len(self.windows)} window(s), {segments} segments"


def layers_text(first: int, last: int) -> str:
    """A range of layers as people read it."""
    return f"{first}-{last}" if last > first else f"{first}"
