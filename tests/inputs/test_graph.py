"""Folding rows into layers and tensors, and the faults of a model."""

from __future__ import annotations

from typing import Any

import pytest

from scar_cp.inputs.graph import build_graph, model_faults
from scar_cp.inputs.workload import Layer, Model


def conv(name, *inputs, C=4, K=4, size=8) -> Layer:
    """A 1x1 convolution on a square plane: K x size x size elements out."""
    return Layer(name=name, op="conv", inputs=inputs, K=K, C=C, Y=size, X=size)


def join(op, name, *inputs, C=4, size=8):
    """An element-wise row over C x size x size elements."""
    return Layer(name=name, op=op, inputs=inputs, K=C, C=C, Y=size, X=size)


def pool(name, *inputs, C=4, size=8):
    """2x2 with stride 2: a quarter of the elements."""
    return Layer(name=name, op="pool", inputs=inputs, K=C, C=C, Y=size, X=size, R=2, S=2, stride=2)


def resample(name, *inputs, C=4, size=8, out=16):
    return Layer(name=name, op="resample", inputs=inputs, K=C, C=C, Y=size, X=size, OY=out, OX=out)


def of(*rows):
    model = Model(format="scar-cp/model@1", name="net", layers=rows)
    assert model_faults(model, "net.yaml") == []
    return model


def folded(*rows, granularity="compute"):
    """Layer names, and tensors as (producer, consumers, elements, is output) by name."""
    graph = build_graph(of(*rows), granularity)
    names = [la.name for la in graph.layers]
    return names, [
        (
            "in" if t.producer is None else names[t.producer],
            "".join(names[c] for c in t.consumers),
            t.elements,
            t.is_output,
        )
        for t in graph.tensors
    ]


def test_a_chain_has_an_input_its_links_and_an_output() -> None:
    names, tensors = folded(conv("a", "in0", C=3), conv("b", "a", K=2))
    assert names == ["a", "b"]
    assert tensors == [
        ("in", "a", 3 * 64, False),
        ("a", "b", 4 * 64, False),
        ("b", "", 2 * 64, True),
    ]


def test_an_input_is_as_large_as_the_operand_that_it_is() -> None:
    volume: Any = {"K": 6, "C": 4, "Y": 8, "X": 8, "R": 3, "S": 3, "Z": 5, "T": 2, "OZ": 4}
    layer = Layer(name="a", op="conv", inputs=("in0", "in1"), dynamic=True, **volume)
    _, tensors = folded(layer)
    assert sorted(elements for _, _, elements, _ in tensors) == sorted(
        (4 * 5 * 8 * 8, 6 * 4 * 2 * 3 * 3, 6 * 4 * 6 * 6)
    )
    assert (layer.weight_elements, layer.macs) == (0, 6 * 4 * 2 * 3 * 3 * 4 * 6 * 6)
    assert folded(conv("b", "in0"), layer.replace(inputs=("in1", "b")))[1][1][2] == 4 * 5 * 8 * 8


@pytest.mark.parametrize("op", ["add", "mul"])
def test_an_add_or_mul_is_done_by_the_producer_of_its_last_operand(op):
    # a -> b -> c, and a skips b and c: c reads a too and sends the sum.
    names, tensors = folded(
        conv("a", "in0"), conv("b", "a"), conv("c", "b"), join(op, "s", "a", "c"), conv("d", "s")
    )
    assert names == ["a", "b", "c", "d"]
    assert tensors == [
        ("in", "a", 256, False),
        ("a", "bc", 256, False),
        ("b", "c", 256, False),
        ("c", "d", 256, False),
        ("d", "", 256, True),
    ]


def test_a_skip_to_its_own_producer_is_not_a_transfer() -> None:
    # a + b where b reads a: b has it already.
    _, tensors = folded(
        conv("a", "in0"), conv("b", "a"), join("add", "s", "b", "a"), conv("c", "s")
    )
    assert [t[:2] for t in tensors] == [("in", "a"), ("a", "b"), ("b", "c"), ("c", "")]


