"""ONNX graphs in the form that exporters give them; weights have shapes only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, StringStringEntryProto, TensorProto, helper, numpy_helper

VERSION = tuple(int(part) for part in onnx.__version__.split(".")[:2])
"""Of the library: older ones run, or refuse, less."""

OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("other", 1)]


class Net:
    """A graph that grows node by node; every call returns the name of a tensor."""

    opsets = OPSETS

    def __init__(self, **inputs: list[int | str]) -> None:
        self.nodes: list[Any] = []
        self.constants: list[TensorProto] = []
        self.inputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in inputs.items()
        ]

    def weight(self, *dims: int) -> str:
        """A constant whose values lie in a file that is not there."""
        name = f"weight_{len(self.constants)}"
        tensor = TensorProto(name=name, dims=dims, data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.append(StringStringEntryProto(key="location", value="absent.bin"))
        self.constants.append(tensor)
        return name

    def constant(self, values: object, kind: type = np.int64) -> str:
        """A constant as a node of its own."""
        value = numpy_helper.from_array(np.array(values, dtype=kind))
        return self.add("Constant", value=value)

    def add(self, op: str, *reads: str, name: str = "", **attributes: Any) -> str:
        output = f"tensor_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, reads, [output], name=name, **attributes))
        return output

    def conv(self, x: str, channels: int, outputs: int, size: int, name: str, **more: Any) -> str:
        """A convolution with half its kernel as padding, and its activation function."""
        weight = self.add("Identity", self.weight(outputs, channels, size, size))
        pads = [size // 2] * 4
        options = {"pads": pads, "kernel_shape": [size, size], "dilations": [1, 1]} | more
        return self.add("Conv", x, weight, self.weight(outputs), name=name, **options)

    def linear(self, x: str, features: int, outputs: int, name: str) -> str:
        product = self.add("MatMul", x, self.weight(features, outputs), name=name)
        return self.add("Add", self.weight(outputs), product)

    def model(self, *outputs: str) -> ModelProto:
        values = [helper.make_empty_tensor_value_info(name) for name in outputs]
        for value in values:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
        graph = helper.make_graph(self.nodes, "net", self.inputs, values, self.constants)
        return helper.make_model(graph, opset_imports=self.opsets)

    def save(self, *outputs: str, path: str = "net.onnx") -> None:
        Path(path).write_bytes(self.model(*outputs).SerializeToString())


def resnet50() -> Net:
    """A ResNet-50 with torchvision's names; returns with its output called last."""
    net = Net(input=["batch", 3, 224, 224])
    x = net.conv("input", 3, 64, 7, "/conv1/Conv", strides=[2, 2])
    x = net.add("Relu", x)
    x = net.add(
        "MaxPool", x, name="/maxpool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]
    )
    channels = 64
    for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1):
        for block in range(blocks):
            at = f"/layer{stage}/layer{stage}.{block}"
            strides = [2, 2] if stage > 1 and block == 0 else [1, 1]
            y = net.add("Relu", net.conv(x, channels, width, 1, f"{at}/conv1/Conv"))
            y = net.conv(y, width, width, 3, f"{at}/conv2/Conv", strides=strides)
            y = net.conv(net.add("Relu", y), width, 4 * width, 1, f"{at}/conv3/Conv")
            if block == 0:
                name = f"{at}/downsample/downsample.0/Conv"
                x = net.conv(x, channels, 4 * width, 1, name, strides=strides)
            x = net.add("Relu", net.add("Add", y, x, name=f"{at}/Add"))
            channels = 4 * width
    x = net.add("Flatten", net.add("GlobalAveragePool", x, name="/avgpool"), axis=1)
    net.add("Gemm", x, net.weight(1000, 2048), net.weight(1000), name="/fc/Gemm", transB=1)
    return net


def encoder(heads: int = 12, width: int = 768) -> Net:
    """A BERT block with open dimensions, its norms and activation written out, and a mask."""
    net = Net(hidden=["batch", "sequence", width], mask=["batch", "sequence"])
    one = net.constant(1.0, np.float32)

    def norm(x: str) -> str:
        centred = net.add("Sub", x, net.add("ReduceMean", x, axes=[-1]))
        squares = net.add("Pow", centred, net.constant(2.0, np.float32))
        variance = net.add("ReduceMean", squares, axes=[-1])
        scaled = net.add("Div", centred, net.add("Sqrt", net.add("Add", variance, one)))
        return net.add("Add", net.add("Mul", scaled, net.weight(width)), net.weight(width))

    def by_head(x: str, order: list[int]) -> str:
        sizes = [
            net.add("Unsqueeze", size, net.constant([0]))
            for axis in (0, 1)
            for size in [net.add("Gather", net.add("Shape", x), net.constant(axis))]
        ]
        split = [net.constant([heads]), net.constant([width // heads])]
        shape = net.add("Concat", *sizes, *split, axis=0)
        return net.add("Transpose", net.add("Reshape", x, shape), perm=order)

    q, k, v = (net.linear("hidden", width, width, name) for name in ("q", "k", "v"))
    key = by_head(k, [0, 2, 3, 1])
    scores = net.add("MatMul", by_head(q, [0, 2, 1, 3]), key, name="qk")
    scores = net.add("Div", scores, net.constant(8.0, np.float32))
    mask = net.add("Unsqueeze", "mask", net.constant([1, 2]))
    mask = net.add("Mul", net.add("Sub", one, mask), net.constant(-10000.0, np.float32))
    weights = net.add("Softmax", net.add("Add", scores, mask), axis=-1)
    mixed = net.add("MatMul", weights, by_head(v, [0, 2, 1, 3]), name="av")
    mixed = net.add("Transpose", mixed, perm=[0, 2, 1, 3])
    mixed = net.add("Reshape", mixed, net.constant([0, 0, width]))
    x = norm(net.add("Add", "hidden", net.linear(mixed, width, width, "out"), name="add1"))
    y = net.linear(x, width, 4 * width, "ff1")
    wave = net.add("Erf", net.add("Div", y, net.constant(2**0.5, np.float32)))
    y = net.add("Mul", y, net.add("Add", wave, one))
    y = net.add("Mul", y, net.constant(0.5, np.float32))
    norm(net.add("Add", x, net.linear(y, 4 * width, width, "ff2"), name="add2"))
    return net


def output_of(net: Net) -> str:
    """The tensor that was made last."""
    return str(net.nodes[-1].output[0])
