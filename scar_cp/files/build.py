"""Instances built in code: the keys of the files with the same checks, and no files.

Examples
--------
A network of two layers, twice on a package of two chiplets:

>>> import scar_cp as sc
>>> conv = {"op": "conv", "K": 32, "C": 3, "Y": 32, "X": 32, "R": 3, "S": 3, "pad": 1}
>>> net = sc.build_model("net", [conv, {"op": "gemm", "K": 10, "C": 32 * 32 * 32}])
>>> core = {"dataflow": "nvdla", "array": (16, 16), "noc_elements_per_cycle": 64}
>>> pair = sc.build_package("pair", layout=[["core", "core"]], chiplet_types={"core": core})
>>> instance = sc.build_instance([sc.Run(net, batch=4), net], pair, windows=2)
>>> sc.compile_instance(instance)
<Problem built: 2 models, 4 layers, 2 chiplets, at most 2 window(s)>
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar, get_args

from scar_cp.cost.instance_costs import table_faults
from scar_cp.errors import Fault, InputError, collecting
from scar_cp.inputs.cost_table import build_cost_table
from scar_cp.inputs.graph import model_faults
from scar_cp.inputs.instance import Instance, InstanceFile
from scar_cp.inputs.package import Package, Profile, no_profile
from scar_cp.inputs.rules import instance_faults, package_faults, profile_faults, scenario_faults
from scar_cp.inputs.workload import Layer, Model, Scenario
from scar_cp.records.record import Record
from scar_cp.records.yaml_json import shown, to_record

__all__ = ["Run", "build_instance", "build_model", "build_package"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Run:
    """A model at work: how many samples, how many of them at a time, and until when.

    Attributes
    ----------
    model
        The model.
    batch
        Number of samples.
    minibatch
        Samples of one pass.
    deadline_ms
        When its last sample must be done, in milliseconds from the start; ``None``: whenever.

    Examples
    --------
    >>> import scar_cp as sc
    >>> net = sc.build_model("net", [{"op": "gemm", "K": 64, "C": 64}] * 2)
    >>> sc.Run(net, batch=8, minibatch=2, deadline_ms=1.5)
    Run(model=<Model net: 2 layers>, batch=8, minibatch=2, deadline_ms=1.5)
    """

    model: Model
    batch: int = 1
    minibatch: int = 1
    deadline_ms: float | None = None


def build_model(name: str, layers: Iterable[Mapping[str, Any] | Layer]) -> Model:
    """Build a model from its layers.

    Parameters
    ----------
    name
        Its name.
    layers
        Layers in topological order, each with the keys of a layer in a model file: ``op``, ``K``,
        ``C`` and those that apply of ``Y``, ``X``, ``R``, ``S``, ``stride``,
        ``dilation``, ``pad``, ``groups``, counted in elements. ``name`` is by default the
        operator with the layer's number, and ``inputs`` the layer before.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        With every fault of every layer.

    Examples
    --------
    >>> import scar_cp as sc
    >>> rows = [{"op": "gemm", "K": 64, "C": 32}, {"op": "gemm", "K": 10, "C": 64}]
    >>> net = sc.build_model("net", rows)
    >>> [(layer.name, layer.inputs, layer.macs) for layer in net.layers]
    [('gemm0', ('in0',), 2048), ('gemm1', ('gemm0',), 640)]
    >>> sc.build_model("net", [{"op": "gemm", "K": 0, "C": 32}, {"op": "gemm", "K": 10}])
    Traceback (most recent call last):
    scar_cp.errors.InputError: model net: layers[0].K: 0: must be greater than 0
    model net: layers[1].C: is required
    """
    file = f"model {name}"
    model = _record(Model, file, {"name": name, "layers": list(_chained(layers))})
    _raise_if(model_faults(model, file))
    return model


def _chained(layers: Iterable[Mapping[str, Any] | Layer]) -> Iterator[Any]:
    """The layers with what they say by default."""
    before = "in0"
    for i, layer in enumerate(layers):
        if not isinstance(layer, Mapping | Layer):
            yield layer  # refused where all layers are checked
            continue
        given = dict(layer)
        complete = {"name": f"{given.get('op')}{i}", "inputs": [before], **given}
        before = complete["name"]
        yield complete


def build_package(name: str, **keys: Any) -> Package:
    """Build a package of chiplets.

    Parameters
    ----------
    name
        Its name.
    **keys
        The keys of a package file: ``layout`` (rows of names of chiplet types) or ``chiplets`` with
        ``links``, ``chiplet_types`` by name, ``memory_ports``, ``clock_mhz``, ``nop``, ``dram``,
        ``pooled``. Records such as `ChipletType` may stand for mappings with their keys.

    Returns
    -------
    Package

    Raises
    ------
    InputError
        With every fault.

    Examples
    --------
    >>> import scar_cp as sc
    >>> core = {"dataflow": "nvdla", "array": (16, 16), "noc_elements_per_cycle": 64}
    >>> row = [["core", "core"]]
    >>> sc.build_package("row", layout=row, chiplet_types={"core": core}, clock_mhz=800)
    <Package row: 2 chiplets (2 core)>
    >>> sc.build_package("row", layout=row, clock_mz=800)
    Traceback (most recent call last):
    scar_cp.errors.InputError: package row: clock_mz: 800: unknown key, did you mean clock_mhz?
    """
    file = f"package {name}"
    package = _record(Package, file, {"name": name, **keys})
    _raise_if(package_faults(package, file))
    return package


def build_instance(
    runs: Iterable[Run | Model],
    package: Package,
    *,
    name: str = "built",
    profile: Profile | None = None,
    domain: str | None = None,
    bytes_per_element: int = 1,
    cost_table: Mapping[tuple[str, str, str], tuple[int, float]] | None = None,
    **settings: Any,
) -> Instance:
    """Build an instance: models that run together on a package, and the settings.

    Parameters
    ----------
    runs
        What runs; a model on its own is one sample of it.
    package
        What it runs on.
    name
        The instance's name.
    profile
        Chiplet types that the package does not have itself. Its replacements of models are not
        made: the models are those given.
    domain
        Which of the profile's sets of types; may be left out where there is one only.
    bytes_per_element
        Bytes of every weight and activation.
    cost_table
        Cycles and energy in nJ of one sample by (model, layer, chiplet type), for every scheduled
        layer; the analytical model is then not asked.
    **settings
        The settings of an instance file: ``windows``, ``packing``, ``n_splits``, ``granularity``,
        ``weight_policy``, ``overlap``, ``contention``, ``routing``. Space and objective are those
        of the `Request`.

    Returns
    -------
    Instance
        For `scar_cp.problem.compiler.compile_instance`.

    Raises
    ------
    InputError
        With every fault of every part.

    Examples
    --------
    A network on a package of two chiplets, with costs that were measured:

    >>> import scar_cp as sc
    >>> net = sc.build_model("net", [{"op": "gemm", "K": 64, "C": 32}])
    >>> core = {"dataflow": "nvdla", "array": (16, 16), "noc_elements_per_cycle": 64}
    >>> pair = sc.build_package("pair", layout=[["core", "core"]], chiplet_types={"core": core})
    >>> measured = {("net", "gemm0", "core"): (120, 35.5)}
    >>> instance = sc.build_instance([sc.Run(net, batch=2)], pair, cost_table=measured)
    >>> layer = sc.compile_instance(instance).models[0].layers[0]
    >>> layer.compute_cycles, layer.compute_energy_nj
    ({'core': 120}, {'core': 71})

    The same network on a package and a profile from files:

    >>> package = sc.read_record("instances/packages/het_sides_3x3.yaml", sc.Package)
    >>> profile = sc.read_record("instances/profiles/physical.yaml", sc.Profile)
    >>> sc.build_instance([net, net], package, profile=profile, domain="arvr", windows=2)
    <Instance built: 2 models on het_sides_3x3>
    >>> sc.build_instance([sc.Run(net, batch=0), net], package, windows=0)
    Traceback (most recent call last):
    scar_cp.errors.InputError: instance built: windows: 0: must be greater than 0
    scenario of built: models[0].batch: 0: must be greater than 0
    """
    given = [run if isinstance(run, Run) else Run(run) for run in runs]
    models = tuple(run.model for run in given)
    profile = profile or no_profile("own")
    if domain is None and len(profile.domains) == 1:
        (domain,) = profile.domains
    file, scenario_file = f"instance {name}", f"scenario of {name}"
    files = {"instance": file, "scenario": scenario_file, "package": f"package {package.name}"}
    _raise_if(
        Fault(scenario_file, f"models[{i}].model", shown(model), "must be a Model")
        for i, model in enumerate(models)
        if not isinstance(model, Model)
    )
    faults = package_faults(package, files["package"])
    faults += profile_faults(profile, f"profile {profile.name}")
    if "scenario" in settings:
        rule = "is what the runs make up, and no setting"
        faults.append(Fault(file, "scenario", shown(settings["scenario"]), rule))
    checked: InstanceFile | None = None
    scenario: Scenario | None = None
    with collecting(faults):
        references = {"scenario": name, "package": package.name, "profile": profile.name}
        checked = _record(InstanceFile, file, {**settings, "name": name, **references})
    with collecting(faults):
        rows = [{**vars(run), "model": run.model.name} for run in given]
        told = {"name": name, "domain": domain or "", "bytes_per_element": bytes_per_element}
        scenario = _record(Scenario, scenario_file, {**told, "models": rows})
        faults += scenario_faults(scenario, scenario_file)
    for model in dict.fromkeys(models):
        granularity = checked.granularity if checked else "all"
        faults += model_faults(model, f"model {model.name}", granularity)
    _raise_if(faults)
    assert checked is not None
    assert scenario is not None
    _raise_if(instance_faults(checked, scenario, package, profile, files))
    instance = Instance.of(file, checked, scenario, models, package, profile)
    if cost_table is None:
        return instance
    table, faults = build_cost_table(cost_table, f"cost table of {name}")
    _raise_if(faults + table_faults(instance, table))
    return replace(instance, cost_table=table)


def _record(cls: type[R], file: str, keys: Mapping[str, Any]) -> R:
    """A record of a file's kind from its keys, the format apart."""
    (kind,) = get_args(cls.model_fields["format"].annotation)
    return to_record({"format": kind, **keys}, cls, file)


def _raise_if(faults: Iterable[Fault]) -> None:
    found = list(faults)
    if found:
        raise InputError(found)