def test_a_chain_of_residuals_passes_the_sums_on() -> None:
    # s = a + b, t = s + c, u = t + d: each sum leaves the layer that made it and skips one.
    _, tensors = folded(
        conv("a", "in0"),
        conv("b", "a"),
        join("add", "s", "a", "b"),
        conv("c", "s"),
        join("add", "t", "s", "c"),
        conv("d", "t"),
        join("add", "u", "t", "d"),
        conv("e", "u"),
    )
    assert [t[:2] for t in tensors] == [
        ("in", "a"),
        ("a", "b"),
        ("b", "c"),
        ("c", "d"),
        ("d", "e"),
        ("e", ""),
    ]


def test_a_layer_read_before_and_after_an_add_sends_two_tensors() -> None:
    # b alone goes to c; a + b goes to d.
    _, tensors = folded(
        conv("a", "in0"),
        conv("b", "a"),
        join("add", "s", "a", "b"),
        conv("c", "b"),
        conv("d", "s"),
    )
    assert [t[:2] for t in tensors if t[0] == "b"] == [("b", "c"), ("b", "d")]


def test_an_add_of_model_inputs_is_done_by_whoever_reads_it() -> None:
    _, tensors = folded(join("add", "s", "in0", "in1"), conv("a", "s"))
    assert tensors == [("in", "a", 256, False), ("in", "a", 256, False), ("a", "", 256, True)]


def test_an_add_of_a_model_input_and_a_layer_is_done_by_the_layer() -> None:
    _, tensors = folded(conv("a", "in0"), join("add", "s", "a", "in1"), conv("b", "s"))
    assert tensors == [
        ("in", "a", 256, False),
        ("in", "a", 256, False),
        ("a", "b", 256, False),
        ("b", "", 256, True),
    ]


def test_a_pool_shrinks_the_tensor_at_its_source() -> None:
    _, tensors = folded(conv("a", "in0"), pool("p", "a"), conv("b", "p", size=4))
    assert tensors == [
        ("in", "a", 256, False),
        ("a", "b", 64, False),
        ("b", "", 64, True),
    ]


def test_a_tensor_read_with_and_without_a_pool_travels_twice() -> None:
    _, tensors = folded(conv("a", "in0"), pool("p", "a"), conv("b", "p", size=4), conv("c", "a"))
    assert tensors[1:3] == [("a", "b", 64, False), ("a", "c", 256, False)]


def test_an_enlarged_tensor_travels_small() -> None:
    _, tensors = folded(conv("a", "in0"), resample("r", "a"), conv("b", "r", size=16))
    assert tensors[1] == ("a", "b", 256, False)


def test_a_shrinking_resample_is_done_at_the_source() -> None:
    _, tensors = folded(conv("a", "in0"), resample("r", "a", out=4), conv("b", "r", size=4))
    assert tensors[1] == ("a", "b", 64, False)


def test_several_inputs_are_a_concatenation_and_stay_apart() -> None:
    _, tensors = folded(conv("a", "in0", K=3), conv("b", "in0", K=5), conv("c", "a", "b", C=8))
    assert tensors == [
        ("in", "ab", 256, False),
        ("a", "c", 192, False),
        ("b", "c", 320, False),
        ("c", "", 256, True),
    ]


def test_a_pooled_concatenation_shrinks_each_part() -> None:
    _, tensors = folded(
        conv("a", "in0", K=3),
        conv("b", "in0", K=5),
        pool("p", "a", "b", C=8),
        conv("c", "p", C=8, size=4),
    )
    assert tensors[1:3] == [("a", "c", 48, False), ("b", "c", 80, False)]


def test_reading_the_same_tensor_twice_moves_it_once() -> None:
    _, tensors = folded(conv("a", "in0"), join("mul", "s", "a", "a"), conv("b", "s"))
    assert [t[:2] for t in tensors] == [("in", "a"), ("a", "b"), ("b", "")]


