"""Normalisations, and the softmax of attention."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor


def softmax(node: Node, x: Tensor) -> Tensor:
    """Turn scores into shares that sum to 1."""
    return _along(node, x, functional.softmax)


def log_softmax(node: Node, x: Tensor) -> Tensor:
    """Turn scores into logarithms of shares."""
    return _along(node, x, functional.log_softmax)


def layers(node: Node, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor:
    """Normalise the last dimensions of every row."""
    axis = node.get("axis", -1) % x.ndim
    shape, epsilon = x.shape[axis:], node.get("epsilon", 1e-5)
    if scale.shape == shape and (bias is None or bias.shape == shape):
        return functional.layer_norm(x, shape, scale, bias, epsilon)
    found = functional.layer_norm(x, shape, None, None, epsilon) * scale
    return found if bias is None else found + bias


def root_mean_square(node: Node, x: Tensor, scale: Tensor) -> Tensor:
    """Divide the last dimensions of every row by their root mean square."""
    axis = node.get("axis", -1) % x.ndim
    return functional.rms_norm(x, x.shape[axis:], None, node.get("epsilon", 1e-5)) * scale


def batches(node: Node, x: Tensor, scale: Tensor, bias: Tensor, *statistics: Tensor) -> Tensor:
    """Normalise channels by a mean and a variance, which stand in the file and stay as they are."""
    if node.get("training_mode", 0):
        raise ValueError("the network was exported while it was in training mode")
    mean, variance = statistics
    return functional.batch_norm(
        x, mean, variance, scale, bias, training=False, eps=node.get("epsilon", 1e-5)
    )


def instances(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Normalise the places of every row and channel."""
    return functional.instance_norm(
        x, weight=scale, bias=bias, use_input_stats=True, eps=node.get("epsilon", 1e-5)
    )


def groups(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """Normalise groups of channels; before version 21 a scale is a group's, not a channel's."""
    count, epsilon = node.get("num_groups"), node.get("epsilon", 1e-5)
    if scale.shape[0] != x.shape[1]:
        each = x.shape[1] // count
        scale, bias = scale.repeat_interleave(each), bias.repeat_interleave(each)
    return functional.group_norm(x, count, scale, bias, epsilon)


def length(node: Node, x: Tensor) -> Tensor:
    """Divide by the length along a dimension."""
    return functional.normalize(x, p=node.get("p", 2), dim=node.get("axis", -1))


def neighbours(node: Node, x: Tensor) -> Tensor:
    """Divide by what neighbouring channels hold."""
    return functional.local_response_norm(
        x, node.get("size"), node.get("alpha", 1e-4), node.get("beta", 0.75), node.get("bias", 1.0)
    )


def _along(node: Node, x: Tensor, function: Any) -> Tensor:
    if node.opset >= 13:
        return function(x, node.get("axis", -1))
    # Older files mean all dimensions from this one on.
    return function(torch.flatten(x, node.get("axis", 1) % x.ndim), -1).reshape(x.shape)


NORMALISING: dict[str, Operator] = {
    "BatchNormalization": batches,
    "Dropout": lambda node, x, *rest: x,
    "GroupNormalization": groups,
    "InstanceNormalization": instances,
    "LRN": neighbours,
    "LayerNormalization": layers,
    "LogSoftmax": log_softmax,
    "LpNormalization": length,
    "RMSNormalization": root_mean_square,
    "Softmax": softmax,
}
