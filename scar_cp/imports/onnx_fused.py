"""Operators that fuse others, most of them onnxruntime's, as those that they fuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from scar_cp.imports.onnx_expansion import Expansion, Known

if TYPE_CHECKING:
    from onnx import NodeProto

__all__ = ["FUSED"]


@dataclass(frozen=True)
class _Fused:
    """A node under its expansion, with the tensors of which shapes must be known."""

    node: NodeProto
    known: Known
    out: Expansion

    def reads(self, place: int) -> str:
        """An input's name; empty where it is left out."""
        return self.node.input[place] if place < len(self.node.input) else ""

    def shape(self, place: int) -> tuple[int, ...]:
        """The shape of an input.

        Raises
        ------
        KeyError
            If it is not known.
        """
        return self.known.shapes[self.node.input[place]]

    def number(self, name: str, default: int | None = None) -> int:
        """An attribute.

        Raises
        ------
        KeyError
            If it is not given, and nothing is without it.
        """
        given: dict[str, int] = {a.name: a.i for a in self.node.attribute}
        return given[name] if default is None else given.get(name, default)

    def called(self, part: str) -> str:
        """The name of a product inside."""
        return f"{self.node.name or self.node.output[0]}/{part}"

    def piece(self, tensor: str, axis: int, start: int, size: int) -> str:
        """A part of a tensor."""
        return self.out.add("Gather", tensor, self._range(start, size), axis=axis)

    def one(self, tensor: str, axis: int, index: int) -> str:
        """A part of a tensor, without its axis."""
        return self.out.add("Gather", tensor, self.out.constant(index), axis=axis)

    def _range(self, start: int, size: int) -> str:
        return self.out.constant([*range(start, start + size)])

    def by_head(self, tensor: str) -> str:
        """(samples, rows, heads, size) as (samples, heads, rows, size)."""
        return self.out.add("Transpose", tensor, perm=[0, 2, 1, 3])

    def heads(self, tensor: str, heads: int) -> str:
        """(samples, rows, features) as (samples, heads, rows, size)."""
        shape = self.out.constant([0, 0, heads, -1])
        return self.by_head(self.out.add("Reshape", tensor, shape))

    def after(self, past: str, tensor: str, present: int) -> str:
        """Rows behind those of the past; both together may be an output too."""
        whole = self.out.add("Concat", past, tensor, axis=2) if past else tensor
        if present < len(self.node.output) and self.node.output[present]:
            self.out.add("Identity", whole, output=self.node.output[present])
        return whole

    def attend(self, q: str, k: str, v: str, heads: int, kv_heads: int, bias: str = "") -> str:
        """Both products of attention, by head: queries that share keys are rows of one product."""

        def in_heads(tensor: str, count: int) -> str:
            if heads == kv_heads:
                return tensor
            return self.out.add("Reshape", tensor, self.out.constant([0, count, -1, 0]))

        turned = self.out.add("Transpose", k, perm=[0, 1, 3, 2])
        scores = self.out.add("MatMul", in_heads(q, kv_heads), turned, name=self.called("qk"))
        if bias:
            alike = self.out.add("Add", in_heads(scores, heads), bias, name=self.called("bias"))
            scores = in_heads(alike, kv_heads)
        mixed = self.out.add("MatMul", self.out.add("Softmax", scores), v, name=self.called("av"))
        return in_heads(mixed, heads)

    def give_rows(self, by_head: str) -> None:
        """(samples, heads, rows, size) as (samples, rows, features): the node's first output."""
        rows = self.out.constant([0, 0, -1])
        self.out.add("Reshape", self.by_head(by_head), rows, output=self.node.output[0])


def _fused_matmul(fused: _Fused) -> None:
    operands = []
    for place, side in enumerate("AB"):
        axes = [*range(len(fused.shape(place)))]
        if fused.number(f"transBatch{side}", 0):
            axes = [*axes[1:-1], axes[0], axes[-1]]
        if fused.number(f"trans{side}", 0) and len(axes) > 1:
            axes = [*axes[:-2], axes[-1], axes[-2]]
        turned = axes != sorted(axes)
        operand = fused.reads(place)
        operands.append(fused.out.add("Transpose", operand, perm=axes) if turned else operand)
    name = fused.node.name or fused.called("product")
    fused.out.add("MatMul", *operands, name=name, output=fused.node.output[0])


def _packed_matmul(fused: _Fused) -> None:
    """Weights whose bits lie closer than their shape says."""
    weight = fused.out.weight(fused.number("K"), fused.number("N"))
    name = fused.node.name or fused.called("product")
    fused.out.add("MatMul", fused.reads(0), weight, name=name, output=fused.node.output[0])


def _convolution(fused: _Fused) -> None:
    """With something to add to it."""
    from onnx import helper

    given = {a.name: helper.get_attribute_value(a) for a in fused.node.attribute}
    plain = {name: value for name, value in given.items() if not name.startswith("activation")}
    reads, name, output = fused.node.input[:2], fused.node.name, fused.node.output[0]
    if fused.reads(3):
        sum_of = fused.out.add("Conv", *reads, name=name, **plain), fused.reads(3)
        fused.out.add("Add", *sum_of, name=fused.called("sum"), output=output)
    else:
        fused.out.add("Conv", *reads, name=name, output=output, **plain)


