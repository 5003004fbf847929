"""The paper's MCM-Reconfig and PROV engines: time windows and node counts (SPEC 7.1, 7.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scar_cp.problem.compiled import Problem
from scar_cp.terms import Packing, Target

__all__ = [
    "default_splits",
    "expected_cycles",
    "given_ranges",
    "pack_windows",
    "provision",
    "reconfigure",
    "reprovision",
]


def default_splits(max_windows: int) -> int:
    """Number of splits of the horizon when none is asked for."""
    return min(4, max_windows - 1)


def expected_cycles(problem: Problem) -> list[list[int]]:
    """Expected latency of every layer, times the number of chiplets (so it is an integer).

    Returns
    -------
    list of list of int
        Per model and layer: Σ over types of compute cycles x passes x chiplets of the type.
    """
    shares = np.array(problem.type_counts)
    return [
        [int(v) * model.passes for v in cycles @ shares]
        for model, cycles in zip(problem.models, problem.compute_cycles, strict=True)
    ]


def pack_windows(
    problem: Problem, num_splits: int, packing: Packing = "greedy"
) -> list[list[int]] | None:
    """Pack layers into windows.

    Parameters
    ----------
    problem
        The compiled problem; its ``window`` entries are not looked at.
    num_splits
        There are ``num_splits + 1`` windows.
    packing
        ``greedy``: the paper's Algorithm 1, windows of equal length on the horizon.
        ``uniform``: the paper's ablation, every model's layers in equal shares by number.

    Returns
    -------
    list of list of int or None
        The window of every layer of every model; ``None`` where some window must hold more
        models than there are chiplets.
    """
    expected = expected_cycles(problem)
    if packing == "uniform":
        parts = num_splits + 1
        windows = [[i * parts // len(of) for i in range(len(of))] for of in expected]
    else:
        horizon = max(map(sum, expected))
        windows = [_pack_model(cycles, horizon, num_splits) for cycles in expected]
    return _spill(problem, windows)


def _pack_model(cycles: Sequence[int], horizon: int, num_splits: int) -> list[int]:
    # Times are multiplied by (num_splits + 1), so that boundaries are integers.
    parts = num_splits + 1
    windows: list[int] = []
    window, clock = 0, 0
    for layer_cycles in cycles:
        duration = layer_cycles * parts
        holds_layer = bool(windows) and windows[-1] == window
        boundary = horizon * (window + 1)
        if window < num_splits and clock + duration > boundary and holds_layer:
            window, clock = window + 1, max(boundary, clock)
        windows.append(window)
        clock += duration
    return windows


def _spill(problem: Problem, windows: list[list[int]]) -> list[list[int]] | None:
    """Move the models listed last out of windows with more models than chiplets."""
    for window in range(problem.max_windows):
        inside = [m for m, of in enumerate(windows) if window in of]
        for m in inside[problem.num_chiplets :]:
            windows[m] = [w + 1 if w == window else w for w in windows[m]]
    return None if any(max(of) >= problem.max_windows for of in windows) else windows


def provision(targets: Sequence[int], num_chiplets: int) -> list[int]:
    """Node counts of the models of one window, by their shares of the target metric.

    Parameters
    ----------
    targets
        Target metric of each model in the window, in list order; at most ``num_chiplets`` models.
    num_chiplets
        Number of chiplets of the package.

    Returns
    -------
    list of int
        At least 1 each; the sum is at most ``num_chiplets``.
    """
    total = sum(targets)
    if total == 0:
        targets, total = [1] * len(targets), len(targets)
    nodes = [max(1, (2 * t * num_chiplets + total) // (2 * total)) for t in targets]
    while sum(nodes) > num_chiplets:
        largest = max(nodes)
        nodes[len(nodes) - 1 - nodes[::-1].index(largest)] -= 1
    return nodes


def reconfigure(
    problem: Problem,
    num_splits: int | None = None,
    packing: Packing = "greedy",
    target: Target = "latency",
) -> Problem:
    """Give every layer its window and every model its node counts.

    Parameters
    ----------
    problem
        The compiled problem.
    num_splits
        Default: `default_splits`.
    packing
        See `pack_windows`.
    target
        The metric that node counts are shared out by, expected over chiplets: a model's sum over
        its layers in the window; ``edp`` is the product of the two sums.

    Returns
    -------
    Problem
        The same problem with ``window`` and ``max_segments`` filled in, both ``None`` where the
        greedy packing finds no assignment.
    """
    splits = default_splits(problem.max_windows) if num_splits is None else num_splits
    windows = pack_windows(problem, splits, packing)
    counts = None if windows is None else _node_counts(problem, windows, target)
    models = []
    for m, model in enumerate(problem.models):
        layers = tuple(
            layer.replace(window=None if windows is None else windows[m][i])
            for i, layer in enumerate(model.layers)
        )
        max_segments = None if counts is None else tuple(counts[m])
        models.append(model.replace(layers=layers, max_segments=max_segments))
    return problem.replace(models=tuple(models))


def reprovision(problem: Problem, target: Target) -> Problem:
    """Share out the node counts by another metric; the windows stay as they are."""
    windows = [[la.window for la in model.layers] for model in problem.models]
    if any(w is None for of in windows for w in of):
        return problem
    counts = _node_counts(problem, windows, target)  # type: ignore[arg-type]
    models = (
        model.replace(max_segments=tuple(of))
        for model, of in zip(problem.models, counts, strict=True)
    )
    return problem.replace(models=tuple(models))


def given_ranges(problem: Problem) -> list[dict[int, tuple[int, int]]]:
    """First and last layer of every model in every window, by the layers' own ``window``."""
    ranges: list[dict[int, tuple[int, int]]] = [{} for _ in range(problem.max_windows)]
    for m, model in enumerate(problem.models):
        for i, layer in enumerate(model.layers):
            if layer.window is not None:
                first, _ = ranges[layer.window].get(m, (i, i))
                ranges[layer.window][m] = first, i
    return ranges


def _node_counts(problem: Problem, windows: list[list[int]], target: Target) -> list[list[int]]:
    cycles, energy = expected_cycles(problem), _expected_energy(problem)
    counts = [[0] * problem.max_windows for _ in problem.models]
    for window in range(problem.max_windows):
        inside = [m for m, of in enumerate(windows) if window in of]
        targets = []
        for m in inside:
            layers = [i for i, w in enumerate(windows[m]) if w == window]
            spent = {
                "latency": sum(cycles[m][i] for i in layers),
                "energy": sum(energy[m][i] for i in layers),
            }
            spent["edp"] = spent["latency"] * spent["energy"]
            targets.append(spent[target])
        for m, nodes in zip(inside, provision(targets, problem.num_chiplets), strict=True):
            counts[m][window] = nodes
    return counts


def _expected_energy(problem: Problem) -> list[list[int]]:
    """Expected compute energy of every layer, times the number of chiplets."""
    shares = np.array(problem.type_counts)
    return [[int(v) for v in energy @ shares] for energy in problem.compute_energy_nj]
