"""A schedule as trace events, for Perfetto or chrome://tracing.

One track per chiplet, per directed link that is used, for the DRAM interface and for the windows.
A chiplet's slices are its resident load and its passes. A link's and the DRAM's are what each
part of each pass occupies of them: requested when the part begins (`scar_cp.judge.timeline`),
served one after the other. A slice may thus come later than its pass, even than its window: so long
is the queue that a problem without ``contention`` takes no notice of.

Segments of very many passes are cut off: a summarising slice stands for the passes after the
limit, and from the first such pass of a window on, one slice per link and for the DRAM stands for
all that is requested in the rest of the window. ``busy_cycles`` of all slices of a track add up to
the evaluation's figures in either case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from scar_cp.judge.evaluation import Charge, SegmentEvaluation, evaluate, itemise
from scar_cp.judge.schedule import Schedule, Segment, layers_text
from scar_cp.judge.timeline import Stage, WindowTimes, slots, timeline
from scar_cp.problem.compiled import Problem

__all__ = [
    "MAX_PASSES",
    "SegmentKey",
    "Slice",
    "Track",
    "energy_by_segment",
    "segment_details",
    "segment_key",
    "slices",
    "trace_document",
]

MAX_PASSES = 64
"""Passes of a segment that get a slice of their own, unless asked otherwise."""

_GROUPS = ("windows", "chiplets", "links", "DRAM")
_NS_PER_S = 1_000_000_000


SegmentKey = tuple[int, int, int]
"""Window, model, first layer."""


class Track(NamedTuple):
    """A row of the trace: one of `_GROUPS`, and a name inside it."""

    group: str
    name: str


_WINDOWS = Track("windows", "windows")
_DRAM = Track("DRAM", "DRAM")


@dataclass(frozen=True)
class Slice:
    """Something that happens on a track, in cycles since the start of the schedule."""

    track: Track
    name: str
    start: int
    end: int
    busy_cycles: int
    """Cycles of work; fewer than it lasts where it stands for passes with gaps between."""
    details: Mapping[str, Any]


class _Request(NamedTuple):
    """Work for a link or the DRAM interface, and when it is asked for."""

    cycle: int
    busy_cycles: int
    name: str
    details: Mapping[str, Any]


def slices(problem: Problem, schedule: Schedule, max_passes: int = MAX_PASSES) -> list[Slice]:
    """All slices of a schedule, by track; those of one track in order, without overlaps.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.
    max_passes
        Passes of a segment that get a slice of their own.

    Returns
    -------
    list of Slice
        Only what takes any time.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> found = slices(problem, sc.solve(problem).result.schedule)
    >>> [(of.name, of.start, of.end) for of in found[1:3]]
    [('gpt_l_block 0-4 pass 0', 0, 190285), ('gpt_l_block 0-4 pass 1', 190285, 380570)]
    """
    evaluation, charges = itemise(problem, schedule)
    windows = timeline(problem, evaluation)
    found = [
        Slice(_WINDOWS, f"window {w}", at.start, at.end, at.end - at.start, {})
        for w, at in enumerate(windows)
    ]
    energy = energy_by_segment(charges)
    for w, window in enumerate(windows):
        for stage in window.stages:
            found += _chiplet_slices(
                problem, w, stage, energy[segment_key(w, stage.segment)], max_passes
            )
    for track, requests in _requests(problem, windows, charges, max_passes).items():
        found += _served(track, requests)
    return sorted((s for s in found if s.end > s.start), key=_position)


def _position(of: Slice) -> tuple[int, tuple[int, ...], int]:
    """Tracks in the order of their groups and of the numbers in their names, then time."""
    numbers = tuple(map(int, re.findall(r"^\d+|(?<=>)\d+", of.track.name)))
    return _GROUPS.index(of.track.group), numbers, of.start


def _chiplet_tracks(problem: Problem) -> list[Track]:
    return [_chiplet_track(problem, c) for c in range(problem.num_chiplets)]


def _chiplet_track(problem: Problem, chiplet: int) -> Track:
    return Track("chiplets", f"{chiplet} {problem.chiplets[chiplet].type}")


def _link_track(link: tuple[int, int]) -> Track:
    return Track("links", f"{link[0]}>{link[1]}")


def segment_key(window: int, segment: Segment | SegmentEvaluation) -> SegmentKey:
    """What tells a segment from all others of a schedule."""
    return window, segment.model, segment.first


def _name(problem: Problem, segment: Segment | SegmentEvaluation) -> str:
    return f"{problem.run_names[segment.model]} {layers_text(segment.first, segment.last)}"


def energy_by_segment(charges: Iterable[Charge]) -> dict[SegmentKey, dict[str, int]]:
    """The energy of every segment by part, in nJ; of all its passes."""
    energy: dict[tuple[int, int, int], dict[str, int]] = {}
    for charge in charges:
        parts = energy.setdefault(segment_key(charge.window, charge.segment), {})
        parts[charge.part] = parts.get(charge.part, 0) + charge.energy_nj
    return energy


def _chiplet_slices(
    problem: Problem, window: int, stage: Stage, energy: Mapping[str, int], max_passes: int
) -> Iterator[Slice]:
    segment = stage.segment
    details = segment_details(problem, window, segment) | {"segment_energy_nj": energy}
    track = _chiplet_track(problem, segment.chiplet)
    name = _name(problem, segment)
    yield Slice(
        track, f"{name} load", stage.load_start, stage.load_end, segment.once_cycles, details
    )
    for k in range(min(stage.passes, max_passes)):
        numbered = details | {"pass": k, "of_passes": stage.passes}
        yield Slice(
            track, f"{name} pass {k}", stage.start(k), stage.end(k), segment.pass_cycles, numbered
        )
    left = stage.passes - max_passes
    if left > 0:
        yield Slice(
            track,
            f"{name} {left} more passes",
            stage.start(max_passes),
            stage.last_end,
            left * segment.pass_cycles,
            details | {"passes": left, "of_passes": stage.passes},
        )


def segment_details(problem: Problem, window: int, segment: SegmentEvaluation) -> dict[str, Any]:
    """What there is to say of a segment, by name: its layers, bytes, and cycles of one pass."""
    model = problem.models[segment.model]
    layers = model.layers[segment.first : segment.last + 1]
    return {
        "window": window,
        "model": model.name,
        "layers": layers_text(segment.first, segment.last),
        "layer_names": " .. ".join(dict.fromkeys((layers[0].name, layers[-1].name))),
        "weight_bytes": sum(
            layer.weight_bytes for layer in model.loading(segment.first, segment.last)
        ),
        "cycles_by_part": {slot.part: slot.cycles for slot in slots(segment, problem.overlap)},
    }


def _requests(
    problem: Problem, windows: list[WindowTimes], charges: Iterable[Charge], max_passes: int
) -> dict[Track, list[_Request]]:
    """What every link and the DRAM interface are asked for."""
    stages = {
        segment_key(w, stage.segment): stage
        for w, window in enumerate(windows)
        for stage in window.stages
    }
    cuts = [
        min((s.start(max_passes) for s in window.stages if s.passes > max_passes), default=None)
        for window in windows
    ]
    requests: dict[Track, list[_Request]] = {}
    late: dict[tuple[Track, int], int] = {}
    for charge in charges:
        stage = stages[segment_key(charge.window, charge.segment)]
        cut = cuts[charge.window]
        asked = [_asked_at(problem, stage, charge, k) for k in range(min(charge.times, max_passes))]
        early = [cycle for cycle in asked if cut is None or cycle < cut]
        occupied = {_link_track(link): charge.nop_cycles for link in charge.route}
        occupied[_DRAM] = charge.dram_cycles
        name = f"{_name(problem, charge.segment)} {charge.part}"
        for track, cycles in occupied.items():
            if cycles == 0:
                continue
            for k, cycle in enumerate(early):
                details = {"window": charge.window, "occurrence": k, "of": charge.times}
                details["energy_nj_of_all"] = charge.energy_nj
                requests.setdefault(track, []).append(_Request(cycle, cycles, name, details))
            rest = (charge.times - len(early)) * cycles
            late[track, charge.window] = late.get((track, charge.window), 0) + rest
    for (track, w), cycles in late.items():
        cut = cuts[w]
        if cycles and cut is not None:
            request = _Request(cut, cycles, f"rest of window {w}", {"window": w})
            requests.setdefault(track, []).append(request)
    return requests


def _asked_at(problem: Problem, stage: Stage, charge: Charge, k: int) -> int:
    """When a charge happens for the k-th time, from 0."""
    once = stage.segment.once_cycles > 0 or charge.times < stage.passes
    if charge.part == "weights" and once:
        return stage.load_start
    offsets = {slot.part: slot.offset for slot in slots(stage.segment, problem.overlap)}
    return stage.start(k) + offsets[charge.part]


def _served(track: Track, requests: Iterable[_Request]) -> Iterator[Slice]:
    """Serve requests one after the other, the first that is asked for first."""
    free = 0
    for request in sorted(requests, key=lambda r: r.cycle):
        start = max(free, request.cycle)
        free = start + request.busy_cycles
        details = {**request.details, "waited_cycles": start - request.cycle}
        yield Slice(track, request.name, start, free, request.busy_cycles, details)


def trace_document(
    problem: Problem, schedule: Schedule, max_passes: int = MAX_PASSES
) -> dict[str, Any]:
    """The trace in the JSON of the trace-event format.

    Parameters
    ----------
    problem
        The compiled problem.
    schedule
        A schedule that `scar_cp.judge.evaluation.evaluate` takes.
    max_passes
        Passes of a segment that get a slice of their own.

    Returns
    -------
    dict
        ``ts`` and ``dur`` in µs, to the nearest ns; exact cycles in ``args``. ``otherData`` says
        which segments were cut off.
    """
    found = slices(problem, schedule, max_passes)
    tracks = list(dict.fromkeys([*_chiplet_tracks(problem), *(s.track for s in found)]))
    numbers = {track: i for i, track in enumerate(tracks)}
    cut = [s.name for s in found if s.details.get("passes")]
    return {
        "displayTimeUnit": "ns",
        "otherData": {
            "problem": problem.name,
            "clock_hz": problem.clock_hz,
            "max_passes": max_passes,
            "cut_off": cut,
        },
        "traceEvents": [
            *_names(numbers),
            *(_event(problem, s, numbers[s.track]) for s in found),
            *_deadlines(problem, schedule),
        ],
    }


def _names(numbers: Mapping[Track, int]) -> Iterator[dict[str, Any]]:
    """Events that name the tracks and put them in order."""
    for group, name in enumerate(_GROUPS):
        yield {"ph": "M", "pid": group, "name": "process_name", "args": {"name": name}}
        yield {"ph": "M", "pid": group, "name": "process_sort_index", "args": {"sort_index": group}}
    for track, number in numbers.items():
        at = {"ph": "M", "pid": _GROUPS.index(track.group), "tid": number}
        yield {**at, "name": "thread_name", "args": {"name": track.name}}
        yield {**at, "name": "thread_sort_index", "args": {"sort_index": number}}


def _deadlines(problem: Problem, schedule: Schedule) -> Iterator[dict[str, Any]]:
    """An instant for every deadline, with the run's end and slack."""
    ends = evaluate(problem, schedule).completion_cycles
    for name, run, end in zip(problem.run_names, problem.models, ends, strict=True):
        if run.deadline_cycles is not None:
            slack = run.deadline_cycles - end
            yield {
                "ph": "i",
                "s": "g",
                "pid": _GROUPS.index("windows"),
                "name": f"{name} due: {'kept' if slack >= 0 else 'missed'}",
                "ts": round(run.deadline_cycles * _NS_PER_S / problem.clock_hz) / 1000,
                "args": {
                    "deadline_cycle": run.deadline_cycles,
                    "end_cycle": end,
                    "slack_cycles": slack,
                },
            }


def _event(problem: Problem, of: Slice, number: int) -> dict[str, Any]:
    start, end = (round(cycle * _NS_PER_S / problem.clock_hz) for cycle in (of.start, of.end))
    cycles = {"start_cycle": of.start, "end_cycle": of.end, "busy_cycles": of.busy_cycles}
    return {
        "ph": "X",
        "pid": _GROUPS.index(of.track.group),
        "tid": number,
        "name": of.name,
        "ts": start / 1000,
        "dur": (end - start) / 1000,
        "args": {**cycles, **of.details},
    }
