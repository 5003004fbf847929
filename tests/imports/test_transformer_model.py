"""Transformers from their config: weights as published, a cache that is read and grows."""

from __future__ import annotations

import json
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from conftest import Command

from scar_cp.errors import InputError
from scar_cp.files.named_records import read_record
from scar_cp.files.shipped import shipped_files
from scar_cp.imports.transformer_model import Run, expected_experts, import_transformer
from scar_cp.inputs.graph import build_graph
from scar_cp.inputs.workload import Model

GPT2: dict[str, Any] = {
    "model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50257,
    "activation_function": "gelu_new",
}  # fmt: skip
LLAMA: dict[str, Any] = {
    "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "hidden_act": "silu",
    "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000,
}  # fmt: skip
MIXTRAL = LLAMA | {
    "model_type": "mixtral", "intermediate_size": 14336, "num_key_value_heads": 8,
    "num_local_experts": 8, "num_experts_per_tok": 2,
}  # fmt: skip
WHISPER: dict[str, Any] = {
    "model_type": "whisper", "d_model": 384, "encoder_layers": 4, "decoder_layers": 4,
    "encoder_attention_heads": 6, "decoder_attention_heads": 6, "encoder_ffn_dim": 1536,
    "decoder_ffn_dim": 1536, "max_source_positions": 1500, "num_mel_bins": 80,
    "vocab_size": 51865, "activation_function": "gelu",
}  # fmt: skip
SMALL: dict[str, Any] = {
    "num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 12, "vocab_size": 50, "hidden_act": "silu", "model_type": "llama",
}  # fmt: skip


@pytest.fixture
def imported(tmp_path: Path):
    def read(config: dict[str, Any], *sizes: Any, **more: Any) -> Model:
        file = tmp_path / "config.json"
        file.write_text(json.dumps(config))
        return import_transformer(file, "net", Run(*sizes, **more)).model

    return read


def weights(model: Model) -> int:
    return sum(layer.weight_elements for layer in model.layers)


@pytest.mark.parametrize(
    ("config", "tokens", "published", "beside"),
    [
        # Parameters as published, and those of embeddings, positions, normalisations and biases.
        (GPT2, 16, 124_439_808, (50257 + 1024) * 768 + 25 * 2 * 768 + 12 * 9 * 768),
        (LLAMA, 16, 6_738_415_616, 2 * 32000 * 4096 + 65 * 4096),
        (MIXTRAL, 512, 46_702_792_704, 2 * 32000 * 4096 + 65 * 4096),
        (WHISPER, 4, 37_760_640, (51865 + 448 + 1500) * 384 + 46_848),
    ],
)
def test_weights_are_those_published(imported, config, tokens, published, beside) -> None:
    assert weights(imported(config, tokens)) == published - beside


@pytest.mark.parametrize(("tokens", "past"), [(1, 0), (7, 0), (1, 30), (4, 9)])
def test_work_is_that_of_the_textbook(imported, tokens, past) -> None:
    model = imported(SMALL, tokens, past)
    width, kv_width, inner, blocks = 8, 4, 12, 2
    each = 2 * width * width + 2 * width * kv_width + 3 * width * inner
    attended = 2 * width * tokens * (tokens + past)
    assert sum(la.macs for la in model.layers) == blocks * (tokens * each + attended)


def test_the_cache_is_read_and_grows(imported) -> None:
    model = imported(SMALL, 3, 10)
    graph = build_graph(model, "compute")
    names = [layer.name for layer in graph.layers]
    cached = [t for t in graph.tensors if t.producer is None and t.elements == 10 * 4]
    read_by = sorted(names[c] for t in cached for c in t.consumers)
    assert read_by == ["b0.av", "b0.qk", "b1.av", "b1.qk"]
    grown = {names[t.producer]: t for t in graph.tensors if t.producer is not None and t.is_output}
    assert set(grown) == {"b0.k", "b0.v", "b1.k", "b1.v", "b1.down"}
    assert all(grown[name].elements == 3 * 4 for name in ("b0.k", "b1.v"))
    assert grown["b0.k"].consumers == (names.index("b0.qk"),)


def test_without_a_cache_nothing_is_kept(imported) -> None:
    model = imported(SMALL | {"model_type": "bert", "hidden_act": "gelu"}, 5)
    assert (model.outputs, model.input_elements) == ((), {})


def test_a_whisper_decodes_with_what_its_encoder_left(imported) -> None:
    prefill, step = imported(WHISPER, 4), imported(WHISPER, 1, 4)
    assert any(layer.name.startswith("encoder") for layer in prefill.layers)
    assert {la.name for la in prefill.layers if ".cross.k" in la.name} <= set(prefill.outputs)
    assert not any("encoder" in layer.name or ".cross.k" in layer.name for layer in step.layers)
    assert list(step.input_elements.values()) == [4 * 384, 4 * 384, 1500 * 384, 1500 * 384] * 4
    second = next(layer for layer in prefill.layers if layer.name == "stem2")
    assert (second.output_height, second.output_width) == (1, 1500)


