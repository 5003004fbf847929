"""The command that turns a transformer's config.json into a model file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scar_cp.cli.import_models import Name, Output, write_model

if TYPE_CHECKING:
    from scar_cp.imports.model_file import Imported

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the imports."""
    app.command()(transformer)


def transformer(
    file: Annotated[
        Path, typer.Argument(metavar="CONFIG.json", help="Sizes, as published beside weights.")
    ],
    output: Output,
    tokens: Annotated[
        int, typer.Option(min=1, max=2**20, help="Tokens at once: a prompt's, or 1 to decode.")
    ],
    past: Annotated[
        int,
        typer.Option(min=0, max=2**20, help="Earlier tokens, whose keys and values are cached."),
    ] = 0,
    source_tokens: Annotated[
        int | None,
        typer.Option(min=1, max=2**20, help=r"Tokens of the encoder \[default: CONFIG.json's]"),
    ] = None,
    lm_head: Annotated[
        bool, typer.Option("--lm-head", help="With the last token's logits over the vocabulary.")
    ] = False,
    name: Name = None,
) -> None:
    """Import one run of a transformer: a prompt (prefill), or a step of decoding with its cache.

    What is cached are model inputs, new keys and values leave as outputs. Experts count by how
    many are expected to be chosen. The batch is the scenario's.

    For example:

    scar-cp import transformer config.json --tokens 512 -o prefill.yaml

    scar-cp import transformer config.json --tokens 1 --past 512 -o decode.yaml
    """
    from scar_cp.imports.transformer_model import Run, import_transformer

    run = Run(tokens, past, source_tokens, lm_head)

    def read(model: str) -> Imported:
        return import_transformer(file, model, run)

    write_model(read, file, output, name)
