"""Layers, models and scenarios: what runs (SPEC section 1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Strict, Tag

from scar_cp.records.brief import Brief
from scar_cp.records.record import PositiveFloat, PositiveInt, Record, Seq
from scar_cp.terms import MAX_LAYERS

__all__ = [
    "COMPUTE_OPS",
    "Layer",
    "LayerShape",
    "Model",
    "ModelRun",
    "Operator",
    "Scenario",
    "Steps",
]

Operator = Literal["conv", "dwconv", "tconv", "gemm", "pool", "add", "mul", "resample"]
Extent = Annotated[int, Field(gt=0, le=2**22)]
Steps = int | tuple[int, int]
"""Elements per step: in both directions, or ``(vertical, horizontal)`` where these differ."""


def _fewest(steps: Steps) -> Steps:
    """One number where both directions have the same."""
    return steps[0] if isinstance(steps, tuple) and steps[0] == steps[1] else steps


def _per_direction(steps: Steps) -> tuple[int, int]:
    return steps if isinstance(steps, tuple) else (steps, steps)


# Parts of a place in brackets are pydantic's and not shown: one of the two reads the value.
_Steps = Annotated[
    Annotated[Extent, Tag("[one]")] | Annotated[tuple[Extent, Extent], Strict(False), Tag("[two]")],
    Discriminator(lambda value: "[two]" if isinstance(value, list | tuple) else "[one]"),
    AfterValidator(_fewest),
]
MAX_FRAMES = 1000
MAX_LOOP_STEPS = 2**44
"""Most iterations of one layer's dense loop nest: the cost model counts in 64 bits."""
COMPUTE_OPS = frozenset({"conv", "dwconv", "tconv", "gemm"})
"""Operators with multiply-accumulates; the others are folded into edges by default."""


