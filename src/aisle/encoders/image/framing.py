"""A photograph cut down to its product: white margins away, one size for all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels

WHITE = 245
"""From this value in all three channels on, a pixel counts as the white background."""

_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Framed:
    """A product as the descriptors see it.

    Parameters
    ----------
    product
        uint8 (height, width, 3): the photograph without its white margins.
    square
        uint8 (side, side, 3): the same, stretched to a square.
    """

    product: Pixels
    square: Pixels


def background(pixels: Pixels) -> npt.NDArray[np.bool_]:
    """Say which pixels are white background, bool (height, width)."""
    white: npt.NDArray[np.uint8] = cv2.inRange(pixels, (WHITE,) * 3, (255,) * 3)
    return np.asarray(white != 0)


def framed(pixels: Pixels, side: int) -> Framed:
    """Cut white margins off and stretch what is left to a square.

    A row or column belongs to the margin if no more than a hundredth of it is not white, so that
    specks of compression do not hold the frame open. A photograph that is all white stays whole.
    Stretching rather than padding lets every cell of every descriptor lie on the product; its
    true proportions are told by `aisle.encoders.image.outline`.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3), at least one pixel.
    side
        Of the square, in pixels.
    """
    there = ~background(pixels)
    rows = np.flatnonzero(np.count_nonzero(there, axis=1) > _SHARE * there.shape[1])
    columns = np.flatnonzero(np.count_nonzero(there, axis=0) > _SHARE * there.shape[0])
    if len(rows) and len(columns):
        pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Framed(pixels, _stretched(pixels, side))


def _stretched(pixels: Pixels, side: int) -> Pixels:
    """Resize to a square: averaging over areas where it shrinks, linear where it grows."""
    height, width = pixels.shape[:2]
    # OpenCV averages over areas only if both sides shrink.
    fit = min(width, side), min(height, side)
    if fit != (width, height):
        pixels = cv2.resize(pixels, fit, interpolation=cv2.INTER_AREA)
    if fit != (side, side):
        pixels = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(pixels)
