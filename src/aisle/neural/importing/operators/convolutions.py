"""Convolutions and pooling over places."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor

_CONVOLUTION = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_LARGEST = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_MEAN = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}


def convolution(node: Node, x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Slide kernels over (rows, channels, places...)."""
    places = x.ndim - 2
    strides, dilations = _steps(node, "strides", places), _steps(node, "dilations", places)
    before, after = _padding(node, x.shape[2:], kernel.shape[2:], strides, dilations)
    if before != after:
        x, before = functional.pad(x, _as_torch(before, after)), (0,) * places
    return _CONVOLUTION[places](x, kernel, bias, strides, before, dilations, node.get("group", 1))


def largest(node: Node, x: Tensor) -> Tensor:
    """Return the largest number of every window."""
    kernel, places = node.get("kernel_shape"), x.ndim - 2
    strides, dilations = _steps(node, "strides", places), _steps(node, "dilations", places)
    before, after = _padding(node, x.shape[2:], kernel, strides, dilations)
    # PyTorch pads by up to half a window, and alike on both sides.
    if before != after or any(2 * pad > size for pad, size in zip(before, kernel, strict=True)):
        x = functional.pad(x, _as_torch(before, after), value=-torch.inf)
        before = (0,) * places
    ceil = bool(node.get("ceil_mode", 0))
    return _LARGEST[places](x, kernel, strides, before, dilations, ceil)


def mean(node: Node, x: Tensor) -> Tensor:
    """Return the mean of every window, padding counted or not."""
    kernel, places = node.get("kernel_shape"), x.ndim - 2
    strides = _steps(node, "strides", places)
    before, after = _padding(node, x.shape[2:], kernel, strides, (1,) * places)
    counted, ceil = bool(node.get("count_include_pad", 0)), bool(node.get("ceil_mode", 0))
    if before == after and all(2 * pad <= size for pad, size in zip(before, kernel, strict=True)):
        return _MEAN[places](x, kernel, strides, before, ceil, counted)
    pads = _as_torch(before, after)
    pooled = _MEAN[places](functional.pad(x, pads), kernel, strides, 0, ceil)
    if counted:
        return pooled
    inside = functional.pad(torch.ones_like(x[:1, :1]), pads)
    return pooled / _MEAN[places](inside, kernel, strides, 0, ceil)


def _steps(node: Node, name: str, places: int) -> tuple[int, ...]:
    return tuple(node.get(name, (1,) * places))


def _padding(
    node: Node,
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how much is put before and after the places of each dimension."""
    places, mode = len(kernel), node.get("auto_pad", "NOTSET")
    if mode == "VALID":
        return (0,) * places, (0,) * places
    if mode == "NOTSET":
        pads = tuple(node.get("pads", (0,) * 2 * places))
        return pads[:places], pads[places:]
    before, after = [], []
    for size, width, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        reach = (-(-size // stride) - 1) * stride + (width - 1) * dilation + 1
        whole = max(reach - size, 0)
        less, more = whole // 2, whole - whole // 2
        before.append(less if mode == "SAME_UPPER" else more)
        after.append(more if mode == "SAME_UPPER" else less)
    return tuple(before), tuple(after)


def _as_torch(before: Sequence[int], after: Sequence[int]) -> list[int]:
    """Return paddings as PyTorch counts them, from the last dimension."""
    pairs = zip(reversed(before), reversed(after), strict=True)
    return [pad for pair in pairs for pad in pair]


CONVOLUTIONS: dict[str, Operator] = {
    "AveragePool": mean,
    "Conv": convolution,
    "GlobalAveragePool": lambda node, x: x.mean(tuple(range(2, x.ndim)), keepdim=True),
    "GlobalMaxPool": lambda node, x: x.amax(tuple(range(2, x.ndim)), keepdim=True),
    "MaxPool": largest,
}
