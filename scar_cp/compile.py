"""From an instance to a problem: the only place that rounds (SPEC sections 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isqrt

import networkx as nx

from scar_cp.cost_table import RowName, SampleCost
from scar_cp.costing import layer_costs
from scar_cp.errors import Fault, InputError
from scar_cp.exact import exact, nearest
from scar_cp.graph import Tensor, build_graph
from scar_cp.instance import Instance, InstanceFile
from scar_cp.package import ChipletType, Package, Profile
from scar_cp.plugins import DATAFLOWS
from scar_cp.problem import (
    MAX_CHIPLETS,
    Problem,
    ProblemChiplet,
    ProblemLayer,
    ProblemModel,
    ProblemTensor,
    ProblemType,
    size_faults,
)
from scar_cp.reconfig import reconfigure
from scar_cp.topology import grid_links
from scar_cp.workload import Layer, ModelRun, Scenario

__all__ = [
    "compile_instance",
    "instance_faults",
    "memory_ports",
    "nop_links",
    "package_faults",
    "profile_faults",
    "scenario_faults",
    "type_faults",
]


def compile_instance(instance: Instance) -> Problem:
    """Cost every layer and tensor of an instance and round to integers, once.

    Times are rounded up to cycles, energies to the nearest nJ (halves up), from exact rationals.

    Parameters
    ----------
    instance
        An instance from a file or built in code.

    Returns
    -------
    Problem
        With the windows and node counts of the paper's greedy engines filled in. Its arrays of
        costs have the shape (layers, chiplet types), one per model.

    Raises
    ------
    InputError
        If costs are too large to count in 64 bits.

    Examples
    --------
    >>> import scar_cp as sc
    >>> problem = sc.compile_instance(sc.read_instance("instances/quickstart.yaml"))
    >>> problem.type_names, problem.compute_cycles[1].shape
    (('nvdla', 'shidiannao'), (7, 2))
    """
    package, settings = instance.package, instance.settings
    clock_hz = exact(package.clock_mhz) * 1_000_000
    rates = _Rates(
        nop_bytes_per_cycle=exact(package.nop.gb_per_s) * 10**9 / clock_hz,
        dram_bytes_per_cycle=exact(package.dram.gb_per_s) * 10**9 / clock_hz,
        nop_nj_per_byte_hop=8 * exact(package.nop.pj_per_bit_hop) / 1000,
        dram_nj_per_byte=8 * exact(instance.dram_pj_per_bit) / 1000,
    )
    element_bytes = instance.scenario.bytes_per_element
    links = nop_links(package)
    chiplets = _chiplets(package, links)
    types = instance.used_types
    models = []
    for run, model in zip(instance.scenario.models, instance.models, strict=True):
        graph = build_graph(model, settings.granularity)
        deadline = run.deadline_ms
        models.append(
            ProblemModel(
                name=model.name,
                batch=run.batch,
                minibatch=run.minibatch,
                passes=-(-run.batch // run.minibatch),
                deadline_cycles=(
                    None if deadline is None else int(exact(deadline) * clock_hz / 1000)
                ),
                max_segments=None,
                layers=_layers(
                    graph.layers,
                    layer_costs(instance, model, graph.layers),
                    rates,
                    element_bytes,
                    run,
                ),
                tensors=tuple(_tensor(t, rates, element_bytes, run) for t in graph.tensors),
            )
        )
    problem = Problem(
        format="scar-cp/problem@1",
        name=instance.name,
        clock_hz=int(clock_hz) if clock_hz.denominator == 1 else float(clock_hz),
        max_windows=settings.windows,
        weight_policy=settings.weight_policy,
        overlap=settings.overlap,
        contention=settings.contention,
        routing="shortest",
        types=tuple(ProblemType(name=n, buffer_bytes=t.buffer_bytes) for n, t in types.items()),
        chiplets=chiplets,
        links=tuple(links),
        hop_cycles=_cycles(exact(package.nop.hop_ns) * clock_hz / 10**9),
        dram_latency_cycles=_cycles(exact(package.dram.latency_ns) * clock_hz / 10**9),
        models=tuple(models),
    )
    faults = size_faults(problem, instance.file, "compiled ")
    if faults:
        raise InputError(faults)
    routing = settings.routing or ("xy" if problem.is_full_mesh else "shortest")
    return reconfigure(problem.replace(routing=routing), settings.n_splits, settings.packing)


@dataclass(frozen=True)
class _Rates:
    """Bandwidths and energies of transfers, exact."""

    nop_bytes_per_cycle: Fraction
    dram_bytes_per_cycle: Fraction
    nop_nj_per_byte_hop: Fraction
    dram_nj_per_byte: Fraction


def _cycles(value: Fraction) -> int:
    return ceil(value)


def _layers(
    layers: Sequence[Layer],
    costs: Mapping[RowName, SampleCost],
    rates: _Rates,
    element_bytes: int,
    run: ModelRun,
) -> tuple[ProblemLayer, ...]:
    cycles: dict[str, dict[str, int]] = {layer.name: {} for layer in layers}
    energies: dict[str, dict[str, int]] = {layer.name: {} for layer in layers}
    for (_, layer_name, type_name), cost in costs.items():
        cycles[layer_name][type_name] = run.minibatch * cost.cycles
        energies[layer_name][type_name] = nearest(run.batch * cost.energy_nj)
    compiled = []
    for layer in layers:
        weight_bytes = layer.weight_elements * element_bytes
        compiled.append(
            ProblemLayer(
                name=layer.name,
                window=None,
                compute_cycles=cycles[layer.name],
                compute_energy_nj=energies[layer.name],
                weight_bytes=weight_bytes,
                weight_load_cycles=_cycles(weight_bytes / rates.dram_bytes_per_cycle),
                weight_nop_cycles=_cycles(weight_bytes / rates.nop_bytes_per_cycle),
                weight_energy_nj=nearest(weight_bytes * rates.dram_nj_per_byte),
                weight_nop_energy_nj_per_hop=nearest(weight_bytes * rates.nop_nj_per_byte_hop),
            )
        )
    return tuple(compiled)


def _tensor(tensor: Tensor, rates: _Rates, element_bytes: int, run: ModelRun) -> ProblemTensor:
    sample_bytes = tensor.elements * element_bytes
    pass_bytes = run.minibatch * sample_bytes
    batch_bytes = run.batch * sample_bytes
    return ProblemTensor(
        producer=tensor.producer,
        consumers=tensor.consumers,
        is_output=tensor.is_output,
        nop_cycles=_cycles(pass_bytes / rates.nop_bytes_per_cycle),
        nop_energy_nj_per_hop=nearest(batch_bytes * rates.nop_nj_per_byte_hop),
        dram_cycles=_cycles(pass_bytes / rates.dram_bytes_per_cycle),
        dram_energy_nj=nearest(batch_bytes * rates.dram_nj_per_byte),
    )


def nop_links(package: Package) -> list[tuple[int, int]]:
    """The undirected links of the network on package, sorted."""
    if package.links is not None:
        return sorted({(min(link), max(link)) for link in package.links})
    layout = package.layout or ((),)
    return grid_links(len(layout), len(layout[0]), package.nop.topology == "triangular")


def memory_ports(package: Package) -> list[int]:
    """Ids of the chiplets with a DRAM interface, sorted; empty where they must be named."""
    if package.memory_ports is not None:
        return sorted(set(package.memory_ports))
    if package.layout is None or package.links is not None or package.nop.topology != "mesh":
        return []
    columns = len(package.layout[0])
    return [i for i in range(len(package.type_names)) if i % columns in (0, columns - 1)]


def _nop_graph(package: Package, links: list[tuple[int, int]]) -> nx.Graph[int]:
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(package.type_names)))
    graph.add_edges_from(links)
    return graph


def _chiplets(package: Package, links: list[tuple[int, int]]) -> tuple[ProblemChiplet, ...]:
    hops = dict(nx.all_pairs_shortest_path_length(_nop_graph(package, links)))
    ports = memory_ports(package)
    columns = len(package.layout[0]) if package.layout is not None else None
    return tuple(
        ProblemChiplet(
            id=c,
            type=name,
            row=c // columns if columns else None,
            col=c % columns if columns else None,
            port=min(ports, key=lambda p, c=c: (hops[c][p], p)),  # type: ignore[misc]
        )
        for c, name in enumerate(package.type_names)
    )


def instance_faults(
    settings: InstanceFile,
    scenario: Scenario,
    package: Package,
    profile: Profile,
    files: Mapping[str, str],
) -> list[Fault]:
    """Every rule between an instance's files that is broken.

    Parameters
    ----------
    settings, scenario, package, profile
        Records without faults of their own.
    files
        The file of each, for the messages: ``instance``, ``scenario``, ``package``.
    """
    faults: list[Fault] = []

    def fault(file: str, place: str, value: object, rule: str) -> None:
        faults.append(Fault(files[file], place, str(value), rule))

    if scenario.domain not in profile.domains:
        rule = f"must be a domain of the profile {profile.name}: {', '.join(profile.domains)}"
        fault("scenario", "domain", scenario.domain, rule)
    else:
        known = package.chiplet_types | profile.domains[scenario.domain]
        columns = len(package.layout[0]) if package.layout else 0
        for i, name in enumerate(package.type_names):
            if name not in known:
                place = f"layout[{i // columns}][{i % columns}]" if columns else f"chiplets[{i}]"
                rule = f"must be a chiplet type of the package or profile: {', '.join(known)}"
                fault("package", place, name, rule)
    num_chiplets = len(package.type_names)
    if len(scenario.models) > settings.windows * num_chiplets:
        need = -(-len(scenario.models) // num_chiplets)
        rule = f"{len(scenario.models)} models on {num_chiplets} chiplets need {need} windows"
        fault("instance", "windows", settings.windows, rule)
    if settings.n_splits is not None and settings.n_splits >= settings.windows:
        fault(
            "instance", "n_splits", settings.n_splits, f"must be below {settings.windows} windows"
        )
    if settings.routing == "xy" and not _is_mesh(package):
        fault("instance", "routing", "xy", "needs a package whose links form a mesh")
    return faults


def _is_mesh(package: Package) -> bool:
    layout = package.layout
    if layout is None:
        return False
    return nop_links(package) == grid_links(len(layout), len(layout[0]), diagonals=False)


def scenario_faults(scenario: Scenario, file: str) -> list[Fault]:
    """Every broken rule inside a scenario."""
    return [
        Fault(
            file,
            f"models[{i}].minibatch",
            str(run.minibatch),
            f"must be at most batch = {run.batch}",
        )
        for i, run in enumerate(scenario.models)
        if run.minibatch > run.batch
    ]


def type_faults(types: Mapping[str, ChipletType], file: str, at: str) -> list[Fault]:
    """Every chiplet type with a dataflow that nobody provides; ``at`` is the types' place."""
    return [
        Fault(file, f"{at}.{name}.dataflow", chiplet_type.dataflow, DATAFLOWS.rule)
        for name, chiplet_type in types.items()
        if chiplet_type.dataflow not in DATAFLOWS
    ]


