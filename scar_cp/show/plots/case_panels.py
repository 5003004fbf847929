"""Axes with the cases of a table of runs beside each other, for bars over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from scar_cp.show.plots.style import model_fill, text_inches
from scar_cp.show.text.tables import by_numbers
from scar_cp.studies.gap_splits import GapSplit
from scar_cp.studies.judged_rows import JudgedRow

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "GROUP",
    "TOLD",
    "case_names",
    "grouped_bars",
    "in_order",
    "legend_below",
    "panels_of",
    "placed",
]

R = TypeVar("R", JudgedRow, GapSplit)

GROUP = 0.8
"""Width of a case's bars together."""
TOLD = ("package", "profile", "settings", "windows", "space", "objective")
"""What may tell rows of one scenario apart."""
_PAGE = 14.0
"""Inches that a picture may be wide."""
_LABEL_SIZE = 6
"""Of the letters over bars, in points."""
_APART = 0.08
"""Inches between texts beside each other."""


def in_order(rows: Sequence[R], names: Sequence[str] = TOLD) -> list[R]:
    """Rows by scenario and what is told of them: words as they came, numbers as numbers."""

    def ranks(name: str) -> dict[object, int]:
        values: list[object] = list(dict.fromkeys(getattr(row, name) for row in rows))
        if name in ("windows", "settings"):
            values.sort(key=by_numbers)
        return {value: rank for rank, value in enumerate(values)}

    order = {name: ranks(name) for name in ("scenario", *names)}
    return sorted(rows, key=lambda row: [order[name][getattr(row, name)] for name in order])


def case_names(
    rows: Sequence[JudgedRow] | Sequence[GapSplit], names: Sequence[str] = TOLD
) -> list[str]:
    """The scenario of every row, with what differs among rows of one scenario."""
    scenarios = {row.scenario for row in rows}
    told = [
        name
        for name in names
        if len({(r.scenario, getattr(r, name)) for r in rows}) > len(scenarios)
    ]
    return [
        "\n".join([row.scenario, *filter(None, (_word(name, getattr(row, name)) for name in told))])
        for row in rows
    ]


def _word(name: str, value: object) -> str:
    if name == "windows":
        return f"{value} window{'' if value == 1 else 's'}"
    if name != "settings":
        return str(value)
    pairs = (pair.partition("=") for pair in str(value).split("; "))
    return "\n".join(f"{key.rpartition('.')[2]}{sign}{to}" for key, sign, to in pairs)


def panels_of(
    blocks: Sequence[Sequence[str]], bars: int, labels: Sequence[str] = ()
) -> tuple[Figure, list[tuple[Axes, int, list[str]]]]:
    """Axes below each other, each with as many of the cases as a page is wide.

    Parameters
    ----------
    blocks
        Cases that share a scale.
    bars
        In each case.
    labels
        What stands over bars: there is room for the longest over each.

    Returns
    -------
    figure : matplotlib.figure.Figure
    panels : list of (Axes, int, list of str)
        With the number of their block, and their cases.
    """
    from matplotlib.figure import Figure

    most = max(map(len, blocks), default=0)
    lines = max((case.count("\n") for cases in blocks for case in cases), default=0)
    size = _LABEL_SIZE + (lines < 2)
    names = {line for cases in blocks for case in cases for line in case.split("\n")}
    text = max(
        [text_inches(name, size) + _APART for name in names]
        + [(text_inches(label, _LABEL_SIZE) + _APART) * bars / GROUP for label in set(labels)],
        default=0.0,
    )
    width = max(4.5, 1.2 + most * max(0.55, 0.3 * bars, text))
    per_row = max(1, most)
    if width > _PAGE:
        per_row = max(1, int((_PAGE - 1.2) / max(0.65, 0.2 * bars, text)))
        width = _PAGE
    rows = [
        (b, list(cases[k : k + per_row]))
        for b, cases in enumerate(blocks)
        for k in range(0, len(cases), per_row)
    ] or [(0, [])]
    high = 3.6 if len(rows) == 1 else 0.6 + (2.2 + 0.1 * lines) * len(rows)
    figure = Figure(figsize=(width, high + 0.2))
    first: dict[int, Axes] = {}
    panels = []
    for axes, (b, shown) in zip(figure.subplots(len(rows), squeeze=False).flat, rows, strict=True):
        axes.set_xticks(range(len(shown)), shown, fontsize=size)
        axes.tick_params(axis="x", length=0)
        axes.margins(y=0.08)
        axes.set_xlim(-0.5, min(per_row, most) - 0.5)
        if b in first:
            axes.sharey(first[b])
        first.setdefault(b, axes)
        panels.append((axes, b, shown))
    return figure, panels


def grouped_bars(
    axes: Axes,
    shown: Sequence[tuple[int, JudgedRow]],
    solvers: Sequence[str],
    height: Callable[[JudgedRow], float | None],
    label: Callable[[JudgedRow], str],
) -> None:
    """Draw a bar for every row, those of one place beside each other by solver.

    Where a row has no height, its label stands at the foot, on an axis of any scale.

    Parameters
    ----------
    axes
        To draw on.
    shown
        Rows with their places.
    solvers
        All of them, in the order of their colours.
    height, label
        Of a row's bar.
    """
    width = GROUP / len(solvers)
    for k, solver in enumerate(solvers):
        mine = [
            (x - GROUP / 2 + (k + 0.5) * width, height(row), label(row))
            for x, row in shown
            if row.solver == solver
        ]
        tall = [(x, high, text) for x, high, text in mine if high is not None]
        bars = axes.bar(
            [x for x, *_ in tall],
            [high for _, high, _ in tall],
            width,
            label=solver,
            linewidth=0.5,
            **model_fill(k),
        )
        axes.bar_label(bars, [text for *_, text in tall], fontsize=_LABEL_SIZE, padding=1)
        for x, high, text in mine:
            if high is None:
                axes.annotate(
                    text,
                    (x, 0),
                    xycoords=axes.get_xaxis_transform(),
                    xytext=(0, 1),
                    textcoords="offset points",
                    ha="center",
                    va="bottom",
                    fontsize=_LABEL_SIZE,
                )


def legend_below(figure: Figure, names: Sequence[str], *more: Artist) -> None:
    """Name the colours, and more, below all axes."""
    from matplotlib.patches import Patch

    handles = [Patch(label=name, linewidth=0.5, **model_fill(k)) for k, name in enumerate(names)]
    columns = max(2, int(figure.get_size_inches()[0] / 1.6))
    figure.legend(handles=[*handles, *more], loc="outside lower center", ncols=columns, fontsize=7)


def placed(
    groups: Sequence[str], cases: Sequence[str], rows: Sequence[JudgedRow]
) -> list[tuple[int, JudgedRow]]:
    """Rows of the cases that a panel shows, each with the place of its case."""
    places = {case: x for x, case in enumerate(groups)}
    return [(places[c], row) for c, row in zip(cases, rows, strict=True) if c in places]
