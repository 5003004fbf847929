"""Commands that turn models of other tools into model files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli import options as o
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

if TYPE_CHECKING:
    from scar_cp.imports.model_file import Imported

__all__ = ["Name", "Output", "app", "write_model"]

app = typer.Typer(
    help="Turn what other tools wrote into a model file or a table of costs.",
    no_args_is_help=True,
)

Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="MODEL.yaml", help="Model file to write.")
]
Name = Annotated[
    str | None, typer.Option(help=r"Name of the model \[default: the output's file name]")
]


@app.command()
def onnx(
    file: Annotated[Path, typer.Argument(metavar="FILE.onnx", help="An ONNX model.")],
    output: Output,
    name: Name = None,
    dim: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=N", help="Size of an open dimension, or of a place x[0]; again for more."
        ),
    ] = None,
) -> None:
    r"""Import an ONNX model: one sample's shapes; no weights are needed.

    A batch in the file counts as part of the sample, and is told; --dim 'x[0]=1' takes it out.

    Functions of one tensor, normalisations, reshapes and masks become part of the layer before
    them. Pads that are not the same on all sides count as input, in Y and X.

    Needs the extra: pip install 'scar-cp\[onnx]'

    Example: scar-cp import onnx bert.onnx --dim batch=1 --dim seq=128 -o bert.yaml
    """
    from scar_cp.imports.onnx_file import NO_SIZE
    from scar_cp.imports.onnx_model import import_onnx

    def read(model: str) -> Imported:
        sizes = _sizes(dim or [])
        try:
            return import_onnx(file, model, sizes)
        except InputError as error:
            raise InputError(map(of_dim, error.faults)) from error

    def of_dim(fault: Fault) -> Fault:
        if fault.rule == NO_SIZE:
            return replace(fault, rule=f"{NO_SIZE}: give --dim {fault.value}=N")
        return replace(fault, file="--dim", is_parameter=False) if fault.is_parameter else fault

    write_model(read, file, output, name)


@app.command()
def maestro(
    file: Annotated[Path, typer.Argument(metavar="FILE.m", help="A MAESTRO model or mapping.")],
    output: Output,
    name: Name = None,
) -> None:
    """Import a MAESTRO model: a chain of its layers; dataflows are skipped.

    MAESTRO files have no padding: a layer gets the least with which its output is the next one's
    input; where none does, half its kernel if other layers were padded, otherwise none.

    Example: scar-cp import maestro Resnet50_model.m -o resnet50_m.yaml
    """
    from scar_cp.imports.maestro_model import import_maestro

    write_model(lambda model: import_maestro(file, model), file, output, name)


@app.command()
def csv(
    file: Annotated[Path, typer.Argument(metavar="LAYERS.csv", help="A CSV of layers.")],
    output: Output,
    name: Name = None,
) -> None:
    """Import a CSV of layers, a row each, one sample's extents, counted in elements.

    Columns: op,K,C,Y,X,R,S,stride,dilation,groups and pad or OY,OX, and of volumes Z,T,OZ, as for
    scar-cp cost; a stride of 2x1 is 2 down and 1 to the right; and, if wanted: name;
    inputs, names separated by ; (the layer before by default; in0, in1, ... are the model's
    inputs); dynamic, true where the second operand is an activation; weights_of, an earlier layer
    that has the same weights.

    Example: scar-cp import csv layers.csv -o net.yaml
    """
    from scar_cp.imports.csv_model import import_csv

    write_model(lambda model: import_csv(file, model), file, output, name)


def write_model(
    read: Callable[[str], Imported], file: Path, output: Path, name: str | None
) -> None:
    """Write what an import read, and say what it is."""
    from scar_cp.imports.model_file import model_text, summary
    from scar_cp.records.own_files import MODEL
    from scar_cp.records.yaml_json import check_writable, write_text

    imported, _ = o.together(
        lambda: read(name or output.stem), lambda: check_writable(output, file, replaces=MODEL)
    )
    write_text(output, model_text(imported, file))
    print("\n".join(summary(imported)))
    say_written(output)


def _sizes(given: list[str]) -> dict[str, int]:
    """Sizes by the name of their dimension."""
    faults: list[Fault] = []
    sizes: dict[str, int] = {}
    for text in given:
        name, _, size = text.rpartition("=")
        if not name or not re.fullmatch("[1-9][0-9]{0,8}", size):
            faults.append(Fault("--dim", "", text, "must be NAME=N with N from 1 to 999999999"))
        elif name in sizes:
            faults.append(Fault("--dim", "", text, "the dimension is given twice"))
        else:
            sizes[name] = int(size)
    if faults:
        raise InputError(faults)
    return sizes
