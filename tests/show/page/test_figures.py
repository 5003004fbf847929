"""What figures of a page show is what the evaluator says."""

from __future__ import annotations

import pytest

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.timeline import timeline
from scar_cp.problem.compiled import Problem
from scar_cp.show.page.bounds_figure import bounds_figure
from scar_cp.show.page.breakdown_figures import energy_figure, time_figure
from scar_cp.show.page.comparison_figures import gaps_figure, losses_figure
from scar_cp.show.page.front_figure import front_figure
from scar_cp.show.page.gantt_figure import MAX_PASSES, gantt_figure
from scar_cp.show.page.map_figure import map_caption, map_figure
from scar_cp.show.page.schedule_tables import schedule_tables
from scar_cp.show.page.sections import section_of_result
from scar_cp.show.text.units import Units
from show.plots import examples

pytest.importorskip("plotly", reason="figures of a page need plotly: the extra report")

MODES = [
    {},
    {"weight_policy": "resident"},
    {"overlap": "full"},
    {"weight_policy": "resident", "contention": "links"},
]


@pytest.mark.parametrize("settings", MODES)
def test_bars_of_a_chiplet_last_as_long_as_its_passes(settings):
    problem, plan = examples.example(**settings)
    evaluation = evaluate(problem, plan)
    scale = 1e3 / problem.clock_hz
    drawn = [0.0] * problem.num_chiplets
    names = {f"{model.name} x{model.batch}" for model in problem.models} | {"weights, once"}
    for trace in gantt_figure(problem, plan).data:
        if trace.name in names:
            for chiplet, length in zip(trace.y, trace.x, strict=True):
                drawn[chiplet] += length / scale
    busy = [0] * problem.num_chiplets
    for window in timeline(problem, evaluation):
        for stage in window.stages:
            busy[stage.segment.chiplet] += stage.busy_cycles
    assert drawn == pytest.approx(busy)


def test_passes_beyond_the_limit_are_one_bar() -> None:
    problem, plan = examples.example()
    model = problem.models[0]
    many = model.replace(batch=100, minibatch=1, passes=100)
    figure = gantt_figure(problem.replace(models=(many, *problem.models[1:])), plan)
    bars = next(trace for trace in figure.data if trace.name.endswith("x100"))
    assert len(bars.x) == 3 * (MAX_PASSES + 1), "three segments"
    assert sum(f"passes {MAX_PASSES + 1} to 100, each" in text for text in bars.hovertext) == 3


def test_every_layer_can_be_pointed_at() -> None:
    problem, plan = examples.example()
    texts = [text for trace in gantt_figure(problem, plan).data for text in trace.hovertext]
    for model in problem.models:
        for i, layer in enumerate(model.layers):
            at = [text for text in texts if f"layer {i} {layer.name}: compute" in text]
            assert at
            assert f"weights {layer.weight_bytes:,} bytes" in at[0]


@pytest.mark.parametrize("settings", MODES)
def test_energies_of_models_and_of_chiplets_add_up_to_the_schedules(settings):
    problem, plan = examples.example(**settings)
    evaluation = evaluate(problem, plan)
    for axis in (None, "x2"):
        drawn = {
            trace.name.partition(" ")[0]: sum(trace.y) * 1e6
            for trace in energy_figure(problem, plan).data
            if trace.xaxis == axis
        }
        assert drawn == pytest.approx(evaluation.energy_parts)


def enlarged(count: int) -> tuple[Problem, Schedule]:
    """The example with so many chiplets, of which the first four work."""
    problem, plan = examples.example()
    more = tuple(problem.chiplets[0].replace(id=c) for c in range(4, count))
    links = (*problem.links, *((c - 1, c) for c in range(4, count)))
    return problem.replace(chiplets=(*problem.chiplets, *more), links=links), plan


def test_idle_chiplets_of_a_large_package_share_a_bar_and_a_line() -> None:
    for count, names in ((9, 9), (36, 5)):
        problem, plan = enlarged(count)
        evaluation = evaluate(problem, plan)
        for figure in (energy_figure(problem, plan), time_figure(problem, plan)):
            bars = next(trace for trace in figure.data if trace.xaxis == "x2")
            assert len(bars.x) == names
            assert (figure.layout.xaxis2.type, figure.layout.xaxis2.tickangle) == ("category", 90)
        tables = schedule_tables(problem, plan, evaluation)
        lines = next(table for table in tables if table.caption == "Chiplets").lines
        assert len(lines) == names
    assert lines[-1] == ("32 others", "32 a", "0.0%", "0.0%", "100.0%")
    assert bars.x[-1] == "32 idle chiplets"


def test_a_map_says_which_shape_is_which_type() -> None:
    problem, plan = examples.example()
    chiplets = map_figure(problem, plan).data[2]
    said = map_caption(problem)
    for chiplet, shape in zip(problem.chiplets, chiplets.marker.symbol, strict=True):
        assert f"{shape} {chiplet.type}" in said


def test_a_search_has_units_and_times_of_parts_that_overlap_do_not_add_up() -> None:
    for units, text in ((Units(), "edp [cycles x nJ]"), (Units(1e9), "edp [J·s]")):
        assert bounds_figure(examples.RESULT, units).layout.yaxis.title.text == text
    for settings, words in (({}, "of these"), ({"overlap": "full"}, "transfers beside compute:")):
        texts = gantt_figure(*examples.example(**settings)).data[0].hovertext
        assert all(words in text for text in texts)


