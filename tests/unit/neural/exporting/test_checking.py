"""A network that does not agree with its original is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from aisle.errors import EncoderError
from aisle.neural.exporting.checking import compare, cosines
from aisle.neural.exporting.draft import EMBEDDING, Arrays, Case, Traced


def traced(original: Callable[[np.ndarray], np.ndarray], *, broken: bool = False) -> Traced:
    """Return a network that doubles its input, beside another original."""
    onnx = pytest.importorskip("onnx", reason="exporting needs the extra 'deep'")
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "missing" if broken else "x"], [EMBEDDING])],
        "double",
        [helper.make_tensor_value_info("x", floats, ["rows", 3])],
        [helper.make_tensor_value_info(EMBEDDING, floats, ["rows", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    values = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)

    def run(arrays: Arrays) -> Arrays:
        return {EMBEDDING: original(arrays["x"])}

    cases = (Case({"x": values[:1]}), Case({"x": values[1:]}))
    return Traced("model.onnx", model.SerializeToString(), run, cases, 0)


def test_equal_networks_agree() -> None:
    found = compare(traced(lambda x: 2 * x))
    assert (found.difference, found.cosine, found.checked) == (0, pytest.approx(1), 4)


def test_the_original_may_see_rows_alone() -> None:
    network = traced(lambda x: 2 * x)
    batch = np.ones((2, 3), dtype=np.float32)
    case = Case({"x": batch}, ({"x": batch[:1]}, {"x": batch[1:]}))
    alone = Traced("model.onnx", network.content, network.original, (case,), 0)
    assert compare(alone).checked == 2


@pytest.mark.parametrize(
    ("original", "reason"),
    [
        (lambda x: 2 * x * np.float32(1.01), "differ by up to"),
        (lambda x: 2 * x + np.array([0, 0, 0.02], dtype=np.float32), "differ by up to"),
        (lambda x: x[:, :2], r"has the shape \(4, 3\), the original's \(4, 2\)"),
        (lambda x: np.full_like(x, np.nan), "not finite"),
    ],
)
def test_another_original_is_refused(original: Any, reason: str) -> None:
    with pytest.raises(EncoderError, match=reason):
        compare(traced(original))


def test_a_broken_graph_is_refused() -> None:
    with pytest.raises(EncoderError, match="not valid ONNX"):
        compare(traced(lambda x: 2 * x, broken=True))


def test_cosines_of_nothing() -> None:
    zero, one = np.zeros((1, 2)), np.ones((1, 2))
    assert cosines(zero, zero)[0] == 1
    assert cosines(zero, one)[0] == 0
    assert cosines(one, -one)[0] == pytest.approx(-1)
