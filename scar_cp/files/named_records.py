"""Records from files, or from shipped ones by their names."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import scar_cp.records.yaml_json as yaml_json
from scar_cp.files.shipped import named_file
from scar_cp.inputs.schemas import SCHEMAS
from scar_cp.records.reading import reader
from scar_cp.records.record import Record

__all__ = ["read_record"]

R = TypeVar("R", bound=Record)


@reader
def read_record(path: str | Path, cls: type[R]) -> R:
    """Read one file into a record.

    Parameters
    ----------
    path
        A YAML or JSON file, or the name of a shipped file of that kind.
    cls
        What it holds, such as `scar_cp.inputs.workload.Model` or `scar_cp.inputs.package.Package`.

    Returns
    -------
    R
        The record; rules between its parts are checked where it is used.

    Raises
    ------
    InputError
        With every fault of the file.

    Examples
    --------
    >>> import scar_cp as sc
    >>> sc.read_record("het_sides_3x3", sc.Package)
    <Package het_sides_3x3: 9 chiplets (6 nvdla, 3 shidiannao)>
    >>> sc.read_record("models/resnet50.yaml", sc.Model).layers[0].K
    64
    >>> sc.read_record("resnet5", sc.Model)
    Traceback (most recent call last):
    scar_cp.errors.InputError: resnet5: no such file, and no shipped model of that name; did you mean resnet50?
    """  # noqa: E501
    kinds = [kind for kind, shipped in SCHEMAS.items() if shipped is cls]
    return yaml_json.read_record(named_file(path, *kinds) if kinds else path, cls)
