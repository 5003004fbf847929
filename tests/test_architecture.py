"""Who may import whom, and what an import costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from typing import get_args

import pytest

import scar_cp
import scar_cp.cli.list_command as list_command
import scar_cp.cli.papers_command as papers
import scar_cp.cli.schema as schema
from scar_cp.cli import options
from scar_cp.files.shipped import KINDS
from scar_cp.plugins import COST_SOURCES, DATAFLOWS, SOLVERS, Registry
from scar_cp.studies.fresh_process import _SHOWS_ONLY
from scar_cp.studies.papers.experiments import EXPERIMENTS
from scar_cp.terms import (
    Contention,
    Granularity,
    ObjectiveName,
    Overlap,
    Packing,
    Routing,
    Space,
    WeightPolicy,
)

SOURCE = Path(scar_cp.__file__).parent

FOUNDATION = {"clock", "errors", "plain", "plugins", "terms"}
"""Modules outside every room: all may import them, and they import no room."""

ROOMS: dict[str, set[str]] = {
    "records": set(),
    "inputs": {"records"},
    "cost": {"records", "inputs"},
    "problem": {"records", "inputs", "cost"},
    "judge": {"records", "problem"},
    "partition": {"problem", "judge"},
    "solvers": {"problem", "judge", "partition"},
    "outcome": {"records", "problem", "judge", "solvers"},
    "files": {"records", "inputs", "cost", "problem", "judge", "outcome"},
    "certificates": {"records", "problem", "judge", "partition", "solvers", "outcome", "files"},
    "imports": {"records", "inputs", "cost"},
    "cost_sources": {"records", "inputs"},
    "studies": {"records", "problem", "judge", "partition", "solvers", "outcome", "files"},
    "studies.papers": {"records", "outcome", "studies"},
    "sweeps": {"records", "problem", "judge", "solvers", "outcome", "files", "studies"},
    "codesign": {
        *("records", "inputs", "problem", "judge", "partition", "solvers", "outcome", "files"),
        "sweeps",
    },
    "show": {"records", "problem", "judge", "outcome", "studies"},
    "show.text": {
        *("records", "inputs", "problem", "judge", "solvers", "outcome", "files"),
        *("studies", "studies.papers", "sweeps", "codesign", "show"),
    },
    "show.plots": {
        *("problem", "judge", "outcome", "studies", "sweeps", "codesign"),
        "show.text",
    },
    "show.page": {
        *("records", "problem", "judge", "outcome", "files", "studies", "sweeps"),
        *("show", "show.text", "show.plots"),
    },
    "cli": {
        *(
            "records",
            "inputs",
            "cost",
            "judge",
            "solvers",
            "outcome",
            "certificates",
            "files",
            "imports",
        ),
        *("certificates", "cost_sources", "studies", "studies.papers", "sweeps", "codesign"),
        *("show", "show.text", "show.plots", "show.page"),
    },
}
"""What each room imports of other rooms, in functions and for types too: only what stands above it,
so there is no cycle. A room inside a room stands for itself."""

HOMES = {
    "matplotlib": ("show.plots",),
    "distributed": ("sweeps.running",),
    "jinja2": ("show.page",),
    "onnx": ("imports",),
    "onnxruntime": ("imports.onnx_run",),
    "numba": ("partition.compiling",),
    "ortools": ("solvers.cpsat",),
    "pebble": ("sweeps.running",),
    "plotly": ("show.page",),
    "pyarrow": ("sweeps.sweep_table",),
    "rich": ("cli", "show.text"),
    "typer": ("cli",),
    "yaml": ("records.limits", "records.yaml_json"),
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


def _inside(module: str) -> set[str]:
    """Modules of this project that a module imports."""
    prefix = "scar_cp."
    targets = {name.removeprefix(prefix) for name in MODULES[module] if name.startswith(prefix)}
    return targets & set(MODULES) - {module}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _room(module: str) -> str | None:
    """The innermost room that a module stands in."""
    return max((r for r in ROOMS if f"{module}.".startswith(f"{r}.")), key=len, default=None)


def test_every_module_has_its_room() -> None:
    outside = {module for module in MODULES if module and _room(module) is None}
    assert outside == FOUNDATION
    assert {_room(module) for module in MODULES} == {None, *ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_the_table_says(room: str) -> None:
    found = {
        _room(target) for module in MODULES if _room(module) == room for target in _inside(module)
    }
    assert found - {None, room} == ROOMS[room]


def test_rooms_form_no_cycle() -> None:
    above: set[str] = set()
    for room, imported in ROOMS.items():
        assert imported <= above
        above.add(room)


def test_the_foundation_imports_no_room() -> None:
    assert not {t for module in FOUNDATION for t in _inside(module)} - FOUNDATION


def test_no_two_modules_have_one_name() -> None:
    names = Counter(module.rpartition(".")[2] for module in MODULES)
    assert not {name for name, times in names.items() if times > 1}


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
    assert {m for m, found in MODULES.items() if "rich.console" in found} == {"show.text.console"}


def test_who_imports_by_name() -> None:
    """What the tests above cannot see: lazy public names, what notebooks ask, and plug-ins."""
    users = {module for module, found in MODULES.items() if found & {"importlib", "pkgutil"}}
    assert users == {"", "plugins"}


def test_who_names_modules_by_a_string() -> None:
    named = re.compile(r"scar_cp(\.\w+)+(:\w+)?")
    users = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and named.fullmatch(str(node.value)):
                users.add(path.relative_to(SOURCE).as_posix())
    assert users == {"__init__.py", "plugins.py"}


@pytest.mark.parametrize(
    ("registry", "room"),
    [(COST_SOURCES, "cost_sources"), (DATAFLOWS, "cost"), (SOLVERS, "solvers")],
)
def test_what_is_built_in_stands_in_its_room(registry: Registry, room: str) -> None:
    homes = {path.partition(":")[0] for path in (registry.interface, *registry.built_in.values())}
    assert {_room(home.removeprefix("scar_cp.")) for home in homes} == {room}


def test_what_is_judged_with_reads_no_files() -> None:
    """The problem, the judge and all searches: without YAML and without the command line."""
    core = ["problem.compiled", "problem.reconfig"]
    core += [m for m in MODULES if _room(m) in {"judge", "partition", "solvers"}]
    # The compiler itself is loaded where it is needed.
    code = f"import sys, {', '.join(f'scar_cp.{m}' for m in core if _room(m) != 'partition')}"
    assert _loaded(code, "numba", "rich", "typer", "yaml") == []


def _users(module: str) -> set[str]:
    """The modules of partition that import a module, and those beyond that import these."""
    users = {module}
    while more := {m for m in MODULES if _room(m) == "partition" and _inside(m) & users} - users:
        users |= more
    return users | {m for m in MODULES if _inside(m) & users}


def _loaded(code: str, *watched: str) -> list[str]:
    """Which of some modules a program has imported in the end."""
    code += f"; print(*[m for m in {watched!r} if m in sys.modules])"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


@pytest.mark.parametrize("module", ["scar_cp", "scar_cp.cli"])
def test_importing_is_light(module: str) -> None:
    heavy = ("matplotlib", "networkx", "numba", "numpy", "ortools", "pandas", "pydantic", "yaml")
    assert _loaded(f"import sys, {module}", *heavy) == []


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
        (options.ObjectiveName, get_args(ObjectiveName)),
        (options.OverlapName, get_args(Overlap)),
        (options.PackingName, get_args(Packing)),
        (options.RoutingName, get_args(Routing)),
        (options.SpaceName, get_args(Space)),
        (options.UnweightedName, tuple(o for o in get_args(ObjectiveName) if o != "weighted")),
        (options.WeightPolicyName, get_args(WeightPolicy)),
        (schema.SchemaName, tuple(schema.written_files())),
        (list_command.ShippedName, KINDS),
        (papers.ExperimentName, (*EXPERIMENTS, "ranking", "all")),
    ],
)
def test_the_command_line_offers_what_the_library_knows(
    offered: type[StrEnum], known: tuple[str, ...]
) -> None:
    """Its names are written out there, so that help needs none of the library."""
    assert tuple(offered) == known


def test_only_the_command_line_speaks_of_its_options() -> None:
    """Elsewhere a fault names a parameter."""
    option = re.compile(r"(^|\s)--[a-z][-a-z]+")
    users = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
                texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                if any(option.search(text) for text in texts if isinstance(text, str)):
                    users.add(_room(".".join(path.relative_to(SOURCE).with_suffix("").parts)))
    assert users <= {"cli"}


def test_no_run_depends_on_what_its_fingerprint_leaves_out() -> None:
    for module, found in MODULES.items():
        if module.partition(".")[0] not in _SHOWS_ONLY | {""}:
            shown = {name.split(".")[1] for name in found if name.startswith("scar_cp.")}
            assert not shown & _SHOWS_ONLY, module


def test_a_small_solve_needs_neither_cp_sat_nor_a_compiler() -> None:
    code = "import sys, scar_cp as sc; sc.solve(sc.load_problem('quickstart').problem)"
    assert _loaded(code, "ortools.sat.python.cp_model", "numba", "pandas", "matplotlib") == []
