"""Files of others that are in the way of an output are refused and kept, by every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Command, Project

LAYERS = "op,K,C,Y,X,R,S\nconv,8,8,8,8,3,3\n"

WRITERS = {
    "solve": ("solve instance.yaml --quiet --solver standalone -o", "f.json"),
    "certificate": ("solve instance.yaml --quiet --solver standalone --certificate", "f.json"),
    "pareto": ("pareto instance.yaml --quiet -o", "f.json"),
    "compile": ("compile instance.yaml -o", "f.json"),
    "cost": ("cost layers.csv --chiplet profile.yaml#desk.big -o", "f.csv"),
    "cost-template": ("cost-template instance.yaml -o", "f.csv"),
    "import csv": ("import csv layers.csv -o", "f.yaml"),
    "compare": ("compare instance.yaml --quiet -o", "f.csv"),
    "gaps": ("gaps instance.yaml --quiet -o", "f.csv"),
    "sweep": ("sweep instance.yaml --quiet -o", "f.db"),
    "codesign": ("codesign instance.yaml --type big --grid 1x2 --quiet -o", "f.db"),
    "codesign package": ("codesign instance.yaml --type big --grid 1x2 --package", "f.yaml"),
    "codesign picture": ("codesign instance.yaml --type big --grid 1x2 --picture", "f.svg"),
    "trace": ("trace result.json -o", "f.json"),
    "report": ("report result.json -o", "f.html"),
    "plot": ("plot result.json -o", "f.png"),
    "bench suite": ("bench suite scenarios -o .", "scenarios.csv"),
    "bench best": ("bench best absent.csv -o", "f.csv"),
    "papers": ("papers motivational -o .", "runs.csv"),
    "papers' table": ("papers motivational -o .", "motivational.csv"),
    "schema": ("schema model -o .", "model.schema.json"),
}


@pytest.mark.parametrize("text", ["my notes,of\n1,2\n", "# a comment\n"], ids=["text", "comment"])
@pytest.mark.parametrize(("writer", "name"), WRITERS.values(), ids=WRITERS)
def test_a_file_of_something_else_is_kept(
    project: Project, command: Command, writer: str, name: str, text: str
) -> None:
    Path("layers.csv").write_text(LAYERS)
    command("solve", "instance.yaml", "--solver", "standalone", "--quiet", "-o", "result.json")
    Path(name).write_text(text)
    before = project.names()
    output = [] if writer.endswith(" .") else [name]
    code, out, err = command(*writer.split(), *output)
    assert (code, out) == (2, "")
    assert err.startswith(f"{name}: ")
    assert err.count("\n") == 1
    assert Path(name).read_text() == text
    assert project.names() - before <= {"results"}  # an empty folder of papers


@pytest.mark.parametrize("option", ["-o", "--package", "--picture"])
def test_codesign_writes_over_no_file_that_its_instance_refers_to(
    project: Project, command: Command, option: str
) -> None:
    files = {name: (project.folder / name).read_bytes() for name in project.names()}
    output = "package.yaml"
    if option == "--picture":
        output = "link.svg"
        Path(output).symlink_to("package.yaml")
    arguments = ["codesign", "instance.yaml", "--type", "big", "--grid", "1x2", "--quiet"]
    code, out, err = command(*arguments, option, output)
    assert (code, out) == (2, "")
    assert err.startswith(f"{output}: ")
    assert {name: (project.folder / name).read_bytes() for name in files} == files


def test_own_files_are_replaced(project: Project, command: Command) -> None:
    Path("layers.csv").write_text(LAYERS)
    quick = ["solve", "instance.yaml", "--solver", "standalone", "--quiet", "-o", "result.json"]
    commands = [
        *(quick, ["compile", "instance.yaml", "-o", "p.json"], ["schema", "model", "-o", "."]),
        ["cost", "layers.csv", "--chiplet", "profile.yaml#desk.big", "-o", "layer-costs.csv"],
        ["cost-template", "instance.yaml", "-o", "costs.csv"],
        ["import", "csv", "layers.csv", "-o", "net.yaml"],
        ["trace", "result.json", "-o", "t.json"],
    ]
    for arguments in commands * 2:
        assert command(*arguments).code == 0, arguments


@pytest.mark.slow
def test_own_pictures_and_pages_are_replaced(project: Project, command: Command) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib: the extra plot")
    pytest.importorskip("plotly", reason="pages need plotly: the extra report")
    options = ["--solver", "scar", "--quiet", "-o"]
    assert command("solve", "instance.yaml", *options, "result.json").code == 0
    for _ in range(2):
        for output in ("f.png", "f.svg", "f.pdf"):
            assert command("plot", "result.json", "-o", output).code == 0
        assert command("report", "result.json", "-o", "f.html").code == 0
