"""The command line: ``scar-cp COMMAND --help`` shows examples.

Heavy modules are imported inside the commands, so that help answers at once.
"""

from __future__ import annotations

import sys

import typer

import scar_cp.cli.bench as bench
import scar_cp.cli.commands as commands
from scar_cp.errors import InputError

__all__ = ["app", "main"]

app = typer.Typer(
    name="scar-cp",
    help="Certified schedules for several DNN models on a package of heterogeneous chiplets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
commands.register(app)
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run the command line; bad input ends with one line per fault and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        print(error, file=sys.stderr)
        code = 2
    except typer.TyperException as error:
        format_message = getattr(error, "format_message", error.__str__)
        print(f"scar-cp: {' '.join(format_message().split())}", file=sys.stderr)
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    sys.exit(code if isinstance(code, int) else 0)
