"""Sums, means and extremes over dimensions."""

from __future__ import annotations

from collections.abc import Callable

import torch

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor

Reduction = Callable[[Tensor, tuple[int, ...], bool], Tensor]


def reducing(reduction: Reduction) -> Callable[..., Tensor]:
    """Return an operator; the dimensions are an input or, in older files, an attribute."""

    def reduce(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
        among = node.get("axes") if axes is None else tuple(axes.tolist())
        if not among:
            if node.get("noop_with_empty_axes", 0):
                return x
            among = tuple(range(x.ndim))
        return reduction(x, tuple(axis % x.ndim for axis in among), bool(node.get("keepdims", 1)))

    return reduce


def product(x: Tensor, axes: tuple[int, ...], keep: bool) -> Tensor:
    """Multiply over dimensions, one after the other."""
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis, keepdim=keep)
    return x


def running_sum(node: Node, x: Tensor, axis: Tensor) -> Tensor:
    """Sum up to each place, with it or without, from the start or the end."""
    along = int(axis.item())
    turned = x.flip(along) if node.get("reverse", 0) else x
    found = torch.cumsum(turned, along, dtype=x.dtype)
    if node.get("exclusive", 0):
        found = found - turned
    return found.flip(along) if node.get("reverse", 0) else found


REDUCING: dict[str, Operator] = {
    "CumSum": running_sum,
    "ReduceL1": reducing(lambda x, axes, keep: x.abs().sum(axes, keep)),
    "ReduceL2": reducing(lambda x, axes, keep: torch.linalg.vector_norm(x, 2, axes, keep)),
    "ReduceLogSum": reducing(lambda x, axes, keep: x.sum(axes, keep).log()),
    "ReduceLogSumExp": reducing(torch.logsumexp),
    "ReduceMax": reducing(torch.amax),
    "ReduceMean": reducing(torch.mean),
    "ReduceMin": reducing(torch.amin),
    "ReduceProd": reducing(product),
    "ReduceSum": reducing(lambda x, axes, keep: torch.sum(x, axes, keep, dtype=x.dtype)),
    "ReduceSumSquare": reducing(lambda x, axes, keep: x.square().sum(axes, keep)),
}