def _residual(fused: _Fused) -> None:
    """A normalised sum, and the sum itself."""
    node = fused.node
    fused.out.add("Add", *node.input[:2], name=node.name, output=node.output[0])
    if len(node.output) > 3 and node.output[3]:
        fused.out.add("Identity", node.output[0], output=node.output[3])


def _multi_head(fused: _Fused) -> None:
    """Query, key and value apart, the last two together, or all three together."""
    heads = fused.number("num_heads")
    if len(fused.shape(0)) == 5:
        q, k, v = (fused.by_head(fused.one(fused.reads(0), 3, part)) for part in range(3))
    else:
        q = fused.heads(fused.reads(0), heads)
        if len(fused.shape(1)) == 5:
            k, v = (fused.by_head(fused.one(fused.reads(1), 3, part)) for part in range(2))
        else:
            k, v = (
                fused.reads(part)
                if len(fused.shape(part)) == 4
                else fused.heads(fused.reads(part), heads)
                for part in (1, 2)
            )
    k, v = fused.after(fused.reads(6), k, 1), fused.after(fused.reads(7), v, 2)
    fused.give_rows(fused.attend(q, k, v, heads, heads, fused.reads(5)))


def _grouped_queries(fused: _Fused) -> None:
    """Fewer heads of keys and values than of queries; all in one tensor if there is no key."""
    heads, kv_heads = fused.number("num_heads"), fused.number("kv_num_heads")
    if fused.reads(1):
        q = fused.heads(fused.reads(0), heads)
        k, v = (fused.heads(fused.reads(part), kv_heads) for part in (1, 2))
    else:
        whole = fused.heads(fused.reads(0), heads + 2 * kv_heads)
        q = fused.piece(whole, 1, 0, heads)
        k = fused.piece(whole, 1, heads, kv_heads)
        v = fused.piece(whole, 1, heads + kv_heads, kv_heads)
    k, v = fused.after(fused.reads(3), k, 1), fused.after(fused.reads(4), v, 2)
    fused.give_rows(fused.attend(q, k, v, heads, kv_heads))


def _standard(fused: _Fused) -> None:
    """The standard's own: query, key and value as rows of features, or by head."""
    if len(fused.shape(0)) == 4:
        q, k, v = fused.node.input[:3]
        heads, kv_heads = fused.shape(0)[1], fused.shape(1)[1]
    else:
        heads, kv_heads = fused.number("q_num_heads"), fused.number("kv_num_heads")
        q = fused.heads(fused.reads(0), heads)
        k, v = (fused.heads(fused.reads(part), kv_heads) for part in (1, 2))
    k, v = fused.after(fused.reads(4), k, 1), fused.after(fused.reads(5), v, 2)
    mask = fused.reads(3)
    bias = fused.out.add("CastLike", mask, fused.reads(0)) if mask else ""
    mixed = fused.attend(q, k, v, heads, kv_heads, bias)
    if len(fused.shape(0)) == 4:
        fused.out.add("Identity", mixed, output=fused.node.output[0])
    else:
        fused.give_rows(mixed)


def _projected(fused: _Fused) -> None:
    """Attention with the weights of its query, key and value."""
    heads, total = fused.number("num_heads"), fused.shape(1)[-1]
    sizes = next(
        (a.ints for a in fused.node.attribute if a.name == "qkv_hidden_sizes"), [total // 3] * 3
    )
    whole = fused.out.add("MatMul", fused.reads(0), fused.reads(1), name=fused.called("qkv"))
    starts = [0, sizes[0], sizes[0] + sizes[1]]
    q, k, v = (
        fused.heads(fused.piece(whole, 2, start, size), heads)
        for start, size in zip(starts, sizes, strict=True)
    )
    if fused.reads(4):
        past_k, past_v = (fused.one(fused.reads(4), 0, part) for part in range(2))
        k, v = (fused.out.add("Concat", p, t, axis=2) for p, t in ((past_k, k), (past_v, v)))
    fused.give_rows(fused.attend(q, k, v, heads, heads, fused.reads(5)))


_SPELLINGS: Mapping[str, Callable[[_Fused], None]] = {
    "Attention": _standard,
    "com.microsoft.Attention": _projected,
    "com.microsoft.FusedConv": _convolution,
    "com.microsoft.FusedMatMul": _fused_matmul,
    "com.microsoft.GroupQueryAttention": _grouped_queries,
    "com.microsoft.MatMulBnb4": _packed_matmul,
    "com.microsoft.MatMulNBits": _packed_matmul,
    "com.microsoft.MultiHeadAttention": _multi_head,
    "com.microsoft.SkipLayerNormalization": _residual,
    "com.microsoft.SkipSimplifiedLayerNormalization": _residual,
    "com.microsoft.TransposeMatMul": _fused_matmul,
}


def _spelled(spelling: Callable[[_Fused], None], node: NodeProto, known: Known) -> Expansion | None:
    expansion = Expansion(node.output[0], known.opset)
    spelling(_Fused(node, known, expansion))
    return expansion


FUSED = {op: partial(_spelled, spelling) for op, spelling in _SPELLINGS.items()}
"""What each stands for."""
