"""Graphs with values for their weights, so that they run, and blocks that architectures share."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from imports.onnx_models import Net

__all__ = ["RunnableNet"]


class RunnableNet(Net):
    """A graph whose nodes all have names and whose weights have values."""

    opsets = [helper.make_opsetid("", 21)]

    def __init__(self, **inputs: list[int | str]) -> None:
        super().__init__(**inputs)
        self._random = np.random.default_rng(7)

    def weight(self, *dims: int) -> str:
        return self.fixed(self._random.normal(scale=0.1, size=dims).astype(np.float32))

    def small_integers(self, kind: Any, *dims: int) -> str:
        """A constant of a quantised kind."""
        return self.fixed(self._random.integers(1, 9, size=dims).astype(kind))

    def fixed(self, values: Any) -> str:
        """A constant as an initialiser."""
        name = f"weight_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def integers(self, name: str, *dims: int) -> str:
        """One more input, of whole numbers."""
        self.inputs.append(helper.make_tensor_value_info(name, TensorProto.INT64, dims))
        return name

    def add(self, op: str, *reads: str, name: str = "", **attributes: Any) -> str:
        return super().add(op, *reads, name=name or f"{op}.{len(self.nodes)}", **attributes)

    def several(self, op: str, count: int, *reads: str, **attributes: Any) -> list[str]:
        """All outputs of a node with more than one."""
        first = self.add(op, *reads, **attributes)
        outputs = [first, *(f"{first}_{number}" for number in range(1, count))]
        self.nodes[-1].output.extend(outputs[1:])
        return outputs

    def kernel(self, x: str, channels: int, outputs: int, size: int = 3, **more: Any) -> str:
        """A convolution; half its kernel as padding unless it says otherwise."""
        weight = self.weight(outputs, channels // more.get("group", 1), size, size)
        options = {"pads": [size // 2] * 4} | more
        return self.add("Conv", x, weight, self.weight(outputs), **options)

    def block(self, x: str, channels: int, outputs: int, size: int = 3, **more: Any) -> str:
        """A convolution with normalisation and activation."""
        y = self.kernel(x, channels, outputs, size, **more)
        ones = [self.fixed(np.ones(outputs, np.float32)) for _ in range(4)]
        return self.add("Relu", self.add("BatchNormalization", y, *ones))

    def project(self, x: str, features: int, outputs: int) -> str:
        """A product with weights, and its bias."""
        product = self.add("MatMul", x, self.weight(features, outputs))
        return self.add("Add", product, self.weight(outputs))

    def norm(self, x: str, width: int) -> str:
        return self.add("LayerNormalization", x, self.weight(width), self.weight(width), axis=-1)

    def shaped(self, x: str, *shape: int) -> str:
        return self.add("Reshape", x, self.fixed(np.array(shape, np.int64)))

    def heads(self, x: str, heads: int, width: int) -> str:
        """Rows of features as heads of rows."""
        return self.add("Transpose", self.shaped(x, 1, -1, heads, width), perm=[0, 2, 1, 3])

    def merged(self, x: str, width: int) -> str:
        """Heads of rows as rows of features."""
        return self.shaped(self.add("Transpose", x, perm=[0, 2, 1, 3]), 1, -1, width)

    def attention(self, x: str, memory: str, width: int, heads: int, kv_heads: int = 0) -> str:
        """Multi-head attention; keys and values may have fewer heads."""
        size, kv = width // heads, kv_heads or heads
        q = self.heads(self.project(x, width, width), heads, size)
        k = self.heads(self.project(memory, width, kv * size), kv, size)
        v = self.heads(self.project(memory, width, kv * size), kv, size)
        if kv != heads:
            k, v = (self.repeated(t, kv, heads // kv, size) for t in (k, v))
        scores = self.add("MatMul", q, self.add("Transpose", k, perm=[0, 1, 3, 2]))
        scaled = self.add("Mul", scores, self.fixed(np.float32(size**-0.5)))
        mixed = self.add("MatMul", self.add("Softmax", scaled, axis=-1), v)
        return self.project(self.merged(mixed, width), width, width)

    def repeated(self, x: str, heads: int, times: int, size: int) -> str:
        """Every head so many times, next to each other."""
        apart = self.add("Unsqueeze", x, self.fixed(np.array([2])))
        shape = self.fixed(np.array([1, heads, times, 1, size]))
        return self.shaped(self.add("Expand", apart, shape), 1, heads * times, -1, size)

    def feed_forward(self, x: str, width: int, times: int = 2) -> str:
        y = self.add("Gelu", self.project(x, width, times * width))
        return self.project(y, times * width, width)

    def encoder_block(self, x: str, width: int, heads: int, kv_heads: int = 0) -> str:
        y = self.norm(x, width)
        x = self.add("Add", x, self.attention(y, y, width, heads, kv_heads))
        return self.add("Add", x, self.feed_forward(self.norm(x, width), width))

    def classes(self, x: str, channels: int, classes: int = 5) -> str:
        """A classifier over an image."""
        flat = self.add("Flatten", self.add("GlobalAveragePool", x))
        return self.add("Gemm", flat, self.weight(classes, channels), transB=1)