def profile_faults(profile: Profile, file: str) -> list[Fault]:
    """Every broken rule inside a profile."""
    return [
        fault
        for domain, types in profile.domains.items()
        for fault in type_faults(types, file, f"domains.{domain}")
    ]


def package_faults(package: Package, file: str) -> list[Fault]:
    """Every broken rule inside a package."""
    faults = type_faults(package.chiplet_types, file, "chiplet_types")

    def fault(place: str, value: object, rule: str) -> None:
        faults.append(Fault(file, place, None if value is None else str(value), rule))

    if isqrt(package.pooled) ** 2 != package.pooled:
        fault("pooled", package.pooled, "must be a square number")
    if (package.layout is None) == (package.chiplets is None):
        fault("layout", None, "give either layout (a grid) or chiplets (a list with links)")
        return faults
    names = package.type_names
    if not names:
        place = "chiplets" if package.layout is None else "layout"
        fault(place, None, "must hold at least one chiplet")
        return faults
    if len(names) > MAX_CHIPLETS:
        fault("layout", f"{len(names)} chiplets", f"must hold at most {MAX_CHIPLETS} chiplets")
        return faults
    if package.layout is not None and len({len(row) for row in package.layout}) != 1:
        fault("layout", [len(row) for row in package.layout], "rows must have equal lengths")
        return faults
    for i, port in enumerate(package.memory_ports or ()):
        if port >= len(names):
            fault(f"memory_ports[{i}]", port, f"must be a chiplet id below {len(names)}")
    if package.memory_ports is not None and not package.memory_ports:
        fault("memory_ports", "[]", "at least one memory port is required")
    elif not memory_ports(package):
        fault("memory_ports", None, "is required where the package is not a plain mesh")
    if package.chiplets is not None and package.links is None:
        fault("links", None, "is required with chiplets")
        return faults
    lost = [
        (i, link)
        for i, link in enumerate(package.links or ())
        if link[0] == link[1] or max(link) >= len(names)
    ]
    for i, link in lost:
        fault(f"links[{i}]", list(link), f"must join two different ids below {len(names)}")
    graph = _nop_graph(package, [] if lost else nop_links(package))
    if not lost and not nx.is_connected(graph):
        parts = sorted(sorted(part) for part in nx.connected_components(graph))
        fault("links", parts, "the network on package must be connected")
    return faults
