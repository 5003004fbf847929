"""Operators of ONNX that are no layers of their own."""

from __future__ import annotations

__all__ = ["COMBINED", "FOLDED"]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHAPING = _names(
    "Cast CastLike DepthToSpace Dropout Expand Flatten Gather GatherElements GatherND Identity Pad "
    "Reshape Shape Size Slice SpaceToDepth Split Squeeze Tile Transpose Trilu Unsqueeze"
)
"""Move, repeat or choose elements."""

_UNARY = _names(
    "Abs Celu Ceil Clip Cos CumSum DequantizeLinear DynamicQuantizeLinear Elu Erf Exp Floor Gelu "
    "HardSigmoid HardSwish IsInf IsNaN LeakyRelu Log LogSoftmax Mish Neg Not PRelu QuantizeLinear "
    "Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Softmax Softplus Softsign Sqrt Swish Tanh "
    "ThresholdedRelu"
)
"""Activation functions and other functions of one tensor."""

_NORMALISING = _names(
    "BatchNormalization GroupNormalization InstanceNormalization LRN LayerNormalization "
    "LpNormalization MeanVarianceNormalization RMSNormalization SimplifiedLayerNormalization"
)

FOLDED = _SHAPING | _UNARY | _NORMALISING
"""Part of the layer that gives their input, or of the edge behind it."""

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
