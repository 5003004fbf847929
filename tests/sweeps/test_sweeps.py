"""Sweeps: each point once, whatever happens; tables in the units of people."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

import scar_cp as sc
from scar_cp.show.plots.sweep_plot import axis_order
from scar_cp.sweeps import point_store, running
from scar_cp.sweeps.point_store import PointStore
from scar_cp.sweeps.points import plan_sweep
from scar_cp.sweeps.running import solve_point
from scar_cp.sweeps.sweep_file import SweepFile, read_sweep
from scar_cp.sweeps.sweep_table import flat_rows

SWEEP = SweepFile(
    format="scar-cp/sweep@1",
    instances=("quickstart",),
    grid={"package.dram.gb_per_s": [128, 16], "windows": [1, 2]},
    objectives=("latency", "energy"),
    time_limit_s=20,
)


def test_points_are_the_grid_each_once() -> None:
    plan = plan_sweep(SWEEP)
    assert [tuple(point.parameters.values()) for point in plan.points] == [
        (gb_per_s, windows, objective)
        for gb_per_s in (128, 16)
        for windows in (1, 2)
        for objective in ("latency", "energy")
    ]
    assert len(plan.problems) == 4
    twice = SWEEP.replace(grid={"windows": [1, 1, 2]})
    assert len(plan_sweep(twice).points) == 4


def test_a_key_is_of_all_that_the_answer_depends_on() -> None:
    one = SWEEP.replace(grid={}, objectives=["latency"])
    keys = [
        plan_sweep(one.replace(**change)).points[0].key
        for change in (
            {},
            {"grid": {"package.dram.gb_per_s": 63.0}},
            {"objectives": ["edp"]},
            {"gap": 0.01},
            {"seed": 1},
            {"workers": 2},
            {"solvers": ["scar"]},
            {"spaces": ["adjacent"]},
            {"time_limit_s": 21.0},
        )
    ]
    assert len(set(keys)) == len(keys)
    same = SWEEP.replace(grid={"package.dram.gb_per_s": 64.0}, objectives=["latency"])
    assert plan_sweep(same).points[0].key == keys[0]


def test_faults_of_all_points_at_once() -> None:
    wrong = SWEEP.replace(instances=("quickstart", "quickstrt"), grid={"windows": [0, 1]})
    with pytest.raises(sc.InputError) as refused:
        plan_sweep(wrong)
    assert {fault.file for fault in refused.value.faults} == {"windows", "quickstrt"}


def test_paths_of_a_file_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("x")
    file = tmp_path / "sweep.yaml"
    file.write_text(
        "format: scar-cp/sweep@1\ninstances: [own.yaml, sc4]\n"
        "grid: {package: [het_cb_3x3, mine.yaml], windows: 2}\n"
    )
    sweep = read_sweep(file)
    assert sweep.instances == (str(tmp_path / "own.yaml"), "sc4")
    assert sweep.values == {"package": ["het_cb_3x3", str(tmp_path / "mine.yaml")], "windows": [2]}


def test_rows_are_in_ms_mj_and_j_s() -> None:
    plan = plan_sweep(SWEEP.replace(grid={}, objectives=["edp"]))
    (point,) = plan.points
    row = solve_point(_packed(plan, point), point)
    (flat,) = flat_rows([row])
    problem = sc.load_problem("quickstart").problem
    found = sc.solve(problem, point.request).result
    assert (row.value, row.status) == (found.value, found.status)
    assert flat["latency_ms"] == pytest.approx(
        found.evaluation.latency_cycles / problem.clock_hz * 1e3
    )
    assert flat["energy_mj"] == pytest.approx(found.evaluation.energy_nj * 1e-6)
    assert flat["edp_j_s"] == pytest.approx(found.value * 1e-9 / problem.clock_hz)
    assert flat["edp_j_s_bound"] == pytest.approx(found.bound * 1e-9 / problem.clock_hz)
    assert flat["latency_ms_bound"] is None


def _packed(plan, point) -> bytes:
    import gzip

    return gzip.compress(sc.to_json(plan.problems[point.problem_sha256]).encode())


def test_numbers_stand_as_numbers() -> None:
    assert axis_order([128, 16, 64, 16]) == [16, 64, 128]
    assert axis_order(["b", "a", "b"]) == ["b", "a"]
    assert axis_order([[16, 16], [8, 8]]) == ["[16, 16]", "[8, 8]"]


def test_a_claim_is_one_process_s_until_it_ends(tmp_path: Path, monkeypatch) -> None:
    plan = plan_sweep(SWEEP)
    point, other = plan.points[:2]
    mine, theirs = PointStore(tmp_path / "s.db"), PointStore(tmp_path / "s.db")
    theirs._owner = f"elsewhere:{os.getpid()}:1"
    assert theirs.claim(point)
    assert not mine.claim(point)
    assert mine.claim(other)
    monkeypatch.setattr(point_store, "_LEASE_S", -1.0)
    theirs.renew()
    assert mine.claim(point), "a claim that is not renewed runs out"
    mine.release()
    gone = f"{socket.gethostname()}:1:0"  # no process of that number began then
    monkeypatch.setattr(point_store, "_LEASE_S", 60.0)
    theirs._owner = gone
    assert theirs.claim(point)
    assert mine.claim(point), "a process that is gone holds nothing"


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "a.db"
    text.write_text("x" * 4096)
    with pytest.raises(sc.InputError):
        PointStore(text)
    assert text.read_text() == "x" * 4096
    foreign = tmp_path / "b.db"
    with sqlite3.connect(foreign) as db:
        db.execute("create table t (x)")
    before = foreign.read_bytes()
    with pytest.raises(sc.InputError, match="must be a database of scar-cp sweep"):
        PointStore(foreign)
    assert foreign.read_bytes() == before


PROGRAM = sys.executable, "-c", "from scar_cp.cli import main; main()"
GRID = ("quickstart", "--set", "package.dram.gb_per_s=128,16", "--set", "windows=1,2")


def _stored(path: Path) -> list[tuple[str, ...]]:
    with sqlite3.connect(path) as db:
        return db.execute("select key, value, bound, status from points order by key").fetchall()


@pytest.mark.slow
def test_a_sweep_that_is_killed_goes_on(command: Command, tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.db", tmp_path / "killed.db"
    assert command("sweep", *GRID, "-o", whole, "--jobs", 2).code == 0
    started = [*PROGRAM, "sweep", *GRID, "-o", str(path), "--jobs", "1"]
    process = subprocess.Popen(started, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for _ in range(600):
        if path.exists() and path.stat().st_size and _is_begun(path):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = _stored(path)
    assert before
    ran = command("sweep", *GRID, "-o", path)
    assert ran.code == 0
    assert set(before) <= set(_stored(path))
    assert f"{len(before)} of 4 runs are stored already" in ran.err
    assert _stored(path) == _stored(whole)


def _is_begun(path: Path) -> bool:
    try:
        return bool(_stored(path))
    except sqlite3.Error:
        return False


@pytest.mark.slow
def test_two_processes_share_the_points(tmp_path: Path) -> None:
    path = tmp_path / "both.db"
    started = [*PROGRAM, "sweep", *GRID, "-o", str(path), "--jobs", "1"]
    both = [
        subprocess.Popen(started, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for _ in range(2)
    ]
    done = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(text.count(" ms, ") for text in done) == 4, "each point is solved once"
    assert len(_stored(path)) == 4


def test_tables_and_pictures_of_a_sweep(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    both = "--objective", "latency", "--objective", "energy"
    ran = command("sweep", *GRID, *both, "-o", path, "--quiet")
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[0] for line in ran.out.splitlines()[1:5]] == ["16"] * 4
    csv_file, parquet = tmp_path / "q.csv", tmp_path / "q.parquet"
    assert command("sweep", "export", path, "-o", csv_file).code == 0
    with csv_file.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert command("sweep", "export", path, "-o", parquet).code == 0
    import pyarrow.parquet

    assert pyarrow.parquet.read_table(parquet).num_rows == 8
    picture = tmp_path / "q.svg"
    for option in ((), ("--heat", "windows"), ("-x", "windows", "-y", "gap")):
        assert command("sweep", "report", path, *option, "-o", picture).code == 0
        assert picture.read_bytes().startswith(b"<?xml")
    shown = command("sweep", "show", path, "--where", "windows=2").out
    assert len(shown.splitlines()) == 5
    told = json.loads(command("sweep", "show", path, "--json").out)
    assert [{name: row[name] for name in ("key", "value")} for row in told] == [
        {name: row[name] for name in ("key", "value")} for row in rows
    ]
    again = command("sweep", *GRID, *both, "-o", path, "--quiet", "--json")
    assert {row["key"] for row in json.loads(again.out)} == {row["key"] for row in rows}
    refused = command("sweep", "report", path, "-x", "clock", "-o", picture)
    assert refused.code == 2
    assert "must be one of package.dram.gb_per_s, windows" in refused.err


@pytest.mark.parametrize("error", [sc.ScarError("too  large\n"), MemoryError()])
def test_a_point_that_fails_keeps_its_reason_and_is_tried_again(
    tmp_path: Path, monkeypatch, error: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    plan = plan_sweep(SWEEP)
    point, store = plan.points[0], PointStore(tmp_path / "f.db")
    with monkeypatch.context() as broken:
        broken.setattr(running, "solve", fails)
        row = solve_point(_packed(plan, point), point)
    assert (row.status, row.value, row.result) == ("failed", None, None)
    assert row.message == (str(error) and "too large") or "MemoryError"
    store.add(row)
    assert store.missing(plan.points) == list(plan.points)
    assert store.claim(point, again=True)
    store.add(solve_point(_packed(plan, point), point))
    assert store.missing(plan.points) == list(plan.points[1:])
    assert not store.claim(point, again=True)


def test_a_process_that_dies_ends_its_point_only(tmp_path: Path) -> None:
    plan = plan_sweep(SWEEP)
    store = PointStore(tmp_path / "d.db")
    future: Future[point_store.PointRow] = Future()
    future.set_exception(OSError("Abnormal termination"))
    row = running._kept(store, future, plan.points[0])
    assert (row.status, row.message) == ("failed", "the process died: Abnormal termination")
    assert store.rows() == [row]


def test_a_database_is_never_an_input(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("format: scar-cp/sweep@1\ninstances: [quickstart]\n")
    assert command("sweep", file, "-o", file).code == 2
    assert file.read_text().startswith("format")
    assert command("sweep", file, "quickstart").code == 2
    assert command("sweep", "show", tmp_path / "none.db").code == 2


def test_a_table_does_without_seconds_where_it_has_no_room(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "sweep.db"
    arguments = ("--set", "windows=1", "--solver", "scar", "--jobs", "1", "--quiet")
    assert command("sweep", "quickstart", *arguments, "-o", database).code == 0
    monkeypatch.setenv("COLUMNS", "200")
    whole = command("sweep", "show", database).out
    assert "seconds" in whole
    width = max(map(len, whole.splitlines()))
    monkeypatch.setenv("COLUMNS", str(width - 1))
    narrow = command("sweep", "show", database).out.splitlines()
    assert narrow[-1] == "not shown, too wide: seconds"
    assert max(map(len, narrow)) < width


@pytest.mark.slow
def test_a_full_disk_ends_a_sweep_and_loses_no_point(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sweep.db"
    options = "quickstart", "--solver", "simba", "--quiet", "--jobs", "1", "-o", path
    assert command("sweep", *options, "--set", "windows=1").code == 0
    before = PointStore(path).rows()

    def full(*arguments: object, **named: object) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*arguments, **named)
        db.execute("pragma max_page_count = 1")  # no more than there are
        return db

    connect: Any = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", full)
        line = f"{path}: cannot be used as a database: database or disk is full\n"
        assert command("sweep", *options, "--set", "windows=1,2") == (2, "", line)
    assert PointStore(path).rows() == before
    assert command("sweep", *options, "--set", "windows=1,2").code == 0
    assert len(PointStore(path).rows()) == 2


def test_a_damaged_database_that_is_only_read_stays_as_it_is(
    tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "sweep.db"
    PointStore(path)
    content = bytearray(path.read_bytes())
    content[28:32], content[92:96] = bytes(4), bytes(4)  # its count of pages, and since when
    path.write_bytes(content)
    for arguments in (["show", path], ["export", path, "-o", tmp_path / "sweep.csv"]):
        assert command("sweep", *arguments).code == 2
        assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["sweep.db"]
