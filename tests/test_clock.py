"""Time limits count from the start of the program, and every stage looks at the clock."""

from __future__ import annotations

import errno
import resource
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from problems import layer, model, tiny_problem

import scar_cp.outcome.solving as solving
import scar_cp.studies.compare as compare
from scar_cp.clock import any_left, counting_shortages, in_time, look, while_in_time
from scar_cp.errors import ScarError
from scar_cp.files.loading import LoadedProblem, load_problem
from scar_cp.inputs.topology import RoutesFrom, all_hops
from scar_cp.outcome.pareto import pareto_front
from scar_cp.outcome.solving import Outcome, solve
from scar_cp.plugins import SOLVERS
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search, get_solver
from scar_cp.solvers.cpsat.layer_level import layer_level
from scar_cp.solvers.cpsat.model import CpsatModel
from scar_cp.solvers.cpsat.partition_stage import partition
from scar_cp.solvers.cpsat.variables import Limits
from scar_cp.solvers.exhaustive import exhaustive
from scar_cp.solvers.rivals.baselines import standalone
from scar_cp.solvers.rivals.heft import heft

INSTANCES = Path(__file__).parents[1] / "instances"
LONG_AGO = -1e6
"""A start from which every time limit is over."""


# --- the clock ---------------------------------------------------------------------------------


def slow(value: object) -> Any:
    return pytest.param(value, marks=pytest.mark.slow)


def test_outside_of_a_stage_there_is_all_the_time_in_the_world() -> None:
    look()
    assert in_time()


def test_a_stage_is_left_at_the_first_look_after_its_time():
    done: list[int] = []
    with while_in_time(lambda: len(done) < 3):
        while True:
            look()
            done.append(1)
    assert len(done) == 3
    look()


def test_an_inner_stage_ends_alone_and_the_outer_one_has_its_own_clock():
    seen = []
    with while_in_time(lambda: True):
        with while_in_time(lambda: False):
            assert not in_time()
            look()
            seen.append("inner")
        look()
        seen.append("outer")
    assert seen == ["outer"]


def test_a_stage_that_fails_takes_its_clock_with_it():
    with pytest.raises(ScarError), while_in_time(lambda: False):
        raise ScarError("no")
    look()


# --- where time begins -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["solve", "pareto"])
def test_the_limit_of_a_command_counts_from_its_very_start(name, command, monkeypatch):
    given = []

    def run(*_args: object, started: float, **_kwargs: object) -> None:
        given.append(started)
        raise ScarError("enough")

    monkeypatch.setattr("scar_cp.outcome.solving.solve", run)
    monkeypatch.setattr("scar_cp.outcome.pareto.pareto_front", run)
    compiled = []

    def compiling(*args: Any) -> LoadedProblem:
        compiled.append(time.monotonic())
        return load_problem(*args)

    monkeypatch.setattr("scar_cp.files.loading.load_problem", compiling)
    before = time.monotonic()
    command(name, INSTANCES / "quickstart.yaml")
    assert before <= given[0] <= compiled[0]


def test_the_limit_of_a_run_of_compare_counts_from_before_its_problem_is_compiled(monkeypatch):
    (job,) = compare.plan([INSTANCES / "quickstart.yaml"], solvers=["standalone"])
    times = []

    def compiling(*args: Any) -> LoadedProblem:
        times.append(time.monotonic())
        return load_problem(*args)

    def run(*args: Any, **kwargs: Any) -> Outcome:
        times.append(kwargs["started"])
        return solving.solve(*args, **kwargs)

    monkeypatch.setattr(compare, "load_problem", compiling)
    monkeypatch.setattr(compare, "solve", run)
    row = compare.run_here(job)
    compiled, started = times
    assert started <= compiled
    assert row.seconds >= round(compiled - started, 2)


@pytest.mark.parametrize("solver", sorted(set(SOLVERS.built_in) - {"exhaustive"}))
@pytest.mark.parametrize("package", ["het_sides_3x3", slow("het_cross_6x6")])
def test_without_any_time_there_is_a_schedule_and_a_bound(solver, package):
    settings = {"package": f"{INSTANCES}/packages/{package}.yaml", "windows": 6}
    problem = load_problem(INSTANCES / "sc3.yaml", settings).problem
    result = solve(problem, Request(time_limit_s=5), solver, started=LONG_AGO).result
    assert result.value is not None
    assert result.bounds


@pytest.mark.parametrize("space", ["windowed", "scar"])
def test_without_any_time_there_is_a_schedule_in_windows_that_are_given(space):
    problem = load_problem(INSTANCES / "sc3.yaml", {"windows": 3}).problem
    result = solve(problem, Request(space, time_limit_s=5), started=LONG_AGO).result
    assert result.value is not None


def test_a_front_without_any_time_is_two_points_at_most():
    problem = load_problem(INSTANCES / "quickstart.yaml").problem
    asked: dict[str, None] = {}
    front = pareto_front(
        problem,
        Request(time_limit_s=5),
        epsilon=3,
        on_event=lambda name, _: asked.setdefault(name),
        started=LONG_AGO,
    )
    assert front is not None
    assert len(asked) == 2


# --- small steps -------------------------------------------------------------------------------


class CountedSearch(Search):
    """A search whose time is up after so many looks at the clock."""

    looks = 0
    allowed = 0

    @property
    def remaining_s(self) -> float:
        """An hour, or nothing."""
        self.looks += 1
        return 3600.0 if self.looks <= self.allowed else 0.0


def counted(problem: Problem, allowed: int, **request: object) -> CountedSearch:
    search = CountedSearch(problem, Request(time_limit_s=3600, workers=1, **request))  # type: ignore[arg-type]
    standalone(search)
    search.looks, search.allowed = 0, allowed
    return search


