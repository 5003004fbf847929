"""Dataflows, solvers and cost sources by name: built in, or from another package.

A package adds one by an entry point of its own, in its ``pyproject.toml``::

    [project.entry-points."scar_cp.solvers"]
    mine = "my_package:solve"

The entry point leads to an object, or to a class that is then called without arguments. Nothing is
imported before it is asked for by name, so a broken plug-in harms only those who use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import Any, Final

from scar_cp.errors import Fault, InputError, PluginError

__all__ = ["COST_SOURCES", "DATAFLOWS", "SOLVERS", "Registry"]


class Registry(Mapping[str, Any]):
    """Everything of one kind by name; looking a name up imports what it stands for.

    Parameters
    ----------
    kind
        What is named, for messages.
    group
        Group of the entry points that add to it.
    interface
        ``module:name`` of the class that says what a plug-in must be.
    built_in
        ``module:name`` of each built-in one.
    """

    def __init__(self, kind: str, group: str, interface: str, built_in: Mapping[str, str]) -> None:
        self.group = group
        self.interface = interface
        self.built_in = built_in
        self._kind = kind
        self._loaded: dict[str, Any] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self.built_in, *sorted(self._entry_points)]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or name in self._entry_points

    def __getitem__(self, name: str) -> Any:
        """Import what a name stands for.

        Raises
        ------
        KeyError
            If nothing has the name.
        InputError
            If the plug-in of this name is broken, or takes the name of another one.
        """
        if name not in self:
            raise KeyError(f"{name!r} {self.rule}")
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    @property
    def rule(self) -> str:
        """What a name must be, with all that it may be."""
        return f"must be a known {self._kind}: {', '.join(self)}"

    def version_of(self, name: str) -> str:
        """The package that a plug-in comes from and its version; empty for a built-in."""
        points = self._entry_points.get(name)
        return _package(points[0]) if points else ""

    @contextmanager
    def blaming(self, name: str) -> Iterator[None]:
        """Blame a plug-in for whatever is raised at its work; what a built-in raises is ours.

        Raises
        ------
        PluginError
            If the name is a plug-in's: also for a `ClaimError`, which has found it out.
        """
        try:
            yield
        except (Exception, SystemExit) as error:
            package = self.version_of(name)
            if not package:
                raise
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise PluginError(f"the {self._kind} {name} of {package}", reason) from error

    @cached_property
    def _entry_points(self) -> dict[str, list[EntryPoint]]:
        found: dict[str, list[EntryPoint]] = {}
        for point in entry_points(group=self.group):
            found.setdefault(point.name, []).append(point)
        return found

    def _load(self, name: str) -> Any:
        points = self._entry_points.get(name, [])
        if name in self.built_in:
            if points:
                raise self._refusal(points, f"must not take the name of a built-in {self._kind}")
            return _made(resolve_name(self.built_in[name]))
        if len(points) > 1:
            raise self._refusal(points, f"must be the only {self._kind} of this name")
        try:
            found = _made(points[0].load())
        except Exception as error:  # whatever the plug-in does when it is imported
            rule = f"cannot be loaded: {type(error).__name__}: {error}"
            raise self._refusal(points, rule) from error
        if not isinstance(found, resolve_name(self.interface)):
            raise self._refusal(points, f"must be a {self.interface.replace(':', '.')}")
        return found

    def _refusal(self, points: list[EntryPoint], rule: str) -> InputError:
        return InputError(
            Fault(_package(point), self.group, f"{point.name} = {point.value}", rule)
            for point in points
        )


def _made(found: Any) -> Any:
    return found() if isinstance(found, type) else found


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "a package without a name"


DATAFLOWS: Final = Registry(
    "dataflow",
    "scar_cp.dataflows",
    "scar_cp.cost:Dataflow",
    {
        "eyeriss": "scar_cp.cost.eyeriss:Eyeriss",
        "nvdla": "scar_cp.cost.nvdla:Nvdla",
        "shidiannao": "scar_cp.cost.shidiannao:ShiDianNao",
    },
)
"""How arrays run layers: the ``dataflow`` of a chiplet type."""

SOLVERS: Final = Registry(
    "solver",
    "scar_cp.solvers",
    "scar_cp.solvers:Solver",
    {
        "cp-sat": "scar_cp.solvers.cpsat.solver:cpsat",
        "scar": "scar_cp.solvers.scar.heuristic:scar",
        "simba": "scar_cp.solvers.rivals.baselines:simba",
        "standalone": "scar_cp.solvers.rivals.baselines:standalone",
        "nn-baton": "scar_cp.solvers.rivals.baselines:nn_baton",
        "heft": "scar_cp.solvers.rivals.heft:heft",
        "random": "scar_cp.solvers.rivals.evolutionary:random_draws",
        "evolutionary": "scar_cp.solvers.rivals.evolutionary:evolutionary",
        "exhaustive": "scar_cp.solvers.exhaustive:exhaustive",
    },
)
"""Ways to find schedules: the ``solver`` of a request."""

COST_SOURCES: Final = Registry(
    "format",
    "scar_cp.cost_sources",
    "scar_cp.cost_sources:CostSource",
    {
        "maestro": "scar_cp.cost_sources.maestro:MAESTRO",
        "timeloop": "scar_cp.cost_sources.timeloop:TIMELOOP",
        "zigzag": "scar_cp.cost_sources.zigzag:ZIGZAG",
    },
)
"""Readers of other tools' results: the ``--format`` of ``scar-cp import costs``."""
