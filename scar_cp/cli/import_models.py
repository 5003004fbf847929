"""Commands that turn models of other tools into model files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from scar_cp.cli import options as o
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

if TYPE_CHECKING:
    from scar_cp.imports.model_file import Imported

__all__ = ["Name", "Output", "app", "write_model"]

_Read = TypeVar("_Read", bound="Imported")

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
    fold: Annotated[
        list[str] | None,
        typer.Option(metavar="OP", help="Take an operator as free of MACs; again for more."),
    ] = None,
    begin: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="TENSOR", help="Import what follows from it; again for more."
        ),
    ] = None,
    end: Annotated[
        list[str] | None,
        typer.Option("--until", metavar="TENSOR", help="Import what leads to it; again for more."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Run the graph on random inputs, and compare shapes, MACs and weights."
        ),
    ] = False,
) -> None:
    r"""Import an ONNX model: one sample's shapes; no weights are needed.

    A batch in the file counts as part of the sample, and is told; --dim 'x[0]=1' takes it out.

    Functions of one tensor, normalisations, reshapes and masks become part of the layer before
    them. Pads that are not the same on all sides count as input, in Y and X. With --from and
    --until only what lies between these tensors is imported, and with --fold an operator is taken
    as a function of elements, whose shape it keeps where none can be inferred. --check runs the
    graph with onnxruntime if it is installed, otherwise with onnx's own evaluator.

    Needs the extra: pip install 'scar-cp\[onnx]'

    Exit code 0, 1 if --check finds a difference or cannot run the graph, 2 for bad input.

    Example: scar-cp import onnx bert.onnx --dim batch=1 --dim seq=128 -o bert.yaml
    """
    from scar_cp.imports.onnx_file import NO_SIZE, Choice
    from scar_cp.imports.onnx_model import UNKNOWN, ImportedOnnx, import_onnx

    options = {"sizes": "--dim", "folds": "--fold", "begin": "--from", "end": "--until"}

    def choice() -> Choice:
        names = (tuple(dict.fromkeys(given or [])) for given in (fold, begin, end))
        return Choice(_sizes(dim or []), *names)

    def read(model: str) -> ImportedOnnx:
        try:
            return import_onnx(file, model, choice())
        except InputError as error:
            raise InputError(map(with_option, error.faults)) from error

    def with_option(fault: Fault) -> Fault:
        if fault.rule == NO_SIZE:
            return replace(fault, rule=f"{NO_SIZE}: give --dim {fault.value}=N")
        if fault.rule == UNKNOWN:
            return replace(fault, rule=f"{UNKNOWN}: --fold {fault.value} takes it as free of MACs")
        if fault.is_parameter:
            return replace(fault, file=options[fault.file], is_parameter=False)
        return fault

    imported = write_model(read, file, output, name)
    if check:
        from scar_cp.imports.onnx_check import check_onnx

        checked = check_onnx(file, choice(), imported)
        print(*(f"check: {line}" for line in checked.says), sep="\n")
        if not checked.is_equal:
            raise typer.Exit(1)


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


def write_model(read: Callable[[str], _Read], file: Path, output: Path, name: str | None) -> _Read:
    """Write what an import read, say what it is, and return it."""
    from scar_cp.imports.model_file import model_text, summary
    from scar_cp.records.own_files import MODEL
    from scar_cp.records.yaml_json import check_writable, write_text

    imported: _Read
    imported, _ = o.together(
        lambda: read(name or output.stem), lambda: check_writable(output, file, replaces=MODEL)
    )
    write_text(output, model_text(imported, file))
    print("\n".join(summary(imported)))
    say_written(output)
    return imported


def _sizes(given: list[str]) -> dict[str, int]:
    """Sizes by the name of their dimension."""
    faults: list[Fault] = []
    sizes: dict[str, int] = {}
    for text in given:
        name, _, size = text.rpartition("=")
        if not name or not re.fullmatch("0|[1-9][0-9]{0,8}", size):
            faults.append(Fault("--dim", "", text, "must be NAME=N with N from 0 to 999999999"))
        elif name in sizes:
            faults.append(Fault("--dim", "", text, "the dimension is given twice"))
        else:
            sizes[name] = int(size)
    if faults:
        raise InputError(faults)
    return sizes
