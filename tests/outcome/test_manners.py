"""What who calls `solve` may rely on: signals, stop, a first schedule, copies, imports."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from problems import layer, model, tiny_problem

import scar_cp
from scar_cp.files.loading import load_problem
from scar_cp.judge.schedule import Schedule, Segment
from scar_cp.outcome.pareto import pareto_front
from scar_cp.outcome.solving import solve
from scar_cp.solvers import Request, Search
from scar_cp.solvers.cpsat import solver as exact
from scar_cp.solvers.cpsat.model import CpsatModel
from scar_cp.solvers.cpsat.partition_stage import TableReport

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def quickstart() -> Any:
    return load_problem("instances/quickstart.yaml").problem


def test_signals_are_left_to_the_caller(quickstart):
    before = [signal.getsignal(number) for number in SIGNALS]
    seen = []
    solve(
        quickstart,
        on_event=lambda _: seen.append([signal.getsignal(number) for number in SIGNALS]),
    )
    assert seen
    assert all(handlers == before for handlers in seen)


def test_a_function_that_says_stop_ends_the_search_with_a_schedule(quickstart):
    result = solve(quickstart, stop=lambda: True).result
    assert (result.stopped, result.status) == ("interrupted", "feasible")


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["latency", "edp"])
def test_an_event_ends_cp_sat_at_work(monkeypatch, objective):
    """Without tables, eight models in one window take CP-SAT far longer than the test waits."""
    problem = load_problem("instances/sc8.yaml").problem
    stop, solve_ = threading.Event(), CpsatModel.solve
    runs = []

    def stopped_soon(self: CpsatModel, *args: Any, **kwargs: Any) -> Any:
        runs.append(self)
        threading.Timer(0.3, stop.set).start()
        return solve_(self, *args, **kwargs)

    monkeypatch.setattr(CpsatModel, "solve", stopped_soon)
    monkeypatch.setattr(exact, "partition", lambda search: TableReport())
    result = solve(problem, Request(objective=objective, time_limit_s=600), stop=stop).result
    assert len(runs) == 1
    assert result.stopped == "interrupted"
    assert result.schedule is not None
    assert result.seconds < 60


def test_a_front_that_is_stopped_holds_what_was_found(quickstart):
    stop = threading.Event()
    front = pareto_front(quickstart, on_event=lambda *_: stop.set(), stop=stop)
    assert front is not None
    assert 1 <= len(front.points) <= 2


def two_layers() -> Any:
    return tiny_problem([model([layer(5), layer(7)])])


def test_the_initial_schedule_is_the_first_incumbent_and_the_hint(monkeypatch, quickstart):
    given = solve(quickstart, solver="standalone").result.schedule
    stop, hints, hint = threading.Event(), [], CpsatModel.hint

    def noted(self: CpsatModel, schedule: Schedule) -> None:
        hints.append(schedule)
        hint(self, schedule)
        stop.set()

    monkeypatch.setattr(CpsatModel, "hint", noted)
    monkeypatch.setattr(exact, "by_tables", lambda search: exact.FirstReport())
    result = solve(quickstart, initial_schedule=given, stop=stop).result
    assert result.log[0].source == "initial schedule"
    assert hints == [given]


def test_an_initial_schedule_that_breaks_a_rule_is_refused_with_the_rule() -> None:
    problem = two_layers()
    half = Schedule.of(problem.name, [[Segment(model=0, first=0, last=0, chiplet=0)]])
    rule = Search(problem, Request()).objections(half)[0]
    assert "cover" in rule
    with pytest.raises(ValueError, match="initial_schedule") as raised:
        solve(problem, initial_schedule=half)
    assert str(raised.value) == f"initial_schedule is {rule}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("objective", "speed"), ("space", "all"), ("weights", (1, 1)), ("gap", 1.0)),
        *(("time_limit_s", float("nan")), ("memory_limit_gb", -1.0)),
        *(("workers", 0), ("seed", -1), ("seed", 2**31)),
    ],
)
def test_a_refused_value_is_named_by_its_parameter(name, value):
    with pytest.raises(ValueError, match=f"^{name} ") as raised:
        Request(**{name: value})
    assert "--" not in str(raised.value)


def test_problems_are_equal_by_their_fields_whatever_is_cached(quickstart):
    other = pickle.loads(pickle.dumps(quickstart))
    for problem in (quickstart, other):  # arrays stand beside the fields, in another order
        assert problem.compute_cycles
    assert other == quickstart
    assert other != quickstart.replace(name="another")
    assert other != "quickstart"


def test_copies_by_pickle_are_equal(quickstart):
    outcome = solve(quickstart)
    for original in (quickstart, outcome.result, outcome, Request()):
        assert pickle.loads(pickle.dumps(original)) == original


IMPORT_ALL = """
import os, signal, sys, threading, warnings
def state():
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    return handlers, os.getcwd(), dict(os.environ), threading.active_count()
import numpy, ortools.sat.python.cp_model
try:
    import matplotlib.pyplot, onnx, plotly
except ImportError:
    pass
before, filters = state(), list(warnings.filters)
from importlib import import_module
for name in sys.argv[1:]:
    import_module(name)
assert state() == before
assert warnings.filters == filters
"""


@pytest.mark.slow
def test_importing_leaves_the_process_as_it_is(tmp_path):
    source = Path(scar_cp.__file__).parent
    names = [
        ".".join(("scar_cp", *path.relative_to(source).with_suffix("").parts))
        for path in sorted(source.rglob("*.py"))
    ]
    ran = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