def test_logits_are_those_of_one_token(imported) -> None:
    (last,) = imported(SMALL, 9, lm_head=True).layers[-1:]
    assert (last.K, last.C, last.Y) == (50, 8, 1)


@pytest.mark.parametrize(("experts", "chosen", "tokens"), [(4, 2, 2), (4, 1, 3), (5, 3, 2)])
def test_expected_experts_are_those_of_all_choices(experts, chosen, tokens) -> None:
    choices = list(product(combinations(range(experts), chosen), repeat=tokens))
    mean = sum(len(set().union(*choice)) for choice in choices) / len(choices)
    assert 0 <= expected_experts(tokens, experts, chosen) - mean < 1


def test_experts_do_the_work_of_those_chosen(imported) -> None:
    moe = SMALL | {"num_local_experts": 4, "num_experts_per_tok": 2}
    one = imported(moe, 1)
    up = next(layer for layer in one.layers if layer.name == "b0.up")
    assert (up.groups, up.weight_elements, up.macs) == (2, 2 * 8 * 12, 2 * 8 * 12)
    many = imported(moe, 64)
    up = next(layer for layer in many.layers if layer.name == "b0.up")
    assert (up.groups, up.weight_elements, up.macs) == (4, 4 * 8 * 12, 64 * 2 * 8 * 12)


@pytest.mark.parametrize(
    ("config", "run", "places"),
    [
        ({"model_type": "gpt2"}, Run(1),
         {"num_hidden_layers", "hidden_size", "num_attention_heads"}),
        (GPT2 | {"n_embd": 770}, Run(1), {"n_head"}),
        (SMALL | {"num_key_value_heads": 3}, Run(1), {"num_key_value_heads"}),
        (SMALL | {"hidden_size": "wide", "num_hidden_layers": -1}, Run(1),
         {"hidden_size", "num_hidden_layers"}),
        (SMALL | {"kv_lora_rank": 512}, Run(1), {"kv_lora_rank"}),
        (SMALL | {"num_experts": 4}, Run(1), {"num_experts_per_tok"}),
        (SMALL | {"model_type": "bert"}, Run(1, 5), {""}),
        (WHISPER | {"max_source_positions": None}, Run(1), {""}),
        (SMALL | {"vocab_size": None}, Run(1, lm_head=True), {"vocab_size"}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(tmp_path: Path, config, run, places) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    with pytest.raises(InputError) as refused:
        import_transformer(file, "net", run)
    assert {fault.place for fault in refused.value.faults} == places


def test_a_prompt_and_a_step_are_solved_side_by_side(command: Command, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(SMALL))
    for name, options in (("prefill", ("--tokens", 8)), ("decode", ("--tokens", 1, "--past", 8))):
        ran = command("import", "transformer", config, *options, "-o", tmp_path / f"{name}.yaml")
        assert ran.code == 0, ran.err
    assert "cache: 16 elements a token" in ran.out
    (tmp_path / "s.yaml").write_text(
        "format: scar-cp/scenario@1\nname: s\ndomain: datacenter\n"
        "models: [{model: prefill.yaml}, {model: decode.yaml, batch: 4}]\n"
    )
    (tmp_path / "i.yaml").write_text(
        "format: scar-cp/instance@1\nscenario: s.yaml\npackage: mixed_2x2\nprofile: physical\n"
    )
    ran = command("solve", tmp_path / "i.yaml", "--gap", 0.01, "-o", tmp_path / "r.json")
    assert ran.code == 0, ran.err
    ran = command(
        "import", "transformer", config, "--tokens", 1, "-o", tmp_path / "x.yaml", "--past", -1
    )
    assert ran.code == 2


@pytest.mark.parametrize(
    ("config", "name", "run"),
    [
        (name, f"{name}_{kind}", run)
        for name, tokens, past in (
            ("gpt2", 512, 512),
            ("llama3_1b", 512, 512),
            ("whisper_tiny", 4, 4),
        )
        for kind, run in (("prefill", Run(tokens)), ("decode", Run(1, past)))
    ],
)
def test_a_shipped_model_is_that_of_its_config(config, name, run) -> None:
    path = Path(__file__).parents[1] / "data" / "configs" / f"{config}.json"
    shipped = read_record(shipped_files("model")[name], Model)
    assert import_transformer(path, name, run).model == shipped


def test_a_llama_has_the_weights_that_were_published() -> None:
    shipped = read_record(shipped_files("model")["llama3_1b_decode"], Model)
    beside = 128256 * 2048 + (2 * 16 + 1) * 2048  # the embedding, once, and normalisations
    assert weights(shipped) == 1_235_814_400 - beside
