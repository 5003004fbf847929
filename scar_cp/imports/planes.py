"""Padding that a source leaves out, found from the output plane."""

from __future__ import annotations

from collections.abc import Iterable

from scar_cp.inputs.workload import LayerShape, Steps

__all__ = ["fitted"]


def fitted(
    shape: LayerShape, plane: tuple[int, int], strides: Iterable[Steps] = ()
) -> LayerShape | None:
    """The shape with the least padding, below the window's size, that gives an output plane.

    Parameters
    ----------
    shape
        Its own padding does not count.
    plane
        Height and width of the output.
    strides
        To choose from, in this order; the shape's own if there are none.
    """
    for stride in tuple(strides) or (shape.stride,):
        for pad in range(max(shape.window)):
            padded = shape.replace(stride=stride, pad=pad, OY=None, OX=None)
            if (padded.output_height, padded.output_width) == plane:
                return padded
    return None
