"""Records whose fields are columns: one entry per layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["BoolArray", "Columns", "FloatArray", "IntArray"]

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """Base of frozen records whose fields are all arrays of one length."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, index: IntArray | BoolArray) -> Self:
        """Select rows.

        Parameters
        ----------
        index : (m,) int64 or (n,) bool
            Row numbers, repeats allowed, or a mask.
        """
        return type(self)(*(getattr(self, field.name)[index] for field in fields(self)))

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """Put records below one another."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
