"""Functions of single numbers that stand between layers."""

from __future__ import annotations

import torch
from torch.nn import functional

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor


def clip(node: Node, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    """Cut off at limits, given as inputs or (before version 11) as attributes."""
    least = node.get("min") if low is None else low.item()
    most = node.get("max") if high is None else high.item()
    return x if least is None and most is None else torch.clamp(x, least, most)


def prelu(node: Node, x: Tensor, slope: Tensor) -> Tensor:
    """Multiply what is below 0 with a slope, which broadcasts."""
    return torch.where(x < 0, x * slope, x)


def hard_sigmoid(node: Node, x: Tensor) -> Tensor:
    """Draw a line between 0 and 1."""
    return torch.clamp(x * node.get("alpha", 0.2) + node.get("beta", 0.5), 0, 1)


def gelu(node: Node, x: Tensor) -> Tensor:
    """Weigh by the normal distribution."""
    return functional.gelu(x, approximate=node.get("approximate", "none"))


ACTIVATIONS: dict[str, Operator] = {
    "Celu": lambda node, x: functional.celu(x, node.get("alpha", 1.0)),
    "Clip": clip,
    "Elu": lambda node, x: functional.elu(x, node.get("alpha", 1.0)),
    "Gelu": gelu,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": lambda node, x: functional.hardswish(x),
    "LeakyRelu": lambda node, x: functional.leaky_relu(x, node.get("alpha", 0.01)),
    "Mish": lambda node, x: functional.mish(x),
    "PRelu": prelu,
    "Relu": lambda node, x: functional.relu(x),
    "Selu": lambda node, x: functional.selu(x),
    "Sigmoid": lambda node, x: torch.sigmoid(x),
    "Softplus": lambda node, x: functional.softplus(x),
    "Softsign": lambda node, x: functional.softsign(x),
    "Tanh": lambda node, x: torch.tanh(x),
}
