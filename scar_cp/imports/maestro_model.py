"""A MAESTRO model file as a model: a chain of layers, dataflows skipped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.imports.maestro_text import Entry, read_entries
from scar_cp.imports.model_file import Draft, Imported, build_model
from scar_cp.imports.planes import fitted
from scar_cp.inputs.layer_names import unique_name
from scar_cp.inputs.workload import LayerShape, Steps
from scar_cp.records.reading import reader

__all__ = ["import_maestro"]

_PLANE = ("K", "C", "Y", "X", "R", "S")
_DIMENSIONS = {
    "CONV": _PLANE,
    "DSCONV": _PLANE,
    "NGCONV": ("G", *_PLANE),
    "TRCONV": _PLANE,
    "FC": ("K", "C"),
    "GEMM": ("M", "N", "K"),
    "BMM": ("B", "M", "N", "K"),
}
"""What each type of layer must give; kernels and planes of an FC may be left out."""
_NAMES = sorted({"N"}.union(*_DIMENSIONS.values()))


@reader
def import_maestro(path: Path, name: str) -> Imported:
    """Read a MAESTRO model or mapping.

    Raises
    ------
    InputError
        With every fault of every layer, or the first of the syntax.
    """
    entries = read_entries(path)
    faults = [fault for entry in entries for fault in _faults(entry, str(path))]
    if faults:
        raise InputError(faults)
    shapes = [_shape(entry) for entry in entries]
    padded = _padded(shapes, [bool(entry.strides) for entry in entries])
    before = "in0"
    drafts = []
    taken: set[str] = set()
    for entry, shape in zip(entries, padded, strict=True):
        # Both operands of a BMM are activations; a chain knows one of them.
        layer = unique_name(entry.name, taken)
        fields = {"name": layer, "inputs": [before], "dynamic": entry.type == "BMM"}
        drafts.append(Draft(entry.place, {**shape.model_dump(), **fields}))
        before = layer
    count = sum(shape.pad > 0 for shape in padded)
    note = f"a chain of layers, as listed; {count} of them padded, as their planes tell"
    batched = sum(_batch(entry) > 1 for entry in entries)
    samples = f"{batched} layers have a batch N, which counts as one sample"
    notes = (note, samples) if batched else (note,)
    return Imported(build_model(str(path), name, drafts), notes)


def _faults(entry: Entry, file: str) -> list[Fault]:
    """What keeps an entry from being a layer."""

    def fault(part: str, value: object, rule: str) -> Fault:
        return Fault(file, f"{entry.place}, {part}", None if value is None else str(value), rule)

    if entry.type not in _DIMENSIONS:
        return [fault("Type", entry.type or None, f"must be one of {', '.join(_DIMENSIONS)}")]
    sizes = entry.dimensions
    faults = [
        fault(dimension, None, f"is required in a {entry.type}")
        for dimension in _DIMENSIONS[entry.type]
        if dimension not in sizes
    ]
    rule = f"must be one of the dimensions {', '.join(_NAMES)}"
    faults += [fault(name, size, rule) for name, size in sizes.items() if name not in _NAMES]
    strides = {f"Stride {name}": stride for name, stride in entry.strides.items()}
    rule = "must be X or Y"
    faults += [fault("Stride", name, rule) for name in entry.strides if name not in ("X", "Y")]
    faults += [
        fault(part, size, "must be a whole number, at least 1, or a Constant")
        for part, size in [*sizes.items(), *strides.items()]
        if not isinstance(size, int) or size < 1
    ]
    if entry.type == "DSCONV" and sizes.get("K", 1) not in (1, sizes.get("C")):
        faults.append(fault("K", sizes["K"], "must be 1 or C in a DSCONV"))
    return faults


def _batch(entry: Entry) -> int:
    """How many samples an entry counts; of matrices, N is a side."""
    return 1 if entry.type in ("GEMM", "BMM") else int(entry.dimensions.get("N", 1))


def _covers(sizes: Mapping[str, object]) -> bool:
    """Whether the kernel covers the plane: a fully connected layer, whose batch are its rows."""
    kernel, plane = ((sizes.get(a, 1), sizes.get(b, 1)) for a, b in ("RS", "YX"))
    return kernel == plane


def _shape(entry: Entry) -> LayerShape:
    """The extents of an entry without faults, not padded."""
    size = {name: int(value) for name, value in entry.dimensions.items()}
    if entry.type in ("GEMM", "BMM"):
        groups = size.get("B", 1)
        extents = {"K": groups * size["N"], "C": groups * size["K"], "Y": size["M"]}
        return LayerShape.unchecked(op="gemm", **extents, groups=groups)
    extents = {name: size.get(name, 1) for name in _PLANE}
    stride = _stride(entry)
    batch = _batch(entry)
    if batch > 1 and _covers(size) and entry.type in ("CONV", "FC"):
        reduction = size["C"] * extents["R"] * extents["S"]
        return LayerShape.unchecked(op="gemm", K=size["K"], C=reduction, Y=batch)
    extents |= {"Z": batch, "OZ": batch}
    if entry.type == "TRCONV":
        return LayerShape.unchecked(op="tconv", **extents, stride=stride)
    if entry.type == "DSCONV":
        extents["K"] = groups = extents["C"]
        return LayerShape.unchecked(op="dwconv", **extents, groups=groups, stride=stride)
    if entry.type == "NGCONV":  # K counts one group, C all of them
        groups = size["G"]
        extents["K"] *= groups
        return LayerShape.unchecked(op="conv", **extents, groups=groups, stride=stride)
    if batch == stride == extents["X"] == extents["R"] == extents["S"] == 1:
        return LayerShape.unchecked(op="gemm", **extents)
    return LayerShape.unchecked(op="conv", **extents, stride=stride)


def _stride(entry: Entry) -> Steps:
    """Vertical and horizontal stride; a direction that is not given has the other's."""
    strides = {name: int(stride) for name, stride in entry.strides.items()}
    down, right = (strides.get(a, strides.get(b, 1)) for a, b in ("YX", "XY"))
    return down if down == right else (down, right)


def _padded(shapes: list[LayerShape], strided: list[bool]) -> list[LayerShape]:
    """The shapes with the padding, and upsampling strides, that the chain of planes tells."""
    found: list[LayerShape | None] = []
    for shape, given, after in zip(shapes, strided, [*shapes[1:], None], strict=True):
        if after is None or shape.op == "gemm":
            found.append(None)
            continue
        # A transposed convolution without a stride is one whose stride was left out.
        choice = range(1, max(shape.R, shape.S) + 1) if shape.op == "tconv" and not given else ()
        found.append(fitted(shape, (after.Y, after.X), choice))
    padded = any(fit is not None and fit.pad for fit in found)
    return [
        fit if fit is not None else _half_padded(shape) if padded else shape
        for shape, fit in zip(shapes, found, strict=True)
    ]


def _half_padded(shape: LayerShape) -> LayerShape:
    """The shape with half its kernel as padding, unless the kernel covers the plane."""
    covers = shape.R >= shape.Y and shape.S >= shape.X
    return shape if covers else shape.replace(pad=(min(shape.R, shape.S) - 1) // 2)
