"""A transformer as a model: what one run over some tokens does, with a cache of those before.

Prefill is a run over all tokens of a prompt with nothing cached; a step of decoding is a run over
one token with the prompt cached. Keys and values of earlier tokens are model inputs, those of the
run's own tokens are outputs: the cache is read, and grows. All keys are multiplied with all
queries, also those that a causal mask hides; embeddings and normalisations are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.imports.model_file import Draft, Imported, build_model
from scar_cp.imports.transformer_config import Stack, Transformer, read_transformer
from scar_cp.records.reading import reader
from scar_cp.terms import MAX_LAYERS

__all__ = ["Run", "expected_experts", "import_transformer"]


@dataclass(frozen=True)
class Run:
    """What a run is over, per sample."""

    tokens: int
    """That are worked on at once: a prompt, or 1."""
    past: int = 0
    """Tokens whose keys and values are cached."""
    source_tokens: int | None = None
    """Tokens of the encoder; None: what the config says."""
    lm_head: bool = False
    """Whether the last token's logits over the vocabulary are computed."""


def expected_experts(tokens: int, experts: int, chosen: int) -> int:
    """Experts that at least one of some tokens is expected to choose, rounded up.

    Every token chooses alike and independently: E·(1 - (1 - k/E)^T).

    Examples
    --------
    >>> expected_experts(1, 8, 2), expected_experts(128, 8, 2)
    (2, 8)
    """
    hit = experts * (1 - (1 - chosen / experts) ** tokens)
    return min(experts, math.ceil(round(hit, 9)))


_MOST_BLOCKS = MAX_LAYERS // 16
"""With all that a block may have."""


@reader
def import_transformer(path: Path, name: str, run: Run) -> Imported:
    """A run of the transformer that a ``config.json`` is about.

    Parameters
    ----------
    path
        The ``config.json``.
    name
        Of the model.
    run
        Tokens now and before.

    Raises
    ------
    InputError
        With every fault of the file, or if the run does not fit it.
    """
    transformer = read_transformer(path)
    source = run.source_tokens or transformer.source
    faults = []
    if transformer.encoder is not None and source is None:
        rule = "is required: the encoder's tokens"
        faults.append(Fault("source_tokens", "", None, rule, is_parameter=True))
    blocks = transformer.stack.blocks + (transformer.encoder.blocks if transformer.encoder else 0)
    if blocks > _MOST_BLOCKS:
        rule = f"must have at most {_MOST_BLOCKS} blocks"
        faults.append(Fault(str(path), "", f"{blocks} blocks", rule))
    if run.past and not transformer.has_cache:
        rule = "this model has no cache: all its tokens are worked on at once"
        faults.append(Fault("past", "", str(run.past), rule, is_parameter=True))
    if run.lm_head and not transformer.vocabulary:
        faults.append(Fault(str(path), "vocab_size", None, "is required for the logits"))
    if faults:
        raise InputError(faults)
    rows = _Rows()
    has_encoder_now = transformer.encoder is not None and run.past == 0
    if transformer.encoder is not None and has_encoder_now:
        _encoder(rows, transformer, transformer.encoder, source or 1)
    encoded = rows.last
    rows.last = "in0" if encoded == "in0" else rows.new_input()
    for b in range(transformer.stack.blocks):
        crossed = None
        if transformer.encoder is not None:
            crossed = _Crossed(source or 1, encoded if has_encoder_now else None)
        _block(rows, transformer.stack, f"b{b}", run, transformer.has_cache, crossed)
    if run.lm_head:
        rows.gemm("logits", transformer.vocabulary, transformer.stack.width, 1, [rows.last])
    model = build_model(str(path), name, rows.drafts)
    return Imported(
        model.replace(input_elements=rows.input_elements, outputs=tuple(rows.outputs)),
        tuple(_notes(transformer, run, has_encoder_now)),
    )


@dataclass(frozen=True)
class _Crossed:
    """What a decoder's blocks see of the encoder."""

    tokens: int
    encoded: str | None
    """The encoder's last layer; None: its keys and values are cached."""


@dataclass
class _Rows:
    """The layers so far."""

    drafts: list[Draft] = field(default_factory=list)
    input_elements: dict[str, int] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    last: str = "in0"
    inputs: int = 1

    def new_input(self, elements: int | None = None) -> str:
        """A further model input."""
        name = f"in{self.inputs}"
        self.inputs += 1
        if elements is not None:
            self.input_elements[name] = elements
        return name

    def layer(self, name: str, op: str, reads: list[str], **extents: object) -> str:
        """Add a layer."""
        fields = {"name": name, "op": op, **extents, "inputs": reads}
        self.drafts.append(Draft(f"layer {name}", fields))
        self.last = name
        return name

    def gemm(self, name: str, out: int, reduced: int, rows: int, reads: list[str]) -> str:
        """Add a GEMM with weights."""
        return self.layer(name, "gemm", reads, K=out, C=reduced, Y=rows)

    def add(self, name: str, width: int, tokens: int, reads: list[str]) -> str:
        """Add a sum."""
        return self.layer(name, "add", reads, K=width, C=width, Y=tokens)


