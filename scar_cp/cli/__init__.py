"""The command line: ``scar-cp COMMAND --help`` shows examples.

Heavy modules are imported inside the commands, so that help answers at once.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.metadata import version
from typing import Annotated

import typer

import scar_cp.cli.bench as bench
import scar_cp.cli.commands as commands
import scar_cp.cli.compare as compare
import scar_cp.cli.costs as costs
import scar_cp.cli.import_costs as import_costs
import scar_cp.cli.imports as imports
import scar_cp.cli.init as init
import scar_cp.cli.page as page
import scar_cp.cli.papers as papers
import scar_cp.cli.pictures as pictures
import scar_cp.cli.schema as schema
import scar_cp.cli.search as search
import scar_cp.cli.show as show
from scar_cp.cli.streams import forgiving_streams
from scar_cp.clock import any_left
from scar_cp.errors import ClaimError, InputError, ScarError

__all__ = ["app", "main"]

app = typer.Typer(
    name="scar-cp",
    help="Certified schedules for several DNN models on a package of heterogeneous chiplets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
init.register(app)
show.register(app)
commands.register(app)
costs.register(app)
import_costs.register(imports.app)
search.register(app)
compare.register(app)
papers.register(app)
schema.register(app)
pictures.register(app)
page.register(app)
app.add_typer(imports.app, name="import")
app.add_typer(bench.app, name="bench")


def _print_version(asked: bool) -> None:
    if asked:
        print(version("scar-cp"))
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Certified schedules for several DNN models on a package of heterogeneous chiplets."""


def main() -> None:
    """Run the command line; bad input ends with one line per fault and exit code 2.

    Time limits count from here, imports and compiling included.
    """
    started = time.monotonic()
    with forgiving_streams():
        code = _run(started)
    if any_left():  # Python would take itself apart below a thread that still runs
        os._exit(code)
    sys.exit(code)


def _run(started: float) -> int:
    """Run the command line and say in one line what ended it, if anything did."""
    try:
        code = app(standalone_mode=False, obj=started)
        sys.stdout.flush()
    except InputError as error:
        print(error, file=sys.stderr)
        code = 2
    except ClaimError:
        raise
    except ScarError as error:  # a limit of the program, such as too many schedules to look at
        print(f"scar-cp: {' '.join(str(error).split())[:200]}", file=sys.stderr)
        code = 2
    except typer.TyperException as error:
        format_message = getattr(error, "format_message", error.__str__)
        text = " ".join(format_message().split()).replace("Value error, ", "")
        if text:  # there is none after the help that a bare command prints
            print(f"scar-cp: {text.replace('Input should', 'must')}", file=sys.stderr)
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        code = 1
    except OSError as error:  # of a file that a command writes, a fault says so
        print(f"scar-cp: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        code = 1
    return code if isinstance(code, int) else 0
