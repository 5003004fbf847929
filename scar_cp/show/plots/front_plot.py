"""The latency-energy front and what is proven about the rest of the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scar_cp.outcome.pareto import Front
from scar_cp.show.plots.style import PALETTE, in_house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_front"]


@in_house_style
def plot_front(front: Front) -> Figure:
    """Draw the points, the schedules that they dominate, and the region that holds none.

    Parameters
    ----------
    front
        A front; where it has half-planes or budgets, what they exclude is shaded.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ScarError
        Without matplotlib.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.load_problem("instances/quickstart.yaml").problem
    >>> front = sc.pareto_front(problem, sc.Request(time_limit_s=30))
    >>> sc.plot_front(front).savefig("front.png")
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    figure = Figure(figsize=(6.5, 4.2))
    axes = figure.add_subplot()
    latencies = [p.latency_cycles for p in front.points]
    energies = [p.energy_nj for p in front.points]
    spread_x = max(latencies) - min(latencies) or max(1, latencies[0] // 10)
    spread_y = max(energies) - min(energies) or max(1, energies[0] // 10)
    left, right = min(latencies) - spread_x // 8, max(latencies) + spread_x // 4
    bottom, top = min(energies) - spread_y // 8, max(energies) + spread_y // 4
    across = 1e6 if front.clock_hz is None else front.clock_hz / 1e3
    axes.set_xlim(left / across, right / across)
    axes.set_ylim(bottom / 1e6, top / 1e6)

    excluded: dict[str, Any] = {"color": "#BBBBBB", "linewidth": 0}
    if front.half_planes or front.budgets:
        limits = front.limits(left, right)
        axes.fill_between(
            [x / across for x, _ in limits],
            bottom / 1e6,
            [least / 1e6 for _, least in limits],
            label="proven empty",
            gid="empty",
            **excluded,
        )
        if front.least_latency > left:
            axes.axvspan(left / across, front.least_latency / across, gid="too-fast", **excluded)
    corners_x = [x / across for x in (*latencies, right)]
    corners_y = [y / 1e6 for y in (*energies, energies[-1])]
    axes.fill_between(
        corners_x,
        corners_y,
        top / 1e6,
        step="post",
        color="#CFE5F3",
        linewidth=0,
        label="dominated",
    )
    for supported, marker, label in ((True, "o", "found by weights"), (False, "s", "by budget")):
        points = [p for p in front.points if p.supported == supported]
        if points:
            axes.scatter(
                [p.latency_cycles / across for p in points],
                [p.energy_nj / 1e6 for p in points],
                marker=marker,
                color=PALETTE[5 if supported else 6],
                label=label,
                zorder=3,
                gid=label.replace(" ", "-"),
            )
    figure.suptitle(f"Latency and energy of {front.problem}, {front.space} space")
    axes.set_xlabel(f"latency [{'million cycles' if front.clock_hz is None else 'ms'}]")
    axes.set_ylabel("energy [mJ]")
    open_ = Patch(facecolor="white", edgecolor="#888888", label="open")
    handles, _ = axes.get_legend_handles_labels()
    figure.legend(handles=[*handles, open_], loc="outside lower center", ncols=5, fontsize=7)
    return figure
