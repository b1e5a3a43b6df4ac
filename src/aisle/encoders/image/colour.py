"""Colour histograms in a spatial pyramid, with the white background in a bin of its own."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels
from aisle.encoders.image.framing import background
from aisle.encoders.image.grids import cell_histograms

GREYS, HUES, SATURATIONS, VALUES = 6, 12, 2, 3
COLOURS = GREYS + HUES * SATURATIONS * VALUES
"""Bins beside the one of the background."""

FINEST = 4
DIMENSION = (1 + 2 * 2 + FINEST * FINEST) * (COLOURS + 1)

_PALE = 0.12
_STEP = 8


def colour(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Count colours in the whole square, in its quarters and in its sixteenths.

    The bins are those of hue (12), saturation (2) and value (3); colours too pale or too dark to
    have a hue fall into six greys. Product photographs stand on white, so pixels that are nearly
    white have a bin of their own, and say where the product is not.

    Source: Swain and Ballard, Color indexing, 1991; the pyramid: Lazebnik, Schmid and Ponce,
    Beyond bags of features, 2006.

    Parameters
    ----------
    pixels
        uint8 (side, side, 3), RGB.

    Returns
    -------
    float32 (1659,)
        Shares that sum to 1: 79 bins for each of 1 + 4 + 16 cells.
    """
    reduced = (pixels // _STEP).astype(np.int32)
    codes = _palette()[(reduced[..., 0] * 32 + reduced[..., 1]) * 32 + reduced[..., 2]]
    codes = np.where(background(pixels), COLOURS, codes)
    fine = cell_histograms(codes, COLOURS + 1, FINEST)
    quarters = fine.reshape(2, 2, 2, 2, -1).sum(axis=(1, 3))
    levels = (fine.sum(axis=(0, 1)), quarters, fine)
    counts = np.concatenate([level.ravel() for level in levels])
    return (counts / (len(levels) * codes.size)).astype(np.float32)


@cache
def _palette() -> npt.NDArray[np.int64]:
    """Return the bin of every colour, its channels divided by 8, int64 (32768,)."""
    shade = np.arange(_STEP // 2, 256, _STEP, dtype=np.float32) / 255
    rgb = np.stack(np.meshgrid(shade, shade, shade, indexing="ij"), axis=-1).reshape(1, -1, 3)
    hue, saturation, value = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[0].T
    grey = (value * GREYS).astype(np.int64)
    # Red lies on both sides of 0 degrees: bins are centred on 0, 30, 60 and on.
    sector = (((hue + 15) % 360) // (360 / HUES)).astype(np.int64)
    vivid = np.minimum((saturation - _PALE) / (1 - _PALE) * SATURATIONS, SATURATIONS - 1)
    bright = np.minimum(value * VALUES, VALUES - 1).astype(np.int64)
    hued = GREYS + (sector * SATURATIONS + vivid.astype(np.int64)) * VALUES + bright
    return np.asarray(np.where((saturation < _PALE) | (value < _PALE), grey, hued))
