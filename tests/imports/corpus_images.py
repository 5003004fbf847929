"""Small architectures that work on images."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto

from imports.corpus_families import Families
from imports.corpus_net import RunnableNet

IMAGES = Families()


def image(channels: int = 3, size: int = 12) -> RunnableNet:
    return RunnableNet(x=[1, channels, size, size])


@IMAGES.of((2, 3, 1), (3, 5, 1), (3, 3, 2), (4, 1, 1))
def cnn(depth: int, kernel: int, stride: int) -> ModelProto:
    net, x, channels = image(), "x", 3
    for stage in range(depth):
        x = net.block(x, channels, 4 * (stage + 1), kernel, strides=[stride] * 2)
        channels = 4 * (stage + 1)
    return net.model(net.classes(x, channels))


@IMAGES.of(("MaxPool",), ("AveragePool",))
def pooled(op: str) -> ModelProto:
    net = image(size=16)
    x = net.block("x", 3, 6)
    x = net.add(op, x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    x = net.block(x, 6, 8)
    x = net.add("Flatten", net.add("LRN", net.add(op, x, kernel_shape=[2, 2]), size=3))
    return net.model(net.add("Gemm", x, net.weight(8 * 7 * 7, 4)))


@IMAGES.of(("SAME_UPPER", 2), ("SAME_LOWER", 1), ("VALID", 2))
def padded(mode: str, stride: int) -> ModelProto:
    net = image(size=11)
    weight = net.weight(4, 3, 3, 3)
    x = net.add("Conv", "x", weight, auto_pad=mode, strides=[stride] * 2)
    x = net.add("Pad", x, net.fixed(np.array([0, 0, 1, 1, 0, 0, 0, 2])))
    return net.model(net.classes(net.kernel(x, 4, 6, pads=[1, 0, 0, 1]), 6))


@IMAGES.of((2, False), (2, True), (3, True))
def residual(blocks: int, bottleneck: bool) -> ModelProto:
    net, channels = image(), 8
    x = net.block("x", 3, channels)
    for number in range(blocks):
        wide = channels * (2 if number else 1)
        stride = [2, 2] if number else [1, 1]
        if bottleneck:
            y = net.block(net.block(x, channels, 4, 1), 4, 4, strides=stride)
            y = net.kernel(y, 4, wide, 1)
        else:
            y = net.kernel(net.block(x, channels, wide, strides=stride), wide, wide)
        short = net.kernel(x, channels, wide, 1, strides=stride) if number else x
        x, channels = net.add("Relu", net.add("Add", y, short)), wide
    return net.model(net.classes(x, channels))


@IMAGES.of((3, 1), (5, 2))
def separable(kernel: int, stride: int) -> ModelProto:
    net = image()
    x, channels = net.block("x", 3, 6), 6
    for _ in range(2):
        inner = 2 * channels
        y = net.add("Clip", net.block(x, channels, inner, 1))
        y = net.block(y, inner, inner, kernel, group=inner, strides=[stride] * 2)
        y = net.kernel(y, inner, channels, 1)
        x = net.add("Add", x, y) if stride == 1 else y
    return net.model(net.classes(x, channels))


@IMAGES.of((1,), (2,))
def inception(modules: int) -> ModelProto:
    net, x, channels = image(), "x", 3
    for _ in range(modules):
        pool = net.add("MaxPool", x, kernel_shape=[3, 3], pads=[1] * 4)
        branches = [
            net.block(x, channels, 2, 1),
            net.block(net.block(x, channels, 2, 1), 2, 3),
            net.block(net.block(net.block(x, channels, 2, 1), 2, 3), 3, 3),
            net.block(pool, channels, 2, 1),
        ]
        x, channels = net.add("Concat", *branches, axis=1), 10
    return net.model(net.classes(x, channels))


@IMAGES.of((2, "ConvTranspose"), (2, "Resize"), (3, "ConvTranspose"))
def unet(levels: int, up: str) -> ModelProto:
    net = image(size=16)
    x, skips = net.block("x", 3, 4), []
    for level in range(levels):
        skips.append(x)
        x = net.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
        x = net.block(x, 4 << level, 8 << level)
    for level in reversed(range(levels)):
        if up == "Resize":
            x = net.add("Resize", x, "", net.fixed(np.array([1, 1, 2, 2], np.float32)))
            x = net.kernel(x, 8 << level, 4 << level, 1)
        else:
            x = net.add(up, x, net.weight(8 << level, 4 << level, 2, 2), strides=[2, 2])
        x = net.block(net.add("Concat", skips[level], x, axis=1), 8 << level, 4 << level)
    return net.model(net.kernel(x, 4, 2, 1))


@IMAGES.of((False,), (True,))
def squeeze_excite(residual: bool) -> ModelProto:
    net = image()
    x = net.block("x", 3, 8)
    mean = net.add("GlobalAveragePool", x)
    gate = net.kernel(net.block(mean, 8, 2, 1), 2, 8, 1)
    y = net.kernel(net.add("Mul", x, net.add("HardSigmoid", gate)), 8, 8)
    return net.model(net.classes(net.add("Add", x, y) if residual else y, 8))


@IMAGES.of((2, False), (4, True))
def grouped(groups: int, shuffled: bool) -> ModelProto:
    net = image()
    x = net.block("x", 3, 8)
    x = net.block(x, 8, 16, group=groups)
    if shuffled:
        x = net.shaped(x, 1, groups, 16 // groups, 12, 12)
        x = net.shaped(net.add("Transpose", x, perm=[0, 2, 1, 3, 4]), 1, 16, 12, 12)
    return net.model(net.classes(net.block(x, 16, 8, group=groups), 8))


@IMAGES.of((1, 0), (2, 1), (3, 0))
def generator(stride: int, out: int) -> ModelProto:
    """A transposed convolution, with and without extra output rows."""
    net = RunnableNet(z=[1, 10])
    x = net.shaped(net.project("z", 10, 8 * 3 * 3), 1, 8, 3, 3)
    more: dict[str, Any] = {"strides": [stride] * 2, "pads": [1] * 4}
    if out == 1:
        more["output_padding"] = [1, 1]
    x = net.add("ConvTranspose", x, net.weight(8, 6, 3, 3), **more)
    return net.model(net.add("Tanh", net.kernel(x, 6, 3)))


@IMAGES.of((2,), (3,))
def densely_connected(layers: int) -> ModelProto:
    net = image()
    x, channels = net.block("x", 3, 4), 4
    for _ in range(layers):
        x = net.add("Concat", x, net.block(net.block(x, channels, 8, 1), 8, 4), axis=1)
        channels += 4
    return net.model(net.classes(x, channels))


@IMAGES.of((7,), (3,))
def convnext(kernel: int) -> ModelProto:
    net = image()
    x = net.kernel("x", 3, 8, 4, strides=[4, 4], pads=[0] * 4)
    y = net.kernel(x, 8, 8, kernel, group=8)
    y = net.norm(net.add("Transpose", y, perm=[0, 2, 3, 1]), 8)
    y = net.feed_forward(y, 8, 4)
    y = net.add("Mul", y, net.weight(8))
    x = net.add("Add", x, net.add("Transpose", y, perm=[0, 3, 1, 2]))
    return net.model(net.classes(x, 8))


@IMAGES.of((2,), (3,))
def pyramid(levels: int) -> ModelProto:
    """A neck that hands features down, with heads of their own on every level."""
    net = image(size=16)
    x, stages = net.block("x", 3, 4), []
    for level in range(levels):
        x = net.block(x, 4 << level, 8 << level, strides=[2, 2])
        stages.append(net.kernel(x, 8 << level, 6, 1))
    down, heads = stages[-1], []
    for level in reversed(range(levels)):
        if level < levels - 1:
            larger = net.add("Resize", down, "", net.fixed(np.array([1, 1, 2, 2], np.float32)))
            down = net.add("Add", stages[level], larger)
        out = net.add("Transpose", net.kernel(net.block(down, 6, 6), 6, 5), perm=[0, 2, 3, 1])
        heads.append(net.shaped(out, 1, -1, 5))
    boxes, scores = net.several(
        "Split", 2, net.add("Concat", *heads, axis=1), axis=2, num_outputs=2
    )
    return net.model(boxes, net.add("Sigmoid", scores))


@IMAGES.of((2,), (3,))
def pixel_shuffle(times: int) -> ModelProto:
    net = image(size=6)
    x = net.block("x", 3, 8)
    y = net.kernel(net.add("Add", x, net.block(x, 8, 8)), 8, 3 * times**2)
    return net.model(net.kernel(net.add("DepthToSpace", y, blocksize=times), 3, 3))


@IMAGES.of(())
def gated_by_another_branch() -> ModelProto:
    """The channels of one branch are weighed by a mean of the other."""
    net = image()
    left, right = net.block("x", 3, 8), net.block("x", 3, 8)
    axes = net.fixed(np.array([2, 3]))
    weights = net.add("Softmax", net.add("ReduceMean", right, axes), axis=1)
    return net.model(net.classes(net.add("Mul", weights, left), 8))


@IMAGES.of((3,), (7,))
def factorised(size: int) -> ModelProto:
    """Kernels of one row, then of one column."""
    net, half = image(), size // 2
    x = net.add("Conv", "x", net.weight(6, 3, 1, size), pads=[0, half, 0, half])
    x = net.add("Conv", x, net.weight(8, 6, size, 1), pads=[half, 0, half, 0])
    return net.model(net.classes(x, 8))


@IMAGES.of((2,), (4,))
def attention_over_pixels(heads: int) -> ModelProto:
    """Channels first: the sums run over the last dimension but one."""
    net = image()
    q, k, v = (net.shaped(net.kernel("x", 3, 8, 1), 1, heads, -1, 144) for _ in range(3))
    scores = net.add("MatMul", net.add("Transpose", q, perm=[0, 1, 3, 2]), k)
    turned = net.add("Transpose", net.add("Softmax", scores), perm=[0, 1, 3, 2])
    return net.model(net.kernel(net.shaped(net.add("MatMul", v, turned), 1, 8, 12, 12), 8, 3))
