"""The split of the heuristic's gap as text, Markdown or CSV."""

from __future__ import annotations

from collections.abc import Sequence

from scar_cp.records.runs_csv import comment_head, to_csv
from scar_cp.show.text.tables import Columns, pipe_table, plain_table
from scar_cp.show.text.units import Units
from scar_cp.studies.gap_splits import STEPS, GapSplit

__all__ = ["gaps_columns", "gaps_csv", "gaps_markdown", "gaps_text"]

_LEFT = {"scenario", "package", "profile", "objective"}
_HEAD = "shares of the heuristic's value that each of its decisions costs; a-b: not proven"


def gaps_text(splits: Sequence[GapSplit]) -> str:
    """A line per problem and objective, a column per decision."""
    return "\n".join([_HEAD, "", *plain_table(gaps_columns(splits), _LEFT)]) + "\n"


def gaps_markdown(splits: Sequence[GapSplit]) -> str:
    """The same in Markdown."""
    return "\n".join([_HEAD, "", *pipe_table(gaps_columns(splits), _LEFT)]) + "\n"


def gaps_csv(splits: Sequence[GapSplit]) -> str:
    """A row per problem, objective and decision: exact values and bounds, and shares."""
    head = comment_head(
        "method: scar-cp gaps; the heuristic in the space scar, cp-sat in all four; the runs stand",
        "  in the table of the same name with .runs.csv",
        "value, bound: best known in the space; least, most: share of the heuristic's value that",
        "  the decision costs, an interval where value and bound differ",
    )
    names = ("scenario", "package", "profile", "windows", "objective", "heuristic", "clock_hz")
    columns = (*names, "decision", "space", "value", "bound", "least", "most")
    rows = (
        {name: getattr(split, name) for name in names} | vars(loss)
        for split in splits
        for loss in split.losses
    )
    return to_csv(columns, rows, head)


def gaps_columns(splits: Sequence[GapSplit]) -> Columns:
    """A line per problem and objective."""
    columns: Columns = {
        "scenario": [split.scenario for split in splits],
        "package": [split.package for split in splits],
        "profile": [split.profile for split in splits],
        "windows": [str(split.windows) for split in splits],
        "objective": [split.objective for split in splits],
        "heuristic": [
            Units(split.clock_hz).value(split.objective, split.heuristic) for split in splits
        ],
    }
    for k, (_, decision) in enumerate(STEPS):
        shares = [(split.losses[k].least, split.losses[k].most) for split in splits]
        columns[decision] = [_interval(*share) for share in shares]
    columns["all"] = [_interval(*split.total) for split in splits]
    return columns


def _interval(least: float | None, most: float | None) -> str:
    """Per cent; one number where both ends read alike."""
    if least is None or most is None:
        return "-"
    low, high = f"{100 * least:.1f}", f"{100 * most:.1f}"
    return f"{low} %" if low == high else f"{low}-{high} %"
