"""The best values and bounds that are known of each problem: a table that only gets better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from scar_cp.errors import ClaimError
from scar_cp.files.loading import load_problem
from scar_cp.outcome.solving import relative_gap
from scar_cp.records.record import NonNegativeInt, PositiveInt
from scar_cp.records.runs_csv import comment_head, read_table, to_csv
from scar_cp.studies.bench import Row, source_of
from scar_cp.studies.judged_rows import Share
from scar_cp.terms import ObjectiveName, Space

__all__ = ["Best", "best_of", "best_text", "merged", "read_best"]


@dataclass(frozen=True)
class Best:
    """What is known of one problem, space and objective."""

    scenario: str
    package: str
    windows: PositiveInt
    space: Space
    objective: ObjectiveName
    value: NonNegativeInt | None
    """Of the best schedule."""
    value_by: str
    """Version that found it."""
    bound: NonNegativeInt | None
    """No schedule has a smaller value."""
    bound_by: str
    gap: Share | None
    sha256: str
    """Of the problem."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies it."""
        return self.sha256, self.space, self.objective

    @property
    def name(self) -> str:
        """The case in words."""
        return f"{self.scenario} {self.package} {self.windows}w {self.objective} {self.space}"


def best_of(row: Row, by: str, instances: Path | None = None) -> Best:
    """What a row of a suite says.

    Parameters
    ----------
    row
        Of a suite.
    by
        Version that made it.
    instances
        Folder of the instances and packages it was run on; ``None``: those that are shipped.
    """
    source, package = source_of(row.scenario, row.package, instances)
    loaded = load_problem(source, {"package": package, "windows": row.windows})
    of = row.scenario, row.package, row.windows, row.space, row.objective
    return Best(*of, row.value, by, row.bound, by, row.gap, loaded.sha256)


def merged(stored: Sequence[Best], found: Iterable[Best]) -> tuple[list[Best], list[str]]:
    """The better of both, and in words what is new.

    Returns
    -------
    table : list of Best
        Those that were stored come first, in their order.
    news : list of str
        A line for each value or bound that is new or better.

    Raises
    ------
    ClaimError
        If a bound lies above a value: one of them is false.
    """
    table = {best.key: best for best in stored}
    news = []
    for new in found:
        old = table.get(new.key)
        if old is None:
            _refuse_contradiction(new)
            table[new.key] = new
            news.append(f"{new.name}: value {_text(new.value)}, bound {_text(new.bound)}")
            continue
        best = old
        if new.value is not None and (old.value is None or new.value < old.value):
            best = replace(best, value=new.value, value_by=new.value_by)
            news.append(f"{new.name}: value {_text(old.value)} -> {new.value:,}")
        if new.bound is not None and (old.bound is None or new.bound > old.bound):
            best = replace(best, bound=new.bound, bound_by=new.bound_by)
            news.append(f"{new.name}: bound {_text(old.bound)} -> {new.bound:,}")
        _refuse_contradiction(best)
        table[new.key] = replace(best, gap=relative_gap(best.value, best.bound))
    return list(table.values()), news


def _refuse_contradiction(best: Best) -> None:
    if best.value is not None and best.bound is not None and best.bound > best.value:
        raise ClaimError(f"{best.name}: bound {best.bound:,} above value {best.value:,}")


def _text(number: int | None) -> str:
    return "none" if number is None else f"{number:,}"


def read_best(path: Path) -> list[Best]:
    """The table, empty if there is no file."""
    return read_table(path, Best, note=False) if path.is_file() else []


def best_text(table: Sequence[Best]) -> str:
    """The table as a file."""
    head = comment_head(
        "command: scar-cp bench suite NAME... --best FILE (it only improves)",
        "value: of a schedule that was evaluated; bound: certified; gap = (value - bound) / value",
        "value_by, bound_by: version of scar-cp that found it first",
    )
    return to_csv([f.name for f in fields(Best)], map(asdict, table), head)
