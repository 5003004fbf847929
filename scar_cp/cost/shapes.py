"""Layer shapes as columns, so that one numpy expression covers every layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Self, get_args

import numpy as np

from scar_cp.cost.columns import BoolArray, Columns, IntArray
from scar_cp.inputs.workload import COMPUTE_OPS, LayerShape, Operator

__all__ = ["Shapes"]

_OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
_CODE: Final = {op: code for code, op in enumerate(_OPERATORS)}


@dataclass(frozen=True, eq=False)
class Shapes(Columns):
    """Loop extents of n layers: the columns of `LayerShape`, each of shape (n,)."""

    op: IntArray
    """Position of the operator among the values of ``Operator``."""
    K: IntArray
    C: IntArray
    Y: IntArray
    X: IntArray
    R: IntArray
    S: IntArray
    stride_y: IntArray
    """Vertical."""
    stride_x: IntArray
    """Horizontal."""
    dilation_y: IntArray
    dilation_x: IntArray
    groups: IntArray
    OY: IntArray
    OX: IntArray
    Z: IntArray
    T: IntArray
    OZ: IntArray

    @classmethod
    def from_layers(cls, layers: Sequence[LayerShape]) -> Self:
        """Collect the extents of ``layers``, in their order."""
        rows = [
            (
                *(_CODE[layer.op], layer.K, layer.C, layer.Y, layer.X, layer.R, layer.S),
                *(*layer.strides, *layer.dilations),
                *(layer.groups, layer.output_height, layer.output_width),
                *(layer.Z, layer.T, layer.OZ),
            )
            for layer in layers
        ]
        return cls(*np.array(rows, dtype=np.int64).reshape(len(rows), len(fields(cls))).T.copy())

    def is_op(self, *ops: Operator) -> BoolArray:
        """Tell which layers apply one of the operators, as a mask of shape (n,)."""
        return np.isin(self.op, [_CODE[op] for op in ops])

    @property
    def multiplies(self) -> BoolArray:
        """Which layers have multiply-accumulates, as a mask of shape (n,)."""
        return self.is_op(*(op for op in _OPERATORS if op in COMPUTE_OPS))