def test_every_row_that_nobody_reads_is_an_output() -> None:
    _, tensors = folded(conv("a", "in0"), conv("b", "a"), pool("p", "a"))
    assert tensors == [
        ("in", "a", 256, False),
        ("a", "", 64, True),
        ("a", "b", 256, False),
        ("b", "", 256, True),
    ]


def test_an_add_at_the_end_leaves_its_sum_only() -> None:
    _, tensors = folded(conv("a", "in0"), conv("b", "a"), join("add", "s", "a", "b"))
    assert tensors == [
        ("in", "a", 256, False),
        ("a", "b", 256, False),
        ("b", "", 256, True),
    ]


def test_an_output_may_be_read_too() -> None:
    # The resample leaves the tensor as it is on the edge: a's own tensor is output and input.
    _, tensors = folded(conv("a", "in0"), conv("b", "a"), resample("r", "a"))
    assert tensors[1] == ("a", "b", 256, True)


def test_a_model_says_what_else_leaves_it_and_how_large_its_inputs_are() -> None:
    model = of(conv("a", "in0"), conv("b", "a", "in1"), conv("c", "b"))
    graph = build_graph(model.replace(outputs=("a",), input_elements={"in1": 77}), "compute")
    assert [(t.producer, t.elements, t.is_output) for t in graph.tensors] == [
        (None, 256, False),
        (None, 77, False),
        (0, 256, True),
        (1, 256, False),
        (2, 256, True),
    ]


def test_sizes_and_outputs_are_of_what_is_there() -> None:
    model = of(conv("a", "in0"))
    wrong = model.replace(outputs=("in0", "x"), input_elements={"in1": 7, "a": 3})
    assert [fault.place for fault in model_faults(wrong, "f")] == [
        "input_elements.in1",
        "input_elements.a",
        "outputs[0]",
        "outputs[1]",
    ]


def test_granularity_all_keeps_every_row() -> None:
    names, tensors = folded(
        conv("a", "in0"),
        conv("b", "a"),
        join("add", "s", "a", "b"),
        pool("p", "s"),
        conv("c", "p", size=4),
        granularity="all",
    )
    assert names == ["a", "b", "s", "p", "c"]
    assert tensors == [
        ("in", "a", 256, False),
        ("a", "bs", 256, False),
        ("b", "s", 256, False),
        ("s", "p", 256, False),
        ("p", "c", 64, False),
        ("c", "", 64, True),
    ]


def test_consumers_come_after_their_producer_and_outputs_have_one() -> None:
    graph = build_graph(
        of(
            conv("a", "in0"),
            conv("b", "a"),
            conv("c", "a"),
            join("add", "s", "c", "b"),
            join("mul", "g", "s", "a"),
            conv("d", "g"),
        ),
        "compute",
    )
    for t in graph.tensors:
        assert list(t.consumers) == sorted(set(t.consumers))
        assert all(c > (-1 if t.producer is None else t.producer) for c in t.consumers)
        assert t.consumers or t.is_output
        assert t.producer is not None or not t.is_output


def faults(*rows):
    model = Model(format="scar-cp/model@1", name="net", layers=rows)
    return [(f.place, f.rule) for f in model_faults(model, "net.yaml")]


def test_a_cycle_is_named_in_full() -> None:
    rows = conv("a", "c"), conv("b", "a"), conv("c", "b")
    (fault,) = model_faults(Model(format="scar-cp/model@1", name="net", layers=rows), "net.yaml")
    assert fault.place == "layers"
    assert "cycle" in fault.rule
    assert fault.value in ("a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c")


def test_a_layer_that_reads_itself_is_a_cycle() -> None:
    ((place, rule),) = faults(conv("a", "in0"), conv("b", "b"))
    assert place == "layers"
    assert "cycle" in rule


def test_an_input_that_does_not_exist_is_a_fault() -> None:
    assert faults(conv("a", "in0"), conv("b", "a", "x", C=8)) == [
        (
            "layers[1].inputs[1]",
            "must name a layer of the model or a model input (in0, in1, ...)",
        )
    ]


