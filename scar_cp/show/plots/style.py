"""One look for all pictures, the same on every machine, and files without dates."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, ParamSpec

from scar_cp.errors import ScarError
from scar_cp.judge.evaluation import Evaluation
from scar_cp.problem.compiled import Problem
from scar_cp.show.text.units import Units

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

__all__ = [
    "LEGEND_SIZE",
    "PALETTE",
    "PART_COLOURS",
    "figure_bytes",
    "in_house_style",
    "legend_columns",
    "model_fill",
    "model_handles",
    "short_name",
    "text_inches",
    "text_on",
    "totals",
]

P = ParamSpec("P")

PALETTE = (
    *("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00", "#999999"),
)
"""Okabe and Ito's eight colours, grey for black; colour-blind readers tell them apart."""

_HATCHES = ("", "///", "...", "xxx", "---", "ooo")
"""The ninth model has the first colour again, with the second of these on it, and so on."""

PART_COLOURS = {
    "weights": "#882255",
    "reads": "#332288",
    "compute": "#BBBBBB",
    "sends": "#44AA99",
    "writes": "#DDCC77",
}
"""Parts of a pass, in their order; none is a model's colour."""

_LONGEST_NAME = 40
"""Of a model, in a legend."""
LEGEND_SIZE = 7
"""Of letters, in points."""
_HANDLE_POINTS = 33
"""What a legend of that size takes beside a label."""

_STYLE: Mapping[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "figure.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "scar-cp",
    "text.parse_math": False,  # names are names, with dollars or without
}


@contextmanager
def _house_style() -> Iterator[None]:
    try:
        import matplotlib
    except ImportError as error:
        raise ScarError("pictures need matplotlib: pip install 'scar-cp[plot]'") from error
    with matplotlib.rc_context():  # whatever the user's own settings are
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


@contextmanager
def _without_missing_glyphs() -> Iterator[None]:
    """Say nothing of letters that the font has not: boxes stand for them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def in_house_style(plot: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a function draw in the style of all pictures.

    Raises
    ------
    ScarError
        When it is called without matplotlib.
    """

    @wraps(plot)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with _house_style():
            figure = plot(*args, **kwargs)
        # A notebook shows figures of pyplot, and others only if they can draw themselves.
        figure._repr_png_ = partial(figure_bytes, figure, ".png")  # type: ignore[attr-defined]
        return figure

    return styled


def figure_bytes(figure: Figure, suffix: str, dpi: int = 130) -> bytes:
    """The contents of a ``.png``, ``.svg`` or ``.pdf`` file, the same for the same figure."""
    dated = {
        ".png": {"Software": None},
        ".svg": {"Date": None, "Creator": None},
        ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    out = io.BytesIO()
    with _house_style(), _without_missing_glyphs():
        figure.savefig(out, format=suffix[1:], dpi=dpi, metadata=dated[suffix])
    return out.getvalue()


def model_fill(m: int) -> dict[str, Any]:
    """Face colour and hatch of model number m, everywhere."""
    hatch = _HATCHES[m // len(PALETTE) % len(_HATCHES)]
    return {"facecolor": PALETTE[m % len(PALETTE)], "hatch": hatch, "edgecolor": "black"}


def model_handles(problem: Problem) -> list[Patch]:
    """What a legend says of the models."""
    from matplotlib.patches import Patch

    return [
        Patch(
            label=f"{short_name(problem, m, _LONGEST_NAME)} x{model.batch}",
            linewidth=0.5,
            **model_fill(m),
        )
        for m, model in enumerate(problem.models)
    ]


def short_name(problem: Problem, m: int, letters: int) -> str:
    """Name of model number m; one that is too long loses its end, but not its number."""
    name = problem.models[m].name
    number = problem.run_names[m].removeprefix(name)
    room = letters - len(number)
    return (name if len(name) <= room else f"{name[: room - 1]}…") + number


def legend_columns(figure: Figure, labels: Sequence[str], most: int) -> int:
    """How many columns of a legend fit a figure's width; labels go down the columns."""
    room = 72 * figure.get_size_inches()[0]
    widths = [72 * text_inches(label, LEGEND_SIZE) for label in labels]
    for columns in range(most, 1, -1):
        low, more = divmod(len(labels), columns)
        ends = list(accumulate(low + (k < more) for k in range(columns)))
        widest = [max(widths[a:b], default=0.0) for a, b in pairwise([0, *ends])]
        if sum(widest) + _HANDLE_POINTS * columns <= room:
            return columns
    return 1


def text_inches(text: str, size: float) -> float:
    """How wide a line of letters of a size, in points, is."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with _without_missing_glyphs():
        width, _, _ = text_to_path.get_text_width_height_descent(
            text, FontProperties(size=size), False
        )
    return float(width) / 72


def text_on(m: int) -> dict[str, Any]:
    """How to write on model m's fill so that it can be read: colour, and a box over hatches."""
    fill = model_fill(m)
    colour = fill["facecolor"]
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 110
    box = {"facecolor": colour, "edgecolor": "none", "pad": 0.5} if fill["hatch"] else None
    return {"color": "black" if light else "white", "bbox": box}


def totals(problem: Problem, evaluation: Evaluation) -> str:
    """What a title says of a schedule."""
    units = Units(problem.clock_hz, digits=4)
    latency, energy = units.time(evaluation.latency_cycles), evaluation.energy_nj
    return f"latency {latency}, energy {units.value('energy', energy)}"
