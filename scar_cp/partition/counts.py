"""Counts of chiplets per type, as columns of tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

__all__ = ["Counts", "Splits"]

Ints = NDArray[np.int64]
Splits = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]


class Counts:
    """Every vector of counts within a package, in C order.

    Programmes add one chiplet at a time. With a cell of padding before each type's 0, one chiplet
    less is a fixed step back in the flat order, and what has none to take lands in padding.

    Attributes
    ----------
    vectors
        Chiplets of each type.
    size
        Number of vectors.
    padded_size
        Cells of the padded order.
    """

    def __init__(self, most: Sequence[int]) -> None:
        self.vectors = list(product(*(range(c + 1) for c in most)))
        self.size = len(self.vectors)
        self._widths = [c + 2 for c in most]
        self.padded_size = prod(self._widths)

    @cached_property
    def steps(self) -> Ints:
        """Per type, how far back in the padded order one chiplet less is."""
        return np.array([prod(self._widths[t + 1 :]) for t in range(len(self._widths))])

    @cached_property
    def padded(self) -> Ints:
        """Where each vector stands in the padded order."""
        return (np.array(self.vectors) + 1) @ self.steps

    @cached_property
    def padding(self) -> Ints:
        """The other cells of the padded order."""
        return np.setdiff1d(np.arange(self.padded_size), self.padded)

    @cached_property
    def splits(self) -> Splits:
        """How every vector splits in two: offsets, one part, and the rest.

        The splits of vector s are entries ``offsets[s]:offsets[s + 1]`` of the other two.
        """
        index = {vector: k for k, vector in enumerate(self.vectors)}
        offsets, parts, rests = [0], [], []
        for whole in self.vectors:
            for part in product(*(range(c + 1) for c in whole)):
                parts.append(index[part])
                rests.append(index[tuple(a - b for a, b in zip(whole, part, strict=True))])
            offsets.append(len(parts))
        return (
            np.array(offsets, dtype=np.int32),
            np.array(parts, dtype=np.int32),
            np.array(rests, dtype=np.int32),
        )
