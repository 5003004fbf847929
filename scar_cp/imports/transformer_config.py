"""The sizes of a transformer, from the ``config.json`` that is published beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scar_cp.errors import Fault, InputError
from scar_cp.records.reading import reader
from scar_cp.records.yaml_json import read_document

__all__ = ["Attention", "Stack", "Transformer", "read_transformer"]

_SPELLINGS = {
    "blocks": ("num_hidden_layers", "n_layer", "n_layers", "decoder_layers", "num_layers"),
    "width": ("hidden_size", "n_embd", "d_model", "dim"),
    "heads": ("num_attention_heads", "n_head", "n_heads", "decoder_attention_heads", "num_heads"),
    "kv_heads": ("num_key_value_heads", "num_kv_heads", "n_head_kv"),
    "head_width": ("head_dim", "d_kv"),
    "inner": ("intermediate_size", "n_inner", "decoder_ffn_dim", "ffn_dim", "d_ff", "hidden_dim"),
    "experts": ("num_local_experts", "num_experts", "n_routed_experts"),
    "chosen": ("num_experts_per_tok", "num_experts_per_token", "moe_topk"),
    "expert_inner": ("moe_intermediate_size",),
    "vocabulary": ("vocab_size",),
    "encoder_blocks": ("encoder_layers",),
    "encoder_heads": ("encoder_attention_heads",),
    "encoder_inner": ("encoder_ffn_dim",),
    "source": ("max_source_positions",),
    "mel_bins": ("num_mel_bins",),
}
"""What is wanted, and what families of models call it."""

_REFUSED = {
    "kv_lora_rank": "attention with a compressed cache cannot be read",
    "n_shared_experts": "experts that all tokens share cannot be read",
    "shared_expert_intermediate_size": "experts that all tokens share cannot be read",
    "state_size": "state-space layers cannot be read",
}
_ENCODERS = frozenset({"bert", "roberta", "distilbert", "electra", "deberta", "vit", "deit"})
_UNGATED_SILU = frozenset({"whisper", "bart", "mbart", "opt", "gpt2", "phi", "falcon"})
_GATED = frozenset({"gemma", "gemma2", "gemma3", "gemma3_text", "phi3"})
"""Families that gate with another function than SiLU."""


@dataclass(frozen=True)
class Attention:
    """Heads of a block."""

    heads: int
    kv_heads: int
    """Keys and values are shared by heads / kv_heads heads each."""
    head_width: int


@dataclass(frozen=True)
class Stack:
    """Blocks that are all alike."""

    blocks: int
    width: int
    attention: Attention
    inner: int
    """Width between the two GEMMs of a block, of one expert where there are experts."""
    is_gated: bool = False
    """Whether a third GEMM gates the first."""
    experts: int = 1
    chosen: int = 1
    """Experts that work on a token."""


@dataclass(frozen=True)
class Transformer:
    """A decoder or an encoder, or both."""

    stack: Stack
    has_cache: bool
    vocabulary: int
    encoder: Stack | None = None
    source: int | None = None
    """Tokens of the encoder, where the model fixes them."""
    mel_bins: int | None = None
    """Channels of sound that two convolutions turn into the encoder's tokens."""


@reader
def read_transformer(path: Path) -> Transformer:
    """Read a ``config.json`` of a transformer.

    Raises
    ------
    InputError
        With every size that is missing or wrong, and every part that cannot be read.
    """
    document = read_document(path)
    if not isinstance(document, dict):
        raise InputError([Fault(str(path), "", None, "must hold the keys of a config.json")])
    sizes = _Sizes(str(path), document)
    family = str(document.get("model_type", ""))
    width, heads = sizes.needed("width"), sizes.needed("heads")
    attention = _attention(sizes, width, heads, bool(document.get("multi_query")))
    inner = sizes.get("inner", 4 * width)
    experts = sizes.get("experts", 1)
    stack = Stack(
        *(sizes.needed("blocks"), width, attention),
        inner=sizes.get("expert_inner", inner) if experts > 1 else inner,
        is_gated=_is_gated(family, document),
        experts=experts,
        chosen=sizes.needed("chosen") if experts > 1 else 1,
    )
    encoder = None
    if sizes.get("encoder_blocks", 0):
        own = sizes.get("encoder_heads", heads)
        of_encoder = _attention(sizes, width, own, is_shared=False)
        blocks, wide = sizes.get("encoder_blocks", 0), sizes.get("encoder_inner", inner)
        encoder = Stack(blocks, width, of_encoder, wide)
    sizes.check()
    return Transformer(
        stack,
        has_cache=family not in _ENCODERS,
        vocabulary=sizes.get("vocabulary", 0),
        encoder=encoder,
        source=sizes.get("source", 0) or None,
        mel_bins=sizes.get("mel_bins", 0) or None,
    )


def _attention(sizes: _Sizes, width: int, heads: int, is_shared: bool) -> Attention:
    kv_heads = 1 if is_shared else sizes.get("kv_heads", heads)
    head_width = sizes.get("head_width", 0)
    if not head_width:
        sizes.need(width % heads == 0, "heads", heads, f"must divide the width {width}")
        head_width = max(1, width // heads)
    sizes.need(heads % kv_heads == 0, "kv_heads", kv_heads, f"must divide the {heads} heads")
    return Attention(heads, kv_heads, head_width)


def _is_gated(family: str, document: Mapping[str, object]) -> bool:
    names = ("hidden_act", "hidden_activation", "activation_function")
    does = {str(document.get(name)) for name in names}
    silu = bool(does & {"silu", "swish", "swiglu"})
    return family in _GATED or (silu and family not in _UNGATED_SILU)


class _Sizes:
    """Numbers of a document by what they mean, and what is wrong with them."""

    def __init__(self, file: str, document: Mapping[str, object]) -> None:
        self._file, self._document = file, document
        self._faults = [
            Fault(file, key, str(document[key]), rule)
            for key, rule in _REFUSED.items()
            if document.get(key)
        ]

    def key(self, meaning: str) -> str:
        """How this document spells it."""
        names = _SPELLINGS[meaning]
        return next((name for name in names if self._document.get(name) is not None), names[0])

    def get(self, meaning: str, default: int) -> int:
        """A size, or what it is where nothing is said."""
        key = self.key(meaning)
        value = self._document.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**22:
            self._add(key, value, "must be a whole number from 1 to 4194303")
            return 1
        return value

    def needed(self, meaning: str) -> int:
        """A size that must be said."""
        key = self.key(meaning)
        if self._document.get(key) is None:
            rule = f"is required, also as {' or '.join(_SPELLINGS[meaning][1:])}"
            self._faults.append(Fault(self._file, key, None, rule))
            return 1
        return self.get(meaning, 1)

    def need(self, holds: bool, meaning: str, value: object, rule: str) -> None:
        """Note a broken rule between sizes, if these are right in themselves."""
        if not holds and not self._faults:
            self._add(self.key(meaning), value, rule)

    def _add(self, key: str, value: object, rule: str) -> None:
        fault = Fault(self._file, key, str(value), rule)
        if fault not in self._faults:
            self._faults.append(fault)

    def check(self) -> None:
        """Raise every fault that was found."""
        if self._faults:
            raise InputError(self._faults)
