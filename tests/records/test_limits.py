"""Files that are small and unfold, that are too large, and that no record can hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Command, Project
from refusals import assert_refused

from scar_cp.records.limits import MOST_NESTING
from scar_cp.records.yaml_json import parse_flow, read_document

ALIASES = "has more than 500000 values, counted again for each alias"
KEYS = "has a mapping of more than 10000 keys"


def merges(levels: int) -> str:
    """Every level merges ten times the one before."""
    lines = [f"x{i}: &x{i} {{<<: [{','.join([f'*x{i - 1}'] * 10)}]}}" for i in range(1, levels)]
    return "\n".join(["x0: &x0 {a: 1}", *lines])


FILES = {
    "a bomb of merges": ("f.yaml", merges(8), f"f.yaml: cannot be read: {ALIASES}"),
    "a bomb of lists": (
        "f.yaml",
        f"a: &r [{', '.join('a' * 3000)}]\nb:\n" + "- *r\n" * 3000,
        f"f.yaml: cannot be read: {ALIASES}",
    ),
    "keys of YAML": (
        "f.yaml",
        "".join(f"k{i}: 1\n" for i in range(60_000)),
        f"f.yaml: cannot be read: {KEYS}",
    ),
    "keys of JSON": (
        "f.json",
        json.dumps({f"k{i}": 1 for i in range(60_000)}),
        f"f.json: {KEYS}",
    ),
    "a large file": ("f.yaml", "a: 1\n" * 2_000_000, "f.yaml: must have at most 8 MiB"),
    "nesting by aliases": (
        "f.yaml",
        "x0: &x0 [1]\n" + "".join(f"x{i}: &x{i} [*x{i - 1}]\n" for i in range(1, 200)),
        f"f.yaml: cannot be read: nested deeper than {MOST_NESTING} levels",
    ),
    "nesting of JSON": (
        "f.json",
        '{"format": "scar-cp/result@1", "x": ' + "[" * 300 + "]" * 300 + "}",
        f"f.json: cannot be read: nested deeper than {MOST_NESTING} levels",
    ),
    "half a character": (
        "f.json",
        '{"format": "scar-cp/result@1", "solver": ["\\ud800"]}',
        r"f.json: solver[0]: '\ud800': must be whole characters",
    ),
    "endless digits": (
        "f.json",
        '{"format": "scar-cp/result@1", "value": ' + "9" * 400 + "}",
        "f.json: value: 999999999999999999...9999999999999999999: must be a valid number",
    ),
}


@pytest.mark.parametrize(("name", "text", "line"), FILES.values(), ids=FILES)
def test_what_passes_a_limit_is_one_line(
    project: Project, command: Command, name: str, text: str, line: str
) -> None:
    Path(name).write_text(text)
    assert_refused(project, command, ["check", name], line)


@pytest.mark.parametrize(
    "value",
    [
        *("!!timestamp x", "!!bool maybe", "!!int ''", "!!int [1]", "!!float x", "!!binary é"),
        *("!!python/object/apply:os.system [ls]", "!!set {[a]}", "!!omap [a]", "1:1" * 2000),
    ],
)
def test_a_value_that_does_not_fit_its_tag_is_one_line(
    project: Project, command: Command, value: str
) -> None:
    Path("f.yaml").write_text(f"format: scar-cp/package@1\nname: {value}\n", encoding="utf-8")
    code, out, err = command("check", "f.yaml")
    assert (code, out) == (2, "")
    assert all(line.startswith("f.yaml: ") for line in err.splitlines())


def test_what_aliases_and_merges_are_for_still_works(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("a: &a {K: 1, C: 2}\nb: {<<: *a, K: 3}\nc: [*a, *a]\n")
    assert read_document(path) == {
        "a": {"K": 1, "C": 2},
        "b": {"K": 3, "C": 2},
        "c": [{"K": 1, "C": 2}] * 2,
    }
    with pytest.raises(ValueError, match="malformed"):
        parse_flow("{a: 1, a: 2}")


def test_a_layer_list_has_few_cells_and_short_ones(project: Project, command: Command) -> None:
    options = ["--chiplet", "profile.yaml#desk.big"]
    Path("l.csv").write_text(f"op,K,C\n{'x' * 200_000},1,1\n")
    code, out, err = command("cost", "l.csv", *options)
    assert (code, out) == (2, "")
    assert err.startswith("l.csv: row 2: malformed CSV: ")
    Path("l.csv").write_text("op,K,C" + ",x" * 2000 + "\n")
    line = "l.csv: row 1: must have at most 1000 cells"
    assert_refused(project, command, ["cost", "l.csv", *options], line)


def test_what_a_foreign_file_holds_is_not_told(project: Project, command: Command) -> None:
    for name, text in {"s.yaml": "token: hunter2\n", "t.yaml": "hunter2:x:0\nroot\n"}.items():
        Path(name).write_text(text)
        project.put("instance.yaml", "package", name)
        code, _, err = command("check", "instance.yaml")
        assert code == 2
        assert "hunter2" not in err
    Path("costs.csv").write_text("hunter2\n1\n")
    project.put("instance.yaml", "package", "package.yaml")
    project.put("instance.yaml", "cost_table", "costs.csv")
    assert "hunter2" not in command("check", "instance.yaml").err


def test_many_faults_are_told_by_the_first(project: Project, command: Command) -> None:
    project.put("model.yaml", "layers", [{"name": f"l{i}"} for i in range(200)])
    lines = command("check", "model.yaml").err.splitlines()
    assert len(lines) == 101
    assert lines[-1].endswith("more faults")
