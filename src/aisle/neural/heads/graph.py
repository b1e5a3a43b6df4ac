"""A trained network as a small ONNX graph that answers one row a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from aisle.neural.exporting.tracing import OPSET
from aisle.neural.heads.design import Activation, Layer
from aisle.neural.heads.rows import Scale
from aisle.neural.libraries import library

FEATURES, COLUMNS, VALUES = "features", "columns", "values"
SCORES = "scores"

_IR_VERSION = 8


def build_graph(
    layers: Sequence[Layer],
    activation: Activation,
    scale: Scale,
    *,
    sparse: bool,
    extra: str,
) -> bytes:
    """Write a network as ONNX.

    Parameters
    ----------
    layers
        Its products, with batch normalisation folded in.
    activation
        After every product but the last.
    scale
        Of the features: factors are folded into the first product. Means are subtracted before
        it, since a bias as large as a mean that is far from 0 would leave few digits.
    sparse
        The graph reads the numbers of a row's filled columns, int64 (filled,), and what stands in
        them, float32 (1, filled); it multiplies these by the rows of the first matrix that belong
        to them, and no others. Else it reads a row, float32 (1, columns).
    extra
        Which extra brings the onnx package, for the message where it is missing.

    Returns
    -------
    bytes
        With one output, the scores before softmax, float32 (1, outputs).
    """
    onnx = library("onnx", extra)
    graph = _Graph(onnx)
    first, *others = layers
    weight = first.weight if scale.factor is None else first.weight * scale.factor[:, None]
    columns, outputs = len(weight), len(layers[-1].bias)
    if sparse:
        inputs = [
            graph.value(COLUMNS, onnx.TensorProto.INT64, ["filled"]),
            graph.value(VALUES, onnx.TensorProto.FLOAT, [1, "filled"]),
        ]
        chosen = graph.node("Gather", graph.held("weight-0", weight), COLUMNS, axis=0)
        product = graph.node("MatMul", VALUES, chosen)
        found = graph.node("Add", product, graph.held("bias-0", first.bias))
    else:
        inputs = [graph.value(FEATURES, onnx.TensorProto.FLOAT, [1, columns])]
        found = FEATURES
        if scale.mean is not None:
            found = graph.node("Sub", found, graph.held("mean", scale.mean))
        found = graph.product(found, "0", Layer(weight, first.bias))
    for number, layer in enumerate(others, 1):
        found = graph.product(graph.activated(found, activation), str(number), layer)
    graph.node("Identity", found, name=SCORES)
    output = graph.value(SCORES, onnx.TensorProto.FLOAT, [1, outputs])
    model = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "head", inputs, [output], graph.arrays),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="aisle",
    )
    return bytes(model.SerializeToString(deterministic=True))


class _Graph:
    """Nodes and arrays as they are added; every node names what it computes."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []

    def value(self, name: str, kind: int, shape: Sequence[int | str]) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, kind, shape)

    def held(self, name: str, array: Any) -> str:
        content = np.ascontiguousarray(array, dtype=np.float32)
        self.arrays.append(self._onnx.numpy_helper.from_array(content, name))
        return name

    def node(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        name = name or f"step-{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(kind, inputs, [name], name, **attributes))
        return name

    def product(self, found: str, number: str, layer: Layer) -> str:
        weight = self.held(f"weight-{number}", layer.weight)
        return self.node("Gemm", found, weight, self.held(f"bias-{number}", layer.bias))

    def activated(self, found: str, activation: Activation) -> str:
        if activation == "silu":
            return self.node("Mul", found, self.node("Sigmoid", found))
        if activation == "gelu":
            return self._gelu(found)
        return self.node({"relu": "Relu", "elu": "Elu", "tanh": "Tanh"}[activation], found)

    def _gelu(self, found: str) -> str:
        """Spell out x (1 + erf(x / sqrt 2)) / 2, which is no operator of this version of ONNX."""
        at = len(self.nodes)
        root = self.held(f"root-{at}", [np.sqrt(0.5)])
        curve = self.node("Erf", self.node("Mul", found, root))
        share = self.node("Add", curve, self.held(f"one-{at}", [1.0]))
        half = self.node("Mul", found, self.held(f"half-{at}", [0.5]))
        return self.node("Mul", half, share)
