"""Which numbers of a network can be learnt, and which are settings; nothing here needs PyTorch."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from aisle.errors import EncoderError
from aisle.neural.importing.graph import Array, Graph, Node
from aisle.neural.importing.uses import first_uses

SETTINGS: Mapping[str, tuple[int, ...]] = {
    "Clip": (1, 2),
    "ConstantOfShape": (0,),
    "CumSum": (1,),
    "Expand": (1,),
    "OneHot": (1,),
    "Pad": (1, 2, 3),
    "Range": (0, 1, 2),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Tile": (1,),
    "TopK": (1,),
    "Trilu": (1,),
    "Unsqueeze": (1,),
}
"""Inputs, by their place, that say how an operator works; they are read as plain numbers."""

_STATISTICS = {"BatchNormalization": (3, 4)}
_WITHOUT_GRADIENT = frozenset(
    {"And", "ArgMax", "ArgMin", "Ceil", "Equal", "Floor", "Greater", "GreaterOrEqual", "IsInf"}
    | {"IsNaN", "Less", "LessOrEqual", "NonZero", "Not", "Or", "Round", "Shape", "Sign", "Size"}
    | {"Xor"}
)
_INDICES = {
    "Gather": (1,),
    "GatherElements": (1,),
    "GatherND": (1,),
    "ScatterElements": (1,),
    "ScatterND": (1,),
    "Where": (0,),
}
_NEVER = re.compile(r"(inv_freq|running_mean|running_var|moving_mean|moving_variance)$")
_MASK = 1e4
"""No weight is as large; masks of attention hold numbers far below."""

_QUANTISED = re.compile(
    r"(^|\.)(QLinear\w+|QGemm|QAttention|QuantizeLinear|DequantizeLinear|Dynamic\w*Quantize\w*|"
    r"MatMulInteger\w*|ConvInteger\w*|MatMulNBits|QOrdered\w+|QEmbed\w+)$"
)


def is_reduction(operator: str) -> bool:
    """Return whether an operator goes over dimensions that its second input names."""
    return operator.startswith("Reduce")


def settings(node: Node) -> tuple[int, ...]:
    """Return the places of the inputs that say how a node works."""
    return (1,) if is_reduction(node.operator) else SETTINGS.get(node.operator, ())


def refuse_quantised(graph: Graph) -> None:
    """Raise EncoderError if a network computes with integers, which have no gradient."""
    for node in graph.nodes:
        if _QUANTISED.search(node.operator):
            raise EncoderError(
                f"{graph.where}: is quantised (operator {node.operator!r} at node {node.name!r}), "
                "and only float networks can be trained. Take the float32 network of the same "
                "encoder, or export it again from its original; quantise after the training"
            )


def trainable(graph: Graph) -> list[str]:
    """Return the initialisers that training may change, in the order of their first use.

    Parameters
    ----------
    graph
        The network.

    Returns
    -------
    list of str
        Those of floats, more than one, from which a differentiable way leads to an output. Masks,
        statistics of batch normalisation and frequencies of rotations stay as they are.
    """
    reached = set(graph.outputs)
    for node in reversed(graph.nodes):
        if not reached.intersection(node.outputs) or node.operator in _WITHOUT_GRADIENT:
            continue
        fixed = {
            *settings(node),
            *_STATISTICS.get(node.operator, ()),
            *_INDICES.get(node.operator, ()),
        }
        reached.update(name for at, name in enumerate(node.inputs) if at not in fixed)
    weights = [name for name in graph.initialisers if name in reached and _is_weight(name, graph)]
    return list(first_uses(graph.nodes, weights))


def _is_weight(name: str, graph: Graph) -> bool:
    values = graph.initialisers[name]
    if values.size <= 1 or not is_float(values) or _NEVER.search(name):
        return False
    return bool(np.abs(values.astype(np.float32)).max() < _MASK)


def is_float(values: Array) -> bool:
    """Return whether an array holds floats, those of machine learning (bfloat16) included."""
    return not (np.issubdtype(values.dtype, np.integer) or values.dtype.kind in "bOSU")
