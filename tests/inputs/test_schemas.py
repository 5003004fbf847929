"""Schemas of the files that users write: current, and true of every file that is shipped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from conftest import ROOT, Command, Project
from jsonschema import Draft202012Validator

from scar_cp.cli.schema import SchemaName, written_files
from scar_cp.inputs.schemas import SCHEMAS, SchemaKind, schema_file, schema_text
from scar_cp.records.yaml_json import read_document

FOLDER = ROOT / "instances/schemas"
SHIPPED = sorted([*(ROOT / "instances").rglob("*.yaml"), *(ROOT / "models").glob("*.yaml")])


def validator(kind: str) -> Any:
    return Draft202012Validator(json.loads((FOLDER / f"{kind}.schema.json").read_text()))


def test_there_is_a_schema_of_every_kind() -> None:
    assert tuple(SCHEMAS) == get_args(SchemaKind)
    assert {path.name for path in FOLDER.iterdir()} == {schema_file(kind) for kind in SchemaName}


@pytest.mark.parametrize("kind", SchemaName)
def test_shipped_schemas_are_current_and_printed(command: Command, kind: SchemaName) -> None:
    """Mend with: scar-cp schema -o instances/schemas."""
    text = (FOLDER / schema_file(kind)).read_text()
    assert text == schema_text(written_files()[kind])
    assert command("schema", kind) == (0, text, "")
    Draft202012Validator.check_schema(json.loads(text))


@pytest.mark.parametrize("path", SHIPPED, ids=[str(p.relative_to(ROOT)) for p in SHIPPED])
def test_every_shipped_file_names_its_schema_and_follows_it(path: Path) -> None:
    named = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(), re.MULTILINE)
    document = read_document(path)
    kind = re.fullmatch(r"scar-cp/(\w+)@1", document["format"])[1]
    assert [(path.parent / name).resolve() for name in named] == [FOLDER / f"{kind}.schema.json"]
    assert list(validator(kind).iter_errors(document)) == []


@pytest.mark.parametrize(
    ("file", "place", "value"),
    [
        ("instance", ("windows",), 0),
        ("instance", ("windos",), 1),
        ("model", ("layers", 0, "op"), "matmul"),
        ("package", ("nop",), {"gb_per_s": 0}),
        ("profile", ("domains", "desk", "big", "array"), [8]),
        ("scenario", ("models", 0, "batch"), "4"),
    ],
)
def test_a_schema_refuses_what_check_refuses(
    project: Project, file: str, place: tuple[Any, ...], value: Any
) -> None:
    assert validator(file).is_valid(project.data[f"{file}.yaml"])
    project.put(f"{file}.yaml", *place, value)
    assert not validator(file).is_valid(project.data[f"{file}.yaml"])


def test_schemas_are_written_into_a_folder_that_is_made(project: Project, command: Command) -> None:
    files = {schema_file(kind): f"new/schemas/{schema_file(kind)}" for kind in SchemaName}
    said = "".join(f"written: {path}\n" for path in files.values())
    assert command("schema", "-o", "new/schemas") == (0, said, "")
    assert {path.name for path in Path("new/schemas").iterdir()} == {*files}
    Path("file").touch()
    assert command("schema", "model", "-o", "file/x").code == 2


def test_all_schemas_are_one_document(command: Command) -> None:
    code, out, _ = command("schema")
    records = written_files()
    assert code == 0
    assert json.loads(out) == {kind: json.loads(schema_text(records[kind])) for kind in SchemaName}
