"""A list of layers as CSV in, their costs as CSV out."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from pydantic import ValidationError

from scar_cp.cost import Shapes, cost_layers
from scar_cp.errors import Fault, InputError
from scar_cp.inputs.package import ChipletType
from scar_cp.inputs.workload import LayerShape
from scar_cp.plain import to_cell
from scar_cp.plugins import DATAFLOWS
from scar_cp.records.reading import reader
from scar_cp.records.record_faults import place_of, rule_of
from scar_cp.records.user_csv import read_rows
from scar_cp.terms import MAX_LAYERS

__all__ = ["EXTENTS", "cost_csv", "read_layer_list"]

EXTENTS = (
    *("K", "C", "Y", "X", "R", "S", "stride", "dilation", "groups", "pad", "OY", "OX"),
    *("Z", "T", "OZ"),
)
_REQUIRED = ("op", "K", "C")
_NUMBERS = re.compile(r"\[?\s*(-?\d+)\s*[x,; ]\s*(-?\d+)\s*\]?")
"""Two numbers in one cell."""


@reader
def read_layer_list(path: Path) -> tuple[list[LayerShape], list[dict[str, str]], list[int]]:
    """Read layers with columns op, K, C, Y, X, R, S, stride, dilation, groups and pad or OY, OX.

    Volumes have Z, T and OZ, too.

    Strides and dilations of both directions are one number, or vertical and horizontal: ``2x1``.

    Returns
    -------
    shapes : list of LayerShape
    rows : list of dict
        The rows as written, further columns included.
    numbers : list of int
        The line of the file on which each row ends.

    Raises
    ------
    InputError
        With every fault of every row.
    """
    numbered, faults = read_rows(path, _REQUIRED, what="layers")
    if len(numbered) > MAX_LAYERS:
        raise InputError([Fault(str(path), "", None, f"must have at most {MAX_LAYERS} layers")])
    rows: list[dict[str, str]] = []
    shapes: list[LayerShape] = []
    for number, row in numbered:
        rows.append(row)
        fields: dict[str, object] = {"op": row["op"]}
        for name in EXTENTS:
            if row.get(name):
                fields[name] = _value(row[name])
        try:
            shape = LayerShape.model_validate(fields)
        except ValidationError as error:
            for details in error.errors():
                field = place_of(details["loc"])
                missing = details["type"] == "missing"
                shown = None if missing else repr(details["input"])[:60]
                faults.append(Fault(str(path), f"row {number}, {field}", shown, rule_of(details)))
            continue
        # Without a pad column, OY and OX are all there is to know about padding.
        given = shape if "pad" in fields else shape.replace(OY=None, OX=None)
        for place, value, rule in given.broken_rules():
            faults.append(Fault(str(path), f"row {number}, {place}", str(value), rule))
        shapes.append(shape)
    if faults:
        raise InputError(faults)
    return shapes, rows, [number for number, _ in numbered]


def _value(cell: str) -> object:
    """What a cell says of an extent: a number, two of them, or text that is a fault."""
    if two := _NUMBERS.fullmatch(cell.strip()):
        return [int(number) for number in two.groups()]
    try:
        return int(cell)
    except ValueError:
        return cell


def cost_csv(path: Path, chiplet: ChipletType) -> str:
    """Cost every layer of a list.

    Returns
    -------
    str
        The rows as given, followed by cycles, energy in pJ, MACs, utilisation, accesses, and
        the output plane that the mapping took (a folded gemm's rectangle).

    Raises
    ------
    InputError
        With every fault of every row, or if the dataflow is not known.
    """
    if chiplet.dataflow not in DATAFLOWS:
        place, value = "dataflow", chiplet.dataflow
        raise InputError([Fault("chiplet", place, value, DATAFLOWS.rule, is_parameter=True)])
    shapes, rows, _ = read_layer_list(path)
    costs = cost_layers(Shapes.from_layers(shapes), chiplet)
    energy = costs.energy_pj(chiplet)
    columns = {
        "cycles": costs.cycles,
        "energy_pj": energy.round(2),
        "macs": costs.macs,
        "mac_utilisation": costs.mac_utilisation.round(6),
        "l1_accesses": costs.l1_accesses,
        "input_l2_reads": costs.input_l2_reads,
        "input_l2_writes": costs.input_l2_writes,
        "filter_l2_reads": costs.filter_l2_reads,
        "filter_l2_writes": costs.filter_l2_writes,
        "output_l2_reads": costs.output_l2_reads,
        "output_l2_writes": costs.output_l2_writes,
        "mapped_rows": costs.mapped_rows,
        "mapped_columns": costs.mapped_columns,
    }
    out = io.StringIO()
    kept = [name for name in rows[0] if name not in columns]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*kept, *columns])
    table = zip(*(values.tolist() for values in columns.values()), strict=True)
    writer.writerows(
        [
            [to_cell(row[k]) for k in kept] + list(cells)
            for row, cells in zip(rows, table, strict=True)
        ]
    )
    return out.getvalue()