def _encoder(rows: _Rows, transformer: Transformer, stack: Stack, tokens: int) -> None:
    if transformer.mel_bins is not None:
        # Zeros on both sides of the time axis only: they count as input.
        plane = {"R": 1, "S": 3, "Y": 1}
        frames = 2 * tokens
        for name, channels, extents in (
            ("stem1", transformer.mel_bins, {"X": frames + 2}),
            ("stem2", stack.width, {"X": frames + 1, "stride": 2}),
        ):
            rows.layer(name, "conv", [rows.last], K=stack.width, C=channels, **plane, **extents)
    for b in range(stack.blocks):
        _block(rows, stack, f"encoder{b}", Run(tokens), has_cache=False, crossed=None)


def _block(
    rows: _Rows, stack: Stack, name: str, run: Run, has_cache: bool, crossed: _Crossed | None
) -> None:
    """Attention, attention to the encoder if there is one, and the GEMMs between them."""
    width, tokens = stack.width, run.tokens
    before = rows.last
    kv_width = stack.attention.kv_heads * stack.attention.head_width
    keys = [rows.gemm(f"{name}.k", kv_width, width, tokens, [before])]
    values = [rows.gemm(f"{name}.v", kv_width, width, tokens, [before])]
    if has_cache:
        rows.outputs += [*keys, *values]
    if run.past:
        keys.append(rows.new_input(run.past * kv_width))
        values.append(rows.new_input(run.past * kv_width))
    seen = run.past + tokens
    before = _attend(rows, stack, f"{name}", tokens, seen, before, keys, values)
    if crossed is not None:
        of_encoder = crossed.tokens * kv_width
        if crossed.encoded is None:
            keys, values = [rows.new_input(of_encoder)], [rows.new_input(of_encoder)]
        else:
            read = [crossed.encoded]
            keys = [rows.gemm(f"{name}.cross.k", kv_width, width, crossed.tokens, read)]
            values = [rows.gemm(f"{name}.cross.v", kv_width, width, crossed.tokens, read)]
            rows.outputs += [*keys, *values]
        before = _attend(rows, stack, f"{name}.cross", tokens, crossed.tokens, before, keys, values)
    _feed_forward(rows, stack, name, tokens, before)


def _attend(
    rows: _Rows, stack: Stack, name: str, tokens: int, seen: int, before: str,
    keys: list[str], values: list[str],
) -> str:  # fmt: skip
    """Queries of heads that share keys stand below each other: groups are what is shared."""
    of = stack.attention
    queries = tokens * (of.heads // of.kv_heads)
    kv_width = of.kv_heads * of.head_width
    shared: dict[str, object] = {"groups": of.kv_heads, "dynamic": True, "Y": queries}
    asked = rows.gemm(f"{name}.q", of.heads * of.head_width, stack.width, tokens, [before])
    scores = rows.layer(
        f"{name}.qk", "gemm", [asked, *keys], K=of.kv_heads * seen, C=kv_width, **shared
    )
    mixed = rows.layer(
        f"{name}.av", "gemm", [scores, *values], K=kv_width, C=of.kv_heads * seen, **shared
    )
    out = rows.gemm(f"{name}.out", stack.width, of.heads * of.head_width, tokens, [mixed])
    return rows.add(f"{name}.sum", stack.width, tokens, [before, out])


def _feed_forward(rows: _Rows, stack: Stack, name: str, tokens: int, before: str) -> None:
    """Two GEMMs, or three, of every expert that is expected to be chosen."""
    width, read = stack.width, [before]
    experts = expected_experts(tokens, stack.experts, stack.chosen)
    if stack.experts > 1:
        read = [before, rows.gemm(f"{name}.router", stack.experts, width, tokens, read)]
    each = -(-tokens * stack.chosen // experts)
    spread: dict[str, object] = {"Y": each} if experts == 1 else {"Y": each, "groups": experts}
    wide = {"K": experts * stack.inner, "C": experts * width, **spread}
    narrow = {"K": experts * width, "C": experts * stack.inner, **spread}
    inner = rows.layer(f"{name}.up", "gemm", read, **wide)
    if stack.is_gated:
        gate = rows.layer(f"{name}.gate", "gemm", read, **wide)
        inner = rows.layer(
            f"{name}.gated", "mul", [inner, gate],
            K=experts * stack.inner, C=experts * stack.inner, Y=each,
        )  # fmt: skip
    down = rows.layer(f"{name}.down", "gemm", [inner], **narrow)
    rows.add(f"{name}.out_sum", width, tokens, [before, down])


def _notes(transformer: Transformer, run: Run, has_encoder_now: bool) -> list[str]:
    stack = transformer.stack
    cached = f", {run.past} cached" if run.past else ""
    notes = [f"{run.tokens} token{'s' if run.tokens > 1 else ''} at once{cached}"]
    if transformer.has_cache:
        kv_width = stack.attention.kv_heads * stack.attention.head_width
        notes.append(
            f"cache: {2 * stack.blocks * kv_width:,} elements a token; what is cached is read "
            "from memory, the new rows are written there"
        )
    if transformer.encoder is not None and not has_encoder_now:
        notes.append("the encoder's keys and values are cached")
    if stack.experts > 1:
        experts = expected_experts(run.tokens, stack.experts, stack.chosen)
        notes.append(
            f"{experts} of {stack.experts} experts expected, each with "
            f"{-(-run.tokens * stack.chosen // experts)} tokens"
        )
    return notes
