"""Instances from code: the same problems as from files, and the same lines for faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import PROJECT, Project

import scar_cp as sc


def built(**changes: Any) -> sc.Instance:
    """The instance of `PROJECT`, built."""
    model = PROJECT["model.yaml"]
    net = sc.build_model(model["name"], model["layers"])
    package = sc.build_package("square", layout=PROJECT["package.yaml"]["layout"])
    profile = sc.Profile.model_validate(PROJECT["profile.yaml"])
    runs = [sc.Run(net, batch=4), sc.Run(net, batch=2)]
    return sc.build_instance(runs, package, profile=profile, **changes)


def test_an_instance_from_code_is_the_one_from_files(project: Project) -> None:
    settings = {"windows": 2, "weight_policy": "resident", "granularity": "all"}
    expected = sc.load_problem("instance.yaml", settings).problem
    assert sc.compile_instance(built(name="instance", **settings)) == expected


def test_a_cost_table_from_code_is_the_one_from_a_file(project: Project) -> None:
    costs = {
        ("net", layer, chiplet_type): (k + 7, 1.1 * k)
        for k, layer in enumerate("abc")
        for chiplet_type in ("big", "small")
    }
    lines = [f"{','.join(name)},{cycles},{nj}" for name, (cycles, nj) in costs.items()]
    head = "model,layer,chiplet_type,cycles,energy_nj"
    Path("costs.csv").write_text("\n".join([head, *lines]))
    project.put("instance.yaml", "cost_table", "costs.csv")
    expected = sc.load_problem("instance.yaml").problem
    assert sc.compile_instance(built(name="instance", cost_table=costs)) == expected


def test_layers_form_a_chain_unless_they_say_otherwise() -> None:
    row = {"op": "gemm", "K": 8, "C": 8}
    net = sc.build_model("net", [row, row | {"name": "b"}, row, row | {"inputs": ["gemm0"]}])
    assert [(layer.name, *layer.inputs) for layer in net.layers] == [
        ("gemm0", "in0"),
        ("b", "gemm0"),
        ("gemm2", "b"),
        ("gemm3", "gemm0"),
    ]
    assert sc.build_model("net", net.layers) == net


WORD: Any = "gemm"  # which is no layer
ROW = {"op": "gemm", "K": 8, "C": 8}
CORE = {"dataflow": "nvdla", "array": [8, 8], "noc_elements_per_cycle": 8}
PAIR: dict[str, Any] = {"layout": [["core", "core"]], "chiplet_types": {"core": CORE}}


def instance(**changes: Any) -> sc.Instance:
    """An instance of one layer, with a change."""
    given: dict[str, Any] = {
        "runs": [sc.build_model("net", [ROW])],
        "package": sc.build_package("pair", **PAIR),
    }
    return sc.build_instance(**(given | changes))


NET = sc.build_model("net", [ROW])
COSTS = {("net", "gemm0", "core"): (8, 8.0)}
POOL = {"op": "pool", "K": 8, "C": 8}


@pytest.mark.parametrize(
    ("build", "lines"),
    [
        (
            lambda: sc.build_model("net", [ROW | {"K": "8"}, WORD, ROW | {"inputs": ["x"]}]),
            [
                "model net: layers[0].K: '8': must be a valid integer",
                "model net: layers[1]: 'gemm': must be a mapping",
            ],
        ),
        (
            lambda: sc.build_model("net", [ROW, ROW | {"inputs": ["x"], "X": 2}]),
            [
                "model net: layers[1].inputs[0]: x: must name a layer of the model or a model "
                "input (in0, in1, ...)",
                "model net: layers[1].op: gemm: a gemm has rows Y only: X, R, S, stride, "
                "dilation, Z, T and OZ 1, pad 0",
            ],
        ),
        (
            lambda: sc.build_package("p", layout=[["core"]], chiplets=["core"], pooled=2),
            [
                "package p: layout: give either layout (a grid) or chiplets (a list with links)",
                "package p: pooled: 2: must be a square number",
            ],
        ),
        (
            lambda: instance(runs=[], windos=2, scenario="s"),
            [
                "instance built: scenario: 's': is what the runs make up, and no setting",
                "instance built: windos: 2: unknown key, did you mean windows?",
                "scenario of built: models: []: must have at least 1 item, not 0",
            ],
        ),
        (
            lambda: instance(runs=[sc.Run(NET, 2, 4), sc.build_model("pools", [POOL])]),
            [
                "model pools: layers: no layer has multiply-accumulates: needs granularity all",
                "scenario of built: models[0].minibatch: 4: must be at most batch = 2",
            ],
        ),
        (
            lambda: instance(runs=[NET, "net.yaml"]),
            ["scenario of built: models[1].model: 'net.yaml': must be a Model"],
        ),
        (
            lambda: instance(package=sc.build_package("p", layout=[["core", "other"]])),
            [
                "package p: layout[0][0]: core: must be a chiplet type of the package or profile: ",
                "package p: layout[0][1]: other: must be a chiplet type of the package or "
                "profile: ",
            ],
        ),
        (
            lambda: instance(cost_table={("net", "gemm0", "core"): (1.5, float("nan"))}),
            [
                "cost table of built: row 1, cycles: 1.5: must be a whole number of cycles, "
                "at least 0 and below 10^18",
                "cost table of built: row 1, energy_nj: nan: must be a decimal number of nJ, "
                "at least 0 and below 10^18",
            ],
        ),
        (
            lambda: instance(cost_table=COSTS | {("net", "gemm1", "core"): (8, 8)}),
            [
                "cost table of built: row 2: net, gemm1, core: the instance schedules no such "
                "layer of such a model on such a chiplet type",
            ],
        ),
    ],
)
def test_every_fault_is_a_line(build: Any, lines: list[str]) -> None:
    with pytest.raises(sc.InputError) as error:
        build()
    assert [str(fault).rstrip() for fault in error.value.faults] == [s.rstrip() for s in lines]


def test_a_profile_of_several_domains_needs_one_of_them() -> None:
    profile = sc.Profile.model_validate(
        yaml.safe_load("{format: scar-cp/profile@1, name: p, domains: {a: {}, b: {}}}")
    )
    with pytest.raises(sc.InputError, match="must be a domain of the profile p: a, b"):
        instance(profile=profile)
    assert instance(profile=profile, domain="b").scenario.domain == "b"
