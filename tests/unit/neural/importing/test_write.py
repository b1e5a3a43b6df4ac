"""Trained networks go back into the file that they came from."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.errors import EncoderError
from aisle.neural.importing import export_network, import_network
from tests.unit.encoders.pretrained.networks import (
    image_network,
    model,
    pooled_network,
    tensor,
)
from tests.unit.neural.importing.conftest import by_module, by_runtime, feed

onnx = pytest.importorskip("onnx", reason="tiny networks are made with the extra 'deep'")
torch = pytest.importorskip("torch", reason="importing needs the extra 'deep'")


def half_network() -> bytes:
    """A network of float16 throughout, with a step in float32."""
    helper, kinds = onnx.helper, onnx.TensorProto
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Cast", ["a"], ["b"], to=kinds.FLOAT),
        helper.make_node("Tanh", ["b"], ["c"]),
        helper.make_node("Cast", ["c"], ["d"], to=kinds.FLOAT16),
        helper.make_node("Add", ["d", "bias"], ["embedding"]),
    ]
    weights = [
        tensor("w", rng.normal(size=(4, 3)), np.float16),
        tensor("bias", rng.normal(size=3), np.float16),
    ]
    given = {"x": (kinds.FLOAT16, ["batch", 4])}
    return model(nodes, given, {"embedding": ["batch", 3]}, weights, kind=kinds.FLOAT16)


def test_nothing_learnt_is_nothing_changed() -> None:
    content = pooled_network()
    written = export_network(import_network(content, "text"), content)
    before, after = (onnx.load_model_from_string(one) for one in (content, written))
    assert before == after


def test_half_precision_is_trained_in_full_and_written_in_half() -> None:
    content = half_network()
    module = import_network(content, "half")
    assert {p.dtype for p in module.parameters()} == {torch.float32}
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1)
    written = export_network(module, content)
    kinds = {t.name: t.data_type for t in onnx.load_model_from_string(written).graph.initializer}
    assert set(kinds.values()) == {onnx.TensorProto.FLOAT16}
    given = feed(content, 3)
    expected = by_runtime(written, given)["embedding"]
    found = by_module(module, given)["embedding"]
    assert (expected.dtype, found.dtype) == (np.float16, np.float32)
    np.testing.assert_allclose(found, expected, atol=5e-3)
    assert np.abs(expected - by_runtime(content, given)["embedding"]).max() > 0.05


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_weights_that_do_not_fit_are_not_written(value: float) -> None:
    content = half_network()
    module = import_network(content, "half.onnx")
    with torch.no_grad():
        module.bias[1] = value
    with pytest.raises(EncoderError, match="the weight 'bias' is not finite as float16"):
        export_network(module, content)


def test_another_file_is_refused() -> None:
    module = import_network(image_network(), "image.onnx")
    with pytest.raises(EncoderError, match=r"a weight 'w' of \(3, 3, 8, 8\), found nothing"):
        export_network(module, pooled_network())
