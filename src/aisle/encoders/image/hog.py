"""Histograms of oriented gradients."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels
from aisle.encoders.image.gradients import differences, oriented, pooled, strongest

ORIENTATIONS = 9
CELLS = 8
BLOCK = 2
DIMENSION = (CELLS - BLOCK + 1) ** 2 * BLOCK * BLOCK * ORIENTATIONS

_CLIP = 0.2
_FAINT = 0.5


def hog(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Describe shapes by the directions of edges in the cells of a grid.

    Gradients of the strongest channel, nine orientations without sign, each pixel shared between
    the two orientations and the four cells next to it, overlapping blocks of 2 x 2 cells, each
    normalised, clipped at 0.2 and normalised again.

    Source: Dalal and Triggs, Histograms of oriented gradients for human detection, 2005. There a
    cell is 8 pixels; here the square always has 8 x 8 cells.

    Parameters
    ----------
    pixels
        uint8 (side, side, 3), RGB.

    Returns
    -------
    float32 (1764,)
        7 x 7 blocks of 4 cells of 9 orientations, each block of length 1 at the most.
    """
    cells = pooled(oriented(*strongest(*differences(pixels)), ORIENTATIONS, math.pi), CELLS)
    count = CELLS - BLOCK + 1
    blocks = np.concatenate(
        [
            cells[top : top + count, left : left + count]
            for top in range(BLOCK)
            for left in range(BLOCK)
        ],
        axis=-1,
    )
    # Without the constant, the noise of an empty block would look like an edge.
    blocks = np.minimum(blocks / _length(blocks, _FAINT), _CLIP)
    return np.asarray(blocks / _length(blocks, 0.1), dtype=np.float32).ravel()


def _length(blocks: npt.NDArray[np.float32], least: float) -> npt.NDArray[np.float32]:
    squares = np.square(blocks).sum(axis=-1, keepdims=True)
    return np.asarray(np.sqrt(squares + np.float32(least * least)))
