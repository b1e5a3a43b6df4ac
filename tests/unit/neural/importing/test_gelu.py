"""GELU spelled out in five operators is taken for what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aisle.neural.importing import import_network
from tests.unit.neural.importing.conftest import assert_agree, by_module, by_runtime

pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

ROOT = float(np.sqrt(2))
HALF_LAST = [("Mul", ("x", "one"), "p"), ("Mul", ("p", "half"), "y")]
HALF_FIRST = [("Mul", ("half", "x"), "p"), ("Mul", ("p", "one"), "y")]
HALF_BETWEEN = [("Mul", ("one", "half"), "p"), ("Mul", ("x", "p"), "y")]


def network(products: list[Any], *, by: str = "Div", number: float = ROOT, more: str = "") -> bytes:
    """Return a network of a matrix product and GELU, of which some values may come out too."""
    make = onnx.helper
    dice = np.random.default_rng(0)
    numbers = {"w": dice.normal(size=(4, 6)), "c": number, "half": 0.5, "unit": 1.0}
    nodes = [
        ("MatMul", ("a", "w"), "x"),
        (by, ("x", "c"), "s"),
        ("Erf", ("s",), "e"),
        ("Add", ("e", "unit"), "one"),
        *products,
    ]
    names = ["y", *more.split()]
    graph = make.make_graph(
        [make.make_node(kind, list(inputs), [output]) for kind, inputs, output in nodes],
        "g",
        [make.make_tensor_value_info("a", onnx.TensorProto.FLOAT, ["rows", 4])],
        [make.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["rows", 6]) for n in names],
        [onnx.numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in numbers.items()],
    )
    opset = [make.make_opsetid("", 17)]
    return make.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def operators(content: bytes) -> list[str]:
    return [step.node.operator for step in import_network(content, "net")._steps]


def agrees(content: bytes) -> None:
    given = {"a": np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)}
    assert_agree(by_module(import_network(content, "net"), given), by_runtime(content, given))


@pytest.mark.parametrize("products", [HALF_LAST, HALF_FIRST, HALF_BETWEEN])
@pytest.mark.parametrize(("by", "number"), [("Div", ROOT), ("Mul", 1 / ROOT)])
def test_it_is_one_step_in_any_order(products: list[Any], by: str, number: float) -> None:
    content = network(products, by=by, number=number)
    assert operators(content) == ["MatMul", "Gelu"]
    agrees(content)


@pytest.mark.parametrize(
    "content",
    [
        network(HALF_LAST, number=1.5),
        network(HALF_LAST, by="Mul"),
        network([("Mul", ("x", "one"), "p"), ("Mul", ("p", "unit"), "y")]),
        network([("Mul", ("one", "one"), "p"), ("Mul", ("p", "half"), "y")]),
        network([("Mul", ("x", "one"), "p"), ("Sub", ("p", "half"), "y")]),
        network(HALF_LAST, more="e"),
        network(HALF_FIRST, more="p"),
    ],
)
def test_what_is_not_quite_it_stays_as_it_is(content: bytes) -> None:
    assert "Erf" in operators(content)
    agrees(content)
