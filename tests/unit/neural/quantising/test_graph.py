"""Text networks rewritten for texts that are run alone."""

from __future__ import annotations

import collections

import numpy as np
import onnx
import pytest

from aisle.neural.quantising.graph import for_single_texts, remove_unused
from tests.unit.neural.quantising.networks import WORDS, image_network, run, text_network


def feeds(length: int) -> dict[str, np.ndarray]:
    ids = np.random.default_rng(length).integers(0, len(WORDS), (1, length))
    return {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }


def kinds(model: onnx.ModelProto) -> collections.Counter[str]:
    return collections.Counter(node.op_type for node in model.graph.node)


@pytest.mark.parametrize("pooled", [True, False])
def test_the_mask_and_the_token_types_go_and_the_vectors_stay(pooled: bool) -> None:
    content = text_network(pooled=pooled)
    made = for_single_texts(onnx.load_model_from_string(content), 32)
    assert made is not None
    assert [value.name for value in made.graph.input] == ["input_ids"]
    assert kinds(made)["Add"] == 0
    assert kinds(made)["Sub"] == kinds(made)["Mul"] == 0
    assert kinds(made)["Gather"] == 1
    for length in (1, 3, 31, 32):
        expected = run(content, feeds(length))
        assert np.allclose(run(made.SerializeToString(), feeds(length)), expected, atol=1e-5)


def test_a_bias_of_positions_is_no_mask() -> None:
    content = text_network(position_bias=True)
    made = for_single_texts(onnx.load_model_from_string(content), 32)
    assert made is not None
    assert kinds(made)["Add"] == 1
    found = run(made.SerializeToString(), feeds(9))
    assert np.allclose(found, run(content, feeds(9)), atol=1e-5)
    assert not np.allclose(found, run(text_network(), feeds(9)), atol=1e-3)


def test_shapes_of_which_only_the_length_varies_are_written_down() -> None:
    made = for_single_texts(onnx.load_model_from_string(text_network()), 32)
    assert made is not None
    (reshape,) = [node for node in made.graph.node if node.op_type == "Reshape"]
    (shape,) = [v for v in made.graph.initializer if v.name == reshape.input[1]]
    assert onnx.numpy_helper.to_array(shape).tolist() == [1, -1, 32]


def test_the_given_network_is_left_as_it_is() -> None:
    model = onnx.load_model_from_string(text_network())
    before = model.SerializeToString(deterministic=True)
    assert for_single_texts(model, 32) is not None
    assert model.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize("content", [image_network(), text_network()])
def test_what_is_not_understood_is_left(content: bytes) -> None:
    model = onnx.load_model_from_string(content)
    if model.graph.input[0].name == "input_ids":
        model.graph.input[2].name = "something_else"
    assert for_single_texts(model, 32) is None


def test_a_network_for_very_long_texts_is_left() -> None:
    assert for_single_texts(onnx.load_model_from_string(text_network()), 8_192) is None


def test_a_network_that_cannot_be_run_is_left() -> None:
    model = onnx.load_model_from_string(text_network())
    model.graph.initializer[0].CopyFrom(
        onnx.numpy_helper.from_array(np.zeros((3, 32), np.float32), "words")
    )
    assert for_single_texts(model, 32) is None


def test_nodes_and_weights_that_nobody_needs_are_removed() -> None:
    model = onnx.load_model_from_string(image_network())
    del model.graph.output[1]
    remove_unused(model.graph)
    assert kinds(model)["MatMul"] == 0
    assert "head" not in {value.name for value in model.graph.initializer}
    assert "k0" in {value.name for value in model.graph.initializer}
