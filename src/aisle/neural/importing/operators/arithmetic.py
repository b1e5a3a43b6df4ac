"""Sums, products, comparisons and the like."""

from __future__ import annotations

from functools import reduce

import torch
from torch.nn import functional

from aisle.neural.importing.graph import Node
from aisle.neural.importing.linear import LINEAR
from aisle.neural.importing.operators.types import Operator, Tensor


def divide(node: Node, x: Tensor, y: Tensor) -> Tensor:
    """Divide; whole numbers towards 0."""
    if x.is_floating_point() or y.is_floating_point():
        return x / y
    return torch.div(x, y, rounding_mode="trunc")


def modulo(node: Node, x: Tensor, y: Tensor) -> Tensor:
    """Return the rest, with the sign of the divisor unless the node asks for C's fmod."""
    return torch.fmod(x, y) if node.get("fmod", 0) else torch.remainder(x, y)


def power(node: Node, x: Tensor, y: Tensor) -> Tensor:
    """Raise to a power; what comes out has the type of `x`."""
    return torch.pow(x, y).to(x.dtype)


def gemm(node: Node, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    """Multiply two matrices, turned or not, and add a third."""
    a = a.T if node.get("transA", 0) else a
    alpha, beta = node.get("alpha", 1.0), node.get("beta", 1.0)
    if alpha == 1 and (c is None or (beta == 1 and c.ndim == 1 and c.shape[0] > 1)):
        return functional.linear(a, b if node.get("transB", 0) else b.T, c)
    product = alpha * (a @ (b.T if node.get("transB", 0) else b))
    return product if c is None else product + beta * c


def maximum(node: Node, *given: Tensor) -> Tensor:
    """Return the larger number of several tensors."""
    return reduce(torch.maximum, given)


def minimum(node: Node, *given: Tensor) -> Tensor:
    """Return the smaller number of several tensors."""
    return reduce(torch.minimum, given)


ARITHMETIC: dict[str, Operator] = {
    "Abs": lambda node, x: torch.abs(x),
    "Add": lambda node, x, y: x + y,
    "And": lambda node, x, y: torch.logical_and(x, y),
    "Ceil": lambda node, x: torch.ceil(x),
    "Cos": lambda node, x: torch.cos(x),
    "Div": divide,
    "Einsum": lambda node, *given: torch.einsum(node.get("equation"), *given),
    "Equal": lambda node, x, y: torch.eq(x, y),
    "Erf": lambda node, x: torch.erf(x),
    "Exp": lambda node, x: torch.exp(x),
    "Floor": lambda node, x: torch.floor(x),
    "Gemm": gemm,
    "Greater": lambda node, x, y: torch.gt(x, y),
    "GreaterOrEqual": lambda node, x, y: torch.ge(x, y),
    "IsInf": lambda node, x: torch.isinf(x),
    "IsNaN": lambda node, x: torch.isnan(x),
    "Less": lambda node, x, y: torch.lt(x, y),
    "LessOrEqual": lambda node, x, y: torch.le(x, y),
    "Log": lambda node, x: torch.log(x),
    LINEAR: lambda node, x, y, bias: functional.linear(x, y.t(), bias),
    "MatMul": lambda node, x, y: torch.matmul(x, y),
    "Max": maximum,
    "Mean": lambda node, *given: sum(given) / len(given),
    "Min": minimum,
    "Mod": modulo,
    "Mul": lambda node, x, y: x * y,
    "Neg": lambda node, x: torch.neg(x),
    "Not": lambda node, x: torch.logical_not(x),
    "Or": lambda node, x, y: torch.logical_or(x, y),
    "Pow": power,
    "Reciprocal": lambda node, x: torch.reciprocal(x),
    "Round": lambda node, x: torch.round(x),
    "Sign": lambda node, x: torch.sign(x),
    "Sin": lambda node, x: torch.sin(x),
    "Sqrt": lambda node, x: torch.sqrt(x),
    "Sub": lambda node, x, y: x - y,
    "Sum": lambda node, *given: sum(given),
    "Xor": lambda node, x, y: torch.logical_xor(x, y),
}
