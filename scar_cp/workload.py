"""Layers, models and scenarios: what runs (SPEC section 1)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scar_cp.record import NonNegativeInt, PositiveFloat, PositiveInt, Record, Seq

__all__ = ["COMPUTE_OPS", "Layer", "LayerShape", "Model", "ModelRun", "Operator", "Scenario"]

Operator = Literal["conv", "dwconv", "tconv", "gemm", "pool", "add", "mul", "resample"]
COMPUTE_OPS = frozenset({"conv", "dwconv", "tconv", "gemm"})
"""Operators with multiply-accumulates; the others are folded into edges by default."""


class LayerShape(Record):
    """The loop extents of one layer, for one sample.

    ``K`` and ``C`` are output and input channels over all groups, ``Y`` and ``X`` the input
    plane, ``R`` and ``S`` the kernel. A gemm has ``K`` output features, reduction size ``C``
    and ``Y`` rows.
    """

    op: Operator
    K: PositiveInt
    C: PositiveInt
    Y: PositiveInt = 1
    X: PositiveInt = 1
    R: PositiveInt = 1
    S: PositiveInt = 1
    stride: PositiveInt = 1
    pad: NonNegativeInt = 0
    """Zeros on each side, both directions."""
    groups: PositiveInt = 1
    OY: PositiveInt | None = None
    """Output height, where it does not follow from the other extents (pools that round up)."""
    OX: PositiveInt | None = None

    def _out(self, given: int | None, size: int, kernel: int) -> int:
        if given is not None:
            return given
        if self.op == "tconv":
            return (size - 1) * self.stride - 2 * self.pad + kernel
        return (size + 2 * self.pad - kernel) // self.stride + 1

    @property
    def output_height(self) -> int:
        """Rows of the output plane."""
        return self._out(self.OY, self.Y, self.R)

    @property
    def output_width(self) -> int:
        """Columns of the output plane."""
        return self._out(self.OX, self.X, self.S)

    @property
    def output_elements(self) -> int:
        """Size of the output of one sample."""
        return self.K * self.output_height * self.output_width

    @property
    def kernel_elements(self) -> int:
        """Size of the second operand: weights, or an activation in attention products."""
        if self.op not in COMPUTE_OPS:
            return 0
        return self.K * (self.C // self.groups) * self.R * self.S

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample, taps on padding included."""
        on_input = self.op == "tconv"
        rows = self.Y if on_input else self.output_height
        columns = self.X if on_input else self.output_width
        return self.kernel_elements * rows * columns


class Layer(LayerShape):
    """One operator of a model."""

    name: Annotated[str, Field(min_length=1)]
    inputs: Annotated[Seq[str], Field(min_length=1)]
    """Names of the layers it reads; ``in0``, ``in1``, ... are the model's inputs."""
    dynamic: bool = False
    """True where the second operand is an activation (attention products): no weights."""

    @property
    def weight_elements(self) -> int:
        """Number of weights."""
        return 0 if self.dynamic else self.kernel_elements


class Model(Record):
    """A DNN: its layers in topological order."""

    format: Literal["scar-cp/model@1"]
    name: str
    layers: Annotated[Seq[Layer], Field(min_length=1)]


class ModelRun(Record):
    """A model in a scenario."""

    model: str
    """Path of the model's file, relative to the scenario's."""
    batch: PositiveInt = 1
    minibatch: PositiveInt = 1
    deadline_ms: PositiveFloat | None = None


class Scenario(Record):
    """Models that run together."""

    format: Literal["scar-cp/scenario@1"]
    name: str
    domain: str
    """Which of the profile's sets of chiplet types it runs on."""
    bytes_per_element: PositiveInt = 1
    models: Annotated[Seq[ModelRun], Field(min_length=1)]
