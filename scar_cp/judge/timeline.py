"""When every pass of every segment starts and ends, so that windows last what SPEC section 5 says.

In its window a model first makes its resident weight loads, one after the other, segment by
segment: ``Σ once`` cycles in which none of its passes run. Then its samples stream through its
segments: pass k of a segment starts when the segment before it has ended its pass k and it has
itself ended its pass k-1. As all passes of a segment cost the same, that is: with the passes
``p_1 .. p_n`` of the model's segments, in the order of their layers,

    start of pass k (from 0) in segment s  =  Σ once + (p_1 + ... + p_(s-1)) + k · max(p_1 .. p_s),

so a segment is periodic from its first pass on, and the last pass of the last segment ends at
``Σ once + Σ pass + (q-1) · max pass = T(m,w)`` exactly.

Inside a pass come weights, reads, compute, sends, writes, each in one piece; where transfers
overlap with compute, both begin with the pass. All times are cycles since the start of the
schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from scar_cp.judge.evaluation import Evaluation, SegmentEvaluation
from scar_cp.problem.compiled import Problem
from scar_cp.terms import Overlap

__all__ = ["Slot", "Stage", "WindowTimes", "slots", "timeline"]


class Slot(NamedTuple):
    """When, from the start of its pass, a part of it happens."""

    part: str
    offset: int
    cycles: int


@dataclass(frozen=True)
class Stage:
    """A segment at work; what it needs to tell the times of any of its passes."""

    segment: SegmentEvaluation
    passes: int
    load_start: int
    """Start of its resident load, which takes ``segment.once_cycles``."""
    first_start: int
    period: int
    """From the start of a pass to the start of the next: at least a pass."""

    @property
    def load_end(self) -> int:
        """End of its resident load."""
        return self.load_start + self.segment.once_cycles

    @property
    def last_end(self) -> int:
        """End of its last pass."""
        return self.end(self.passes - 1)

    @property
    def busy_cycles(self) -> int:
        """Cycles that its chiplet works for it: load and passes, without the gaps."""
        return self.passes * self.segment.pass_cycles + self.segment.once_cycles

    def start(self, k: int) -> int:
        """Start of pass k, from 0."""
        return self.first_start + k * self.period

    def end(self, k: int) -> int:
        """End of pass k, from 0."""
        return self.start(k) + self.segment.pass_cycles


@dataclass(frozen=True)
class WindowTimes:
    """A time window and its stages, in the order of the evaluation's segments."""

    start: int
    end: int
    stages: tuple[Stage, ...]


def timeline(problem: Problem, evaluation: Evaluation) -> list[WindowTimes]:
    """The times of every window and segment.

    Parameters
    ----------
    problem
        The compiled problem.
    evaluation
        What `scar_cp.judge.evaluation.evaluate` says of a schedule.

    Returns
    -------
    list of WindowTimes
        One per window, each starting where the one before it ends.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> (window,) = timeline(problem, sc.solve(problem).result.evaluation)
    >>> [(stage.segment.chiplet, stage.first_start, stage.last_end) for stage in window.stages]
    [(3, 0, 546196), (1, 136549, 622520), (0, 0, 380570), (2, 190285, 909537)]
    """
    windows = []
    start = 0
    for window in evaluation.windows:
        stages: dict[int, Stage] = {}
        for m in window.models:
            at = [i for i, s in enumerate(window.segments) if s.model == m]
            at.sort(key=lambda i: window.segments[i].first)
            chain = [window.segments[i] for i in at]
            stages |= zip(at, _pipeline(chain, problem.models[m].passes, start), strict=True)
        end = start + window.latency_cycles
        windows.append(WindowTimes(start, end, tuple(stages[i] for i in sorted(stages))))
        start = end
    return windows


def _pipeline(chain: list[SegmentEvaluation], passes: int, start: int) -> Iterator[Stage]:
    """The stages of one model, in the order of their layers."""
    load_start = start
    first_start = start + sum(segment.once_cycles for segment in chain)
    period = 0
    for segment in chain:
        period = max(period, segment.pass_cycles)
        yield Stage(segment, passes, load_start, first_start, period)
        load_start += segment.once_cycles
        first_start += segment.pass_cycles


def slots(segment: SegmentEvaluation, overlap: Overlap) -> list[Slot]:
    """The parts of a pass in their order, from its start; parts of no cycles among them."""
    parts = {
        "weights": segment.weight_cycles - segment.once_cycles,
        "reads": segment.read_cycles,
        "compute": segment.compute_cycles,
        "sends": segment.send_cycles,
        "writes": segment.write_cycles,
    }
    found = []
    clock = 0
    for part, cycles in parts.items():
        beside = part == "compute" and overlap == "full"
        found.append(Slot(part, 0 if beside else clock, cycles))
        clock += 0 if beside else cycles
    return found
