"""A plug-in of each kind, to copy: the ``pyproject.toml`` beside it says what each is named."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from scar_cp import InputError, Schedule, Segment
from scar_cp.cost import ArrayCosts, Nests
from scar_cp.cost_sources import CostSource, LayerResult
from scar_cp.errors import Fault
from scar_cp.inputs.package import ChipletType
from scar_cp.solvers import Claim, Search


class Ideal:
    """An array that never waits and moves every element once."""

    def dense(self, nests: Nests, chiplet: ChipletType) -> ArrayCosts:
        return ArrayCosts(
            cycles=-(-nests.macs // chiplet.num_pes),  # rounded up, in whole numbers
            input_reads=nests.input_elements,
            filter_reads=nests.filter_elements,
            output_writes=nests.output_elements,
        )

    depthwise = dense


def first_free(search: Search) -> Claim:
    """Put each model whole on the first free chiplet; a window begins when all are taken."""
    problem = search.problem
    windows: list[list[Segment]] = []
    for m, model in enumerate(problem.models):
        chiplet = m % problem.num_chiplets
        if chiplet == 0:
            windows.append([])
        last = model.num_layers - 1
        windows[-1].append(Segment(model=m, first=0, last=last, chiplet=chiplet))
    schedule = Schedule.of(problem.name, windows)
    search.offer(schedule, "first-free")
    return Claim(search.schedule, search.value, notes=search.objections(schedule))


def read_stopwatch(path: Path) -> list[LayerResult]:
    """Read lines of the form ``LAYER CYCLES NJ``."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    faults = [
        Fault(str(path), f"line {number}", " ".join(words), "must be LAYER CYCLES NJ")
        for number, words in enumerate(lines, start=1)
        if len(words) != 3
    ]
    if faults:
        raise InputError(faults)
    return [
        LayerResult(f"line {number}", "", layer, cycles, energy)
        for number, (layer, cycles, energy) in enumerate(lines, start=1)
    ]


STOPWATCH = CostSource(read_stopwatch, energy_unit_pj=Fraction(1000))
