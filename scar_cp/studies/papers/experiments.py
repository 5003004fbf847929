"""The papers' experiments: which strategy ran on which package, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from scar_cp.studies.papers.published import PREDECESSOR, SCAR
from scar_cp.terms import ObjectiveName, Packing

__all__ = ["EXPERIMENTS", "Ask", "Experiment", "Part", "Strategy"]


@dataclass(frozen=True)
class Ask:
    """One run of one solver, as an experiment asks for it."""

    scenario: str
    profile: str
    search: ObjectiveName
    package: str
    solver: str
    windows: int
    scar: str = ""
    """Modes of the heuristic."""
    packing: Packing = "greedy"
    n_splits: int | None = None


@dataclass(frozen=True)
class Strategy:
    """A row of a paper's table: a way to schedule on a package."""

    name: str
    package: str
    solver: str = "scar"
    windows: int = 5
    """Most time windows of the strategy's own schedule."""
    scar: str = ""
    packing: Packing = "greedy"
    n_splits: int | None = None
    optimum_windows: int | None = 5
    """Most time windows of the package's optimum; ``None``: not asked for."""

    def own(self, scenario: str, profile: str, search: ObjectiveName) -> Ask:
        """The run of the strategy itself."""
        return Ask(
            *(scenario, profile, search, self.package, self.solver, self.windows),
            *(self.scar, self.packing, self.n_splits),
        )

    def optimum(self, scenario: str, profile: str, search: ObjectiveName) -> Ask | None:
        """The exact solver's run on the strategy's package."""
        if self.optimum_windows is None:
            return None
        return Ask(scenario, profile, search, self.package, "cp-sat", self.optimum_windows)

    def __str__(self) -> str:
        modes = f", {self.scar}" if self.scar else ""
        modes += f", packing={self.packing}" if self.packing != "greedy" else ""
        text = f"{self.name}: {self.solver} on {self.package}, {_most(self.windows)}{modes}"
        if self.optimum_windows is None:
            return text
        return f"{text}; optimum: cp-sat, {_most(self.optimum_windows)}, full space"


def _most(windows: int) -> str:
    return f"at most {windows} window{'s' if windows > 1 else ''}"


@dataclass(frozen=True)
class Part:
    """Scenarios x searches x strategies of an experiment."""

    scenarios: tuple[str, ...]
    searches: tuple[ObjectiveName, ...]
    strategies: tuple[Strategy, ...]
    ratios: tuple[tuple[str, str], ...] = ()
    """Which strategy is compared with which."""


@dataclass(frozen=True)
class Experiment:
    """An experiment of a paper."""

    name: str
    source: str
    """Where the published figures stand."""
    parts: tuple[Part, ...]
    ranked: bool = False
    """Whether the paper orders packages with it."""
    by_window: bool = False
    """Whether its table shows every model and window, and not only the totals."""

    def asks(self, profile: str) -> Iterator[Ask]:
        """Every run that the experiment needs; some may come twice."""
        for part in self.parts:
            for scenario in part.scenarios:
                for search in part.searches:
                    for strategy in part.strategies:
                        yield strategy.own(scenario, profile, search)
                        optimum = strategy.optimum(scenario, profile, search)
                        if optimum is not None:
                            yield optimum


GIVEN = "windows=given"
"""The windows asked for and no other, as the paper's heuristic has it."""

_STANDALONE = tuple(
    Strategy(f"Stand.({name})", f"simba_{name.lower()}_3x3", "standalone", 1)
    for name in ("Shi", "NVD")
)
_SIMBA = tuple(
    Strategy(f"Simba({name})", f"simba_{name.lower()}_3x3", "simba", 1) for name in ("Shi", "NVD")
)
_SIX = (
    *(_STANDALONE + _SIMBA),
    Strategy("Het-CB", "het_cb_3x3"),
    Strategy("Het-Sides", "het_sides_3x3"),
)


