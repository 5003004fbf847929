"""What pictures say is what the evaluator and the files say."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from random import Random

import pytest
from judge.test_timeline import drawn
from problems import schedule, tiny_problem, with_unused_type

from show.plots import examples

pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")

import numpy as np

from scar_cp.judge.evaluation import evaluate
from scar_cp.show.plots.bounds_plot import plot_bounds
from scar_cp.show.plots.front_plot import plot_front
from scar_cp.show.plots.gantt_plot import plot_gantt
from scar_cp.show.plots.gaps_plot import plot_gaps, plot_losses
from scar_cp.show.plots.map_plot import plot_map, positions
from scar_cp.show.plots.scaling_plot import plot_scaling
from scar_cp.show.plots.style import PALETTE, figure_bytes, model_fill
from scar_cp.show.plots.sweep_plot import SweepPanel, plot_sweep_lines, plot_sweep_map
from scar_cp.show.plots.values_plot import plot_values
from scar_cp.studies.bench import SCALING, Row


def marked(axes, kind):
    """The artists of a kind, by what their marks say after it."""
    found = {}
    for artist in axes.get_children():
        name, _, rest = (artist.get_gid() or "").partition("-")
        if name == kind:
            found[rest] = artist
    return found


def extent(collection):
    """Left and right end of a bar."""
    box = collection.get_paths()[0].get_extents()
    return box.x0, box.x1


def texts(axes):
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("seed", range(6))
def test_bars_of_a_gantt_chart_lie_where_the_evaluator_says(seed):
    problem, schedule = drawn(seed)
    evaluation = evaluate(problem, schedule)
    (axes,) = plot_gantt(problem, schedule).axes
    scale = 1e3 / problem.clock_hz
    passes, loads = marked(axes, "passes"), marked(axes, "load")
    start = bars = once = 0
    for w, window in enumerate(evaluation.windows):
        for s in window.segments:
            chain = [o for o in window.segments if o.model == s.model and o.first <= s.first]
            slowest = max(o.pass_cycles for o in chain)
            q = problem.models[s.model].passes
            all_loads = sum(o.once_cycles for o in window.segments if o.model == s.model)
            begin = start + all_loads + sum(o.pass_cycles for o in chain if o is not s)
            end = begin + (q - 1) * slowest + s.pass_cycles
            if end > begin:
                bars += 1
                left, right = extent(passes[f"{w}-{s.chiplet}"])
                assert (left, right) == pytest.approx((begin * scale, end * scale))
            if s.once_cycles:
                once += 1
                left, right = extent(loads[f"{w}-{s.chiplet}"])
                assert right - left == pytest.approx(s.once_cycles * scale)
        start += window.latency_cycles
    assert (len(passes), len(loads)) == (bars, once)
    assert len(marked(axes, "window")) == len(evaluation.windows)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == [f"{c.id} {c.type}" for c in problem.chiplets]


@pytest.mark.parametrize("overlap", ["none", "full"])
def test_strips_show_the_parts_of_a_pass(overlap):
    problem, schedule = examples.example(overlap=overlap)
    (axes,) = plot_gantt(problem, schedule).axes
    passes, strips = marked(axes, "passes"), marked(axes, "strip")
    first = evaluate(problem, schedule).windows[0].segments[0]
    assert (first.chiplet, first.first) == (0, 0)  # the first of its model: never waits
    left, right = extent(passes["0-0"])
    shares = {}
    for part in ("weights", "reads", "compute", "sends", "writes"):
        begin, end = extent(strips[f"0-0-{part}"]) if f"0-0-{part}" in strips else (0, 0)
        shares[part] = (end - begin) / (right - left) * first.pass_cycles
    assert shares == pytest.approx(
        {
            "weights": first.weight_cycles,
            "reads": first.read_cycles,
            "compute": first.compute_cycles,
            "sends": first.send_cycles,
            "writes": first.write_cycles,
        }
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_map_shows_the_segments_and_the_busy_links(seed):
    problem, schedule = drawn(seed)
    evaluation = evaluate(problem, schedule)
    *panels, _ = plot_map(problem, schedule).axes
    for axes, window in zip(panels, evaluation.windows, strict=False):
        at = {s.chiplet: s for s in window.segments}
        for c, shape in marked(axes, "chiplet").items():
            white = (1.0, 1.0, 1.0, 1.0)
            assert (shape.get_facecolor() == white) == (int(c) not in at)
        links = {tuple(rest.split("-")) for rest in marked(axes, "link")}
        assert links == {tuple(link.split(">")) for link in window.link_busy_cycles}
        written = "\n".join(texts(axes))
        for c, s in at.items():
            layers = f"{s.first}-{s.last}" if s.last > s.first else f"{s.first}"
            assert f"{c}\n{problem.models[s.model].name}\n{layers}" in written
        ports = {c.port for c in problem.chiplets}
        for c, shape in marked(axes, "chiplet").items():
            assert (shape.get_linewidth() > 1) == (int(c) in ports)


def test_off_mesh_chiplets_keep_apart_and_always_lie_in_the_same_place() -> None:
    problem, _ = examples.example(cells=None)
    places = positions(problem)
    gaps = [abs(complex(*a) - complex(*b)) for a in places for b in places if a != b]
    assert min(gaps) == pytest.approx(1)
    assert positions(problem.replace()) == places


def test_models_beyond_the_colours_have_hatches() -> None:
    fills = [(model_fill(m)["facecolor"], model_fill(m)["hatch"]) for m in range(48)]
    assert len(set(fills)) == 48
    assert [hatch for _, hatch in fills[: len(PALETTE)]] == [""] * len(PALETTE)


@pytest.mark.slow
@pytest.mark.parametrize("plot", [plot_gantt, plot_map])
def test_a_type_that_no_chiplet_has_is_not_drawn(plot):
    problem, schedule = examples.example()
    for seed in range(3):
        with_it = with_unused_type(Random(seed), problem)
        drawings = [figure_bytes(plot(of, schedule), ".svg") for of in (problem, with_it)]
        assert drawings[0] == drawings[1]


def test_any_name_is_drawn_as_it_stands() -> None:
    problem, plan = examples.example()
    names = ("$\\bad{模$", "m" * 50)
    models = (m.replace(name=name) for m, name in zip(problem.models, names, strict=True))
    problem = problem.replace(models=tuple(models))
    for figure in plot_gantt(problem, plan), plot_map(problem, plan):
        with warnings.catch_warnings(action="error"):
            figure_bytes(figure, ".png")
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()][:2] == [
            "$\\bad{模$ x4",
            f"{'m' * 39}… x3",
        ]
        with warnings.catch_warnings(action="ignore"):
            box = legend.get_window_extent()
        page = figure.bbox
        assert box.x0 >= page.x0, "it fits"
        assert box.x1 <= page.x1


def test_the_lines_of_a_search_are_its_log() -> None:
    (axes,) = plot_bounds(examples.RESULT).axes
    assert axes.get_ylabel() == "edp [cycles x nJ]", "no schedule says the clock"
    lines = {line.get_gid(): np.asarray(line.get_xydata()).tolist() for line in axes.lines}
    assert lines["bound"] == [[0.5, 5e19], [1, 5e19], [3, 5e19], [6.5, 9e19], [8, 9e19]]
    assert lines["value"][1:] == [[1, 3e20], [3, 1e20], [6.5, 1e20], [8, 1e20]]
    assert texts(axes) == ["standalone", "scar"]


def test_a_search_with_a_schedule_is_drawn_in_the_units_of_the_summary() -> None:
    problem, plan = examples.example()
    result = examples.RESULT.replace(evaluation=evaluate(problem, plan))
    (axes,) = plot_bounds(result).axes
    assert axes.get_ylabel() == "edp [J·s]"
    (value,) = (line for line in axes.lines if line.get_gid() == "value")
    last = np.asarray(value.get_ydata())[-1]
    assert last == pytest.approx(10**20 / problem.clock_hz * 1e-9)


@pytest.mark.parametrize("plot", [plot_gantt, plot_map])
def test_a_model_that_runs_twice_is_told_apart(plot):
    problem, plan = examples.example()
    twice = problem.replace(models=tuple(m.replace(name="twin") for m in problem.models))
    figure = plot(twice, plan)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()][:2] == ["twin [0] x4", "twin [1] x3"]
    if plot is plot_map:
        written = "\n".join(texts(figure.axes[0]))
        assert "twin [0]" in written
        assert "twin [1]" in written
    long = twice.replace(models=tuple(m.replace(name="t" * 50) for m in twice.models))
    (legend,) = plot(long, plan).legends
    assert legend.get_texts()[1].get_text().endswith("… [1] x3"), "the number is never cut"


def row_of_chiplets(count):
    """Two models on a row of chiplets, the first of which is a port: all others are idle."""
    problem = tiny_problem(
        [examples.chain([30], 1), examples.chain([40], 2)],
        types="a" * count,
        links=[(c, c + 1) for c in range(count - 1)],
        cells=[(0, c) for c in range(count)],
        ports=[0],
    )
    return problem, schedule([(0, 0, 0, 0), (1, 0, 0, 3)])


def test_idle_chiplets_of_a_large_package_share_a_row() -> None:
    names = {}
    for count in (16, 17, 200):
        figure = plot_gantt(*row_of_chiplets(count))
        names[count] = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert "passes-0-3" in {artist.get_gid() for artist in figure.axes[0].get_children()}
    assert len(names[16]) == 16
    assert names[17] == ["0 a", "3 a", "15 idle chiplets"]
    assert names[200] == ["0 a", "3 a", "198 idle chiplets"]


def test_a_map_of_a_large_package_ends_where_nothing_moves() -> None:
    figure = plot_map(*row_of_chiplets(200))
    assert figure.axes[0].get_xlim() == (-0.5, 3.5), "chiplets 1 and 2 pass on what 3 reads"
    assert "196 idle chiplets" in figure.get_suptitle()
    assert figure.get_size_inches()[0] < 10
    assert "idle" not in plot_map(*row_of_chiplets(16)).get_suptitle()


def test_the_empty_region_of_a_front_is_what_its_limits_say() -> None:
    (axes,) = plot_front(examples.FRONT).axes
    (region,) = marked(axes, "empty").values()
    edge = {(round(x * 1e6), round(y * 1e6)) for x, y in region.get_paths()[0].vertices}
    assert (1_500_000, 6_000_000) in edge  # the budget's energy, up to the budget
    assert (1_500_001, 4_999_999) in edge  # and then the weighted sum's
    floor = min(y for _, y in edge)
    for x, y in edge:
        assert y == floor or abs(y - examples.FRONT.least_energy(x)) <= 1
    assert marked(axes, "too")["fast"].get_x() + marked(axes, "too")["fast"].get_width() == 0.9


def test_bars_of_a_comparison_are_its_gaps() -> None:
    (axes,) = plot_gaps(examples.COMPARISON).axes
    heights = {bars.get_label(): [bar.get_height() for bar in bars] for bars in axes.containers}
    assert heights["scar"] == pytest.approx([100 / 6, 25])
    assert heights["cp-sat"] == pytest.approx([0, 100 / 6])
    assert texts(axes) == ["17", "25", "?", "0", "17", "?"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["sc1", "sc2", "sc3"]


def test_bars_of_values_are_in_the_units_of_the_table_and_bounds_are_lines() -> None:
    rows = [
        replace(row, objective=objective, clock_hz=500e3)
        for row in examples.COMPARISON
        for objective in ("latency", "energy")
    ]
    latency, energy = plot_values(rows).axes
    for axes, scale, label in ((latency, 1 / 500, "latency [ms]"), (energy, 1e-6, "energy [mJ]")):
        heights = {bars.get_label(): [b.get_height() for b in bars] for bars in axes.containers}
        assert heights["scar"] == pytest.approx([120 * scale, 200 * scale])
        assert heights["cp-sat"] == pytest.approx([100 * scale, 180 * scale, 70 * scale])
        assert axes.get_ylabel() == label
        (lines,) = marked(axes, "bounds").values()
        at = {round((a[0] + b[0]) / 2): a[1] for a, b in lines.get_segments()}
        assert at == pytest.approx({0: 100 * scale, 1: 150 * scale})
    assert "?" in texts(latency)


def test_texts_of_a_table_have_room_on_any_scale() -> None:
    rows = [
        replace(row, package=package, value=row.value and row.value * factor, clock_hz=500e6)
        for row in examples.COMPARISON
        for package, factor in (("het_sides_3x3", 1), ("het_cross_6x6", 1_000))
    ]
    for figure, unknown in ((plot_values(rows), 2), (plot_gaps(rows), 4)):
        figure.canvas.draw()
        (axes,) = figure.axes
        ticks = axes.get_yticklabels()
        assert not [tick for tick in ticks if "$" in tick.get_text()]
        boxes = [
            (text.get_text(), text.get_window_extent())
            for text in (*axes.texts, *axes.get_xticklabels(), *ticks)
            if text.get_text() and text.get_visible()
        ]
        assert sum(text == "?" and box.y1 > axes.bbox.y0 for text, box in boxes) == unknown
        pairs = [(a, b) for k, a in enumerate(boxes) for b in boxes[k + 1 :]]
        assert not [(a[0], b[0]) for a, b in pairs if a[1].overlaps(b[1])]


def test_a_sweeps_gaps_are_per_cent() -> None:
    rows = [{"windows": n, "package": "a", "gap": gap} for n, gap in ((1, 0.25), (2, None))]
    panel = SweepPanel("", "gap", rows)
    (axes,) = plot_sweep_lines([panel], "windows", ["package"]).axes
    assert np.asarray(axes.lines[0].get_ydata()).tolist() == [25]
    assert axes.get_ylabel() == "certified gap [%]"
    (axes,) = plot_sweep_map([panel], "windows", "package").axes
    assert texts(axes) == ["25"]


def test_numbers_are_in_their_order_and_words_as_they_came() -> None:
    rows = [
        replace(row, windows=windows, settings=f"package.dram.gb_per_s={speed}")
        for row in reversed(examples.COMPARISON)
        for windows in (16, 2)
        for speed in (100, 9)
    ]
    (axes,) = plot_gaps(rows).axes
    labels = [label.get_text().split("\n") for label in axes.get_xticklabels()]
    found = [(name, speed, windows) for name, speed, windows in labels]
    assert found == [
        (name, f"gb_per_s={speed}", f"{windows} windows")
        for name in ("sc3", "sc2", "sc1")
        for speed in (9, 100)
        for windows in (2, 16)
    ]


def test_many_cases_go_on_below_and_small_gaps_do_not_read_as_none() -> None:
    first = examples.COMPARISON[0]
    rows = [
        replace(first, scenario=f"sc{k}", solver=solver, gap=0.0004 * k)
        for k in range(100)
        for solver in ("scar", "cp-sat")
    ]
    figure = plot_gaps(rows)
    assert len(figure.axes) > 1
    assert figure.get_size_inches()[0] <= 14
    ticks = [tick.get_text() for axes in figure.axes for tick in axes.get_xticklabels()]
    assert ticks == [f"sc{k}" for k in range(100)]
    assert texts(figure.axes[0])[:4] == ["0", "<.1", "<.1", "0.12"]


def test_stacked_losses_end_at_the_total() -> None:
    (axes,) = plot_losses(examples.SPLITS).axes
    heights = {bars.get_label(): [bar.get_height() for bar in bars] for bars in axes.containers}
    expected = {
        "segmentation, placement": [10, 10],
        "provisioning": [15, 10],
        "window packing": [5, 5],
        "adjacency": [20, 0],
        "not proven whose": [10],
    }
    assert list(heights) == list(expected)
    for label, least in expected.items():
        assert heights[label] == pytest.approx(least)


def test_cases_name_what_differs() -> None:
    rows = [replace(row, windows=1 + k % 2) for k, row in enumerate(examples.COMPARISON)]
    (axes,) = plot_gaps(rows).axes
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert all(re.fullmatch(r"sc\d\n(1 window|2 windows)", label) for label in labels)


def test_a_case_that_did_not_reach_its_gap_is_a_hollow_mark():
    rows = [
        Row(
            case.scenario,
            case.package,
            case.windows,
            case.objective,
            case.space,
            case.without,
            heuristic=None,
            value=100,
            bound=95 if size == 9 else 100,
            gap=0.05 if size == 9 else 0.0,
            status="feasible",
            author="",
            first_s=None,
            best_s=None,
            seconds=float(size),
            peak_mb=10 * size,
        )
        for size, case in SCALING["chiplets"].items()
    ]
    figure = plot_scaling(rows)
    seconds, _, layers, _, memory = figure.axes[:5]
    sizes = list(SCALING["chiplets"])
    assert np.array_equal(seconds.lines[0].get_ydata(), sizes)
    assert np.array_equal(memory.lines[0].get_ydata(), [10 * size for size in sizes])
    hollow = [np.max(m.get_xdata()) for m in seconds.lines[1:] if m.get_fillstyle() == "none"]
    assert hollow == [9]
    assert not layers.lines[1:], "no rows, no marks"
