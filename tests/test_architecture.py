"""Who may import whom, and what an import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import get_args

import pytest

import scar_cp
from scar_cp.cli import options, papers, schema
from scar_cp.fresh import _SHOWS_ONLY
from scar_cp.graph import Granularity
from scar_cp.instance import Objective
from scar_cp.papers.experiments import EXPERIMENTS
from scar_cp.plugins import COST_SOURCES, DATAFLOWS, SOLVERS, Registry
from scar_cp.problem import Contention, Overlap, Packing, Routing, Space, WeightPolicy
from scar_cp.schemas import SCHEMAS

SOURCE = Path(scar_cp.__file__).parent

FLOORS = (
    {"clock", "errors", "exact", "record", "topology"},
    {"csv_rows", "csv_table", "documents", "fresh", "package", "plugins", "schedule", "workload"},
    {"cost", "cost_sources", "cost_table", "graph", "problem", "starter"},
    {"cost_import", "evaluation", "instance", "pipeline", "reconfig"},
    {"bounds", "costing", "schemas", "timeline", "validation"},
    {"compile", "partition"},
    {"build", "io", "layer_list", "result", "solvers", "trace"},
    {"imports", "origin", "solving"},
    {"bench", "judging", "pareto", "verify"},
    {"compare"},
    {"gaps", "papers"},
    {"outputs", "plots", "report"},
    {"page"},
    {"cli"},
)
"""Modules and packages by floor: imports go strictly down, or stay inside one package."""

HOMES = {
    "matplotlib": ("plots",),
    "jinja2": ("page",),
    "onnx": ("imports",),
    "ortools": ("solvers.cpsat",),
    "plotly": ("page",),
    "rich": ("cli", "report"),
    "typer": ("cli",),
    "yaml": ("documents",),
}
"""Who alone may import a library."""


def _imports(path: Path) -> set[str]:
    """Full names of all that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _modules() -> dict[str, set[str]]:
    """Imports of every module inside the package, by its name without ``scar_cp``."""
    modules = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        modules[name] = _imports(path)
    return modules


MODULES = _modules()
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}


def _inside(module: str) -> set[str]:
    """Modules of this project that a module imports."""
    prefix = "scar_cp."
    targets = {name.removeprefix(prefix) for name in MODULES[module] if name.startswith(prefix)}
    return targets & set(MODULES) - {module}


def _top(module: str) -> str:
    return module.partition(".")[0]


def test_every_module_has_its_floor() -> None:
    assert {_top(module) for module in MODULES if module} == set(FLOOR_OF)


@pytest.mark.parametrize("module", [module for module in MODULES if module])
def test_imports_go_strictly_down(module: str) -> None:
    above = {
        target
        for target in _inside(module)
        if _top(target) != _top(module) and FLOOR_OF[_top(target)] >= FLOOR_OF[_top(module)]
    }
    assert not above


def test_imports_form_no_cycle() -> None:
    open_: list[str] = []
    done: set[str] = set()

    def visit(module: str) -> None:
        assert module not in open_, " -> ".join([*open_, module])
        if module in done:
            return
        open_.append(module)
        for target in sorted(_inside(module)):
            # "from package.module import x" also runs the package, which may import its own.
            if not module.startswith(f"{target}."):
                visit(target)
        open_.pop()
        done.add(module)

    for module in MODULES:
        if module:
            visit(module)


@pytest.mark.parametrize("library", HOMES)
def test_a_library_is_imported_at_home_only(library: str) -> None:
    users = {
        module for module, found in MODULES.items() if library in {_top(name) for name in found}
    }
    assert users
    strangers = {
        user
        for user in users
        if not any(user == home or user.startswith(f"{home}.") for home in HOMES[library])
    }
    assert not strangers


def test_consoles_are_made_in_one_place() -> None:
    """Where names are no markup."""
    assert {m for m, found in MODULES.items() if "rich.console" in found} == {"report.console"}


def test_who_imports_by_name() -> None:
    """What the tests above cannot see: lazy public names, plug-ins, and what notebooks ask."""
    users = {module for module, found in MODULES.items() if found & {"importlib", "pkgutil"}}
    assert users == {"", "plugins", "record"}


@pytest.mark.parametrize("module", ["scar_cp", "scar_cp.cli"])
def test_importing_is_light(module: str) -> None:
    heavy = ("matplotlib", "networkx", "numpy", "ortools", "pandas", "pydantic", "yaml")
    code = f"import sys, {module}; print(*[m for m in {heavy!r} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert loaded == []


def _rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order of the linter."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_exports_is_there_and_sorted(module: str) -> None:
    loaded = import_module(f"scar_cp.{module}".rstrip("."))
    exported = getattr(loaded, "__all__", [])
    assert exported == sorted(exported, key=_rank)
    assert len(exported) == len(set(exported))
    assert all(hasattr(loaded, name) for name in exported)


@pytest.mark.parametrize("registry", [COST_SOURCES, DATAFLOWS, SOLVERS], ids=lambda r: r.group)
def test_what_is_built_in_is_what_a_plug_in_must_be(registry: Registry) -> None:
    """The names and their homes are written out, so that nothing is imported for a list of them."""
    interface = resolve_name(registry.interface)
    assert all(isinstance(registry[name], interface) for name in registry.built_in)


@pytest.mark.parametrize(
    ("offered", "known"),
    [
        (options.ContentionName, get_args(Contention)),
        (options.GranularityName, get_args(Granularity)),
        (options.ObjectiveName, get_args(Objective)),
        (options.OverlapName, get_args(Overlap)),
        (options.PackingName, get_args(Packing)),
        (options.RoutingName, get_args(Routing)),
        (options.SpaceName, get_args(Space)),
        (options.UnweightedName, tuple(o for o in get_args(Objective) if o != "weighted")),
        (options.WeightPolicyName, get_args(WeightPolicy)),
        (schema.SchemaName, tuple(SCHEMAS)),
        (papers.ExperimentName, (*EXPERIMENTS, "ranking", "all")),
    ],
)
def test_the_command_line_offers_what_the_library_knows(
    offered: type[StrEnum], known: tuple[str, ...]
) -> None:
    """Its names are written out there, so that help needs none of the library."""
    assert tuple(offered) == known


def test_no_run_depends_on_what_its_fingerprint_leaves_out() -> None:
    for module, found in MODULES.items():
        if module.partition(".")[0] not in _SHOWS_ONLY | {""}:
            shown = {name.split(".")[1] for name in found if name.startswith("scar_cp.")}
            assert not shown & _SHOWS_ONLY, module
