"""Results beside each other: what differs from the first, in numbers, in places, in settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from scar_cp.judge.schedule import Schedule, layers_text
from scar_cp.outcome.result import Result
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.page_tables import Table, table_of
from scar_cp.show.page.schedule_tables import problem_settings
from scar_cp.show.page.sections import Section
from scar_cp.show.text.summary import gap_text, settings_text
from scar_cp.show.text.tables import Columns
from scar_cp.show.text.units import Units
from scar_cp.terms import ObjectiveName

__all__ = ["MOST_SIDES", "Side", "side_by_side"]

MOST_SIDES = 6
"""Results that have room beside each other."""


@dataclass(frozen=True)
class Side:
    """A result, with its problem and schedule where they are known."""

    name: str
    result: Result
    problem: Problem | None = None
    schedule: Schedule | None = None

    @property
    def units(self) -> Units:
        """What its costs are told in."""
        return Units(self.problem.clock_hz) if self.problem else Units.of(self.result.evaluation)


class _Amount(NamedTuple):
    """A number, and which others it may be compared with."""

    text: str
    number: Decimal | None = None
    kind: object = ""
    """Numbers of different kinds have no difference."""
    better: int = 0
    """-1: the less the better, 1: the more, 0: neither."""
    is_share: bool = False
    """Shares differ by points, not by shares of themselves."""


def side_by_side(sides: Sequence[Side]) -> Section | None:
    """Compare results of the same or of different problems with the first of them.

    Parameters
    ----------
    sides
        In this order.

    Returns
    -------
    Section or None
        None unless there are two to `MOST_SIDES`.
    """
    if not 2 <= len(sides) <= MOST_SIDES:
        return None
    first, *others = sides
    notes = [
        f"{side.name} is about another problem than {first.name}: see which settings differ"
        for side in others
        if side.result.problem_sha256 != first.result.problem_sha256
    ]
    settings = _settings(sides)
    if not any(settings.values()):
        notes.append("all settings are the same")
    tables = [
        _compared("Numbers", "number", sides, [_numbers(side) for side in sides]),
        _compared("When runs are done", "run", sides, [_runs(side) for side in sides]),
        _compared("Lengths of windows", "window", sides, [_windows(side) for side in sides]),
        *(_moved(first, side) for side in others),
        table_of("Settings that differ", settings),
    ]
    title = f"{' and '.join(side.name for side in others)} compared with {first.name}"
    return Section(title, notes=notes, tables=[table for table in tables if table.lines])


def _cost(
    side: Side, objective: ObjectiveName, value: int | None, better: int = -1, kind: object = ""
) -> _Amount:
    number = None if value is None else side.units.in_unit(objective, value)
    unit = side.units.unit(objective)
    return _Amount(side.units.value(objective, value), number, (objective, unit, kind), better)


def _numbers(side: Side) -> dict[str, _Amount]:
    result, evaluation = side.result, side.result.evaluation
    goal = result.objective
    found = {
        "value": _cost(side, goal, result.value, kind=result.weights),
        "bound": _cost(side, goal, result.bound, 1, (result.problem_sha256, result.space)),
        "gap": _Amount(
            gap_text(result.gap),
            None if result.gap is None else Decimal(result.gap),
            (goal, result.weights, result.space),
            better=-1,
            is_share=True,
        ),
    }
    if evaluation is not None:
        found |= {
            "latency": _cost(side, "latency", evaluation.latency_cycles),
            "energy": _cost(side, "energy", evaluation.energy_nj),
            "EDP": _cost(side, "edp", evaluation.edp),
        }
    seconds = Decimal(str(round(result.seconds, 1)))
    return found | {"seconds of search": _Amount(f"{seconds}", seconds)}


def _runs(side: Side) -> dict[str, _Amount]:
    if side.problem is None or side.result.evaluation is None:
        return {}
    ends = side.result.evaluation.completion_cycles
    return {
        name: _cost(side, "latency", end)
        for name, end in zip(_run_names(side.problem), ends, strict=True)
    }


def _windows(side: Side) -> dict[str, _Amount]:
    windows = side.result.evaluation.windows if side.result.evaluation else ()
    return {
        str(w): _cost(side, "latency", window.latency_cycles, better=0)
        for w, window in enumerate(windows)
    }


def _run_names(problem: Problem) -> list[str]:
    """With their batches: of another batch, a run is another one."""
    return [
        f"{name} x{run.batch}" for name, run in zip(problem.run_names, problem.models, strict=True)
    ]


def _compared(
    caption: str, head: str, sides: Sequence[Side], amounts: Sequence[Mapping[str, _Amount]]
) -> Table:
    """A line for all that some side has: each side's amount, and its difference to the first's."""
    names = list(dict.fromkeys(name for side in amounts for name in side))
    lines = [[side.get(name, _Amount("-")) for side in amounts] for name in names]
    columns: Columns = {head: names}
    for k, side in enumerate(sides):
        columns[side.name] = [line[k].text for line in lines]
        if k:
            what = "difference" if len(sides) == 2 else f"difference of {side.name}"
            columns[what] = [_difference(line[0], line[k]) for line in lines]
    if any(amount.better for line in lines for amount in line):
        columns["better" if len(sides) == 2 else "best"] = [_best(sides, line) for line in lines]
    return table_of(caption, columns)


def _difference(first: _Amount, other: _Amount) -> str:
    """In per cent of the first, or in points; only 0 reads as 0."""
    if first.kind != other.kind or first.number is None or other.number is None:
        return "-"
    if first.number == other.number:
        return "0 %"
    by = other.number - first.number
    if not first.is_share and not first.number:
        return "-"
    text = gap_text(float(abs(by if first.is_share else by / first.number)))
    return f"{'+' if by > 0 else '-'}{text.replace('%', 'points') if first.is_share else text}"


def _best(sides: Sequence[Side], amounts: Sequence[_Amount]) -> str:
    """Whose amount is the best, if all can be compared."""
    numbers = [amount.number for amount in amounts if amount.number is not None]
    if len({amount.kind for amount in amounts}) > 1 or len(numbers) < len(amounts):
        return "-"
    better = amounts[0].better
    if not better:
        return "-"
    best = max(numbers, key=lambda number: better * number)
    names = [side.name for side, number in zip(sides, numbers, strict=True) if number == best]
    return "same" if len(names) == len(sides) else ", ".join(names)


def _moved(first: Side, other: Side) -> Table:
    """The layers that another chiplet holds, or the same in another window."""
    before, after = _places(first), _places(other)
    columns: Columns = {"run": [], "layers": [], first.name: [], other.name: []}
    moved = whole = 0
    for run in before:
        if run not in after:
            continue
        whole += len(before[run])
        for first_layer, last_layer, places in _changes(before[run], after[run]):
            moved += last_layer + 1 - first_layer
            cells = (run, layers_text(first_layer, last_layer), *places)
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
    caption = f"Layers of {first.name} that sit elsewhere in {other.name}: {moved:,} of {whole:,}"
    return table_of(caption, columns)


def _changes(before: list[str], after: list[str]) -> Iterator[tuple[int, int, tuple[str, str]]]:
    """First and last layer of every stretch that moved as one, and from where to where."""
    if len(before) != len(after):
        yield 0, len(before) - 1, (f"{len(before)} layers", f"{len(after)} layers")
        return
    at = 0
    for places, stretch in groupby(zip(before, after, strict=True)):
        size = len(list(stretch))
        if places[0] != places[1]:
            yield at, at + size - 1, places
        at += size


def _places(side: Side) -> dict[str, list[str]]:
    """Window and chiplet of every layer of every run."""
    if side.problem is None or side.schedule is None:
        return {}
    names = _run_names(side.problem)
    places = {
        name: ["-"] * run.num_layers for name, run in zip(names, side.problem.models, strict=True)
    }
    for w, window in enumerate(side.schedule.windows):
        for segment in window:
            size = segment.last + 1 - segment.first
            place = f"window {w}, {segment.chiplet} {side.problem.chiplets[segment.chiplet].type}"
            places[names[segment.model]][segment.first : segment.last + 1] = [place] * size
    return places


def _settings(sides: Sequence[Side]) -> Columns:
    """The settings in which the sides differ."""
    found = [_settings_of(side) for side in sides]
    names = dict.fromkeys(name for settings in found for name in settings)
    shown = [name for name in names if len({settings.get(name, "-") for settings in found}) > 1]
    columns: Columns = {"setting": shown}
    for side, settings in zip(sides, found, strict=True):
        columns[side.name] = [settings.get(name, "-") for name in shown]
    return columns


def _settings_of(side: Side) -> dict[str, str]:
    result = side.result
    return {
        "problem": result.problem,
        "with": settings_text(result) or "-",
        "sha256": result.problem_sha256[:8],
        **(problem_settings(side.problem, side.units) if side.problem else {}),
        "objective": result.objective,
        "weights of latency and energy": ", ".join(map(str, result.weights or ())) or "-",
        "solver": result.solver,
        "heuristic": result.scar or "-",
        "space": result.space,
        "time limit": f"{result.time_limit_s:g} s",
        "stop gap": gap_text(result.stop_gap),
        "workers": str(result.workers),
        "seed": str(result.seed),
        "scar-cp": result.versions.get("scar_cp", "-"),
    }
