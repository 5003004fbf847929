"""Small architectures that work on sequences, features and several inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper

from imports.corpus_families import Families
from imports.corpus_net import RunnableNet

SEQUENCES = Families()

ROWS, WIDTH = 6, 16


def sequence(rows: int = ROWS, width: int = WIDTH) -> RunnableNet:
    return RunnableNet(x=[1, rows, width])


@SEQUENCES.of((2, 8), (4, 24))
def mlp(depth: int, width: int) -> ModelProto:
    net = RunnableNet(x=[1, width])
    x = "x"
    for _ in range(depth):
        x = net.add("Relu", net.add("Gemm", x, net.weight(width, width), net.weight(width)))
    return net.model(net.add("Softmax", net.add("Gemm", x, net.weight(3, width), transB=1)))


@SEQUENCES.of((1,), (2,))
def mixer(blocks: int) -> ModelProto:
    net, x = sequence(), "x"
    for _ in range(blocks):
        y = net.add("Transpose", net.norm(x, WIDTH), perm=[0, 2, 1])
        y = net.add("Transpose", net.feed_forward(y, ROWS), perm=[0, 2, 1])
        x = net.add("Add", x, y)
        x = net.add("Add", x, net.feed_forward(net.norm(x, WIDTH), WIDTH, 4))
    return net.model(x)


@SEQUENCES.of((1, 1), (2, 2), (1, 8))
def encoder(blocks: int, heads: int) -> ModelProto:
    net = sequence()
    ids = net.integers("ids", 1, ROWS)
    x = net.add("Add", "x", net.add("Gather", net.weight(50, WIDTH), ids))
    for _ in range(blocks):
        x = net.encoder_block(x, WIDTH, heads)
    return net.model(x)


@SEQUENCES.of((4, 2), (4, 1))
def grouped_queries(heads: int, kv_heads: int) -> ModelProto:
    net = sequence()
    return net.model(net.encoder_block("x", WIDTH, heads, kv_heads))


@SEQUENCES.of((1, 2), (2, 4))
def encoder_decoder(blocks: int, heads: int) -> ModelProto:
    """Cross attention: queries from one sequence, keys and values from another."""
    net = RunnableNet(x=[1, ROWS, WIDTH], y=[1, 4, WIDTH])
    memory, x = net.encoder_block("x", WIDTH, heads), "y"
    for _ in range(blocks):
        x = net.add("Add", x, net.attention(x, x, WIDTH, heads))
        x = net.add("Add", x, net.attention(net.norm(x, WIDTH), memory, WIDTH, heads))
        x = net.add("Add", x, net.feed_forward(net.norm(x, WIDTH), WIDTH))
    return net.model(net.project(x, WIDTH, 50))


@SEQUENCES.of((2,), (4,))
def llama(heads: int) -> ModelProto:
    """Rotated queries and keys, a causal mask, and a gated feed-forward part."""
    net, size = sequence(), WIDTH // heads
    y = net.norm("x", WIDTH)
    q, k, v = (net.heads(net.project(y, WIDTH, WIDTH), heads, size) for _ in range(3))

    def rotated(t: str) -> str:
        left, right = net.several("Split", 2, t, axis=-1, num_outputs=2)
        turned = net.add("Concat", net.add("Neg", right), left, axis=-1)
        cosine, sine = net.weight(ROWS, size), net.weight(ROWS, size)
        return net.add("Add", net.add("Mul", t, cosine), net.add("Mul", turned, sine))

    turned = net.add("Transpose", rotated(k), perm=[0, 1, 3, 2])
    mask = net.add("Trilu", net.fixed(np.full((ROWS, ROWS), -9, np.float32)), upper=1)
    scores = net.add("Add", net.add("MatMul", rotated(q), turned), mask)
    mixed = net.merged(net.add("MatMul", net.add("Softmax", scores), v), WIDTH)
    x = net.add("Add", "x", net.project(mixed, WIDTH, WIDTH))
    y = net.norm(x, WIDTH)
    gate = net.add("MatMul", y, net.weight(WIDTH, 40))
    gate = net.add("Mul", gate, net.add("Sigmoid", gate))
    up = net.add("Mul", gate, net.add("MatMul", y, net.weight(WIDTH, 40)))
    return net.model(net.add("Add", x, net.add("MatMul", up, net.weight(40, WIDTH))))


@SEQUENCES.of((2,), (4,))
def attention_by_einsum(heads: int) -> ModelProto:
    net, size = sequence(), WIDTH // heads
    weights = [net.weight(WIDTH, heads, size) for _ in range(3)]
    q, k, v = (net.add("Einsum", "x", w, equation="bld,dhe->blhe") for w in weights)
    scores = net.add("Einsum", q, k, equation="bqhe,bkhe->bhqk")
    mixed = net.add("Einsum", net.add("Softmax", scores), v, equation="bhqk,bkhe->bqhe")
    out = net.weight(heads, size, WIDTH)
    return net.model(net.add("Einsum", mixed, out, equation="blhe,hed->bld"))


@SEQUENCES.of((2, 2), (4, 2), (4, 1))
def attention_operator(heads: int, kv_heads: int) -> ModelProto:
    net, size = sequence(), WIDTH // heads
    net.opsets = [helper.make_opsetid("", 23)]
    q = net.project("x", WIDTH, WIDTH)
    k, v = (net.project("x", WIDTH, kv_heads * size) for _ in range(2))
    counts: dict[str, Any] = {"q_num_heads": heads, "kv_num_heads": kv_heads}
    return net.model(net.project(net.add("Attention", q, k, v, **counts), WIDTH, WIDTH))


@SEQUENCES.of((4, 4), (4, 2))
def attention_operator_by_head(heads: int, kv_heads: int) -> ModelProto:
    """With a mask that a part of the network computes."""
    net, size = sequence(), WIDTH // heads
    net.opsets = [helper.make_opsetid("", 23)]
    q = net.heads(net.project("x", WIDTH, WIDTH), heads, size)
    k, v = (net.heads(net.project("x", WIDTH, kv_heads * size), kv_heads, size) for _ in range(2))
    mask = net.shaped(net.project("x", WIDTH, ROWS), 1, 1, ROWS, ROWS)
    mixed = net.merged(net.add("Attention", q, k, v, mask), WIDTH)
    return net.model(net.project(mixed, WIDTH, WIDTH))


@SEQUENCES.of((4, 1), (6, 2))
def vit(patch: int, heads: int) -> ModelProto:
    net = RunnableNet(x=[1, 3, 12, 12])
    x = net.kernel("x", 3, 12, patch, strides=[patch] * 2, pads=[0] * 4)
    x = net.add("Transpose", net.shaped(x, 1, 12, -1), perm=[0, 2, 1])
    x = net.add("Concat", net.weight(1, 1, 12), x, axis=1)
    x = net.encoder_block(x, 12, heads)
    first = net.add("Gather", net.norm(x, 12), net.fixed(np.array(0)), axis=1)
    return net.model(net.add("Gemm", first, net.weight(12, 5), net.weight(5)))


@SEQUENCES.of(
    (2,),
)
def windows(heads: int) -> ModelProto:
    """Attention inside windows: products with a batch of windows and heads."""
    net = RunnableNet(x=[1, 4, 4, 8])
    x = net.add("Transpose", net.shaped("x", 2, 2, 2, 2, 8), perm=[0, 2, 1, 3, 4])
    x = net.shaped(x, 4, 4, 8)
    q, k, v = (
        net.add("Transpose", net.shaped(net.project(x, 8, 8), 4, 4, heads, -1), perm=[0, 2, 1, 3])
        for _ in range(3)
    )
    scores = net.add("MatMul", q, net.add("Transpose", k, perm=[0, 1, 3, 2]))
    mixed = net.add("MatMul", net.add("Softmax", scores), v)
    x = net.shaped(net.add("Transpose", mixed, perm=[0, 2, 1, 3]), 4, 4, 8)
    return net.model(net.project(x, 8, 8))


@SEQUENCES.of((2,), (4,))
def conformer(heads: int) -> ModelProto:
    net = sequence()
    x = net.add("Add", "x", net.feed_forward(net.norm("x", WIDTH), WIDTH))
    y = net.norm(x, WIDTH)
    x = net.add("Add", x, net.attention(y, y, WIDTH, heads))
    y = net.add("Transpose", net.norm(x, WIDTH), perm=[0, 2, 1])
    y = net.add("Conv", y, net.weight(2 * WIDTH, WIDTH, 1))
    value, gate = net.several("Split", 2, y, axis=1, num_outputs=2)
    y = net.add("Mul", value, net.add("Sigmoid", gate))
    y = net.add("Conv", y, net.weight(WIDTH, 1, 3), group=WIDTH, pads=[1, 1])
    y = net.add("Conv", y, net.weight(WIDTH, WIDTH, 1))
    x = net.add("Add", x, net.add("Transpose", y, perm=[0, 2, 1]))
    return net.model(net.norm(net.add("Add", x, net.feed_forward(x, WIDTH)), WIDTH))


@SEQUENCES.of(("LSTM", 4, 1), ("LSTM", 4, 2), ("GRU", 3, 1), ("GRU", 3, 2), ("RNN", 1, 1))
def recurrent(op: str, gates: int, directions: int) -> ModelProto:
    net = RunnableNet(x=[ROWS, 1, 10])
    x = net.project("x", 10, 8)
    for read in (8, 8 * directions):
        weights = net.weight(directions, gates * 8, read), net.weight(directions, gates * 8, 8)
        way = "bidirectional" if directions == 2 else "forward"
        x = net.add(op, x, *weights, hidden_size=8, direction=way)
        x = net.shaped(net.add("Transpose", x, perm=[0, 2, 1, 3]), ROWS, 1, -1)
    return net.model(net.project(x, 8 * directions, 3))


@SEQUENCES.of((3,), (5,))
def text_cnn(kernel: int) -> ModelProto:
    net = RunnableNet()
    x = net.add("Gather", net.weight(30, 8), net.integers("ids", 1, 12))
    x = net.add("Transpose", x, perm=[0, 2, 1])
    convolved = [
        net.add("Conv", x, net.weight(4, 8, size), strides=[stride])
        for size, stride in ((kernel, 1), (kernel - 1, 2))
    ]
    branches = [net.add("ReduceMax", y, net.fixed(np.array([2]))) for y in convolved]
    x = net.shaped(net.add("Concat", *branches, axis=1), 1, 8)
    return net.model(net.add("Gemm", x, net.weight(8, 2)))


@SEQUENCES.of(("conv",), ("gemm",))
def quantised_and_back(kind: str) -> ModelProto:
    """Weights and activations through whole numbers and back, as trained quantisation has it."""
    net = RunnableNet(x=[1, 3, 8, 8])

    def back(x: str) -> str:
        zero = net.fixed(np.int8(0))
        x = net.add("QuantizeLinear", x, net.fixed(np.float32(0.1)), zero)
        return net.add("DequantizeLinear", x, net.fixed(np.float32(0.1)), zero)

    def weight(*dims: int) -> str:
        values = net.small_integers(np.int8, *dims)
        return net.add("DequantizeLinear", values, net.fixed(np.float32(0.1)))

    x = back("x")
    if kind == "conv":
        x = back(net.add("Relu", net.add("Conv", x, weight(4, 3, 3, 3))))
        return net.model(net.add("Conv", x, weight(2, 4, 3, 3)))
    x = back(net.add("Gemm", net.add("Flatten", x), weight(10, 192), transB=1))
    return net.model(net.add("MatMul", x, weight(10, 4)))


@SEQUENCES.of(())
def whole_numbers_throughout() -> ModelProto:
    net = RunnableNet(x=[1, 3, 8, 8])
    scale, zero = net.fixed(np.float32(0.1)), net.fixed(np.uint8(0))
    x = net.add("QuantizeLinear", "x", scale, zero)
    weight = net.small_integers(np.uint8, 4, 3, 3, 3)
    x = net.add("QLinearConv", x, scale, zero, weight, scale, zero, scale, zero)
    x = net.shaped(x, 1, -1)
    weight = net.small_integers(np.uint8, 4 * 36, 5)
    x = net.add("QLinearMatMul", x, scale, zero, weight, scale, zero, scale, zero)
    return net.model(net.add("DequantizeLinear", x, scale, zero))


@SEQUENCES.of(())
def quantised_while_running() -> ModelProto:
    net = sequence()
    whole, scale, zero = net.several("DynamicQuantizeLinear", 3, "x")
    product = net.add("MatMulInteger", whole, net.small_integers(np.uint8, WIDTH, 8), zero)
    product = net.add("Mul", net.add("Cast", product, to=TensorProto.FLOAT), scale)
    return net.model(net.project(product, 8, 4))


@SEQUENCES.of(("Concat",), ("Sub",), ("MatMul",))
def two_towers(joined: str) -> ModelProto:
    net = RunnableNet(x=[1, ROWS, WIDTH], y=[1, 4, WIDTH])
    axis = net.fixed(np.array([1]))
    left = net.feed_forward(net.encoder_block("x", WIDTH, 2), WIDTH)
    right = net.feed_forward("y", WIDTH)
    if joined == "MatMul":
        return net.model(net.add("MatMul", left, net.add("Transpose", right, perm=[0, 2, 1])))
    means = [net.add("ReduceMean", tower, axis, keepdims=0) for tower in (left, right)]
    options: dict[str, Any] = {"axis": 1} if joined == "Concat" else {}
    both = net.add(joined, *means, **options)
    return net.model(net.project(both, WIDTH * (2 if joined == "Concat" else 1), 2))


@SEQUENCES.of((2,), (3,))
def mixture(experts: int) -> ModelProto:
    """Experts whose outputs are weighed by a gate, all of them computed."""
    net = sequence()
    gates = net.add("Softmax", net.project("x", WIDTH, experts), axis=-1)
    parts = net.several("Split", experts, gates, axis=-1, num_outputs=experts)
    outputs = [net.add("Mul", net.feed_forward("x", WIDTH), part) for part in parts]
    return net.model(net.project(net.add("Sum", *outputs), WIDTH, WIDTH))


@SEQUENCES.of(())
def experts_in_one_product() -> ModelProto:
    """Weights with a dimension for experts, which rows are broadcast over."""
    net = sequence()
    x = net.add(
        "MatMul", net.add("Unsqueeze", "x", net.fixed(np.array([1]))), net.weight(3, WIDTH, 8)
    )
    return net.model(net.project(net.add("ReduceSum", x, net.fixed(np.array([1]))), 8, WIDTH))


@SEQUENCES.of(())
def linear_attention() -> ModelProto:
    net = sequence()
    q, k, v = (net.add("Elu", net.project("x", WIDTH, 8)) for _ in range(3))
    state = net.add("MatMul", net.add("Transpose", k, perm=[0, 2, 1]), v)
    return net.model(net.project(net.add("MatMul", q, state), 8, WIDTH))


@SEQUENCES.of(())
def weights_from_a_network() -> ModelProto:
    """One network computes the weights of another."""
    net = RunnableNet(x=[ROWS, 8], style=[1, 4])
    weights = net.shaped(net.project("style", 4, 8 * 8), 8, 8)
    return net.model(net.project(net.add("Gemm", "x", weights, alpha=0.5), 8, 2))


@SEQUENCES.of((1,), (2,))
def samples_first(directions: int) -> ModelProto:
    """A recurrent operator that has rows in the second dimension."""
    net = sequence()
    weights = net.weight(directions, 32, WIDTH), net.weight(directions, 32, 8)
    way = "bidirectional" if directions == 2 else "reverse"
    x = net.add("LSTM", "x", *weights, hidden_size=8, layout=1, direction=way)
    return net.model(net.project(net.shaped(x, ROWS, -1), 8 * directions, 3))


@SEQUENCES.of((1,), (3,))
def products_the_other_way_round(samples: int) -> ModelProto:
    """Weights as the first operand, and operands that are turned."""
    net = RunnableNet(x=[samples, 6, 8])
    x = net.add("MatMul", net.weight(5, 6), "x")
    x = net.add("Einsum", net.weight(4, 5), x, equation="oi,bij->boj")
    x = net.add(
        "Gemm", net.shaped(x, 4 * samples, 8), net.weight(9, 4 * samples), transA=1, transB=1
    )
    return net.model(net.add("MatMul", x, net.add("Transpose", x)))


@SEQUENCES.of((2,), (3,))
def up_and_down(stride: int) -> ModelProto:
    """Convolutions of sequences, to fewer rows and back."""
    net = RunnableNet(x=[1, 4, 12])
    low = net.add("Conv", "x", net.weight(8, 4, 5), strides=[stride], pads=[2, 2])
    pooled = net.add("AveragePool", low, kernel_shape=[3], pads=[1, 1])
    up = net.add("ConvTranspose", pooled, net.weight(8, 4, stride), strides=[stride])
    return net.model(net.add("Add", "x", net.add("Conv", up, net.weight(4, 4, 1))))