STAGES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "partitions, latency": (partition, {}),
    "partitions, edp": (partition, {"objective": "edp"}),
    "partitions, energy": (partition, {"objective": "energy"}),
    "partitions, windowed": (partition, {"objective": "edp", "space": "windowed"}),
    "layer level": (layer_level, {}),
    "layer level, scar": (layer_level, {"space": "scar", "objective": "energy"}),
    "exhaustive": (exhaustive, {}),
    "heft": (heft, {}),
    "cp-sat": (get_solver("cp-sat"), {"objective": "edp"}),
    "scar": (get_solver("scar"), {}),
    "simba": (get_solver("simba"), {}),
    "evolutionary": (get_solver("evolutionary"), {}),
}


@pytest.mark.parametrize("allowed", [slow(1), 30])
@pytest.mark.parametrize("windows", [slow(2), 3])
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_whose_time_is_up_does_little_more(stage, windows, allowed):
    settings = {"windows": windows, "weight_policy": "resident", "contention": "links"}
    problem = load_problem(INSTANCES / "sc3.yaml", settings).problem
    work, request = STAGES[stage]
    search = counted(problem, allowed, **request)
    work(search)
    assert search.looks <= allowed + 100


# --- CP-SAT ------------------------------------------------------------------------------------


def hanging() -> tuple[CpsatModel, Callable[[], object]]:
    """A model whose solver hangs until it is released, and finds a bound only then."""
    problem = tiny_problem([model([layer(5)])])
    cp = CpsatModel(problem, "full", (1, 0), Limits(cycles=10_000))
    released, finished = threading.Event(), threading.Event()
    solver: Any = cp._solver

    def hang(*_args: object) -> int:
        released.wait()
        solver.best_bound_callback(7.0)
        finished.set()
        return 0

    solver.solve = hang

    def release() -> None:
        released.set()
        finished.wait()

    return cp, release


def test_a_run_of_cp_sat_that_does_not_end_is_left_alone_and_not_heard_any_more():
    cp, release = hanging()
    bounds: list[int] = []
    patience = iter([True, True])
    answer = cp.solve(1.0, 1, on_bound=bounds.append, keep_waiting=lambda: next(patience, False))
    assert any_left()
    release()
    assert answer.status == "unknown"
    assert (answer.schedule, answer.bound) == (None, None)
    assert bounds == []


def test_an_interrupt_leaves_cp_sat_alone_and_unheard() -> None:
    cp, release = hanging()
    bounds: list[int] = []

    def interrupt() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cp.solve(1.0, 1, on_bound=bounds.append, stop=interrupt)
    assert any_left()
    release()
    assert bounds == []


# --- memory ------------------------------------------------------------------------------------


def out_of_memory(*_: object) -> Any:
    raise MemoryError


def test_a_stage_without_memory_is_left_where_somebody_counts_that() -> None:
    with counting_shortages() as shortages:
        with while_in_time(lambda: True):
            out_of_memory()
        after = True
    assert after
    assert len(shortages) == 1
    with pytest.raises(MemoryError), while_in_time(lambda: True):
        out_of_memory()


@pytest.mark.parametrize(
    ("error", "is_shortage"),
    [
        (ImportError("no room for a library"), True),
        (OSError(errno.ENOMEM, "no memory"), True),
        (OSError(errno.ENOSPC, "no space"), False),
    ],
)
def test_a_library_that_finds_no_room_is_a_shortage(
    monkeypatch: pytest.MonkeyPatch, error: Exception, is_shortage: bool
) -> None:
    limits = {resource.RLIMIT_AS: (400 * 2**20, resource.RLIM_INFINITY)}
    monkeypatch.setattr("scar_cp.clock.resource.getrlimit", limits.__getitem__)
    expected = nullcontext() if is_shortage else pytest.raises(OSError, match="no space")
    with expected, counting_shortages() as shortages, while_in_time(lambda: True):
        raise error
    assert len(shortages) == is_shortage


def test_what_is_not_installed_is_no_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {resource.RLIMIT_AS: (resource.RLIM_INFINITY, resource.RLIM_INFINITY)}
    monkeypatch.setattr("scar_cp.clock.resource.getrlimit", limits.__getitem__)
    with pytest.raises(ImportError), counting_shortages(), while_in_time(lambda: True):
        raise ImportError


@pytest.mark.parametrize("stage", ["partition", "scar"])
def test_memory_that_runs_out_keeps_the_incumbent_and_is_noted(
    monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr(f"scar_cp.solvers.cpsat.solver.{stage}", out_of_memory)
    problem = load_problem(INSTANCES / "quickstart.yaml").problem
    result = solve(problem, Request(time_limit_s=20)).result
    assert result.schedule is not None
    assert result.value is not None
    assert result.status in ("feasible", "optimal")
    assert any("memory ran out" in note for note in result.notes)


def test_the_heuristic_leaves_out_models_that_are_too_long_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scar_cp.solvers.scar.heuristic.MOST_RANGE_LAYERS", 3)
    problem = load_problem(INSTANCES / "quickstart.yaml").problem
    result = solve(problem, Request(time_limit_s=20), "scar").result
    assert result.schedule is None
    assert any("too long" in note for note in result.notes)


def test_routes_of_the_largest_packages_are_found_one_by_one() -> None:
    neighbours = [[n for n in (c - 1, c + 1) if 0 <= n < 1024] for c in range(1024)]
    hops = all_hops(neighbours)
    assert hops[0][1023] == 1023
    assert len(RoutesFrom(1023, neighbours, hops, None)[0]) == 1023