def test_a_long_name_is_cut_below_bars_and_has_room_beside_rows() -> None:
    problem, plan = examples.example()
    model = problem.models[0].replace(name="m" * 40)
    problem = problem.replace(models=(model, *problem.models[1:]))
    (short,) = energy_figure(problem, plan).layout.xaxis.labelalias.values()
    assert len(short) == 18
    assert gantt_figure(problem, plan).layout.yaxis.automargin


def test_parts_of_a_pass_add_up_in_the_table_of_segments() -> None:
    problem, plan = examples.example(weight_policy="resident")
    evaluation = evaluate(problem, plan)
    result = examples.RESULT.replace(schedule=plan, evaluation=evaluation)
    tables = section_of_result("", result, problem, plan).tables
    segments = next(table for table in tables if table.caption == "Segments")
    assert segments.heads[-1].name == "weights, once"
    for line in segments.lines:
        whole, *parts, _ = (float(cell.split()[0].replace(",", "")) for cell in line[5:])
        assert whole == pytest.approx(sum(parts), rel=1e-3)


def test_a_reader_finds_runs_limits_and_what_would_help() -> None:
    problem, plan = examples.example()
    evaluation = evaluate(problem, plan)
    result = examples.RESULT.replace(schedule=plan, evaluation=evaluation)
    tables = {
        t.caption.split(":")[0]: t for t in section_of_result("", result, problem, plan).tables
    }
    assert len(tables["What runs"].lines) == len(problem.models)
    assert len(tables["Chiplets"].lines) == problem.num_chiplets
    limits = tables["What limits each window"]
    for line in limits.lines:
        shares = [float(cell[:-1]) for cell in line[3:] if cell != "-"]
        assert sum(shares) == pytest.approx(100, abs=0.3)
    twice = next(table for name, table in tables.items() if "twice" in name)
    assert all(float(line[2][:-1]) >= 0 for line in twice.lines)


def test_time_at_work_adds_up_to_busy_cycles() -> None:
    problem, plan = examples.example(weight_policy="resident")
    evaluation = evaluate(problem, plan)
    busy = sum(s.busy_cycles for w in timeline(problem, evaluation) for s in w.stages)
    for axis in (None, "x2"):
        traces = [t for t in time_figure(problem, plan).data if t.xaxis == axis]
        texts = [text for trace in traces for text in trace.hovertext]
        cycles = [int(text.split(": ")[1].split(" cycles")[0].replace(",", "")) for text in texts]
        assert sum(cycles) == busy


def test_each_window_has_a_map_with_its_busy_links() -> None:
    problem, plan = examples.example()
    evaluation = evaluate(problem, plan)
    figure = map_figure(problem, plan)
    count = len(evaluation.windows)
    assert (len(figure.data), len(figure.layout.annotations)) == (3 * count, count)
    maps = []
    for w, window in enumerate(evaluation.windows):
        _, traffic, chiplets = figure.data[3 * w : 3 * w + 3]
        cycles = sorted(window.link_busy_cycles.values())
        assert (
            sorted(int(text.split("busy ")[1].split(" ")[0]) for text in traffic.hovertext)
            == cycles
        )
        placed = {s.chiplet for s in window.segments}
        assert [c for c, text in enumerate(chiplets.text) if "<br>" in text] == sorted(placed)
        time = Units(problem.clock_hz).time(window.latency_cycles)
        assert figure.layout.annotations[w].text.startswith(f"window {w}: {time}<br>")
        maps.append(set(zip(chiplets.x, chiplets.y, strict=True)))
    assert len(set().union(*maps)) == count * problem.num_chiplets, "no two on one place"
    for x, y in set().union(*maps):
        assert figure.layout.xaxis.range[0] < x < figure.layout.xaxis.range[1]
        assert figure.layout.yaxis.range[0] < y < figure.layout.yaxis.range[1]


def test_a_search_is_drawn_with_values_beyond_64_bits() -> None:
    value, bound = bounds_figure(examples.RESULT, Units()).data
    assert value.y == (None, 3e20, 1e20, 1e20, 1e20)
    assert bound.y == (5e19, 5e19, 5e19, 9e19, 9e19)
    assert "100,000,000,000,000,000,000" in value.hovertext[-1]


def test_points_of_a_front_lie_outside_the_empty_region() -> None:
    empty, weights, budget = front_figure(examples.FRONT).data
    assert (len(weights.x), len(budget.x)) == (2, 1)
    corners = dict(zip(empty.x[2:], empty.y[2:], strict=True))
    assert corners[1.5] == 6.0, "the budget"
    for point in examples.FRONT.points:
        assert point.energy_nj >= examples.FRONT.least_energy(point.latency_cycles)


def test_tables_become_figures() -> None:
    rows = examples.COMPARISON
    (latency,) = gaps_figure(rows).data
    assert len(latency.y) == sum(row.gap is not None for row in rows)
    *drawn, open_ = losses_figure(examples.SPLITS).data
    assert [bars.y[0] for bars in drawn] == pytest.approx([10, 15, 5, 20])
    for split, share in zip(examples.SPLITS, open_.y, strict=True):
        proven = sum(loss.least or 0 for loss in split.losses)
        assert share == pytest.approx(100 * ((split.total[1] or 0) - proven))
    assert max(open_.y) > 0
    assert len(losses_figure(examples.SPLITS[:1]).data) == 4
