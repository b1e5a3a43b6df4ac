"""A matrix product and the bias after it as one operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aisle.neural.importing.graph import Node

LINEAR = "aisle.Linear"
"""Of a value (..., rows, n), a matrix (n, m) and a bias (m,)."""


def with_linear(
    nodes: Sequence[Node], weights: Mapping[str, Any], outputs: Collection[str]
) -> list[Node]:
    """Let one node stand for a product with a matrix and the sum with a bias.

    In mixed precision the sum of a half-precision product and a float32 bias would be float32, and
    every layer after it would compute in float32 and have its input rounded again.

    Parameters
    ----------
    nodes
        In the order in which they run.
    weights
        The tensors that are learnt, by name.
    outputs
        The values that are asked for.

    Returns
    -------
    list of Node
        The others as they were.
    """
    reads = Counter(name for node in nodes for name in node.inputs)
    products = {
        node.outputs[0]: node
        for node in nodes
        if node.operator == "MatMul"
        and len(_shape(weights, node.inputs[1])) == 2
        and reads[node.outputs[0]] == 1
        and node.outputs[0] not in outputs
    }
    gone: set[str] = set()
    left: list[Node] = []
    for node in nodes:
        product = next((products[name] for name in node.inputs if name in products), None)
        width = () if product is None else _shape(weights, product.inputs[1])[1:]
        biases = [name for name in node.inputs if width and _shape(weights, name) == width]
        if node.operator == "Add" and product is not None and biases:
            gone.add(product.outputs[0])
            inputs = (*product.inputs, biases[0])
            left.append(replace(node, operator=LINEAR, inputs=inputs, attributes={}))
        else:
            left.append(node)
    return [node for node in left if node.outputs[0] not in gone]


def _shape(weights: Mapping[str, Any], name: str) -> tuple[int, ...]:
    return tuple(weights[name].shape) if name in weights else ()
