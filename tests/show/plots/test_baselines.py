"""Pictures as they were when somebody last looked at them.

To renew one after a look at the new one: delete its baseline and run these tests, which then draw
it and fail. To move to another Matplotlib: renew them all, and say so in `DRAWN_WITH`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from problems import schedule, tiny_problem

from show.plots import examples

pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")

import matplotlib
from matplotlib.testing.compare import compare_images

from scar_cp.show.plots.bounds_plot import plot_bounds
from scar_cp.show.plots.front_plot import plot_front
from scar_cp.show.plots.gantt_plot import plot_gantt
from scar_cp.show.plots.gaps_plot import plot_gaps, plot_losses
from scar_cp.show.plots.map_plot import plot_map
from scar_cp.show.plots.style import figure_bytes
from scar_cp.show.plots.values_plot import plot_values

BASELINE = Path(__file__).parent / "baseline"
TOLERANCE = 8
"""Root mean square of the difference in levels of 256: fonts are drawn a little differently."""

DRAWN_WITH = "3.11"
"""The Matplotlib of the baselines."""

STAR = ((0, 1), (0, 2), (0, 3), (2, 3))


def many_models():
    """More models than colours, as many types as shapes."""
    runs = [examples.chain([30 + m], 1 + m) for m in range(18)]
    problem = tiny_problem(
        runs,
        types="abcdef" * 6,
        links=[(c, c + 1) for c in range(36) if c % 6 < 5] + [(c, c + 6) for c in range(30)],
        cells=[(c // 6, c % 6) for c in range(36)],
        ports=[0, 35],
    )
    return problem, schedule([(m, 0, 0, 2 * m) for m in range(18)])


PICTURES = {
    "gantt": lambda: plot_gantt(*examples.example()),
    "gantt_resident_overlap": lambda: plot_gantt(
        *examples.example(weight_policy="resident", overlap="full", contention="dram")
    ),
    "gantt_many": lambda: plot_gantt(*many_models()),
    "map": lambda: plot_map(*examples.example()),
    "map_off_mesh": lambda: plot_map(*examples.example(cells=None, links=STAR)),
    "map_many": lambda: plot_map(*many_models()),
    "bounds": lambda: plot_bounds(examples.RESULT),
    "front": lambda: plot_front(examples.FRONT),
    "gaps": lambda: plot_gaps(examples.COMPARISON),
    "values": lambda: plot_values(examples.COMPARISON),
    "losses": lambda: plot_losses(examples.SPLITS),
}


@pytest.mark.slow
@pytest.mark.skipif(
    not matplotlib.__version__.startswith(f"{DRAWN_WITH}."),
    reason=f"only Matplotlib {DRAWN_WITH} sets text as in the baselines",
)
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_as_it_was(tmp_path, name):
    figure = PICTURES[name]()
    baseline, drawn = BASELINE / f"{name}.png", tmp_path / f"{name}.png"
    missing = not baseline.exists()
    (baseline if missing else drawn).write_bytes(figure_bytes(figure, ".png", dpi=50))
    assert not missing, f"drawn anew, look at it: {baseline}"
    assert compare_images(str(baseline), str(drawn), TOLERANCE) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "suffix"), [("gantt", ".png"), ("gantt", ".svg"), ("map", ".svg")]
)
def test_files_are_the_same_every_time_and_bear_no_date(name, suffix):
    first, second = (figure_bytes(PICTURES[name](), suffix) for _ in range(2))
    assert first == second
    assert b"date" not in first.lower()
