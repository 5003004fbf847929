"""The command line: ``scar-cp COMMAND --help`` shows examples.

Heavy modules are imported inside the commands, so that help answers at once.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from importlib.metadata import version
from typing import Annotated

import typer

import scar_cp.cli.basic_commands as basic_commands
import scar_cp.cli.bench_commands as bench_commands
import scar_cp.cli.codesign_command as codesign_command
import scar_cp.cli.cost_template as cost_template
import scar_cp.cli.deadlines_command as deadlines_command
import scar_cp.cli.explore_command as explore_command
import scar_cp.cli.import_costs as import_costs
import scar_cp.cli.import_models as import_models
import scar_cp.cli.import_transformer as import_transformer
import scar_cp.cli.init as init
import scar_cp.cli.list_command as list_command
import scar_cp.cli.papers_command as papers_command
import scar_cp.cli.pictures as pictures
import scar_cp.cli.report_command as report_command
import scar_cp.cli.schema as schema
import scar_cp.cli.search as search
import scar_cp.cli.show_command as show_command
import scar_cp.cli.study_commands as study_commands
import scar_cp.cli.sweep_commands as sweep_commands
import scar_cp.cli.verify_certificate as verify_certificate
from scar_cp.cli.streams import forgiving_streams
from scar_cp.clock import any_left
from scar_cp.errors import ClaimError, Fault, InputError, ScarError
from scar_cp.records.reading import noting_files

__all__ = ["app", "main"]

app = typer.Typer(
    name="scar-cp",
    help="Certified schedules for several DNN models on a package of heterogeneous chiplets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
init.register(app)
list_command.register(app)
show_command.register(app)
basic_commands.register(app)
cost_template.register(app)
import_costs.register(import_models.app)
import_transformer.register(import_models.app)
search.register(app)
verify_certificate.register(app)
study_commands.register(app)
codesign_command.register(app)
deadlines_command.register(app)
papers_command.register(app)
schema.register(app)
pictures.register(app)
report_command.register(app)
explore_command.register(app)
app.add_typer(import_models.app, name="import")
app.add_typer(bench_commands.app, name="bench")
app.add_typer(sweep_commands.app, name="sweep")


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    is_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    is_verbose: Annotated[
        bool, typer.Option("--verbose", help="With --version: all that a bug report needs.")
    ] = False,
    is_full_version: Annotated[bool, typer.Option("-V", help="--version --verbose.")] = False,
) -> None:
    """Certified schedules for several DNN models on a package of heterogeneous chiplets."""
    if is_full_version or (is_version and is_verbose):
        from scar_cp.cli.versions import version_lines

        print("\n".join(version_lines()))
    elif is_version:
        print(version("scar-cp"))
    elif context.invoked_subcommand is None:
        context.fail("Missing command.")
    if is_full_version or is_version:
        raise typer.Exit


def main() -> None:
    """Run the command line; bad input ends with one line per fault and exit code 2.

    Time limits count from here, imports and compiling included.
    """
    started = time.monotonic()
    with forgiving_streams() as out:
        with noting_files():
            code = _run(started)
        out.flush()
        if out.failure is not None:
            if not isinstance(out.failure, BrokenPipeError):  # a reader, such as head, has enough
                print(f"scar-cp: standard output: {out.failure.strerror}", file=sys.stderr)
            code = code or 1
    if any_left():  # Python would take itself apart below a thread that still runs
        os._exit(code)
    sys.exit(code)


_MOST_LINES = 100
"""Of faults: who mends these sees the others."""


def _print_faults(faults: list[Fault]) -> None:
    lines = str(InputError(faults)).splitlines()
    for line in lines[:_MOST_LINES]:
        print(line, file=sys.stderr)
    if len(lines) > _MOST_LINES:
        print(f"... and {len(lines) - _MOST_LINES} more faults", file=sys.stderr)


def _of_option(fault: Fault) -> Fault:
    """The fault of a parameter as that of the option of the same name."""
    if not fault.is_parameter:
        return fault
    option = fault.file.replace("_", "-")
    option = f"--set {fault.file}" if "." in fault.file else f"--{option}"
    return replace(fault, file=option, is_parameter=False)


def _run(started: float) -> int:
    """Run the command line and say in one line what ended it, if anything did."""
    try:
        code = app(standalone_mode=False, obj=started)
    except InputError as error:
        _print_faults([_of_option(fault) for fault in error.faults])
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
    except BrokenPipeError:  # of standard output's bytes
        code = 1
    except OSError as error:  # of a file that a command writes, a fault says so
        print(f"scar-cp: {error.filename or 'standard output'}: {error.strerror}", file=sys.stderr)
        code = 1
    return code if isinstance(code, int) else 0
