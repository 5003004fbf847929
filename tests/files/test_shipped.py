"""What is installed with the package goes by its name, and a path that exists goes before."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, Command, Project
from refusals import assert_refused

import scar_cp as sc
from files.test_problem_of_result import found
from scar_cp.files import shipped
from scar_cp.files.file_check import check_file
from scar_cp.files.instance_files import read_instance
from scar_cp.files.loading import load_problem
from scar_cp.files.shipped import KINDS, shipped_files

SHIPPED: dict[str, dict[str, Path]] = {kind: shipped_files(kind) for kind in KINDS}


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- names ---------------------------------------------------------------------------------------


def test_all_that_the_repository_has_is_shipped() -> None:
    files = {path for by_name in SHIPPED.values() for path in by_name.values()}
    assert files == {*(ROOT / "instances").rglob("*.yaml"), *(ROOT / "models").rglob("*.yaml")}


def test_names_are_found_where_the_wheel_puts_their_files(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {"scar_cp", *wheel["sources"]} == set(wheel["only-include"])
    for source, target in wheel["sources"].items():
        (empty / target).parent.mkdir(parents=True, exist_ok=True)
        (empty / target).symlink_to(ROOT / source)
    monkeypatch.setattr(shipped, "__file__", str(empty / "scar_cp/files/shipped.py"))
    for kind in KINDS:
        files = shipped_files(kind)
        assert list(files) == list(SHIPPED[kind])
        assert all(empty in path.parents for path in files.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED["scenario"])
def test_every_scenario_loads_by_its_name(empty: Path, name: str) -> None:
    settings = {"scenario": name, "windows": 8}
    assert read_instance("sc4", settings).scenario.name == name


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for kind in KINDS if kind != "scenario" for name in SHIPPED[kind]]
)
def test_every_other_file_loads_by_its_name(empty: Path, name: str) -> None:
    assert check_file(name)


def test_a_record_is_read_by_its_name(empty: Path) -> None:
    model = sc.read_record("resnet50", sc.Model)
    assert model == sc.read_record(SHIPPED["model"]["resnet50"], sc.Model)
    (empty / "resnet50").write_text("format: scar-cp/model@1\n")
    with pytest.raises(sc.InputError, match=r"resnet50: layers: is required"):
        sc.read_record("resnet50", sc.Model)
    (empty / "resnet50").unlink()
    with pytest.raises(sc.InputError, match=r"resnet50: no such file, and no shipped package"):
        sc.read_record("resnet50", sc.Package)


def test_names_are_the_same_as_paths(empty: Path) -> None:
    names = {
        "scenario": "sc3",
        "package": "het_cb_3x3",
        "profile": "published",
    }
    paths = {key: str(SHIPPED[key][name]) for key, name in names.items()}
    named, placed = load_problem("sc4", names), load_problem(SHIPPED["instance"]["sc4"], paths)
    assert named.sha256 == placed.sha256
    assert named.files == placed.files


def test_files_refer_by_name(project: Project) -> None:
    project.put("scenario.yaml", "domain", "datacenter")
    project.put("scenario.yaml", "models", [{"model": "resnet50"}, {"model": "model.yaml"}])
    project.put("instance.yaml", "package", "het_cb_3x3")
    project.put("instance.yaml", "profile", "published")
    instance = read_instance("instance.yaml")
    assert [model.name for model in instance.models] == ["resnet50_maestro66", "net"]
    assert instance.package.name == "het_cb_3x3"
    project.put("instance.yaml", "scenario", "sc4")
    assert len(read_instance("instance.yaml").models) == 4


# --- paths go before -----------------------------------------------------------------------------


def test_a_local_file_wins_as_an_argument(project: Project) -> None:
    shutil.copy("instance.yaml", "sc4")
    assert len(load_problem("sc4").problem.models) == 2


def test_a_local_file_wins_as_an_option(project: Project) -> None:
    shutil.copy("package.yaml", "het_cb_3x3")
    assert read_instance("instance.yaml", {"package": "het_cb_3x3"}).package.name == "square"


def test_a_file_beside_the_instances_own_wins_as_an_option(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy("package.yaml", "het_cb_3x3.yaml")
    monkeypatch.chdir("/")
    loaded = load_problem(project.folder / "instance.yaml", {"package": "het_cb_3x3"})
    assert loaded.problem.num_chiplets == 4
    assert loaded.overrides == {"package": str(project.folder / "het_cb_3x3.yaml")}


def test_a_file_beside_the_one_that_refers_wins(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("resnet50", "resnet50.yaml"):
        shutil.copy("model.yaml", name)
    project.put("scenario.yaml", "models", [{"model": "resnet50"}, {"model": "resnet50.yaml"}])
    monkeypatch.chdir("/")
    models = read_instance(project.folder / "instance.yaml").models
    assert [model.name for model in models] == ["net", "net"]


def test_only_a_plain_name_is_a_name(project: Project, command: Command) -> None:
    lines = [f"{path}: no such file" for path in ("mine/sc4", "sc4.yaml")]
    assert_refused(project, command, ["check", "mine/sc4", "sc4.yaml"], *lines)


# --- names that stand for nothing ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["solve", "quikstart"],
            "quikstart: no such file, and no shipped instance of that name; "
            "did you mean quickstart?",
        ),
        (
            ["solve", "instance.yaml", "--package", "het_bc_3x3"],
            "--package: het_bc_3x3: no such file, and no shipped package of that name; "
            "did you mean het_cb_3x3?",
        ),
        (
            ["check", "zzz"],
            "zzz: no such file, and no shipped file of that name",
        ),
        (
            ["cost", "layers.csv", "--chiplet", "phisical#datacenter.nvdla"],
            "phisical: no such file, and no shipped profile of that name; did you mean physical?",
        ),
    ],
)
def test_an_unknown_name_is_one_line(
    project: Project, command: Command, arguments: list[str], line: str
) -> None:
    Path("layers.csv").write_text("op,K,C\ngemm,64,64\n")
    assert_refused(project, command, arguments, line)


def test_an_unknown_name_in_a_file_has_its_place(project: Project, command: Command) -> None:
    project.put("scenario.yaml", "models", 1, "model", "resnet5")
    line = "scenario.yaml: models[1].model: resnet5: no such file, and no shipped model of that"
    code, _, err = command("check", "instance.yaml")
    assert (code, err) == (2, f"{line} name; did you mean resnet50?\n")


# --- what is written -----------------------------------------------------------------------------


def test_a_result_keeps_the_names_and_leads_to_its_problem(
    empty: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("out").mkdir()
    options = ("--package", "het_2x2", "--solver", "standalone", "-o", "out/result.json")
    assert command("solve", "quickstart", *options).code == 0
    origin = json.loads(Path("out/result.json").read_text())["origin"]
    assert origin == {"file": "quickstart", "settings": {"package": "het_2x2"}}
    path = Path("out/result.json").resolve()
    monkeypatch.chdir("/")
    assert found(path)
    assert found(path, Path("quickstart"))


@pytest.mark.parametrize("name", ["packages/het_2x2", "packages/mixed_2x2", "quickstart"])
def test_nothing_is_written_over_a_shipped_file(empty: Path, command: Command, name: str) -> None:
    """Neither over one that is read nor over one that an option replaces."""
    link = Path("link.json")
    link.symlink_to(ROOT / "instances" / f"{name}.yaml")
    before = link.read_bytes()
    code, _, err = command("compile", "quickstart", "--package", "het_2x2", "-o", link)
    assert (code, err) == (2, "link.json: must not be a file that is read\n")
    assert link.read_bytes() == before


# --- list ----------------------------------------------------------------------------------------


def test_list_has_a_line_for_every_file(empty: Path, command: Command) -> None:
    code, out, err = command("list")
    heading, *lines = out.splitlines()
    listed = [tuple(line.split()[:2]) for line in lines]
    assert (code, err, heading.split()) == (0, "", ["kind", "name", "what"])
    assert sorted(listed) == sorted((kind, name) for kind in KINDS for name in SHIPPED[kind])
    assert listed.index(("scenario", "sc2")) < listed.index(("scenario", "sc10"))


@pytest.mark.parametrize(
    ("kind", "name", "what"),
    [
        ("instance", "sc4", "sc4 on het_sides_3x3, profile physical"),
        ("scenario", "quickstart", "resnet50_block x4, gpt_l_block x2"),
        ("package", "het_cb_3x3", "9 chiplets (5 nvdla, 4 shidiannao)"),
        ("model", "gpt_l_fc", "1 layers, 1 scheduled, 536.9 M MACs, 4.194 M weights"),
    ],
)
def test_list_says_what_each_is(
    empty: Path, command: Command, kind: str, name: str, what: str
) -> None:
    rows = json.loads(command("list", kind, "--json").out)
    assert {row["kind"] for row in rows} == {kind}
    assert {"kind": kind, "name": name, "what": what} in rows


def test_show_takes_a_name(empty: Path, command: Command) -> None:
    assert not os.listdir()
    shown = command("show", "het_cb_3x3").out
    assert shown == command("show", SHIPPED["package"]["het_cb_3x3"]).out != ""
