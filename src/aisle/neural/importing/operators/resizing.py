"""Resizing of pictures and of tables of positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from aisle.neural.importing.graph import Node
from aisle.neural.importing.operators.types import Operator, Tensor

Floats = NDArray[np.float64]


def resize(
    node: Node,
    x: Tensor,
    region: Tensor | None = None,
    scales: Tensor | None = None,
    sizes: Tensor | None = None,
) -> Tensor:
    """Resize dimension by dimension, each by a matrix of weights, as ONNX defines it."""
    if node.get("antialias", 0) or node.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise ValueError("resizing with antialias, or by the aspect ratio, cannot be trained")
    among = [axis % x.ndim for axis in node.get("axes", range(x.ndim))]
    factors = [] if scales is None else scales.tolist()
    for place, axis in enumerate(among):
        size = x.shape[axis]
        if factors:
            factor = factors[place]
            wanted = int(np.floor(size * factor))
        else:
            wanted = int(sizes[place])  # type: ignore[index]
            factor = wanted / size
        if wanted != size or factor != 1:
            weights = torch.from_numpy(_weights(node, size, wanted, factor)).to(x)
            x = torch.movedim(torch.movedim(x, axis, -1) @ weights.T, -1, axis)
    return x


def _weights(node: Node, size: int, wanted: int, factor: float) -> NDArray[np.float32]:
    """Return what each old place gives to each new one, float32 (wanted, size)."""
    at = _origins(node.get("coordinate_transformation_mode", "half_pixel"), size, wanted, factor)
    mode = node.get("mode", "nearest")
    if mode == "nearest":
        rounded = _rounded(at, node.get("nearest_mode", "round_prefer_floor"))
        taps, shares = rounded[:, None], np.ones((wanted, 1))
    elif mode == "linear":
        low = np.floor(at).astype(int)
        taps, shares = low[:, None] + np.arange(2), np.stack([1 - at + low, at - low], axis=1)
    else:
        low = np.floor(at).astype(int)
        taps = low[:, None] + np.arange(-1, 3)
        shares = _cubic(at[:, None] - taps, node.get("cubic_coeff_a", -0.75))
    if node.get("exclude_outside", 0):
        shares = np.where((taps < 0) | (taps >= size), 0, shares)
        shares = shares / shares.sum(axis=1, keepdims=True)
    found = np.zeros((wanted, size))
    np.add.at(found, (np.arange(wanted)[:, None], np.clip(taps, 0, size - 1)), shares)
    return found.astype(np.float32)


def _origins(mode: str, size: int, wanted: int, factor: float) -> Floats:
    """Return where each new place lies among the old ones."""
    new = np.arange(wanted, dtype=np.float64)
    if mode == "asymmetric":
        return new / factor
    if mode == "align_corners":
        return new * (size - 1) / max(wanted - 1, 1)
    if mode == "pytorch_half_pixel" and wanted == 1:
        return np.zeros(1)
    if mode not in {"half_pixel", "pytorch_half_pixel"}:
        raise ValueError(f"resizing by coordinates of kind {mode!r} cannot be trained")
    return (new + 0.5) / factor - 0.5


def _rounded(at: Floats, mode: str) -> NDArray[np.int64]:
    how: dict[str, Callable[[Floats], Floats]] = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda x: np.ceil(x - 0.5),
        "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    }
    found: NDArray[np.int64] = how[mode](at).astype(np.int64)
    return found


def _cubic(distance: Floats, a: float) -> Floats:
    """Return the weights of cubic convolution (Keys, 1981)."""
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


RESIZING: dict[str, Operator] = {"Resize": resize}