def _all_relative_to(name: str, strategies: tuple[Strategy, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((strategy.name, name) for strategy in strategies)


def _table_v() -> Part:
    scenarios = ("sc6", "sc7", "sc8", "sc9", "sc10")
    return Part(scenarios, ("edp",), _SIX, _all_relative_to("Stand.(NVD)", _SIX))


def _six_by_six() -> Part:
    strategies = (
        Strategy("Simba(Shi)", "simba_shi_6x6", "simba", 1),
        Strategy("Simba(NVD)", "simba_nvd_6x6", "simba", 1),
        Strategy("Het-Cross", "het_cross_6x6"),
    )
    return Part(("sc4",), ("edp",), strategies, _all_relative_to("Het-Cross", strategies))


def _triangular() -> Part:
    strategies = (
        Strategy("Simba-T(Shi)", "simba_t_shi_3x3", "simba", 1),
        Strategy("Simba-T(NVD)", "simba_t_nvd_3x3", "simba", 1),
        Strategy("Het-T", "het_t_3x3"),
    )
    return Part(("sc3", "sc4"), ("edp",), strategies, _all_relative_to("Het-T", strategies))


def _splits() -> Part:
    strategies = tuple(
        Strategy(
            f"{n} split{'s' if n > 1 else ''}",
            "het_sides_3x3",
            windows=n + 1,
            scar=GIVEN,
            n_splits=n,
            optimum_windows=n + 1,
        )
        for n in range(1, 6)
    )
    names = [strategy.name for strategy in strategies]
    steps = tuple(pairwise(names))
    return Part(("sc4",), ("edp", "latency"), strategies, steps)


def _packing() -> Part:
    strategies = (
        Strategy("greedy", "het_sides_3x3", scar=GIVEN),
        Strategy("uniform", "het_sides_3x3", scar=GIVEN, packing="uniform"),
    )
    return Part(("sc4",), ("edp",), strategies, (("greedy", "uniform"),))


def _provisioning() -> Part:
    rules = Strategy("Het-Sides rules", "het_sides_3x3", scar=GIVEN)
    exhaustive = Strategy(
        "Het-Sides exhaustive", "het_sides_3x3", scar=f"{GIVEN},provisioning=exhaustive"
    )
    rivals = (_STANDALONE[1], *_SIMBA)
    ratios = tuple((own.name, rival.name) for own in (rules, exhaustive) for rival in rivals)
    return Part(
        ("sc4", "sc5"),
        ("edp",),
        (rules, exhaustive, *rivals),
        (*ratios, (exhaustive.name, rules.name)),
    )


def _motivational() -> tuple[Part, ...]:
    together = (
        Strategy("NN-baton", "mixed_2x2", "nn-baton", 2, optimum_windows=None),
        Strategy("one window", "mixed_2x2", windows=1, optimum_windows=1),
        Strategy("two windows", "mixed_2x2", windows=2, scar=GIVEN, optimum_windows=2),
    )
    block = (
        Strategy("ShiDianNao", "simba_shi_2x2", "standalone", 1, optimum_windows=None),
        Strategy("NVDLA", "simba_nvd_2x2", "standalone", 1, optimum_windows=None),
        Strategy("mixed", "mixed_2x2", windows=2, optimum_windows=2),
    )
    return (
        Part(("motivational",), ("edp",), together, _all_relative_to("NN-baton", together[1:])),
        Part(("motivational_block",), ("edp",), block, _all_relative_to("ShiDianNao", block[1:])),
    )


def _predecessor() -> Part:
    strategies = (
        Strategy("Het 2x2", "het_2x2"),
        # Two models on one die need two windows.
        Strategy("Monolithic(Shi)", "monolithic_shi_2x2", "standalone", 2, optimum_windows=2),
    )
    ratios = (("Monolithic(Shi)", "Het 2x2"),)
    return Part(("predecessor",), ("latency", "energy"), strategies, ratios)


EXPERIMENTS = {
    experiment.name: experiment
    for experiment in (
        Experiment(
            "table-iv",
            f"{SCAR}, Table IV",
            (Part(("sc1", "sc2", "sc3", "sc4", "sc5"), ("latency", "edp"), _SIX),),
            ranked=True,
        ),
        Experiment("table-v", f"{SCAR}, Table V", (_table_v(),), ranked=True),
        Experiment(
            "table-vi",
            f"{SCAR}, Table VI",
            (Part(("sc4",), ("edp",), (Strategy("Het-Sides", "het_sides_3x3", scar=GIVEN),)),),
            by_window=True,
        ),
        Experiment("6x6", f"{SCAR}, text on the 6x6 packages", (_six_by_six(),), ranked=True),
        Experiment(
            "triangular", f"{SCAR}, text on the triangular NoP", (_triangular(),), ranked=True
        ),
        Experiment("splits", f"{SCAR}, text on the number of splits", (_splits(),)),
        Experiment("packing", f"{SCAR}, text on packing", (_packing(),)),
        Experiment("provisioning", f"{SCAR}, text on provisioning", (_provisioning(),)),
        Experiment("motivational", f"{SCAR}, motivational example", _motivational()),
        Experiment("predecessor", f"{PREDECESSOR}, text", (_predecessor(),)),
    )
}
"""Experiments by name. Strategies of one package share its optimum."""