def test_a_name_that_stands_twice_is_a_fault() -> None:
    assert faults(conv("a", "in0"), conv("a", "in0")) == [
        ("layers[1].name", "must be unique, but layers[0] has this name too")
    ]


def test_a_layer_must_come_before_its_reader() -> None:
    assert faults(conv("b", "a"), conv("a", "in0")) == [
        ("layers[0].inputs[0]", "must come before the layer that reads it")
    ]


def test_all_faults_are_found_at_once() -> None:
    found = faults(conv("a", "b"), conv("b", "x"), conv("b", "in0"))
    assert [place for place, _ in found] == [
        "layers[1].inputs[0]",
        "layers[2].name",
        "layers[0].inputs[0]",
    ]


@pytest.mark.parametrize(
    ("extents", "place"),
    [
        ({"op": "conv", "K": 6, "C": 4, "groups": 4}, "K"),
        ({"op": "conv", "K": 4, "C": 6, "groups": 4}, "C"),
        ({"op": "dwconv", "K": 4, "C": 4, "groups": 2}, "groups"),
        ({"op": "gemm", "K": 4, "C": 4, "X": 2}, "op"),
        ({"op": "conv", "K": 4, "C": 4, "Y": 2, "X": 9, "R": 3, "S": 3}, "R"),
        ({"op": "conv", "K": 4, "C": 4, "Y": 8, "X": 8, "OY": 9, "OX": 8}, "OY"),
        ({"op": "gemm", "K": 4, "C": 4, "Z": 2, "OZ": 2}, "op"),
        ({"op": "pool", "K": 4, "C": 4, "dynamic": True}, "dynamic"),
    ],
)
def test_extents_that_do_not_fit_are_faults(extents, place):
    found = faults(Layer(name="a", inputs=("in0",), **extents))
    assert [p for p, _ in found] == [f"layers[0].{place}"]


@pytest.mark.parametrize("owner", ["absent", "b", "later", "other", "borrower"])
def test_weights_are_those_of_an_earlier_layer_with_as_many(owner: str) -> None:
    def user(name: str, of: str | None, K: int = 4) -> Layer:
        return conv(name, "in0", K=K).replace(weights_of=of)

    rows = (user("a", None), user("other", None, K=2), user("borrower", "a"))
    place = "layers[3].weights_of"
    assert [p for p, _ in faults(*rows, user("b", owner), user("later", None))] == [place]
    assert faults(*rows, user("b", "a")) == []


def test_weights_of_several_layers_count_once() -> None:
    rows = [conv("a", "in0"), conv("b", "a").replace(weights_of="a"), conv("c", "b")]
    model = of(*rows)
    assert model.weight_elements == 2 * 16
    assert model.sharing_text is not None
    assert model.sharing_text.startswith("1 weight tensor is used by several layers: 32 distinct")
    assert of(conv("a", "in0")).sharing_text is None
    assert folded(*rows) == folded(*(row.replace(weights_of=None) for row in rows))


def test_extents_that_fit_are_not_faults() -> None:
    sound: tuple[dict[str, Any], ...] = (
        {"op": "dwconv", "K": 4, "C": 4, "groups": 4, "Y": 5, "X": 5, "R": 3, "S": 3},
        {"op": "conv", "K": 6, "C": 4, "groups": 2},
        {"op": "gemm", "K": 4, "C": 4, "Y": 7, "dynamic": True},
        {"op": "conv", "K": 4, "C": 4, "Y": 7, "X": 7, "R": 3, "S": 3, "dynamic": True},
        {"op": "conv", "K": 4, "C": 4, "Y": 7, "X": 7, "Z": 9, "T": 3, "OZ": 7},
        {"op": "pool", "K": 4, "C": 4, "Y": 7, "X": 7, "R": 2, "S": 2, "stride": 2, "OY": 4},
    )
    for extents in sound:
        assert faults(Layer(name="a", inputs=("in0",), **extents)) == []
