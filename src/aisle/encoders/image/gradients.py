"""Gradients of a photograph, by orientation and pooled in cells."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.int32]

_REACH = 255
_WIDTH = 2 * _REACH + 1


def differences(channels: npt.NDArray[np.uint8]) -> tuple[Levels, Levels]:
    """Return the central differences to the right and downwards, each int32 like `channels`.

    At the border, where a neighbour is missing, the pixel itself stands for it.

    Parameters
    ----------
    channels
        uint8 (height, width, ...).
    """
    wide = cv2.copyMakeBorder(channels, 1, 1, 1, 1, cv2.BORDER_REPLICATE).astype(np.int32)
    return wide[1:-1, 2:] - wide[1:-1, :-2], wide[2:, 1:-1] - wide[:-2, 1:-1]


def strongest(right: Levels, down: Levels) -> tuple[Levels, Levels]:
    """Keep of each pixel's differences, (height, width, 3), those of the strongest channel."""
    strength = right * right + down * down
    first, second, third = (strength[..., channel] for channel in range(3))
    use_second = second > first
    use_third = third > np.maximum(first, second)
    return (
        np.where(use_third, right[..., 2], np.where(use_second, right[..., 1], right[..., 0])),
        np.where(use_third, down[..., 2], np.where(use_second, down[..., 1], down[..., 0])),
    )


def oriented(right: Levels, down: Levels, bins: int, turn: float) -> Floats:
    """Split the length of every gradient between the two orientations next to its own.

    Parameters
    ----------
    right, down
        int32 (height, width), from -255 to 255.
    bins
        The number of orientations.
    turn
        The angle that all bins cover, in radians: pi if opposite directions count as one, else
        two pi. The first bin is centred on 0, which points to the right.

    Returns
    -------
    float32 (height, width, bins)
    """
    votes: Floats = _table(bins, turn)[(down + _REACH) * _WIDTH + (right + _REACH)]
    return votes


@cache
def _table(bins: int, turn: float) -> Floats:
    """Return the answer of `oriented` for every pair of differences, float32 (pairs, bins)."""
    level = np.arange(-_REACH, _REACH + 1, dtype=np.float64)
    down, right = level[:, None], level[None, :]
    place = (np.arctan2(down, right) / turn * bins) % bins
    lower = np.floor(place)
    share = place - lower
    length = np.hypot(down, right)
    table = np.zeros((_WIDTH * _WIDTH, bins), dtype=np.float32)
    pairs = np.arange(_WIDTH * _WIDTH)
    first = (lower.astype(np.int64) % bins).ravel()
    table[pairs, first] = (length * (1 - share)).ravel()
    table[pairs, (first + 1) % bins] += (length * share).ravel()
    return table


def pooled(planes: Floats, cells: int) -> Floats:
    """Average over the cells of a grid, each pixel shared between the cells next to it.

    Parameters
    ----------
    planes
        float32 (side, side, bins).
    cells
        How many cells a side has.

    Returns
    -------
    float32 (cells, cells, bins)
    """
    side = planes.shape[0]
    weights = _weights(side, cells)
    rows = (weights @ planes.reshape(side, -1)).reshape(cells, side, -1)
    return np.asarray(np.matmul(weights, rows), dtype=np.float32)


@cache
def _weights(side: int, cells: int) -> Floats:
    """Return the weight of every line of pixels in every line of cells, float32 (cells, side)."""
    size = side / cells
    centres = (np.arange(cells) + 0.5) * size
    away = np.abs(np.arange(side) + 0.5 - centres[:, None]) / size
    weights: Floats = (np.maximum(0, 1 - away) / size).astype(np.float32)
    return weights
