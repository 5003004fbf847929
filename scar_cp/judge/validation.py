"""Which rules a schedule breaks (SPEC sections 4 and 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from scar_cp.errors import Fault
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.problem.compiled import Problem
from scar_cp.records.record import Record
from scar_cp.terms import Space

__all__ = ["BLOCKING_RULES", "Violation", "space_is_defined", "undefined_space", "validate"]

BLOCKING_RULES = frozenset({"range", "coverage", "order", "exclusive"})
"""Rules without which a schedule has no numbers."""


class Violation(Record):
    """One broken rule: where, and by how much."""

    rule: str
    where: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.where}: {self.detail}"


def space_is_defined(problem: Problem, space: Space) -> bool:
    """Whether the problem file defines a space (``windowed`` and ``scar`` need its windows)."""
    if space in ("full", "adjacent"):
        return True
    windows = all(layer.window is not None for model in problem.models for layer in model.layers)
    return windows and (
        space == "windowed" or all(m.max_segments is not None for m in problem.models)
    )


def undefined_space(name: str, instance: Path, option: object) -> Fault:
    """The fault of a space that needs windows which the greedy packing did not find."""
    rule = "the problem has no windows from the greedy packing, so the space is undefined"
    if option:
        return Fault("space", "", name, rule, is_parameter=True)
    return Fault(str(instance), "space", name, rule)


def validate(problem: Problem, schedule: Schedule, space: Space = "full") -> list[Violation]:
    """List every violation of a space's rules, all at once.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        Any schedule, however broken.
    space
        ``full``, ``adjacent``, ``windowed`` or ``scar``.

    Returns
    -------
    list of Violation
        Empty for a valid schedule. Deadlines are judged only where the schedule has numbers.

    Raises
    ------
    ValueError
        If the problem does not define the space.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> one = sc.Segment(model=0, first=0, last=4, chiplet=0)
    >>> other = sc.Segment(model=1, first=0, last=5, chiplet=0)
    >>> for violation in sc.validate(problem, sc.Schedule.of("quickstart", [[one, other]])):
    ...     print(violation)
    coverage: gpt_l_block[1] layer 6: lies in 0 segments, must lie in exactly one
    exclusive: windows[0] chiplet 0: hosts 2 segments, at most one allowed
    """
    if not space_is_defined(problem, space):
        raise ValueError(f"the problem does not define the space {space!r}")
    violations = [*_ranges(problem, schedule), *_window_count(problem, schedule)]
    if violations:  # the other rules look at what exists of each segment
        windows = (tuple(_existing(problem, window)) for window in schedule.windows)
        schedule = schedule.replace(windows=tuple(windows))
    violations += _coverage(problem, schedule)
    violations += _exclusive(problem, schedule)
    if space != "full":
        violations += _adjacent(problem, schedule)
    if space in ("windowed", "scar"):
        violations += _windowed(problem, schedule)
    if space == "scar":
        violations += _node_counts(problem, schedule)
    if not any(v.rule in BLOCKING_RULES for v in violations):
        violations += _deadlines(problem, schedule)
    return violations


def _ranges(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    for w, window in enumerate(schedule.windows):
        for k, s in enumerate(window):
            where = f"windows[{w}][{k}]"
            if not 0 <= s.model < len(problem.models):
                detail = f"model {s.model} does not exist: there are {len(problem.models)}"
                yield Violation(rule="range", where=where, detail=detail)
            elif not _layers_exist(problem, s):
                last = problem.models[s.model].num_layers - 1
                detail = f"layers {s.first}-{s.last} are not a range within 0-{last}"
                yield Violation(rule="range", where=where, detail=detail)
            if not 0 <= s.chiplet < problem.num_chiplets:
                detail = f"chiplet {s.chiplet} does not exist: there are {problem.num_chiplets}"
                yield Violation(rule="range", where=where, detail=detail)


def _layers_exist(problem: Problem, segment: Segment) -> bool:
    return 0 <= segment.first <= segment.last < problem.models[segment.model].num_layers


def _existing(problem: Problem, window: Sequence[Segment]) -> Iterator[Segment]:
    """The segments of models that exist, without the layers that do not.

    A chiplet that does not exist stays: the layers lie in a segment all the same.
    """
    for s in window:
        if 0 <= s.model < len(problem.models):
            last = min(s.last, problem.models[s.model].num_layers - 1)
            yield s.replace(first=max(0, s.first), last=last)


def _window_count(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    if len(schedule.windows) > problem.max_windows:
        detail = f"{len(schedule.windows)} windows, at most {problem.max_windows} allowed"
        yield Violation(rule="windows", where="windows", detail=detail)


def _coverage(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    """Coverage and order together: both look at where each layer lies."""
    times: Counter[tuple[int, int]] = Counter()
    earliest: dict[tuple[int, int], int] = {}
    latest: dict[tuple[int, int], int] = {}
    for w, window in enumerate(schedule.windows):
        for s in window:
            for layer in range(s.first, s.last + 1):
                times[s.model, layer] += 1
                earliest.setdefault((s.model, layer), w)
                latest[s.model, layer] = w
    for m, model in enumerate(problem.models):
        reached = 0
        for layer in range(model.num_layers):
            where = f"{model.name}[{m}] layer {layer}"
            if times[m, layer] != 1:
                detail = f"lies in {times[m, layer]} segments, must lie in exactly one"
                yield Violation(rule="coverage", where=where, detail=detail)
            if times[m, layer] and earliest[m, layer] < reached:
                detail = f"lies in window {earliest[m, layer]}, a lower-numbered layer in {reached}"
                yield Violation(rule="order", where=where, detail=detail)
            reached = max(reached, latest.get((m, layer), reached))


def _exclusive(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    for w, window in enumerate(schedule.windows):
        hosted = Counter(s.chiplet for s in window if 0 <= s.chiplet < problem.num_chiplets)
        for chiplet, count in sorted(hosted.items()):
            if count > 1:
                detail = f"hosts {count} segments, at most one allowed"
                where = f"windows[{w}] chiplet {chiplet}"
                yield Violation(rule="exclusive", where=where, detail=detail)


def _adjacent(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    for w, window in enumerate(schedule.windows):
        for m, model in enumerate(problem.models):
            chain = sorted((s for s in window if s.model == m), key=lambda s: s.first)
            for before, after in pairwise(chain):
                exist = all(0 <= s.chiplet < problem.num_chiplets for s in (before, after))
                if exist and after.chiplet not in problem.neighbours[before.chiplet]:
                    where = f"windows[{w}] {model.name}[{m}] layers {before.last}|{after.first}"
                    detail = f"chiplets {before.chiplet} and {after.chiplet} are not neighbours"
                    yield Violation(rule="adjacent", where=where, detail=detail)


def _windowed(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    for w, window in enumerate(schedule.windows):
        for s in window:
            model = problem.models[s.model]
            for layer in range(s.first, s.last + 1):
                given = model.layers[layer].window
                if given != w:
                    where = f"{model.name}[{s.model}] layer {layer}"
                    detail = f"lies in window {w}, its window is {given}"
                    yield Violation(rule="windowed", where=where, detail=detail)


def _node_counts(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    for w, window in enumerate(schedule.windows):
        used = Counter(s.model for s in window)
        for m, count in sorted(used.items()):
            allowed = problem.models[m].max_segments or ()
            limit = allowed[w] if w < len(allowed) else 0
            if count > limit:
                where = f"windows[{w}] {problem.models[m].name}[{m}]"
                detail = f"{count} segments, at most {limit} allowed"
                yield Violation(rule="scar", where=where, detail=detail)


def _deadlines(problem: Problem, schedule: Schedule) -> Iterator[Violation]:
    if all(model.deadline_cycles is None for model in problem.models):
        return
    completions = evaluate(problem, schedule).completion_cycles
    for m, (model, done) in enumerate(zip(problem.models, completions, strict=True)):
        if model.deadline_cycles is not None and done > model.deadline_cycles:
            detail = f"completes at {done} cycles, deadline {model.deadline_cycles}"
            yield Violation(rule="deadline", where=f"{model.name}[{m}]", detail=detail)
