"""The best package: all counts, all layouts, bounds below every one of them."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from conftest import Command

import scar_cp as sc
from scar_cp.codesign.design_file import DesignFile, Offer, Weighted, read_design
from scar_cp.codesign.design_space import all_counts, base_problem, ideal, laid_out, layouts
from scar_cp.errors import InputError
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.show.text.units import Units

NAMES = ("nvdla", "shidiannao")


def asked(grid=(2, 2), types=NAMES, instance="quickstart", **more) -> DesignFile:
    return DesignFile(
        format="scar-cp/codesign@1",
        instances=(Weighted(instance=instance),),
        grid=grid,
        types={name: Offer() for name in types},
        **more,
    )


def based(settings=None, **more):
    return base_problem(sc.read_instance("quickstart", settings or {}), asked(**more))


def test_counts_fill_the_grid_within_the_limits() -> None:
    three = asked(grid=(3, 3), types=("a", "b", "c"))
    assert len(all_counts(three)) == 55
    assert all(sum(counts) == 9 for counts in all_counts(three))
    kept = three.replace(
        types={
            "a": Offer(least=1, takes={"mm2": 2.0}),
            "b": Offer(most=4, takes={"mm2": 1.0}),
            "c": Offer(takes={"mm2": 1.5, "watts": 1.0}),
        },
        limits={"mm2": 14.0, "watts": 3.0},
    )
    assert all_counts(kept) == [
        (a, b, c)
        for a, b, c in all_counts(three)
        if a >= 1 and b <= 4 and 2 * a + b + 1.5 * c <= 14 and c <= 3
    ]
    assert all_counts(kept)


@pytest.mark.parametrize("grid", [(1, 3), (2, 2), (2, 3), (3, 3)])
def test_of_symmetric_layouts_one(grid) -> None:
    problem = based(grid=grid)
    room = grid[0] * grid[1]
    alike = Counter[tuple[int, ...]]()
    for n in range(room + 1):
        for layout in layouts((n, room - n), problem, 10_000, 0):
            # Mirrored or turned, where the network and its ports are the same.
            rows = [layout[k : k + grid[1]] for k in range(0, room, grid[1])]
            seen = set()
            turned = [rows, list(zip(*rows, strict=True))] if grid == (2, 2) else [rows]
            for of, up, left in product(turned, (1, -1), (1, -1)):
                seen.add(tuple(t for row in of[::up] for t in row[::left]))
            alike[layout] += len(seen)
    assert sum(alike.values()) == 2**room, "each layout has one that stands for it"


def test_a_sample_where_layouts_are_many() -> None:
    problem = based(grid=(6, 6))
    found = layouts((18, 18), problem, 12, 3)
    assert len(set(found)) == 12
    assert all(Counter(layout) == {0: 18, 1: 18} for layout in found)
    assert found == layouts((18, 18), problem, 12, 3)


def test_a_layout_is_the_problem_of_its_package(tmp_path: Path) -> None:
    base = based(settings={"windows": 2})
    package = tmp_path / "p.yaml"
    package.write_text(
        "format: scar-cp/package@1\nname: p\nlayout:\n"
        "  - [nvdla, shidiannao]\n  - [shidiannao, shidiannao]\n"
    )
    compiled = sc.load_problem("quickstart", {"package": str(package), "windows": 2}).problem
    assert laid_out(base, NAMES, (0, 1, 1, 1)).replace(types=()) == compiled.replace(types=())


SETTINGS = [
    {},
    {"contention": "links"},
    {"contention": "dram", "overlap": "full"},
    {"weight_policy": "resident", "package.nop.hop_ns": 2000, "contention": "links"},
    {"package.memory_ports": [0, 3], "package.nop.topology": "triangular"},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_schedule_of_a_layout_costs_less_than_on_the_ideal_package(settings) -> None:
    is_small = "package.memory_ports" in settings  # which are those of two rows and columns
    base = based(settings={"windows": 2, **settings}, grid=(2, 2) if is_small else (2, 3))
    drawn = 0
    for seed, whole in enumerate([(0, 1, 1, 0, 0, 1), (1, 1, 0, 0, 0, 0), (0, 1, 0, 1, 0, 1)]):
        layout = whole[: len(base.chiplets)]
        problem = laid_out(base, NAMES, layout)
        counts = tuple(layout.count(t) for t in range(2))
        best = ideal(base, NAMES, counts)
        order = sorted(range(len(layout)), key=layout.__getitem__)
        assert [problem.chiplets[c].type for c in order] == [c.type for c in best.chiplets]
        for solver in ("random", "scar", "standalone", "simba"):
            request = sc.Request(seed=seed, time_limit_s=1)
            schedule = sc.solve(problem, request, solver).result.schedule
            there = Schedule.of(
                best.name,
                [
                    [s.replace(chiplet=order.index(s.chiplet)) for s in window]
                    for window in schedule.windows
                ],
            )
            assert not validate(best, there)
            here, least = evaluate(problem, schedule), evaluate(best, there)
            assert least.latency_cycles <= here.latency_cycles
            assert least.energy_nj <= here.energy_nj
            drawn += least.energy_nj < here.energy_nj
    assert drawn, "some schedule has hops that matter"


@pytest.mark.parametrize("objective", ["latency", "energy", "edp"])
def test_the_answer_is_the_best_of_all_layouts(command: Command, tmp_path: Path, objective) -> None:
    base = based()
    values = {}
    for layout in product(range(2), repeat=4):
        found = sc.solve(laid_out(base, NAMES, layout), sc.Request(objective=objective)).result
        assert found.gap < 1e-3
        values[layout] = found.value
    file, package = tmp_path / "c.db", tmp_path / "best.yaml"
    options = "--grid", "2x2", "--type", "nvdla", "--type", "shidiannao", "--gap", "0.0005"
    picture = tmp_path / "best.svg"
    ran = command(
        *("codesign", "quickstart", *options, "--objective", objective, "-o", file),
        *("--package", package, "--picture", picture, "--quiet"),
    )
    assert (ran.code, ran.err) == (0, "")
    best = sc.load_problem("quickstart", {"package": str(package)}).problem
    layout = tuple(NAMES.index(chiplet.type) for chiplet in best.chiplets)
    assert values[layout] <= min(values.values()) * 1.001
    least = Units(base.clock_hz).number(objective, min(values.values()))
    assert least[:4] in ran.out
    assert picture.read_bytes().startswith(b"<?xml")
    again = command("codesign", "quickstart", *options, "--objective", objective, "-o", file)
    assert again.out.splitlines()[:4] == ran.out.splitlines()[:4]


def test_more_types_than_places() -> None:
    base = based(grid=(1, 2), types=("nvdla", "shidiannao", "eyeriss"))
    names = ("nvdla", "shidiannao", "eyeriss")
    for t in range(3):
        problem = laid_out(base, names, (t, t))
        assert sc.solve(problem, solver="standalone").result.value


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        ("types: {a: {most: 3}}\ngrid: [2, 2]", "types", "must fill 4 places"),
        ("types: {a: {least: 5}}\ngrid: [2, 2]", "types", "must fill 4 places"),
        ("types: {a: {takes: {mm2: 1}}}\ngrid: [2, 2]", "types.a.takes.mm2", "no such limit"),
        ("types: {}\ngrid: [2, 2]", "types", "at least 1"),
        ("types: {a: {}}\ngrid: [2]", "grid", ""),
        ("types: {a: {}}\ngrid: [0, 2]", "grid[0]", "greater than 0"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, place: str, rule: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(f"format: scar-cp/codesign@1\ninstances: [{{instance: sc4}}]\n{text}\n")
    with pytest.raises(InputError) as refused:
        read_design(file)
    (fault,) = refused.value.faults
    assert fault.place.startswith(place)
    assert rule in fault.rule


def test_wrong_options_are_refused(command: Command, tmp_path: Path) -> None:
    ran = command("codesign", "quickstart", "--grid", "2", "-o", tmp_path / "c.db")
    assert (ran.code, ran.err.count("\n")) == (2, 2)
    ran = command("codesign", "quickstart", "--type", "nvdlo", "-o", tmp_path / "c.db")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "is no chiplet type of" in ran.err
