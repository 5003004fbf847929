"""Dataflows, solvers and cost sources of other packages, from their metadata to their numbers."""

# ruff: noqa: E501  an expected line stands whole, as the user sees it

from __future__ import annotations

import csv
import importlib
import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Command, Project

import scar_cp as sc
from scar_cp.plugins import COST_SOURCES, DATAFLOWS, SOLVERS
from scar_cp.solvers import Claim, Search
from scar_cp.solvers.rivals.baselines import standalone
from scar_cp.studies import compare

EXAMPLE = Path(__file__).parent / "data/plugin"

ODD = """
from scar_cp.cost import ArrayCosts
from scar_cp.solvers import Claim

SEVEN = 7

class Half:
    def dense(self, nests, chiplet):
        pass

class Fractions:
    def dense(self, nests, chiplet):
        return ArrayCosts(nests.macs / chiplet.num_pes, 0 * nests.macs, -nests.macs, nests.macs)
    depthwise = dense

def liar(search):
    mine = __import__("mine").first_free(search)
    return Claim(mine.schedule, mine.value - 1, exhausted=True)

def silent(search):
    pass

def clumsy(search):
    raise TypeError("no\\none line")

class Private(Exception):
    def __init__(self, this, that):
        super().__init__(f"{this} {that}")
        self.handle = lambda: None

def private(search):
    raise Private("not for", "others")

def leaver(search):
    raise SystemExit(3)

def dead(search):
    __import__("os")._exit(3)

def garbage(search):
    return Claim("no schedule", 1)

def wordless(search):
    return Claim(None, notes=None)

def outsider(search):
    mine = __import__("mine").first_free(search)
    (window,) = mine.schedule.windows
    return Claim(mine.schedule.replace(windows=(window, window)), mine.value)

def boaster(search):
    mine = __import__("mine").first_free(search)
    search.raise_bound(mine.value + 1, "boast")
    return mine

def optimist(search):
    mine = __import__("mine").first_free(search)
    search.raise_bound(mine.value, "boast")
    return mine

def careless(search):
    __import__("scar_cp").read_record("absent.yaml", __import__("scar_cp").Model)
"""
ODD_POINTS = """
[scar_cp.solvers]
absent = nowhere:solve
seven = odd:SEVEN
liar = odd:liar
silent = odd:silent
[scar_cp.dataflows]
half = odd:Half
fractions = odd:Fractions
[scar_cp.cost_sources]
missing = odd:missing
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:  # fmt: skip
    """Puts a package where Python finds it: its module and what an installer says of it."""
    site = tmp_path_factory.mktemp("site")
    monkeypatch.syspath_prepend(str(site))

    def put(module: str, text: str, entry_points: str) -> None:
        (site / f"{module}.py").write_text(text, encoding="utf-8")
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        forget()

    def forget() -> None:
        importlib.invalidate_caches()
        for registry in (COST_SOURCES, DATAFLOWS, SOLVERS):
            registry._loaded.clear()
            vars(registry).pop("_entry_points", None)
        for module in ("mine", "odd"):
            sys.modules.pop(module, None)

    declared = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"]
    lines = []
    for group, points in declared.items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in points.items())]
    put("mine", (EXAMPLE / "mine.py").read_text(), "\n".join(lines))
    yield put
    forget()


def test_a_dataflow_of_another_package_costs_layers(
    install: Install, project: Project, command: Command
) -> None:
    project.put("profile.yaml", "domains", "desk", "big", "dataflow", "ideal")
    assert command("check", "instance.yaml", "profile.yaml").code == 0
    layers = json.loads(command("compile", "instance.yaml").out)["models"][0]["layers"]
    # MACs over 64 elements: 16 x 8 x 64, 16 x 16 x 64 and 10 x 1024.
    assert [layer["compute_cycles"]["big"] for layer in layers] == [128, 256, 160]
    # The first: L2 2 x (512 + 128 + 1024) x 18.61, L1 (4 x 8192 + 512 + 128) x 1.68, 8192 MACs,
    # times 0.23 pJ, is 29037.8 pJ for each of four samples.
    assert layers[0]["compute_energy_nj"]["big"] == 116

    Path("layers.csv").write_text("op,K,C,Y,X\nconv,16,8,8,8\nconv,3,3,5,5\n")
    out = command("cost", "layers.csv", "--chiplet", "profile.yaml#desk.big").out
    rows = list(csv.DictReader(out.splitlines()))
    assert [row["cycles"] for row in rows] == ["128", "4"]  # 225 / 64, rounded up
    assert rows[0]["energy_pj"] == "29037.85"


def test_a_solver_of_another_package_is_judged_as_any(
    install: Install, project: Project, command: Command
) -> None:
    options = ["--solver", "first-free", "--quiet", "-o", "result.json"]
    assert command("solve", "instance.yaml", *options).code == 0
    result = json.loads(Path("result.json").read_text())
    assert result["solver"] == result["log"][-1]["source"] == "first-free"
    segment = {"first": 0, "last": 2}
    placed = [segment | {"model": 0, "chiplet": 0}, segment | {"model": 1, "chiplet": 1}]
    assert result["schedule"]["windows"] == [placed]
    judged = json.loads(command("evaluate", "instance.yaml", "result.json", "--json").out)
    assert judged == {"violations": [], "evaluation": result["evaluation"]}

    problem = sc.load_problem("instance.yaml").problem
    assert sc.solve(problem, solver="first-free").result.value == result["value"]
    install("odd", ODD, ODD_POINTS)
    with pytest.raises(sc.ClaimError, match=f"claims {result['value'] - 1}, the evaluator says"):
        sc.solve(problem, solver="liar")
    with pytest.raises(sc.ScarError, match="the solver silent must return a Claim, not None"):
        sc.solve(problem, solver="silent")


@pytest.mark.slow
def test_a_solver_of_another_package_is_compared_in_processes_of_their_own(
    install: Install, project: Project, command: Command
) -> None:
    arguments = ["instance.yaml", "--solver", "first-free", "--solver", "standalone"]
    code, out, _ = command("compare", *arguments, "--format", "csv", "--quiet", "-o", "c.csv")
    assert code == 0
    mine, own = csv.DictReader(line for line in out.splitlines() if line[0] != "#")
    assert (mine["solver"], own["solver"]) == ("first-free", "standalone")
    assert mine["code"] == f"{own['code']}+mine 1.0"  # a new version runs again ...
    ratio = int(mine["value"]) / int(own["value"])
    assert (float(mine["ratio"]), own["ratio"]) == (ratio, "1.0")  # ... but is judged with the rest


MISTAKES = {
    "clumsy": "TypeError: no one line",
    "private": "Private: not for others",
    "leaver": "SystemExit: 3",
    "careless": "InputError: absent.yaml: no such file",
    "silent": "ScarError: the solver silent must return a Claim, not None",
    "garbage": "AttributeError: 'str' object has no attribute 'windows'",
    "wordless": "ValidationError: 1 validation error for Result notes .*",
    "outsider": "ClaimError: the solver's schedule is not valid: windows: .*",
    "liar": "ClaimError: the solver claims [0-9]+, the evaluator says [0-9]+",
    "boaster": "ClaimError: a bound of [0-9]+ lies above a schedule of value [0-9]+",
}
"""What solvers do wrong, and what is said of it."""
LATER = {
    "dead": "the process died, exit code 3",
    "optimist": "ClaimError: the bound [0-9]+ lies above the value [0-9]+ of .* scar",
}
"""What only a comparison can tell."""


@pytest.mark.slow
def test_whatever_a_solver_of_another_package_does_costs_its_own_row(
    install: Install, project: Project, command: Command
) -> None:
    reasons = {name: MISTAKES[name] for name in ("clumsy", "private", "liar")} | LATER
    install("odd", ODD, "\n".join(["[scar_cp.solvers]", *(f"{s} = odd:{s}" for s in reasons)]))
    arguments = ["instance.yaml", "-o", "table.csv", "--format", "json", "--quiet"]
    for solver in (*reasons, "scar"):
        arguments += ["--solver", solver]
    code, out, err = command("compare", *arguments)
    assert (code, err) == (1, "")
    *wrong, scar = json.loads(out)["rows"]
    assert scar["status"] == "feasible"
    assert scar["ratio"] == 1
    assert [row["solver"] for row in wrong] == list(reasons)
    for row in wrong:
        assert (row["status"], row["value"], row["bound"]) == ("failed", None, None)
        assert re.fullmatch(reasons[row["solver"]], row["message"])


@pytest.mark.parametrize("solver", MISTAKES)
def test_whatever_a_solver_of_another_package_does_ends_solve_in_one_line(
    install: Install, project: Project, command: Command, solver: str
) -> None:
    install("odd", ODD, f"[scar_cp.solvers]\n{solver} = odd:{solver}")
    code, out, err = command(*f"{SOLVE} {solver}".split(), "-o", "result.json")
    assert (code, out) == (2, "")
    line = f"scar-cp: the solver {solver} of odd 1.0: {MISTAKES[solver]}\n"
    assert re.fullmatch(line, err)
    assert "result.json" not in project.names()


def test_a_claim_of_a_built_in_solver_that_is_not_true_is_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    def lie(search: Search) -> Claim:
        claim = standalone(search)
        return Claim(claim.schedule, 1, exhausted=True)

    monkeypatch.setitem(SOLVERS._loaded, "simba", lie)
    monkeypatch.setattr(compare, "in_fresh_process", lambda work, job: work(job))
    for arguments in (f"{SOLVE} simba", "compare instance.yaml --solver simba --quiet"):
        with pytest.raises(sc.ClaimError, match="claims 1, the evaluator says"):
            command(*arguments.split())


def test_a_cost_source_of_another_package_is_a_format(
    install: Install, project: Project, command: Command
) -> None:
    arguments = ["import", "costs", "big.txt", "--format", "stopwatch", "--chiplet-type", "big"]
    Path("big.txt").write_text("a 100 35.5\nb 7.5 1e-3\n")
    out = "model,layer,chiplet_type,cycles,energy_nj\nnet,a,big,100,35.5\nnet,b,big,8,0.001\n"
    assert command(*arguments, "--model", "net") == (0, out, "")
    line = "--model: is required with --format stopwatch\n"
    assert command(*arguments) == (2, "", line)
    Path("big.txt").write_text("a 100\n")
    line = "big.txt: line 1: a 100: must be LAYER CYCLES NJ\n"
    assert command(*arguments, "--model", "net") == (2, "", line)
    Path("big.txt").write_text("a -1 5\n")
    line = "big.txt: line 1, cycles: '-1': must be a number, at least 0 and below 10^18\n"
    assert command(*arguments, "--model", "net") == (2, "", line)


SOLVE = "solve instance.yaml --quiet --solver"
SHAPE = "must be an int64 array of shape (3,), each at least"
NAMES = "cp-sat, scar, simba, standalone, nn-baton, heft, random, evolutionary, exhaustive, absent, first-free, liar, seven, silent"


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (f"{SOLVE} absent", ["odd 1.0: scar_cp.solvers: absent = nowhere:solve: cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"]),
        (f"{SOLVE} seven", ["odd 1.0: scar_cp.solvers: seven = odd:SEVEN: must be a scar_cp.solvers.Solver"]),
        ("compare instance.yaml -o c.csv --solver scar --solver seven", ["odd 1.0: scar_cp.solvers: seven = odd:SEVEN: must be a scar_cp.solvers.Solver"]),
        (f"{SOLVE} magic", [f"--solver: magic: must be a known solver: {NAMES}"]),
        ("compare instance.yaml -o c.csv --solver magic", [f"--solver: magic: must be a known solver: {NAMES}"]),
        ("compile instance.yaml --profile half.yaml", ["odd 1.0: scar_cp.dataflows: half = odd:Half: must be a scar_cp.cost.Dataflow"]),
        ("compile instance.yaml --profile fractions.yaml", [f"scar_cp.dataflows: fractions: cycles: {SHAPE} 1", f"scar_cp.dataflows: fractions: filter_reads: {SHAPE} 0"]),
        ("check magic.yaml", ["magic.yaml: domains.desk.big.dataflow: magic: must be a known dataflow: eyeriss, nvdla, shidiannao, fractions, half, ideal"]),
        ("import costs r --chiplet-type big --format missing", ["odd 1.0: scar_cp.cost_sources: missing = odd:missing: cannot be loaded: AttributeError: module 'odd' has no attribute 'missing'"]),
        ("import costs r --chiplet-type big --format magic", ["--format: magic: must be a known format: maestro, timeloop, zigzag, missing, stopwatch"]),
    ],
)  # fmt: skip
def test_a_broken_or_unknown_plug_in_is_one_line_each(
    install: Install, project: Project, command: Command, arguments: str, lines: list[str]
) -> None:
    install("odd", ODD, ODD_POINTS)
    profile = Path("profile.yaml").read_text()
    for name in ("half", "fractions", "magic"):
        Path(f"{name}.yaml").write_text(profile.replace("nvdla", name))
    code, out, err = command(*arguments.split())
    assert (code, out, err.splitlines()) == (2, "", lines)


def test_broken_plug_ins_do_not_trouble_others(
    install: Install, project: Project, command: Command
) -> None:
    install("odd", "raise OSError", ODD_POINTS)
    for arguments in (f"{SOLVE} standalone", f"{SOLVE} first-free", "solve --help"):
        assert command(*arguments.split()).code == 0


def test_help_imports_no_plug_in(install: Install, command: Command) -> None:
    for arguments in ("--help", "solve --help", "import costs --help"):
        assert command(*arguments.split()).code == 0
    assert "mine" not in sys.modules


def test_a_name_has_one_meaning(install: Install, project: Project, command: Command) -> None:
    install("odd", ODD, "[scar_cp.solvers]\nheft = odd:liar\nfirst-free = odd:liar\n")
    line = "odd 1.0: scar_cp.solvers: heft = odd:liar: must not take the name of a built-in solver"
    assert command(*f"{SOLVE} heft".split()) == (2, "", f"{line}\n")
    rule = "must be the only solver of this name"
    lines = [
        f"mine 1.0: scar_cp.solvers: first-free = mine:first_free: {rule}",
        f"odd 1.0: scar_cp.solvers: first-free = odd:liar: {rule}",
    ]
    assert command(*f"{SOLVE} first-free".split()).err.splitlines() == lines
    assert command(*f"{SOLVE} simba".split()).code == 0
