"""The ONNX graph: what the layers compute, folded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from aisle.neural.heads.answering import Answering
from aisle.neural.heads.design import EPSILON, Design, Layer, Norm
from aisle.neural.heads.graph import build_graph
from aisle.neural.heads.rows import Scale

pytest.importorskip("onnx", reason="networks are kept by the extras 'deep' and 'keras'")

CURVES: dict[Any, Any] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "silu": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("form", ["dense", "csr"])
@pytest.mark.parametrize("activation", CURVES)
def test_the_graph_computes_what_the_layers_do(activation: Any, form: str) -> None:
    X = sparse.random(20, 50, 0.3, format="csr", dtype=np.float32, random_state=0)
    Z = X.toarray() + 100.0 * (form == "dense")
    layers = Design(50, (9, 6), 4).first_weights(seed=2)
    scale = Scale.of(X if form == "csr" else Z)
    content = build_graph(layers, activation, scale, sparse=form == "csr", extra="deep")
    found = Answering(content, 50, 4).scores(X if form == "csr" else Z.astype(np.float32))
    expected = scale.dense(X if form == "csr" else Z).astype(np.float64)
    for number, layer in enumerate(layers):
        expected = expected @ layer.weight + layer.bias
        expected = CURVES[activation](expected) if number < 2 else expected
    np.testing.assert_allclose(found, expected, atol=2e-5)


def test_batch_normalisation_is_folded_into_the_product_before_it() -> None:
    dice = np.random.default_rng(1)
    before = Layer(
        dice.normal(size=(7, 5)).astype(np.float32), dice.normal(size=5).astype(np.float32)
    )
    norm = Norm(*dice.normal(size=(3, 5)), dice.uniform(0.1, 3, 5))
    X = dice.normal(size=(11, 7))
    product = X @ before.weight + before.bias
    expected = (product - norm.mean) / np.sqrt(norm.variance + EPSILON) * norm.scale + norm.shift
    folded = norm.folded(before)
    np.testing.assert_allclose(X @ folded.weight + folded.bias, expected, atol=1e-5)


def test_first_weights_follow_from_the_seed_alone() -> None:
    one, two = (Design(30, (8,), 3).first_weights(seed=5) for _ in range(2))
    assert all(a.weight.tobytes() == b.weight.tobytes() for a, b in zip(one, two, strict=True))
    other = Design(30, (8,), 3).first_weights(seed=6)
    assert one[0].weight.tobytes() != other[0].weight.tobytes()
    assert [layer.weight.shape for layer in one] == [(30, 8), (8, 3)]
    assert np.abs(one[0].weight).max() <= np.sqrt(6 / 30)
