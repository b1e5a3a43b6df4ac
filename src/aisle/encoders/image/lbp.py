"""Local binary patterns: how each pixel compares with those around it."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels
from aisle.encoders.image.grids import cell_histograms

NEIGHBOURS = 8
PATTERNS = NEIGHBOURS * (NEIGHBOURS - 1) + 3
"""Uniform patterns of eight neighbours, and one bin for all others: 59."""

RADII = (1,)
CELLS = 4
DIMENSION = len(RADII) * CELLS * CELLS * PATTERNS


def lbp(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Count uniform local binary patterns in the cells of a grid.

    Source: Ojala, Pietikainen and Maenpaa, Multiresolution gray-scale and rotation invariant
    texture classification with local binary patterns, 2002; on a grid: Ahonen, Hadid and
    Pietikainen, Face description with local binary patterns, 2006. Uniform patterns, which turn
    from 0 to 1 and back at most once, have a bin each; all others share one.

    Parameters
    ----------
    pixels
        uint8 (side, side, 3), RGB.

    Returns
    -------
    float32 (944,)
        Shares that sum to 1: 59 patterns in each of 4 x 4 cells.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    counts = [
        cell_histograms(uniform_bins()[codes(grey, radius)], PATTERNS, CELLS) for radius in RADII
    ]
    return np.asarray(np.stack(counts).ravel() / (len(RADII) * grey.size), dtype=np.float32)


def codes(grey: npt.NDArray[np.uint8], radius: int) -> npt.NDArray[np.uint8]:
    """Return the pattern around every pixel.

    Bit k says that the neighbour at k times 45 degrees, counted from the right against the clock,
    is no darker than the pixel. The neighbours are the pixels nearest to a circle. Ojala
    interpolates between pixels instead, which is no better here and loses the invariance: like
    this, any change of brightness that keeps the order of greys keeps every pattern.

    Parameters
    ----------
    grey
        uint8 (height, width); beyond its border the outermost pixels are repeated.
    radius
        Of the circle, in pixels.

    Returns
    -------
    uint8 (height, width)
    """
    height, width = grey.shape
    wide = cv2.copyMakeBorder(grey, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    pattern = np.zeros(grey.shape, dtype=np.uint8)
    for bit in range(NEIGHBOURS):
        angle = 2 * math.pi * bit / NEIGHBOURS
        top = radius - round(radius * math.sin(angle))
        left = radius + round(radius * math.cos(angle))
        around = wide[top : top + height, left : left + width]
        pattern |= (around >= grey).view(np.uint8) << np.uint8(bit)
    return pattern


@cache
def uniform_bins() -> npt.NDArray[np.int64]:
    """Return the bin of each of the 256 patterns, int64 (256,); the last bin is for all others."""
    bins = np.full(2**NEIGHBOURS, PATTERNS - 1)
    uniform = 0
    for pattern in range(2**NEIGHBOURS):
        turned = pattern >> 1 | (pattern & 1) << NEIGHBOURS - 1
        if (pattern ^ turned).bit_count() <= 2:
            bins[pattern] = uniform
            uniform += 1
    return bins
