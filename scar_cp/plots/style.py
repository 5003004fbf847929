"""One look for all pictures, the same on every machine, and files without dates."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from scar_cp.errors import ScarError
from scar_cp.problem import Problem

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

__all__ = [
    "PALETTE",
    "PART_COLOURS",
    "figure_bytes",
    "in_house_style",
    "model_fill",
    "model_handles",
    "text_on",
    "time_unit",
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

_STYLE: Mapping[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "scar-cp",
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
    """The contents of a ``.png`` or ``.svg`` file, the same for the same figure."""
    dated = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}
    out = io.BytesIO()
    with _house_style():
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
        Patch(label=f"{model.name} x{model.batch}", linewidth=0.5, **model_fill(m))
        for m, model in enumerate(problem.models)
    ]


def text_on(m: int) -> dict[str, Any]:
    """How to write on model m's fill so that it can be read: colour, and a box over hatches."""
    fill = model_fill(m)
    colour = fill["facecolor"]
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 110
    box = {"facecolor": colour, "edgecolor": "none", "pad": 0.5} if fill["hatch"] else None
    return {"color": "black" if light else "white", "bbox": box}


def time_unit(cycles: int, clock_hz: float) -> tuple[float, str]:
    """What to multiply cycles with, and the unit, for times up to the given one."""
    seconds = cycles / clock_hz
    for unit, per_second in (("s", 1e0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * per_second >= 1:
            return per_second / clock_hz, unit
    return 1e9 / clock_hz, "ns"