class LayerShape(Record):
    """The loop extents of one layer, for one sample.

    ``K`` and ``C`` are output and input channels over all groups, ``Y`` and ``X`` the input
    plane, ``R`` and ``S`` the kernel. A gemm has ``K`` output features, reduction size ``C``
    and ``Y`` rows.
    """

    op: Operator
    K: Extent
    C: Extent
    Y: Extent = 1
    X: Extent = 1
    R: Extent = 1
    S: Extent = 1
    stride: _Steps = 1
    """One number for both directions, or ``[vertical, horizontal]``."""
    dilation: _Steps = 1
    """Distance of the kernel's taps, written like ``stride``."""
    pad: Annotated[int, Field(ge=0, le=2**22)] = 0
    """Zeros on each side, both directions."""
    groups: Extent = 1
    OY: Extent | None = None
    """Output height, where it does not follow from the other extents (pools that round up)."""
    OX: Extent | None = None
    Z: Extent = 1
    """Input planes of a channel: the depth of a volume, or images that share the weights."""
    T: Extent = 1
    """Planes that the kernel has."""
    OZ: Extent = 1
    """Output planes of a channel."""

    @property
    def strides(self) -> tuple[int, int]:
        """Vertical and horizontal stride."""
        return _per_direction(self.stride)

    @property
    def dilations(self) -> tuple[int, int]:
        """Vertical and horizontal distance of the kernel's taps."""
        return _per_direction(self.dilation)

    @property
    def window(self) -> tuple[int, int]:
        """Rows and columns that the kernel spans, with the holes between its taps."""
        (down, right) = self.dilations
        return (self.R - 1) * down + 1, (self.S - 1) * right + 1

    def _out(self, given: int | None, size: int, direction: int) -> int:
        if given is not None:
            return given
        stride, window = self.strides[direction], self.window[direction]
        if self.op == "tconv":
            return (size - 1) * stride - 2 * self.pad + window
        return (size + 2 * self.pad - window) // stride + 1

    @property
    def output_height(self) -> int:
        """Rows of the output plane."""
        return self._out(self.OY, self.Y, 0)

    @property
    def output_width(self) -> int:
        """Columns of the output plane."""
        return self._out(self.OX, self.X, 1)

    @property
    def has_planes(self) -> bool:
        """Whether it is of volumes, or of several images."""
        return (self.Z, self.T, self.OZ) != (1, 1, 1)

    @property
    def input_elements(self) -> int:
        """Size of the first operand of one sample."""
        return self.C * self.Z * self.Y * self.X

    @property
    def output_elements(self) -> int:
        """Size of the output of one sample."""
        return self.K * self.OZ * self.output_height * self.output_width

    @property
    def kernel_elements(self) -> int:
        """Size of the second operand: weights, or an activation in attention products."""
        if self.op not in COMPUTE_OPS:
            return 0
        return self.K * (self.C // self.groups) * self.T * self.R * self.S

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one sample, taps on padding included."""
        if self.op == "tconv":
            return self.kernel_elements * self.Z * self.Y * self.X
        return self.kernel_elements * self.OZ * self.output_height * self.output_width

    def broken_rules(self) -> list[tuple[str, object, str]]:
        """Broken rules among the extents: (field, value, rule)."""
        broken: list[tuple[str, object, str]] = []
        for extent in ("K", "C"):
            if getattr(self, extent) % self.groups:
                broken.append(
                    (extent, getattr(self, extent), f"must be a multiple of groups = {self.groups}")
                )
        if self.op == "dwconv" and not self.groups == self.C == self.K:
            broken.append(("groups", self.groups, "must equal C and K in a dwconv"))
        plane = (self.X, self.R, self.S, self.stride, self.dilation, self.pad)
        planes = (self.Z, self.T, self.OZ)
        if self.op == "gemm" and (*plane, *planes) != (1, 1, 1, 1, 1, 0, 1, 1, 1):
            rule = "a gemm has rows Y only: X, R, S, stride, dilation, Z, T and OZ 1, pad 0"
            broken.append(("op", "gemm", rule))
        if self.output_height < 1 or self.output_width < 1:
            size = f"{self.output_height}x{self.output_width}"
            broken.append(("R", self.R, f"the output plane must not be empty, but is {size}"))
        rows, columns = max(self.Y, self.output_height), max(self.X, self.output_width)
        kernel = self.T * self.R * self.S
        steps = self.K * self.C * kernel * max(self.Z, self.OZ) * rows * columns
        if steps > MAX_LOOP_STEPS:
            rule = f"the product of all extents must be at most 2^44, but is {steps}"
            broken.append(("K", self.K, rule))
        if self.op in ("conv", "dwconv") and (self.OY or self.OX):
            follows = self.replace(OY=None, OX=None)
            for extent, given, implied in (
                ("OY", self.output_height, follows.output_height),
                ("OX", self.output_width, follows.output_width),
            ):
                if given != implied:
                    broken.append((extent, given, f"must be {implied} by the other extents"))
        return broken


class Layer(LayerShape):
    """One operator of a model."""

    name: Annotated[str, Field(min_length=1)]
    inputs: Annotated[Seq[str], Field(min_length=1)]
    """Names of the layers it reads; ``in0``, ``in1``, ... are the model's inputs."""
    dynamic: bool = False
    """True where the second operand is an activation (attention, correlation): no weights."""
    weights_of: str | None = None
    """An earlier layer whose weights it uses, too: a segment with both loads them once."""

    def broken_rules(self) -> list[tuple[str, object, str]]:
        """Broken rules among the extents: (field, value, rule)."""
        broken = super().broken_rules()
        if self.dynamic and self.op not in COMPUTE_OPS:
            rule = "only a layer with multiplications may have an activation as second operand"
            broken.append(("dynamic", True, rule))
        return broken

    @property
    def weight_elements(self) -> int:
        """Number of weights."""
        return 0 if self.dynamic else self.kernel_elements


class Model(Brief, Record):
    """A DNN: its layers in topological order."""

    format: Literal["scar-cp/model@1"]
    name: str
    layers: Annotated[Seq[Layer], Field(min_length=1, max_length=MAX_LAYERS)]
    input_elements: dict[str, PositiveInt] = {}
    """Sizes of model inputs, where the first layer that reads one does not say it: a cache."""
    outputs: Seq[str] = ()
    """Layers whose outputs leave the model although others read them: rows for a cache."""

    def __hash__(self) -> int:
        return hash((self.name, self.layers))

    def _brief(self) -> str:
        return f"{self.name}: {len(self.layers)} layers"

    @property
    def weight_elements(self) -> int:
        """Number of distinct weights."""
        return sum(layer.weight_elements for layer in self.layers if layer.weights_of is None)

    @property
    def sharing_text(self) -> str | None:
        """A line on weights that several layers use, if there are any."""
        shared = len({layer.weights_of for layer in self.layers} - {None})
        if not shared:
            return None
        tensors = "1 weight tensor is" if shared == 1 else f"{shared} weight tensors are"
        distinct = f"{self.weight_elements:,} distinct weights"
        return f"{tensors} used by several layers: {distinct}; a segment loads them once"


class ModelRun(Record):
    """A model in a scenario."""

    model: str
    """Path of the model's file, relative to the scenario's, or a shipped model's name."""
    name: str | None = None
    """How schedules and reports call the run; default: the model's name."""
    batch: PositiveInt = 1
    minibatch: PositiveInt = 1
    deadline_ms: PositiveFloat | None = None
    """From the start or, of a frame, from the frame's own."""
    fps: PositiveFloat | None = None
    """Frames per second, each a run of its own with a deadline."""
    period_ms: PositiveFloat | None = None
    """Time between frames, instead of ``fps``."""
    frames: PositiveInt | None = None
    """How many frames; default: one."""

    @property
    def frame_period_ms(self) -> float | None:
        """Time from one frame to the next; None where the model runs once."""
        return self.period_ms if self.fps is None else 1000 / self.fps

    def unrolled(self) -> Iterator[ModelRun]:
        """The run of every frame: frame k begins k periods after the start (SPEC section 1)."""
        period_ms = self.frame_period_ms
        if period_ms is None:
            yield self
            return
        own_ms = period_ms if self.deadline_ms is None else self.deadline_ms
        plain = self.replace(fps=None, period_ms=None, frames=None)
        name = self.name or PurePath(self.model).stem
        for k in range(self.frames or 1):
            yield plain.replace(name=f"{name}#{k + 1}", deadline_ms=k * period_ms + own_ms)

    def broken_rules(self) -> list[tuple[str, object, str]]:
        """Broken rules among the keys: (field, value, rule)."""
        broken: list[tuple[str, object, str]] = []
        if self.minibatch > self.batch:
            rule = f"must be at most batch = {self.batch}"
            broken.append(("minibatch", self.minibatch, rule))
        if self.fps is not None and self.period_ms is not None:
            broken.append(("period_ms", self.period_ms, "fps says this already"))
        if self.frames is not None and self.frame_period_ms is None:
            broken.append(("frames", self.frames, "needs fps or period_ms"))
        if (self.frames or 1) > MAX_FRAMES:
            broken.append(("frames", self.frames, f"must be at most {MAX_FRAMES}"))
        return broken


class Scenario(Record):
    """Models that run together."""

    format: Literal["scar-cp/scenario@1"]
    name: str
    domain: str
    """Which of the profile's sets of chiplet types it runs on."""
    bytes_per_element: PositiveInt = 1
    models: Annotated[Seq[ModelRun], Field(min_length=1)]

    @property
    def unrolled(self) -> Scenario:
        """The scenario with a run for each frame."""
        return self.replace(models=tuple(one for run in self.models for one in run.unrolled()))
