"""A CSV of layers as a model: the columns of ``scar-cp cost``, and the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from scar_cp.cost.layer_list import EXTENTS, read_layer_list
from scar_cp.errors import Fault, InputError
from scar_cp.imports.model_file import Draft, Imported, build_model
from scar_cp.imports.planes import fitted
from scar_cp.inputs.workload import LayerShape
from scar_cp.records.reading import reader

__all__ = ["import_csv"]

_COLUMNS = ("op", *EXTENTS, "name", "inputs", "dynamic", "weights_of")
_DYNAMIC = {"": False, "false": False, "true": True}


@reader
def import_csv(path: Path, name: str) -> Imported:
    """Read a CSV of layers.

    Beside the columns of `read_layer_list` there may be ``name`` (by default the operator and
    the row's number), ``inputs`` (names, separated by ``;``; by default the layer before),
    ``dynamic`` (``true`` where the second operand is an activation) and ``weights_of`` (an earlier
    layer that has the same weights). Others are passed over, unless they look like a misspelt one.

    Raises
    ------
    InputError
        With every fault of every row.
    """
    shapes, rows, numbers = read_layer_list(path)
    faults = [*_misspelt(rows[0], str(path))]
    drafts: list[Draft] = []
    before = "in0"
    for shape, cells, number in zip(shapes, rows, numbers, strict=True):
        place = f"row {number}"
        dynamic = cells.get("dynamic", "").lower()
        if dynamic not in _DYNAMIC:
            rule = "must be true, false or empty"
            faults.append(Fault(str(path), f"{place}, dynamic", cells["dynamic"], rule))
        padded = _padded(shape, cells)
        if padded is None:
            plane = f"{shape.output_height}x{shape.output_width}"
            rule = "no padding gives this output plane: give pad"
            faults.append(Fault(str(path), f"{place}, OY", plane, rule))
            continue
        layer = cells.get("name") or f"{shape.op}{number}"
        inputs = [text.strip() for text in cells.get("inputs", "").split(";") if text.strip()]
        drafts.append(
            Draft(
                place,
                {
                    **padded.model_dump(),
                    "name": layer,
                    "inputs": inputs or [before],
                    "dynamic": _DYNAMIC.get(dynamic, False),
                    "weights_of": cells.get("weights_of") or None,
                },
            )
        )
        before = layer
    if faults:
        raise InputError(faults)
    chain = not any(cells.get("inputs") for cells in rows)
    notes = ("no column inputs: a chain of layers",) if chain else ()
    return Imported(build_model(str(path), name, drafts), notes)


def _misspelt(columns: Iterable[str], file: str) -> Iterator[Fault]:
    """Further columns are a user's own, unless they look like one that would be missed."""
    for name in columns:
        close = get_close_matches(name.strip().lower(), _COLUMNS, n=1, cutoff=0.8)
        if name not in _COLUMNS and close:
            yield Fault(file, "row 1", name, f"unknown column, did you mean {close[0]}?")


def _padded(shape: LayerShape, cells: Mapping[str, str]) -> LayerShape | None:
    """The shape with the padding that its output plane stands for, if it does."""
    plane = (shape.output_height, shape.output_width)
    follows = shape.op in ("conv", "dwconv") and not cells.get("pad")
    return fitted(shape, plane) if follows and (shape.OY or shape.OX) else shape
