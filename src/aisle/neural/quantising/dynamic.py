"""8-bit weights, and activations that are quantised anew in every run: for text networks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from aisle.neural.quantising.graph import for_single_texts, replace_all
from aisle.neural.quantising.libraries import library, quiet

_LARGE_TABLE = 16 * 2**20
"""Bytes from which a table of embeddings is quantised too: it decides the size, not the speed."""

_FLOAT = 1
"""onnx.TensorProto.FLOAT, for tensors whose type the quantiser cannot tell."""


def int8_dynamic(content: bytes, max_tokens: int | None) -> bytes:
    """Return a text network with 8-bit weights; it must be run one text at a time.

    Weights have a scale a column, large tables of embeddings one a row. The attention mask is taken
    out where that is possible.

    Parameters
    ----------
    content
        The float32 network, an ONNX file.
    max_tokens
        The longest text that will be run; None if texts are padded, so that the mask is needed.

    Raises
    ------
    EncoderError
        If the libraries are not installed.
    """
    onnx = library("onnx")
    quantization = library("onnxruntime.quantization")
    model = onnx.load_model_from_string(content)
    if max_tokens is not None:
        model = for_single_texts(model, max_tokens) or model
    quantise_tables(model.graph)
    with tempfile.TemporaryDirectory() as place, quiet():
        made = Path(place) / "model.onnx"
        quantization.quantize_dynamic(
            model,
            made,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": _FLOAT},
        )
        return made.read_bytes()


def quantise_tables(graph: Any, large: int = _LARGE_TABLE) -> None:
    """Store the large tables of a graph's look-ups as 8-bit numbers with a scale a row."""
    from onnx import TensorProto, helper, numpy_helper

    lookups: dict[str, list[Any]] = {}
    others: set[str] = set()
    for node in graph.node:
        if node.op_type == "Gather" and all(a.name != "axis" or a.i == 0 for a in node.attribute):
            lookups.setdefault(node.input[0], []).append(node)
            others.add(node.input[1])
        else:
            others.update(node.input)
    tables = {
        value.name: value
        for value in graph.initializer
        if value.name in lookups
        and value.name not in others
        and value.data_type == TensorProto.FLOAT
        and len(value.dims) == 2
        and 4 * value.dims[0] * value.dims[1] >= large
    }
    nodes = []
    for node in graph.node:
        table = tables.get(node.input[0]) if node.op_type == "Gather" else None
        if table is None:
            nodes.append(node)
            continue
        name, ids, rows = table.name, node.input[1], node.output[0]
        nodes += [
            helper.make_node("Gather", [f"{name}_int8", ids], [f"{rows}_int8"]),
            helper.make_node("Gather", [f"{name}_scale", ids], [f"{rows}_scale"]),
            helper.make_node("Cast", [f"{rows}_int8"], [f"{rows}_whole"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{rows}_whole", f"{rows}_scale"], [rows]),
        ]
    for name, table in tables.items():
        values = numpy_helper.to_array(table)
        scale = np.maximum(np.abs(values).max(axis=1, keepdims=True) / 127, 1e-12)
        whole = np.rint(values / scale).astype(np.int8)
        graph.initializer.append(numpy_helper.from_array(whole, f"{name}_int8"))
        graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}_scale"))
    replace_all(graph.node, nodes)
    replace_all(graph.initializer, [v for v in graph.initializer if v.name not in tables])
