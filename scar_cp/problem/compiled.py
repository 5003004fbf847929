"""The compiled problem: integers only, all that evaluation and search need (SPEC section 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    Strict,
    field_serializer,
    model_serializer,
)

from scar_cp.inputs.topology import RoutesFrom, all_hops, grid_links
from scar_cp.records.brief import Brief
from scar_cp.records.record import NonNegativeInt, PositiveFloat, PositiveInt, Record, Seq
from scar_cp.terms import (
    MAX_CHIPLETS,
    MAX_LAYERS,
    MAX_WINDOWS,
    Contention,
    Overlap,
    Route,
    Routing,
    WeightPolicy,
)

__all__ = [
    "Problem",
    "ProblemChiplet",
    "ProblemLayer",
    "ProblemModel",
    "ProblemTensor",
    "ProblemType",
    "WeightCost",
    "range_sums",
]

Amount = TypeVar("Amount", int, NDArray[np.int64])

WeightCost = Literal[
    "weight_bytes",
    "weight_load_cycles",
    "weight_nop_cycles",
    "weight_energy_nj",
    "weight_nop_energy_nj_per_hop",
]
"""What weights cost a layer that loads them."""


class ProblemType(Record):
    """A chiplet type, as far as schedules see it."""

    name: str
    buffer_bytes: NonNegativeInt


class ProblemChiplet(Record):
    """One chiplet; ``port`` is the id of its nearest memory port."""

    id: NonNegativeInt
    type: str
    row: NonNegativeInt | None
    col: NonNegativeInt | None
    port: NonNegativeInt


class ProblemLayer(Record):
    """Costs of one layer: cycles of one pass, energy of the whole batch, one weight load."""

    name: str
    window: NonNegativeInt | None
    compute_cycles: dict[str, NonNegativeInt]
    compute_energy_nj: dict[str, NonNegativeInt]
    weight_bytes: NonNegativeInt
    weight_load_cycles: NonNegativeInt
    weight_nop_cycles: NonNegativeInt
    weight_energy_nj: NonNegativeInt
    weight_nop_energy_nj_per_hop: NonNegativeInt
    weights_of: NonNegativeInt | None = None
    """An earlier layer that has these weights, too; of a segment's uses the first loads them."""

    @model_serializer(mode="wrap")
    def _unshared_say_nothing(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        if self.weights_of is None:
            del fields["weights_of"]
        return fields


class ProblemTensor(Record):
    """Costs of moving one tensor: cycles of one pass, energy of the whole batch."""

    producer: NonNegativeInt | None
    consumers: Seq[NonNegativeInt]
    is_output: bool
    nop_cycles: NonNegativeInt
    nop_energy_nj_per_hop: NonNegativeInt
    dram_cycles: NonNegativeInt
    dram_energy_nj: NonNegativeInt


class ProblemModel(Brief, Record):
    """One model's run: batch, passes, layers and tensors."""

    name: str
    batch: PositiveInt
    minibatch: PositiveInt
    passes: PositiveInt
    deadline_cycles: NonNegativeInt | None
    max_segments: Seq[NonNegativeInt] | None
    layers: Annotated[Seq[ProblemLayer], Field(min_length=1, max_length=MAX_LAYERS)]
    tensors: Seq[ProblemTensor]

    @property
    def num_layers(self) -> int:
        """Number of layers."""
        return len(self.layers)

    @cached_property
    def previous_uses(self) -> tuple[int, ...]:
        """For every layer the last one before it that has the same weights; -1 if there is none."""
        last: dict[int, int] = {}
        found = []
        for i, layer in enumerate(self.layers):
            owner = i if layer.weights_of is None else layer.weights_of
            found.append(last.get(owner, -1))
            last[owner] = i
        return tuple(found)

    @cached_property
    def _shares(self) -> bool:
        return any(layer.weights_of is not None for layer in self.layers)

    def loading(self, first: int, last: int) -> tuple[ProblemLayer, ...]:
        """The layers of a segment that load weights: of those that share some, the first."""
        if not self._shares:
            return self.layers[first : last + 1]
        uses = self.previous_uses
        return tuple(self.layers[i] for i in range(first, last + 1) if uses[i] < first)

    @cached_property
    def first_uses(self) -> tuple[ProblemLayer, ...]:
        """The layers whose weights no earlier one has: what every schedule loads at least once."""
        return self.loading(0, self.num_layers - 1)

    def weight_sums(
        self, cost: WeightCost, low: int = 0, high: int | None = None
    ) -> NDArray[np.int64]:
        """What every segment of a range of layers loads.

        Parameters
        ----------
        cost
            The field of a layer to add up.
        low, high
            First and last layer of the range; without them, of the model.

        Returns
        -------
        array of shape (n, n)
            By first and last layer, from ``low`` on; entries with first > last mean nothing.
        """
        layers = self.layers[low:] if high is None else self.layers[low : high + 1]
        values = np.array([getattr(layer, cost) for layer in layers], dtype=np.int64)
        sums = range_sums(values)
        for i, previous in enumerate(self.previous_uses[low : low + len(layers)]):
            if previous >= low:
                sums[: previous - low + 1, i:] -= values[i]
        return sums

    def _brief(self) -> str:
        return f"{self.name}: batch {self.batch}, {self.num_layers} layers"


class Problem(Brief, Record):
    """A compiled instance. Space and objective are not part of it: a request names them."""

    format: Literal["scar-cp/problem@1"]
    name: str
    clock_hz: PositiveFloat
    max_windows: Annotated[int, Field(gt=0, le=MAX_WINDOWS)]
    weight_policy: WeightPolicy
    overlap: Overlap
    contention: Contention
    routing: Routing
    types: Annotated[Seq[ProblemType], Field(min_length=1)]
    chiplets: Annotated[Seq[ProblemChiplet], Field(min_length=1, max_length=MAX_CHIPLETS)]
    links: Seq[Annotated[tuple[NonNegativeInt, NonNegativeInt], Strict(False)]]
    hop_cycles: NonNegativeInt
    dram_latency_cycles: NonNegativeInt
    models: Annotated[Seq[ProblemModel], Field(min_length=1)]

    @field_serializer("clock_hz")
    def _plain(self, clock_hz: float) -> float:
        return int(clock_hz) if float(clock_hz).is_integer() else clock_hz

    @property
    def num_chiplets(self) -> int:
        """Number of chiplets."""
        return len(self.chiplets)

    def _brief(self) -> str:
        layers = sum(model.num_layers for model in self.models)
        return (
            f"{self.name}: {len(self.models)} models, {layers} layers, "
            f"{self.num_chiplets} chiplets, at most {self.max_windows} window(s)"
        )

    @cached_property
    def run_names(self) -> tuple[str, ...]:
        """Names of the models; where several have the same name, with their numbers."""
        times = Counter(model.name for model in self.models)
        return tuple(
            f"{model.name} [{m}]" if times[model.name] > 1 else model.name
            for m, model in enumerate(self.models)
        )

    @cached_property
    def used_types(self) -> tuple[ProblemType, ...]:
        """The types that some chiplet has, in file order; arrays over types use this order."""
        used = {chiplet.type for chiplet in self.chiplets}
        return tuple(t for t in self.types if t.name in used)

    @cached_property
    def type_names(self) -> tuple[str, ...]:
        """Names of the types that some chiplet has."""
        return tuple(t.name for t in self.used_types)

    @cached_property
    def chiplet_types(self) -> tuple[int, ...]:
        """Type index of each chiplet."""
        index = {name: t for t, name in enumerate(self.type_names)}
        return tuple(index[c.type] for c in self.chiplets)

    @cached_property
    def type_counts(self) -> tuple[int, ...]:
        """Number of chiplets of each type."""
        return tuple(self.chiplet_types.count(t) for t in range(len(self.used_types)))

    @cached_property
    def nop_graph(self) -> nx.Graph[int]:
        """The undirected network on package."""
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(range(self.num_chiplets))
        graph.add_edges_from(self.links)
        return graph

    @cached_property
    def hops(self) -> tuple[tuple[int, ...], ...]:
        """Shortest-path length between every two chiplets."""
        return all_hops(self.neighbours)

    @cached_property
    def port_hops(self) -> tuple[int, ...]:
        """Distance of each chiplet to its memory port."""
        return tuple(self.hops[c][chiplet.port] for c, chiplet in enumerate(self.chiplets))

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """Ids of the chiplets one hop away from each chiplet, ascending."""
        return tuple(tuple(sorted(self.nop_graph[c])) for c in range(self.num_chiplets))

    @cached_property
    def routes(self) -> tuple[Mapping[int, Route], ...]:
        """The directed links of the path between every two chiplets, by ``routing``."""
        columns = [c.col for c in self.chiplets] if self.routing == "xy" else None
        of = self.neighbours, self.hops, columns
        return tuple(RoutesFrom(c, *of) for c in range(self.num_chiplets))

    @cached_property
    def compute_cycles(self) -> tuple[NDArray[np.int64], ...]:
        """Compute cycles of one pass: per model, shape (num_layers, num_types)."""
        return tuple(
            np.array([[la.compute_cycles[t] for t in self.type_names] for la in m.layers])
            for m in self.models
        )

    @cached_property
    def compute_energy_nj(self) -> tuple[NDArray[np.int64], ...]:
        """Compute energy of the whole batch: per model, shape (num_layers, num_types)."""
        return tuple(
            np.array([[la.compute_energy_nj[t] for t in self.type_names] for la in m.layers])
            for m in self.models
        )

    def way_to_memory_cycles(self, hops: Amount) -> Amount:
        """Cycles to DRAM or back, before the first byte, so many hops from the port."""
        return self.dram_latency_cycles + hops * self.hop_cycles

    def stays_resident(self, weight_bytes: Any, buffer_bytes: Any) -> Any:
        """Whether weights are loaded once in a window and not in every pass; arrays broadcast."""
        return (weight_bytes <= buffer_bytes) & (self.weight_policy == "resident")

    @cached_property
    def buffer_bytes(self) -> tuple[int, ...]:
        """What each chiplet's buffer holds."""
        sizes = {of.name: of.buffer_bytes for of in self.types}
        return tuple(sizes[c.type] for c in self.chiplets)

    @cached_property
    def diameter(self) -> int:
        """Hops between the two chiplets that are farthest apart."""
        return max(map(max, self.hops))

    def most_expensive(self, m: int) -> tuple[int, int]:
        """Cycles and nJ above those that any schedule makes a model pay.

        Every layer is on its slowest (thirstiest) type and in a segment of its own; every tensor
        goes through DRAM and over the network, as far as it can, once for the producer and once
        for every reader.
        """
        model, far = self.models[m], self.diameter
        through = self.way_to_memory_cycles(far)
        cycles = nj = 0
        for layer in model.layers:
            cycles += max(layer.compute_cycles[t] for t in self.type_names)
            nj += max(layer.compute_energy_nj[t] for t in self.type_names)
            cycles += layer.weight_load_cycles + layer.weight_nop_cycles + through
            load_nj = layer.weight_energy_nj + far * layer.weight_nop_energy_nj_per_hop
            nj += model.passes * load_nj
        for tensor in model.tensors:
            moves = len(tensor.consumers) + 1
            over_nop = tensor.nop_cycles + far * self.hop_cycles
            # A link's busy cycles count on every hop.
            busy = max(2, far) * tensor.nop_cycles
            cycles += moves * (tensor.dram_cycles + busy + through + over_nop)
            nj += 2 * moves * (tensor.dram_energy_nj + far * tensor.nop_energy_nj_per_hop)
        return model.passes * cycles, nj

    @cached_property
    def is_full_mesh(self) -> bool:
        """Whether the links are exactly the unit steps of a filled rectangle."""
        cells = [(c.row, c.col) for c in self.chiplets if c.row is not None and c.col is not None]
        rows, columns = (1 + max((cell[i] for cell in cells), default=-1) for i in (0, 1))
        if len(set(cells)) != self.num_chiplets or rows * columns != self.num_chiplets:
            return False
        ids = {row * columns + column: c for c, (row, column) in enumerate(cells)}
        steps = (sorted((ids[a], ids[b])) for a, b in grid_links(rows, columns, diagonals=False))
        return sorted(map(tuple, steps)) == list(self.links)


def range_sums(values: NDArray[Any]) -> NDArray[Any]:
    """Sums over ``first..last`` of the last axis: shape (..., L) to (..., L, L)."""
    before = np.zeros((*values.shape[:-1], 1), dtype=values.dtype)
    prefix = np.concatenate([before, values.cumsum(axis=-1)], axis=-1)
    sums: NDArray[Any] = prefix[..., None, 1:] - prefix[..., :-1, None]
    return sums
