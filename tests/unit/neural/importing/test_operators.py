"""Single operators, each beside ONNX Runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aisle.neural.importing import import_network
from tests.unit.neural.importing.conftest import assert_agree, by_module, by_runtime

onnx = pytest.importorskip("onnx", reason="tiny networks are made with the extra 'deep'")
pytest.importorskip("torch", reason="importing needs the extra 'deep'")

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(2, 4, 9, 8)).astype(np.float32)
MATRIX = RNG.normal(size=(3, 5)).astype(np.float32)
KERNEL = RNG.normal(size=(6, 4, 3, 3)).astype(np.float32)
GROUPED = RNG.normal(size=(8, 1, 3, 3)).astype(np.float32)
FOUR, FIVE, SIX = (RNG.normal(size=n).astype(np.float32) for n in (4, 5, 6))
EIGHT = RNG.normal(size=8).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def scalar(value: float, kind: type = np.float32) -> np.ndarray:
    return np.array(value, dtype=kind)


def network(operator: str, x: np.ndarray, others: tuple[Any, ...], **how: Any) -> bytes:
    """Return a network of one node; its first input is given, the others stand in the file."""
    opset, outputs = how.pop("opset", 17), how.pop("outputs", 1)
    helper, kinds = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype
    names = ["x", *("" if one is None else f"w{n}" for n, one in enumerate(others))]
    results = [f"y{n}" for n in range(outputs)]
    graph = helper.make_graph(
        [helper.make_node(operator, names, results, name="it", **how)],
        "one",
        [helper.make_tensor_value_info("x", kinds(x.dtype), x.shape)],
        [onnx.ValueInfoProto(name=name) for name in results],
        [
            onnx.numpy_helper.from_array(one, f"w{n}")
            for n, one in enumerate(others)
            if one is not None
        ],
    )
    imports = [helper.make_opsetid("", opset)]
    made = helper.make_model(graph, opset_imports=imports, ir_version=8)
    return onnx.shape_inference.infer_shapes(made).SerializeToString()


def same(**how: Any) -> dict[str, Any]:
    return how


CASES: list[tuple[str, np.ndarray, tuple[Any, ...], dict[str, Any]]] = [
    ("Conv", IMAGE, (KERNEL, SIX), same(pads=[0, 1, 2, 1], strides=[2, 1])),
    ("Conv", IMAGE, (KERNEL,), same(pads=[1, 1, 1, 1], dilations=[2, 1])),
    ("Conv", IMAGE, (KERNEL, SIX), same(auto_pad="SAME_UPPER", strides=[2, 2])),
    ("Conv", IMAGE, (KERNEL, SIX), same(auto_pad="SAME_LOWER", strides=[2, 2])),
    ("Conv", IMAGE, (KERNEL,), same(auto_pad="VALID")),
    ("Conv", IMAGE, (GROUPED, EIGHT), same(group=4, pads=[1, 1, 1, 1])),
    ("Conv", IMAGE[:, :, :, 0], (KERNEL[:, :, :, 0],), same(strides=[2])),
    ("MaxPool", IMAGE, (), same(kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 0, 1])),
    ("MaxPool", IMAGE, (), same(kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)),
    ("MaxPool", IMAGE, (), same(kernel_shape=[3, 2], auto_pad="SAME_UPPER", strides=[2, 2])),
    ("AveragePool", IMAGE, (), same(kernel_shape=[3, 3], pads=[1, 1, 1, 1])),
    ("AveragePool", IMAGE, (), same(kernel_shape=[3, 3], pads=[0, 1, 1, 0])),
    ("AveragePool", IMAGE, (), same(kernel_shape=[3, 3], pads=[0, 1, 1, 0], count_include_pad=1)),
    ("GlobalAveragePool", IMAGE, (), {}),
    ("GlobalMaxPool", IMAGE, (), {}),
    ("Clip", MATRIX, (scalar(-0.5), scalar(0.5)), {}),
    ("Clip", MATRIX, (None, scalar(0.5)), {}),
    ("Clip", MATRIX, (), same(min=-0.25, opset=10)),
    ("PRelu", MATRIX, (FIVE,), {}),
    ("LeakyRelu", MATRIX, (), same(alpha=0.2)),
    ("HardSigmoid", MATRIX, (), same(alpha=0.3)),
    *((name, MATRIX, (), {}) for name in ["HardSwish", "Elu", "Celu", "Selu", "Softplus"]),
    *((name, MATRIX, (), {}) for name in ["Softsign", "Tanh", "Sigmoid", "Erf", "Exp", "Round"]),
    *((name, MATRIX, (), {}) for name in ["Floor", "Ceil", "Sign", "Reciprocal", "Neg", "Abs"]),
    ("Gemm", MATRIX, (RNG.normal(size=(4, 5)).astype(np.float32), FOUR), same(transB=1)),
    ("Gemm", MATRIX, (MATRIX, scalar(2.0)), same(transA=1, alpha=0.5, beta=2.0)),
    ("Div", ints(-7, 7, 9), (ints(2, -2, 3),), {}),
    ("Mod", ints(-7, 7, 9), (ints(2, -2, 4),), {}),
    ("Mod", MATRIX, (FIVE,), same(fmod=1)),
    ("Pow", MATRIX, (ints(2),), {}),
    ("Max", MATRIX, (FIVE, floats(0.1)), {}),
    ("Sum", MATRIX, (FIVE, floats(0.1)), {}),
    ("Einsum", MATRIX, (MATRIX,), same(equation="ij,kj->ik")),
    ("Gather", MATRIX, (ints(-1, 0),), same(axis=1)),
    ("Gather", MATRIX, (scalar(-1, np.int64),), same(axis=0)),
    ("Gather", IMAGE, (np.array([[0, -2], [3, 1]]),), same(axis=-2)),
    ("GatherElements", MATRIX, (np.array([[0, -1], [2, 1], [1, 0]]),), same(axis=1)),
    ("GatherND", IMAGE, (np.array([[0, 1], [1, -1]]),), {}),
    ("GatherND", IMAGE, (np.array([[1, 2], [3, 0]]),), same(batch_dims=1)),
    ("Slice", IMAGE, (ints(1, -3), ints(3, 2**62), ints(1, 3), ints(1, 2)), {}),
    ("Slice", MATRIX, (ints(-1), ints(-(2**62)), ints(1), ints(-2)), {}),
    ("Slice", MATRIX, (ints(0, 1), ints(2, 4)), {}),
    ("Slice", MATRIX, (), same(starts=[1], ends=[3], axes=[1], opset=9)),
    ("TopK", MATRIX, (ints(2),), same(outputs=2)),
    ("TopK", MATRIX, (ints(2),), same(outputs=2, axis=0, largest=0)),
    ("ArgMax", ints(1, 3, 3, 0), (), same(axis=0, select_last_index=1)),
    ("ArgMin", MATRIX, (), same(axis=1, keepdims=0)),
    ("OneHot", ints(1, -1, 0), (ints(3), floats(0.5, 2)), same(axis=0)),
    ("Trilu", MATRIX, (scalar(1, np.int64),), same(upper=0)),
    ("ScatterElements", MATRIX, (np.array([[1, -1]]), floats(7, 8)[None]), same(axis=1)),
    ("ScatterND", MATRIX, (np.array([[0], [2]]), np.ones((2, 5), np.float32)), {}),
    ("Where", MATRIX > 0, (MATRIX, FIVE), {}),
    ("NonZero", MATRIX > 0, (), {}),
    ("Softmax", IMAGE, (), same(axis=1)),
    ("Softmax", IMAGE, (), same(axis=2, opset=11)),
    ("LogSoftmax", MATRIX, (), same(axis=0)),
    ("LayerNormalization", IMAGE, (EIGHT, EIGHT), same(epsilon=1e-3)),
    ("LayerNormalization", IMAGE, (EIGHT,), same(axis=-1)),
    ("BatchNormalization", IMAGE, (FOUR, FOUR, FOUR, FOUR**2 + 1), same(epsilon=1e-3)),
    ("InstanceNormalization", IMAGE, (FOUR, FOUR), {}),
    ("LpNormalization", MATRIX, (), same(axis=1, p=1)),
    ("LRN", IMAGE, (), same(size=3)),
    ("CumSum", MATRIX, (scalar(1, np.int64),), same(exclusive=1, reverse=1)),
    ("CumSum", ints(1, 2, 3), (scalar(0, np.int64),), {}),
    ("ReduceSum", IMAGE, (ints(-1, 1),), same(keepdims=0)),
    ("ReduceSum", MATRIX, (), {}),
    ("ReduceSum", MATRIX, (ints(),), same(noop_with_empty_axes=1)),
    ("ReduceMean", IMAGE, (), same(axes=[2, 3], keepdims=0)),
    *((f"Reduce{n}", IMAGE, (), same(axes=[1, -1])) for n in ["L1", "L2", "Max", "Min", "Prod"]),
    *((f"Reduce{n}", IMAGE**2, (), same(axes=[1])) for n in ["LogSum", "LogSumExp", "SumSquare"]),
    ("Reshape", IMAGE, (ints(0, -1, 8),), {}),
    ("Flatten", IMAGE, (), same(axis=-1)),
    ("Flatten", IMAGE, (), same(axis=0)),
    ("Expand", FIVE, (ints(3, 1),), {}),
    ("Squeeze", IMAGE[:1, :, :1], (ints(-2),), {}),
    ("Squeeze", IMAGE[:1, :, :1], (), {}),
    ("Unsqueeze", MATRIX, (ints(-1, 0),), {}),
    ("Unsqueeze", MATRIX, (), same(axes=[1], opset=11)),
    ("Transpose", IMAGE, (), {}),
    ("Split", MATRIX, (ints(2, 3),), same(axis=1, outputs=2)),
    ("Split", IMAGE, (), same(axis=1, outputs=2)),
    ("Pad", MATRIX, (ints(1, 0, 0, 2), scalar(3.0)), {}),
    ("Pad", MATRIX, (ints(-1, 0, 0, 2),), {}),
    ("Pad", IMAGE, (ints(0, 0, 1, 2, 0, 0, 3, 0),), same(mode="reflect")),
    ("Pad", IMAGE, (ints(0, 0, 1, 2, 0, 0, 3, 0),), same(mode="edge")),
    ("Pad", MATRIX, (ints(1, 2), None, ints(1)), same(opset=18)),
    ("Cast", MATRIX * 3, (), same(to=7)),
    ("Cast", MATRIX, (), same(to=9)),
    ("Tile", MATRIX, (ints(2, 3),), {}),
    ("Shape", IMAGE, (), same(start=1, end=-1)),
    ("Size", IMAGE, (), {}),
    ("ConstantOfShape", ints(2, 3), (), {}),
    ("Range", scalar(3, np.int64), (scalar(-4, np.int64), scalar(-2, np.int64)), {}),
]
RESIZES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((None, None, ints(2, 4, 13, 5)), same(mode="cubic")),
    ((None, None, ints(2, 4, 13, 5)), same(mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)),
    ((None, floats(1, 1, 2, 0.6)), same(mode="linear")),
    ((None, floats(1, 1, 2, 3)), same(coordinate_transformation_mode="asymmetric")),
    (
        (None, floats(1, 1, 2, 3)),
        same(coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    ),
    (
        (None, None, ints(2, 4, 5, 12)),
        same(mode="linear", coordinate_transformation_mode="align_corners"),
    ),
    (
        (None, None, ints(2, 4, 1, 12)),
        same(mode="linear", coordinate_transformation_mode="pytorch_half_pixel"),
    ),
]


@pytest.mark.parametrize(
    ("operator", "x", "others", "how"),
    [*CASES, *(("Resize", IMAGE, others, how) for others, how in RESIZES)],
)
def test_an_operator_is_that_of_onnx_runtime(
    operator: str, x: np.ndarray, others: tuple[Any, ...], how: dict[str, Any]
) -> None:
    x = np.ascontiguousarray(x)
    content = network(operator, x, tuple(o if o is None else np.asarray(o) for o in others), **how)
    expected = by_runtime(content, {"x": x})
    found = by_module(import_network(content, operator), {"x": x})
    assert_agree(found, expected, 1e-5)
    assert {k: v.dtype for k, v in found.items()} == {k: v.dtype for k, v in expected.items()}
