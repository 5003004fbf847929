"""Settings inside the files that an instance refers to."""

from __future__ import annotations

import pytest
from conftest import Command

import scar_cp as sc
from scar_cp.files.inner_settings import InnerSettings
from scar_cp.outcome.result import Result
from scar_cp.records.yaml_json import read_json_record


def test_a_setting_replaces_what_stands_in_the_file() -> None:
    changed = sc.read_instance(
        "sc4",
        {
            "package.dram.gb_per_s": 16,
            "package.nop.hop_ns": 70,
            "types.nvdla.buffer_bytes": 1 << 20,
            "scenario.models.resnet50.batch": 3,
            "scenario.models.1.minibatch": 2,
        },
    )
    plain = sc.read_instance("sc4")
    assert changed.package.dram == plain.package.dram.replace(gb_per_s=16.0)
    assert changed.package.nop == plain.package.nop.replace(hop_ns=70.0)
    assert changed.chiplet_types["nvdla"].buffer_bytes == 1 << 20
    assert changed.chiplet_types["shidiannao"] == plain.chiplet_types["shidiannao"]
    runs = list(plain.scenario.models)
    runs[1] = runs[1].replace(minibatch=2)
    named = [i for i, run in enumerate(runs) if run.model.endswith("resnet50.yaml")]
    for i in named:
        runs[i] = runs[i].replace(batch=3)
    assert len(named) == 1
    assert list(changed.scenario.models) == runs


def test_the_same_value_is_the_same_problem() -> None:
    own = sc.load_problem("quickstart", {"package.dram.gb_per_s": 64.0})
    assert own.sha256 == sc.load_problem("quickstart").sha256


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        (
            {"package.dram.gb_per_s": -1, "package.nop.hop_ns": "far"},
            [
                "package.dram.gb_per_s: -1: must be greater than 0",
                "package.nop.hop_ns: 'far': must be a valid number",
            ],
        ),
        (
            {"package.drm.gb_per_s": 1},
            ["package.drm.gb_per_s: {'gb_per_s': 1}: unknown key, did you mean dram?"],
        ),
        (
            {"types.nvdlo.buffer_bytes": 1},
            ["types.nvdlo.buffer_bytes: 1: there is no such place in the files of this instance"],
        ),
        (
            {"pakage.clock_mhz": 1},
            [
                "pakage.clock_mhz: 1: must begin with scenario, package, profile or types, did you "
                "mean package?"
            ],
        ),
        (
            {"scenario.models.7.batch": 1, "types": 3},
            [
                "scenario.models.7.batch: 1: there is no such place in the files of this instance",
                "types: 3: unknown key",
            ],
        ),
    ],
)
def test_a_wrong_setting_is_named_with_its_rule(
    settings: dict[str, object], lines: list[str]
) -> None:
    with pytest.raises(sc.InputError) as refused:
        sc.read_instance("sc4", settings)
    assert str(refused.value).splitlines() == lines


def test_a_document_is_changed_in_a_copy() -> None:
    document = {"dram": {"gb_per_s": 64}}
    assert InnerSettings({"package.dram.gb_per_s": 1}).changed("package", document, "p") == {
        "dram": {"gb_per_s": 1}
    }
    assert document == {"dram": {"gb_per_s": 64}}


def test_a_result_remembers_them(command: Command, tmp_path) -> None:
    file = tmp_path / "r.json"
    setting = "--set", "package.dram.gb_per_s=16", "--set", "types.nvdla.array=[16, 16]"
    assert command("solve", "quickstart", *setting, "--quiet", "-o", file).code == 0
    origin = read_json_record(file, Result).origin
    assert origin.settings == {"package.dram.gb_per_s": 16, "types.nvdla.array": [16, 16]}
    assert command("solve", "quickstart", *setting, "--verify", file).code == 0
    assert command("plot", file, "-o", tmp_path / "r.svg").code == 0


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("package.dram.gb_per_s", "must be KEY=VALUE,..., such as package.dram.gb_per_s=16,32"),
        ("=3", "must be KEY=VALUE,..., such as package.dram.gb_per_s=16,32"),
        ("a.b=[", "must be KEY=VALUE,..., such as package.dram.gb_per_s=16,32"),
        ("windows=1,2", "must be one value; sweep takes several"),
        ("package.clock_mhz=0", "--set package.clock_mhz: 0: must be greater than 0"),
    ],
)
def test_an_option_that_is_none_is_refused(command: Command, option: str, line: str) -> None:
    code, out, err = command("solve", "quickstart", "--set", option)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert line in err
