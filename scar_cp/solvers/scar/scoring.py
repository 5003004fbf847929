"""How windows and their parts are rated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scar_cp.solvers.request import Request

__all__ = ["WindowScore"]


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
        return request.goal.value(latency, energy)

    def matters(
        self, cycles: NDArray[np.int64], energy_nj: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What of a placement may change the score of a window, as two amounts."""
        request = self._request
        if request.scar.score is None and request.objective == "latency":
            return cycles, np.zeros_like(cycles)
        if request.scar.score is None and request.objective == "energy":
            return energy_nj, np.zeros_like(cycles)
        return cycles, energy_nj
