"""Each way to quantise on its own."""

from __future__ import annotations

import collections

import numpy as np
import onnx
from onnx import numpy_helper

from aisle.neural.quantising.dynamic import int8_dynamic, quantise_tables
from aisle.neural.quantising.measuring import cosine
from aisle.neural.quantising.static import int8_static
from tests.unit.neural.quantising.networks import WORDS, image_network, run, text_network


def kinds(content: bytes) -> collections.Counter[str]:
    graph = onnx.load_model_from_string(content).graph
    return collections.Counter(node.op_type for node in graph.node)


def feeds(count: int) -> dict[str, np.ndarray]:
    ids = np.random.default_rng(0).integers(0, len(WORDS), (1, count))
    return {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }


def pictures(seed: int, count: int) -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [{"input": rng.normal(size=(1, 3, 32, 32)).astype(np.float32)} for _ in range(count)]


def test_dynamic_quantises_the_weights_and_takes_the_mask_out() -> None:
    made = int8_dynamic(text_network(), 32)
    assert kinds(made)["MatMulInteger"] == 4
    assert kinds(made)["MatMul"] == 2
    assert [v.name for v in onnx.load_model_from_string(made).graph.input] == ["input_ids"]
    found, expected = run(made, feeds(12)), run(text_network(), feeds(12))
    assert 0.99 < cosine(found, expected)[0] < 1


def test_dynamic_keeps_the_mask_of_padded_texts() -> None:
    made = int8_dynamic(text_network(), None)
    padded = feeds(12)
    padded["attention_mask"] = np.array([[1] * 5 + [0] * 7])
    alone = {name: values[:, :5] for name, values in padded.items()}
    assert cosine(run(made, padded), run(text_network(), alone))[0] > 0.99


def test_large_tables_get_a_scale_a_row() -> None:
    model = onnx.load_model_from_string(text_network())
    table = next(v for v in model.graph.initializer if v.name == "words")
    values = numpy_helper.to_array(table).copy()
    values[3] *= 1000
    values[5] = 0
    table.CopyFrom(numpy_helper.from_array(values, "words"))
    expected = run(model.SerializeToString(), feeds(12))
    quantise_tables(model.graph, large=values.nbytes)
    weights = {v.name: v for v in model.graph.initializer}
    assert "words" not in weights
    assert weights["words_int8"].data_type == onnx.TensorProto.INT8
    assert "types" in weights, "a small table stays"
    assert cosine(run(model.SerializeToString(), feeds(12)), expected)[0] > 0.999


def test_a_table_that_is_also_multiplied_stays() -> None:
    model = onnx.load_model_from_string(text_network())
    model.graph.node.append(onnx.helper.make_node("Identity", ["words"], ["copy"]))
    quantise_tables(model.graph, large=1)
    assert "words" in {v.name for v in model.graph.initializer}


def test_static_quantises_what_leads_to_the_embedding() -> None:
    asked: list[bytes] = []
    made = int8_static(
        image_network(), "embedding", pictures(0, 6), lambda c: asked.append(c) or 1.0, 0.9
    )
    assert asked == [made]
    model = onnx.load_model_from_string(made)
    assert [v.name for v in model.graph.output] == ["embedding", "logits"]
    weights = {v.name: v.data_type for v in model.graph.initializer}
    assert weights["head"] == onnx.TensorProto.FLOAT
    assert sum(kind == onnx.TensorProto.INT8 for kind in weights.values()) >= 4
    fresh = pictures(1, 1)[0]
    assert 0.98 < cosine(run(made, fresh), run(image_network(), fresh))[0] < 1


def test_static_leaves_out_the_last_part_that_mends_it() -> None:
    whole = 0

    def agreement(content: bytes) -> float:
        nonlocal whole
        graph = onnx.load_model_from_string(content).graph
        second = next(v for v in graph.initializer if v.name.startswith("k1"))
        whole += 1
        return 0.5 if second.data_type == onnx.TensorProto.INT8 else 0.99

    made = int8_static(image_network(), "embedding", pictures(0, 3), agreement, 0.98)
    graph = onnx.load_model_from_string(made).graph
    types = {v.name: v.data_type for v in graph.initializer}
    assert types["k1"] == onnx.TensorProto.FLOAT
    assert "k3" not in types, "the others stay quantised"
    assert 2 < whole < 9
