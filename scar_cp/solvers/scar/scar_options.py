"""Modes and budgets of the heuristic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

from scar_cp.errors import Fault, InputError
from scar_cp.terms import Target

__all__ = ["ScarOptions", "Score", "parse_scar_options", "scar_options_text"]

Score = Callable[[float, float], float]
"""Rates a window by its cycles and nJ; must not fall when either grows."""


@dataclass(frozen=True)
class ScarOptions:
    """Modes and budgets; whatever a budget cuts off is said in the claim's notes.

    A budget of ``None`` is no budget.
    """

    windows: Literal["best", "given"] = "best"
    """Try the problem's own windows, one window, and all windows allowed; or only the first.
    In the spaces ``windowed`` and ``scar`` the problem's own windows are the only choice."""
    provisioning: Literal["rules", "exhaustive"] = "rules"
    """PROV: the problem's node counts, or every distribution of the chiplets (not in the space
    ``scar``, which is defined by the node counts)."""
    target: Target = "latency"
    """PROV: the metric that node counts are shared out by (not in the space ``scar``)."""
    segmentation: Literal["auto", "exhaustive", "evolutionary"] = "auto"
    """SEG: ``auto`` is exhaustive up to 9 chiplets and evolutionary beyond."""
    top_k: int | None = 300
    """Cuts kept per model, window and number of segments by the exhaustive SEG."""
    max_cuts: int | None = 50_000
    """Cuts scored per model, window and number of segments; beyond, small layers are merged."""
    max_walks: int | None = 20_000
    """Placements per number of segments."""
    max_nodes: int | None = 5_000
    """Inner nodes of one window's scheduling tree."""
    population: int = 10
    """Individuals of the evolutionary SEG."""
    generations: int = 4
    """Generations of the evolutionary SEG."""
    score: Score | None = None
    """What a window is searched for; default: the request's objective. The schedules of several
    window packings are always compared by the request's objective."""

    def __post_init__(self) -> None:
        """Refuse values that no search could make sense of."""
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if isinstance(getattr(type(self), name), str):
                if value not in kind:
                    raise ValueError(f"{name} must be one of {', '.join(kind)}: {value!r}")
            elif value is None and type(None) in kind:
                continue
            elif type(value) is not int or value < _LEAST.get(name, 1):
                rule = f"must be an integer of at least {_LEAST.get(name, 1)}"
                raise ValueError(f"{name} {rule}: {value!r}")


_KINDS = {name: get_args(kind) for name, kind in get_type_hints(ScarOptions).items()}
del _KINDS["score"]
"""Values or types of every mode and budget; a score is a function, for Python only."""
_LEAST = {"generations": 0}


def scar_options_text(options: ScarOptions) -> str:
    """What `parse_scar_options` reads back: all that is not as by default.

    A score is a function: it is named, and cannot be read back.
    """
    default = ScarOptions()
    chosen = {
        name: getattr(options, name)
        for name in (*_KINDS, "score")
        if getattr(options, name) != getattr(default, name)
    }
    if options.score is not None:
        chosen["score"] = getattr(options.score, "__qualname__", type(options.score).__name__)
    return ",".join(f"{k}={'none' if v is None else v}" for k, v in chosen.items())


def parse_scar_options(text: str) -> ScarOptions:
    """Read ``name=value,...``; a budget may be ``none``.

    Raises
    ------
    InputError
        With every fault, as of the parameter ``scar``.
    """
    faults: list[Fault] = []
    chosen: dict[str, Any] = {}
    for item in text.split(",") if text else []:
        name, _, value = item.partition("=")
        if name not in _KINDS:
            faults.append(
                Fault("scar", "", name, f"must be one of {', '.join(_KINDS)}", is_parameter=True)
            )
            continue
        if name in chosen:
            faults.append(Fault("scar", name, value, "must be given once", is_parameter=True))
        chosen[name] = None if value == "none" else int(value) if value.isdigit() else value
        try:
            ScarOptions(**{name: chosen[name]})
        except ValueError as error:
            rule = str(error).removeprefix(f"{name} ").rpartition(":")[0]
            faults.append(Fault("scar", name, value, rule, is_parameter=True))
    if faults:
        raise InputError(faults)
    return ScarOptions(**chosen)
