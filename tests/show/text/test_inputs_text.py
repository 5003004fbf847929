"""Files as tables and maps: the right numbers, at most 80 columns."""

from __future__ import annotations

import pytest
from conftest import GONE, ROOT, Command, Project

SHOWN = [
    *(ROOT / "instances/packages").glob("*.yaml"),
    *(ROOT / "instances/profiles").glob("*.yaml"),
    ROOT / "instances/sc4.yaml",
    ROOT / "instances/scenarios/sc8.yaml",
    ROOT / "models/resnet50.yaml",
    ROOT / "models/hrvit.yaml",
]


@pytest.mark.slow
@pytest.mark.parametrize("path", SHOWN, ids=[path.stem for path in SHOWN])
def test_what_is_shipped_is_shown_in_80_columns(command: Command, path: object) -> None:
    code, out, err = command("show", path)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80


def test_a_model_is_shown_layer_by_layer(project: Project, command: Command) -> None:
    project.put("model.yaml", "layers", 0, "name", "a" * 70)
    project.put("model.yaml", "layers", 1, "inputs", ["a" * 70])
    project.put("model.yaml", "layers", 2, "inputs", ["a" * 70, "b"])
    assert command("show", "model.yaml").out.splitlines() == [
        "model net: 4 layers, 3 scheduled, 34.82 k MACs, 10.62 k weights",
        "",
        f"{'layer':34}  op     shape of one sample     MACs  weights",
        f"{'a' * 31}...  conv   8x8x8 -> 16x8x8      8.192 k      128",
        f"{'b':34}  conv   16x8x8 -> 16x8x8     16.38 k      256",
        f"{'sum':34}  (add)  16x8x8 -> 16x8x8           -        -",
        f"{'c':34}  gemm   1x1024 -> 1x10       10.24 k  10.24 k",
        "",
        "(op): not scheduled by itself, but folded into the layers around it",
    ]


def test_a_package_is_a_map(project: Project, command: Command) -> None:
    assert command("show", "package.yaml").out.splitlines()[:6] == [
        "package square: 4 chiplets (3 big, 1 small)",
        "",
        "0 big*   -- 1 big*",
        "|           |",
        "2 big*   -- 3 small*",
        "",
    ]


def test_a_map_has_the_links_that_there_are(project: Project, command: Command) -> None:
    project.put("package.yaml", "links", [[0, 1], [0, 2], [0, 3]])
    project.put("package.yaml", "memory_ports", [3])
    assert command("show", "package.yaml").out.splitlines()[2:8] == [
        "0 big    -- 1 big",
        "|",
        "2 big       3 small*",
        "",
        "* memory port",
        "further links: 0-3",
    ]


def test_a_wide_mesh_has_short_names_and_a_wider_one_is_a_list(
    project: Project, command: Command
) -> None:
    project.put("package.yaml", "layout", [["big"] * 9 + ["small"]])
    lines = command("show", "package.yaml").out.splitlines()
    assert lines[2].startswith("0 b* -- 1 b")
    assert lines[4:7] == ["* memory port", "b: big", "s: small"]
    project.put("package.yaml", "layout", [["big"] * 20])
    assert command("show", "package.yaml").out.splitlines()[2:5] == [
        "id  type  memory port  linked to",
        " 0  big   yes          1",
        " 1  big                0 2",
    ]


def test_a_package_off_the_grid_is_a_list(project: Project, command: Command) -> None:
    project.put("package.yaml", "layout", GONE)
    project.put("package.yaml", "chiplets", ["big", "small", "big"])
    project.put("package.yaml", "links", [[0, 1], [1, 2]])
    project.put("package.yaml", "memory_ports", [1])
    assert command("show", "package.yaml").out.splitlines()[2:6] == [
        "id  type   memory port  linked to",
        " 0  big                 1",
        " 1  small  yes          0 2",
        " 2  big                 1",
    ]


def test_an_instance_shows_its_settings_and_all_that_it_refers_to(
    project: Project, command: Command
) -> None:
    project.put("instance.yaml", "granularity", "all")
    project.put("instance.yaml", "package", "./" * 60 + "package.yaml")
    out = command("show", "instance.yaml").out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "granularity    all" in lines
    assert any(line.split() == ["windows", "1", "(default)"] for line in lines)
    assert "net        4          1       4      34.82 k  10.62 k         -" in lines
    assert "package square: 4 chiplets (3 big, 1 small)" in lines
    assert out.endswith(
        "big    nvdla         8x8              16      10,240  rows    0.23\n"
        "small  shidiannao    4x4               8      10,240  rows    0.23\n"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("format: scar-cp/chiplet@1\n", "format: 'scar-cp/chiplet@1': "),
        ("[1]\n", "format: "),
    ],
)
def test_other_files_are_not_shown(
    project: Project, command: Command, text: str, line: str
) -> None:
    (project.folder / "f.yaml").write_text(text)
    kinds = ("model", "package", "profile", "scenario", "instance", "problem")
    rule = f"must be one of {', '.join(f'scar-cp/{kind}@1' for kind in kinds)}"
    assert command("show", "f.yaml") == (2, "", f"f.yaml: {line}{rule}\n")


def test_a_faulty_file_is_refused_as_check_refuses_it(project: Project, command: Command) -> None:
    project.put("package.yaml", "memory_ports", [9])
    for file in ("package.yaml", "instance.yaml"):
        assert command("show", file) == command("check", file)
