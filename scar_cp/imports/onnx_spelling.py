"""Other spellings of supported operators: integer and fused ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scar_cp.imports.onnx_part import all_nodes, full_name

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["spell_plainly"]


@dataclass(frozen=True)
class _Plain:
    """The operator of the standard that a node stands for, as far as extents go."""

    op: str
    inputs: tuple[int, ...]
    """Which of the node's inputs it reads."""
    drops: frozenset[str] = field(default=frozenset())
    """Attributes that it does not have."""


def _plain(op: str, *inputs: int, drops: str = "") -> _Plain:
    return _Plain(op, inputs, frozenset(drops.split()))


_ACTIVATION = "activation activation_params activation_alpha activation_beta activation_gamma"

_PLAIN: Mapping[tuple[str, str], _Plain] = {
    ("", "ConvInteger"): _plain("Conv", 0, 1),
    ("", "MatMulInteger"): _plain("MatMul", 0, 1),
    ("", "QLinearConv"): _plain("Conv", 0, 3),
    ("", "QLinearMatMul"): _plain("MatMul", 0, 3),
    ("com.microsoft", "FusedGemm"): _plain("Gemm", 0, 1, drops=_ACTIVATION),
    ("com.microsoft", "QGemm"): _plain("Gemm", 0, 3),
    ("com.microsoft", "MatMulIntegerToFloat"): _plain("MatMul", 0, 1),
    ("com.microsoft", "DynamicQuantizeMatMul"): _plain("MatMul", 0, 1),
    ("com.microsoft", "QLinearAdd"): _plain("Add", 0, 3),
    ("com.microsoft", "QLinearMul"): _plain("Mul", 0, 3),
    ("com.microsoft", "QLinearSigmoid"): _plain("Sigmoid", 0),
    ("com.microsoft", "QLinearSoftmax"): _plain("Softmax", 0, drops="opset"),
    ("com.microsoft", "QLinearLeakyRelu"): _plain("LeakyRelu", 0),
    ("com.microsoft", "QLinearAveragePool"): _plain("AveragePool", 0, drops="channels_last"),
    ("com.microsoft", "QLinearGlobalAveragePool"): _plain(
        "GlobalAveragePool", 0, drops="channels_last"
    ),
    ("com.microsoft", "Gelu"): _plain("Gelu", 0),
    ("com.microsoft", "FastGelu"): _plain("Identity", 0),
    ("com.microsoft", "QuickGelu"): _plain("Identity", 0, drops="alpha"),
    ("com.microsoft", "BiasGelu"): _plain("Add", 0, 1),
}
"""By domain and operator. Scales, zero points and biases have no extents."""


def spell_plainly(model: ModelProto, kept: Collection[str]) -> None:
    """Make every such node the operator it stands for, but for some operators.

    Names of nodes stay, shapes are to be inferred anew.
    """
    for node in all_nodes(model.graph):
        plain = _PLAIN.get((_domain(node), node.op_type))
        spelled = full_name(node) not in kept
        if plain is not None and spelled and len(node.input) > max(plain.inputs):
            _respell(node, plain)


def _domain(node: NodeProto) -> str:
    return "" if node.domain == "ai.onnx" else node.domain


def _respell(node: NodeProto, plain: _Plain) -> None:
    kept = [node.input[i] for i in plain.inputs]
    attributes = [a for a in node.attribute if a.name not in plain.drops]
    node.op_type, node.domain = plain.op, ""
    del node.input[:], node.attribute[:], node.output[1:]
    node.input.extend(kept)
    node.attribute.extend(attributes)
