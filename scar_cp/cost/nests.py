"""Layers as the loop nests that an array runs.

A chiplet type says how it reads a layer: what becomes of matrix products, groups and
padding. Everything of that kind is settled here, so that a dataflow only sees convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scar_cp.cost.columns import BoolArray, Columns, IntArray
from scar_cp.cost.shapes import Shapes
from scar_cp.inputs.package import ChipletType

__all__ = ["Nests", "fold_rows", "read_as_nests"]


@dataclass(frozen=True, eq=False)
class Nests(Columns):
    """Convolution loop nests, one per row; every column has shape (n,).

    A nest multiplies ``filters x channels x rows x columns x R x S`` times. In a dense nest
    every filter sums over all channels; in a depthwise nest there is one filter, and every
    channel has an output of its own.
    """

    filters: IntArray
    channels: IntArray
    rows: IntArray
    """Height of the output plane, or of all output planes, one below the other."""
    columns: IntArray
    """Width of the output plane."""
    R: IntArray
    S: IntArray
    stride_y: IntArray
    """Vertical."""
    stride_x: IntArray
    """Horizontal."""
    depthwise: BoolArray
    repeats: IntArray
    """How often the nest runs, one after the other: once per group."""

    @cached_property
    def new_rows(self) -> IntArray:
        """Input rows that a window gains by moving down one output row.

        Rows between distant windows (stride > kernel) are never read. A 1 x 1 layer with
        a stride is thereby the layer with stride 1 on the subsampled grid.
        """
        return np.minimum(self.R, self.stride_y)

    @cached_property
    def new_columns(self) -> IntArray:
        """Input columns that a window gains by moving right one output column."""
        return np.minimum(self.S, self.stride_x)

    @property
    def macs(self) -> IntArray:
        """Multiply-accumulates of one run."""
        return self.filter_elements * self.rows * self.columns

    @property
    def input_elements(self) -> IntArray:
        """Input elements that some window covers, padding included."""
        height = self.R + (self.rows - 1) * self.new_rows
        width = self.S + (self.columns - 1) * self.new_columns
        return self.channels * height * width

    @property
    def filter_elements(self) -> IntArray:
        """Size of the second operand."""
        return self.filters * self.channels * self.R * self.S

    @property
    def output_elements(self) -> IntArray:
        """Size of the output."""
        planes = np.where(self.depthwise, self.channels, self.filters)
        return planes * self.rows * self.columns


def read_as_nests(shapes: Shapes, chiplet: ChipletType) -> Nests:
    """Read compute layers the way a chiplet type does.

    - A convolution with G groups is G dense ones of K/G filters and C/G channels, and a
      depthwise one (G = C = K > 1) a nest of its own kind.
    - A transposed convolution multiplies each input pixel by all K R S weights of a channel:
      a 1 x 1 convolution of K R S filters on the input plane.
    - Of a volume, the output planes lie one below the other, as one tall plane; the rows of the
      T input planes that a window spans alternate, so that it has T R of them and moves down by
      T times the stride. Windows of neighbouring planes are taken to share rows like others.
    - A matrix product is a 1 x 1 convolution of a column of pixels or, for ``vector``, the
      one-dimensional convolution of a single vector: one channel, kernel and input as long
      as the reduction, one output pixel, however many rows there are.
    - A kernel with dilation d and stride s moves in phases, d / gcd(s, d) of them, over those
      pixels that its taps meet: in each, it has no holes and the stride s / gcd(s, d). Phases
      follow one another without a break, as if they shared borders.

    Parameters
    ----------
    shapes : Shapes
        Layers with the operators conv, dwconv, tconv or gemm.
    chiplet : ChipletType
        Its ``gemm``, ``groups`` and ``padding`` matter here; ``fold`` is read as ``rows``,
        see `fold_rows`.
    """
    convolution = shapes.is_op("conv", "dwconv")
    transposed = shapes.is_op("tconv")
    product = shapes.is_op("gemm")

    groups = shapes.groups
    if chiplet.groups == "ignored":
        groups = np.where(convolution, 1, groups)
    depthwise = convolution & (groups > 1) & (groups == shapes.C) & (groups == shapes.K)
    repeats = np.where(depthwise, 1, groups)
    filters = np.where(depthwise, 1, shapes.K // groups)
    channels = shapes.C // repeats

    rows, columns = shapes.OY, shapes.OX
    if chiplet.padding == "ignored":
        window_rows = (shapes.R - 1) * shapes.dilation_y + 1
        window_columns = (shapes.S - 1) * shapes.dilation_x + 1
        unpadded_rows = np.maximum((shapes.Y - window_rows) // shapes.stride_y + 1, 1)
        unpadded_columns = np.maximum((shapes.X - window_columns) // shapes.stride_x + 1, 1)
        rows = np.where(convolution, unpadded_rows, rows)
        columns = np.where(convolution, unpadded_columns, columns)
    stride_y = shapes.stride_y // np.gcd(shapes.stride_y, shapes.dilation_y)
    stride_x = shapes.stride_x // np.gcd(shapes.stride_x, shapes.dilation_x)

    nests = Nests(
        filters=np.where(transposed, filters * shapes.T * shapes.R * shapes.S, filters),
        channels=channels,
        rows=np.where(convolution, shapes.OZ * rows, shapes.Z * shapes.Y),
        columns=np.where(convolution, columns, shapes.X),
        R=np.where(convolution, shapes.T * shapes.R, 1),
        S=np.where(convolution, shapes.S, 1),
        stride_y=np.where(convolution, shapes.T * stride_y, 1),
        stride_x=np.where(convolution, stride_x, 1),
        depthwise=depthwise,
        repeats=repeats,
    )
    if chiplet.gemm == "vector":
        nests = replace(
            nests,
            channels=np.where(product, 1, channels),
            rows=np.where(product, 1, nests.rows),
            columns=np.where(product, 1, nests.columns),
            S=np.where(product, channels, nests.S),
        )
    return nests


def fold_rows(nests: Nests, foldable: BoolArray) -> tuple[Nests, IntArray]:
    """Lay the pixels of 1 x 1 nests out as every rectangle of the same area.

    Parameters
    ----------
    nests : Nests
        n nests.
    foldable : (n,) bool
        Which of them have pixels without neighbours, as the rows of a matrix product.

    Returns
    -------
    candidates : Nests
        m >= n nests: one per factor pair for the foldable ones, the others as they are.
    origin : (m,) int64
        The nest that each candidate came from, ascending.
    """
    area = np.where(foldable, nests.rows * nests.columns, 1)
    distinct, which = np.unique(area, return_inverse=True)
    numbers = [np.arange(1, size + 1) for size in distinct]
    divisors = [n[size % n == 0] for size, n in zip(distinct, numbers, strict=True)]
    lengths = np.array([len(d) for d in divisors], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths

    # Candidate j of nest i is divisor j of its area; ragged rows are flattened.
    counts = lengths[which]
    origin = np.repeat(np.arange(len(nests)), counts)
    ordinal = np.arange(len(origin)) - (np.cumsum(counts) - counts)[origin]
    heights = np.concatenate([*divisors, np.empty(0, np.int64)])[starts[which][origin] + ordinal]

    candidates = nests.take(origin)
    folded = foldable[origin]
    return (
        replace(
            candidates,
            rows=np.where(folded, heights, candidates.rows),
            columns=np.where(folded, area[origin] // heights, candidates.columns),
        ),
        origin,
    )
