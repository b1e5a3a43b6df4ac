"""A matrix product with its bias is one step, in half precision too."""

from __future__ import annotations

import numpy as np
import pytest

from aisle.neural.importing import import_network
from aisle.neural.importing.linear import LINEAR
from tests.unit.neural.importing.conftest import assert_agree, by_module, by_runtime

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")


def network(bias: tuple[int, ...] = (6,), *, more: str = "", twice: bool = False) -> bytes:
    """Return a product with a matrix, the sum with a bias, and a product of the two again."""
    make = onnx.helper
    dice = np.random.default_rng(0)
    numbers = {"w": dice.normal(size=(4, 6)), "b": dice.normal(size=bias)}
    nodes = [make.make_node("MatMul", ["a", "w"], ["x"]), make.make_node("Add", ["b", "x"], ["y"])]
    if twice:
        nodes.append(make.make_node("Mul", ["x", "y"], ["z"]))
    names = ["z" if twice else "y", *more.split()]
    graph = make.make_graph(
        nodes,
        "g",
        [make.make_tensor_value_info("a", onnx.TensorProto.FLOAT, ["rows", 3, 4])],
        [make.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["rows", 3, 6]) for n in names],
        [onnx.numpy_helper.from_array(np.asarray(v, np.float32), n) for n, v in numbers.items()],
    )
    opset = [make.make_opsetid("", 17)]
    return make.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


def operators(content: bytes) -> list[str]:
    return [step.node.operator for step in import_network(content, "net")._steps]


def agrees(content: bytes) -> None:
    given = {"a": np.random.default_rng(1).normal(size=(5, 3, 4)).astype(np.float32)}
    assert_agree(by_module(import_network(content, "net"), given), by_runtime(content, given))


def test_it_is_one_step() -> None:
    assert operators(network()) == [LINEAR]
    agrees(network())


def test_in_half_precision_it_stays_half() -> None:
    module = import_network(network(), "net")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert module(a=torch.ones((2, 3, 4)))["y"].dtype == torch.bfloat16


@pytest.mark.parametrize(
    "content",
    [network((1,)), network((3, 6)), network(more="x"), network(twice=True)],
    ids=["one number", "one a row", "asked for", "read twice"],
)
def test_what_is_not_quite_it_stays_as_it_is(content: bytes) -> None:
    assert operators(content)[:2] == ["MatMul", "Add"]
    agrees(content)
