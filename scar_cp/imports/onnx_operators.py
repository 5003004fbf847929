"""Operators of ONNX that are no layers of their own."""

from __future__ import annotations

__all__ = ["COMBINED", "FREE", "is_folded"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NOT_FOLDED = _names(
    "Attention Col2Im Conv ConvInteger ConvTranspose DFT DeformConv Einsum GRU Gemm If LSTM Loop "
    "MatMul MatMulInteger MaxUnpool Optional OptionalGetElement OptionalHasElement QLinearConv "
    "QLinearMatMul RNN STFT Scan SequenceAt SequenceConstruct SequenceEmpty SequenceErase "
    "SequenceInsert SequenceLength SequenceMap SplitToSequence ConcatFromSequence"
)
"""Operators of the standard with products inside, with graphs inside, or of lists of tensors."""

FREE = _names(
    "SimplifiedLayerNormalization com.microsoft.RotaryEmbedding com.microsoft.QuantizeLinear "
    "com.microsoft.DequantizeLinear qonnx.custom_op.general.Quant qonnx.custom_op.general.Trunc "
    "qonnx.custom_op.general.BipolarQuant finn.custom_op.general.Quant onnx.brevitas.Quant "
    "finn.custom_op.general.BipolarQuant onnx.brevitas.BipolarQuant"
)
"""Not of the standard: they normalise or round, and keep a tensor's shape."""


def is_folded(op: str) -> bool:
    """Whether an operator is part of the layer that gives its input, or of the edge behind it.

    All operators of the standard are that have no products: they move, choose, sort, compare,
    reduce, sample or normalise elements, or apply a function to each.
    """
    import onnx.defs

    return op in FREE or (op not in _NOT_FOLDED and onnx.defs.has(op))


COMBINED = {
    **dict.fromkeys(
        _names(
            "Add And Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Or Sub Sum "
            "Where Xor"
        ),
        "add",
    ),
    **dict.fromkeys(_names("Div Mul Pow"), "mul"),
}
"""Combine tensors element by element, as a layer of this operator does."""
