"""What is known of deadlines, as text."""

from __future__ import annotations

from collections.abc import Iterator

from scar_cp.show.text.deadline_text import deadline_columns
from scar_cp.show.text.summary import gap_text
from scar_cp.show.text.tables import plain_table
from scar_cp.show.text.units import Units
from scar_cp.studies.tardiness import Tardiness

__all__ = ["tardiness_lines"]


def tardiness_lines(found: Tardiness) -> Iterator[str]:
    """When each run ends and how much slack it has; what is proven; what to relax.

    Parameters
    ----------
    found
        Of `scar_cp.studies.tardiness.least_tardiness`.
    """
    hz = found.problem.clock_hz
    if found.evaluation is not None:
        runs = deadline_columns(found.problem, found.evaluation, Units(hz))
        yield from plain_table(runs, {"run", ""})
    least, most = found.least_cycles, found.most_cycles
    if most == 0:
        yield "schedulable: every deadline is kept"
    elif least:
        yield f"not schedulable, proven: some deadline is missed by at least {_ms(least, hz)}"
        for demand in found.demands:
            if demand.late_cycles:
                names = ", ".join(found.problem.run_names[m] for m in demand.models)
                yield (
                    f"  due by {_ms(demand.deadline_cycles, hz)}: {names} take at least "
                    f"{_ms(demand.least_cycles, hz)}"
                )
    else:
        yield "not decided: no schedule is known that keeps all deadlines, nor a proof against one"
    if most:
        yield f"least tardiness known: {_ms(most, hz)}"
        if found.relaxed:
            yield f"enough to relax, any one of: {', '.join(found.relaxed)}"
        else:
            yield "no model is known whose deadlines alone could be given up for the others"
    energy = found.energy
    if energy is not None and energy.result.value is not None and energy.result.bound is not None:
        result = energy.result
        assert result.value is not None
        assert result.bound is not None
        yield (
            f"least energy that keeps all: {result.value * 1e-6:.6g} mJ, "
            f"bound {result.bound * 1e-6:.6g} mJ, gap {gap_text(result.gap)}"
        )


def _ms(cycles: int, hz: float) -> str:
    return f"{1e3 * cycles / hz:.4g} ms"
