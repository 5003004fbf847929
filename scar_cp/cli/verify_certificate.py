"""The command that checks certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from scar_cp.cli import options as o

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to an app."""
    app.command()(verify_certificate)


@o.with_settings
def verify_certificate(
    instance: o.Instance,
    certificate: Annotated[
        Path, typer.Argument(metavar="CERTIFICATE", help="What solve --certificate wrote.")
    ],
    *,
    settings: dict[str, Any],
) -> None:
    """Check a certificate with the checker that is shipped beside this program.

    The checker is one file that imports nothing of this package: for a problem file, this command
    is `python check_certificate.py PROBLEM CERTIFICATE`. An instance is compiled first.

    Exit code 0 if the certificate is accepted, 1 if not, 2 for bad input.

    For example: scar-cp verify-certificate problem.json certificate.json.gz
    """
    from scar_cp.certificates.certificate import read_packed
    from scar_cp.certificates.checker import checker, problem_bytes
    from scar_cp.files.loading import load_problem

    loaded, packed = o.together(
        lambda: load_problem(instance, settings), lambda: read_packed(certificate)
    )
    accepted, said = checker().judge(problem_bytes(loaded), packed)
    print(said)
    if not accepted:
        raise typer.Exit(1)
