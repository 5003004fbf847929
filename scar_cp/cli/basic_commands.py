"""Commands that do not search: check, cost, compile, evaluate."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from scar_cp.cli import options as o
from scar_cp.cli.streams import say_written
from scar_cp.errors import Fault, InputError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    for command in (check, cost, compile_, evaluate):
        app.command(name=command.__name__.rstrip("_"))(command)


def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of any format.")],
) -> None:
    """Check files of every format, with what they refer to: models to results and tables.

    Example: scar-cp check sc4 resnet50 sweep.yaml
    """
    from scar_cp.codesign.design_space import check_design
    from scar_cp.files.file_check import check_file
    from scar_cp.show.output_files import RECORDS, read_output
    from scar_cp.studies.judged_rows import FORMAT
    from scar_cp.sweeps.points import check_sweep

    faults: list[Fault] = []
    more = {
        **dict.fromkeys([*RECORDS, FORMAT], read_output),
        "scar-cp/sweep@1": check_sweep,
        "scar-cp/codesign@1": check_design,
    }
    for file in files:
        try:
            if file.suffix == ".csv":
                read_output(file)
                print(f"{file}: ok: a table of runs")
            else:
                print(f"{file}: ok: {check_file(file, more)}")
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)


def cost(
    layers: Annotated[Path, typer.Argument(metavar="LAYERS.csv", help="Layers to cost.")],
    chiplet: Annotated[
        str,
        typer.Option(
            metavar="FILE[#DOMAIN.TYPE]",
            help="A chiplet-type file, or a type of a profile.",
        ),
    ],
    output: o.Output = None,
) -> None:
    """Cost a list of layers on a chiplet type: cycles, energy, MACs, utilisation, traffic.

    Columns: op,K,C,Y,X,R,S,stride,dilation,groups and pad or OY,OX, and of volumes Z,T,OZ; further
    ones are passed on. A stride of 2x1 is 2 down and 1 to the right; dilation likewise.

    Example: scar-cp cost layers.csv --chiplet physical#datacenter.nvdla
    """
    from scar_cp.cost.layer_list import cost_csv, read_layer_list
    from scar_cp.files.chiplet_files import read_chiplet
    from scar_cp.files.shipped import file_of
    from scar_cp.records.own_files import LAYER_COSTS
    from scar_cp.records.yaml_json import check_writable, write_text

    source = chiplet.partition("#")[0]
    chiplet_type, *_ = o.together(
        lambda: read_chiplet(chiplet),
        lambda: read_layer_list(layers),
        lambda: check_writable(
            output, layers, file_of(Path(source), source, "profile"), replaces=LAYER_COSTS
        ),
    )
    text = cost_csv(layers, chiplet_type)
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)
        say_written(output)


@o.with_settings
def compile_(
    instance: o.Instance,
    output: o.Output = None,
    *,
    settings: dict[str, Any],
) -> None:
    """Turn an instance into a problem file: all costs as integers, nothing else needed.

    Example: scar-cp compile sc4 --windows 2 -o problem.json
    """
    from scar_cp.files.loading import load_problem
    from scar_cp.records.own_files import PROBLEM
    from scar_cp.records.yaml_json import check_writable, to_json, write_text

    loaded, _ = o.together(
        lambda: load_problem(instance, settings),
        lambda: check_writable(output, instance),
    )
    check_writable(output, *loaded.files, replaces=PROBLEM)
    problem = loaded.problem
    if output is None:
        sys.stdout.write(to_json(problem))
    else:
        write_text(output, to_json(problem))
        say_written(output)


@o.with_settings
def evaluate(
    instance: o.Instance,
    schedule: Annotated[
        Path, typer.Argument(metavar="SCHEDULE", help="A schedule or a result file.")
    ],
    space: o.Space = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    raw: o.Raw = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Judge a schedule: every number, and every rule it breaks.

    Exit code 0 for a valid schedule, 1 for one that breaks a rule, 2 for bad input.

    Example: scar-cp evaluate quickstart result.json --json
    """
    from scar_cp.files.loading import load_problem
    from scar_cp.files.schedule_files import read_schedule_of
    from scar_cp.judge.evaluation import evaluate as judge
    from scar_cp.judge.validation import BLOCKING_RULES, space_is_defined, undefined_space, validate
    from scar_cp.outcome.result import check_about
    from scar_cp.show.text.summary import print_evaluation
    from scar_cp.terms import Space

    loaded, (given, about) = o.together(
        lambda: load_problem(instance, settings), lambda: read_schedule_of(schedule)
    )
    if about is not None:
        check_about(about, loaded.sha256, schedule)
    name: Space = space.value if space else loaded.settings.space if loaded.settings else "full"
    if not space_is_defined(loaded.problem, name):
        raise InputError([undefined_space(name, instance, space)])
    violations = validate(loaded.problem, given, name)
    judged = not any(v.rule in BLOCKING_RULES for v in violations)
    evaluation = judge(loaded.problem, given) if judged else None
    if as_json:
        document = {
            "violations": [v.model_dump() for v in violations],
            "evaluation": evaluation.model_dump() if evaluation else None,
        }
        print(json.dumps(document, indent=2))
    else:
        print_evaluation(loaded.problem, evaluation, violations, raw)
    if violations:
        raise typer.Exit(1)
