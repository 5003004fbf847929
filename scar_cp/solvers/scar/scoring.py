"""How windows and their parts are rated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.solvers.base import Request

__all__ = ["WindowScore"]

_TIE = 1e-12
"""Energy breaks the ties of latency and the other way round, far below one unit."""


class WindowScore:
    """Rates (cycles, nJ) pairs; less is better.

    Floats, because products may pass 2^63 and only the order matters: the evaluator judges the
    schedule.
    """

    def __init__(self, request: Request) -> None:
        self._request = request

    def __call__(
        self, cycles: NDArray[np.generic], energy_nj: NDArray[np.generic]
    ) -> NDArray[np.float64]:
        """Score arrays of the same shape, element by element."""
        request = self._request
        own = request.scar.score
        latency, energy = cycles.astype(float), energy_nj.astype(float)
        if own is not None:
            pairs = zip(latency.ravel().tolist(), energy.ravel().tolist(), strict=True)
            return np.array([own(c, e) for c, e in pairs], dtype=float).reshape(latency.shape)
        if request.weights is not None:
            return np.asarray(request.weights[0] * latency + request.weights[1] * energy)
        if request.objective == "latency":
            return np.asarray(latency + _TIE * energy)
        if request.objective == "energy":
            return np.asarray(energy + _TIE * latency)
        return np.asarray(latency * energy)
