"""Edits of a photograph that leave the product what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from aisle.catalog.images import Pixels, decode
from aisle.neural.augmenting.colours import recoloured

Edit = Callable[[Pixels], Pixels]

SIDE = 1024
"""What photographs are decoded at, so that large ones do not fill the memory."""

QUALITY = 40
"""Of the edit that compresses, on JPEG's scale of 100."""

_MARGIN = 0.04


def cropped(pixels: Pixels) -> Pixels:
    """Cut a twenty-fifth of each side off."""
    height, width = pixels.shape[:2]
    down, across = round(height * _MARGIN), round(width * _MARGIN)
    return np.ascontiguousarray(pixels[down : height - down, across : width - across])


def mirrored(pixels: Pixels) -> Pixels:
    """Exchange left and right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def brighter(pixels: Pixels) -> Pixels:
    """Multiply shades by 1.1."""
    return recoloured(pixels, brightness=1.1)


def darker(pixels: Pixels) -> Pixels:
    """Multiply shades by 0.9."""
    return recoloured(pixels, brightness=0.9)


def downscaled(pixels: Pixels) -> Pixels:
    """Halve width and height."""
    height, width = pixels.shape[:2]
    size = max(1, width // 2), max(1, height // 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def compressed(pixels: Pixels) -> Pixels:
    """Leave the pixels; `edited` writes them as a coarse JPEG."""
    return pixels


IMAGE_EDITS: Mapping[str, tuple[str, Edit]] = {
    "crop": ("4% cut off each side", cropped),
    "jpeg": (f"saved as JPEG of quality {QUALITY}", compressed),
    "mirror": ("left and right exchanged", mirrored),
    "brighter": ("10% brighter", brighter),
    "darker": ("10% darker", darker),
    "downscale": ("half as wide and half as high", downscaled),
}
"""What each edit of a photograph does in words, and the edit."""


def edited(content: bytes, name: str) -> bytes:
    """Return an encoded photograph with one edit of `IMAGE_EDITS` made.

    Parameters
    ----------
    content
        The photograph as it is stored.
    name
        Of the edit.

    Returns
    -------
    bytes
        JPEG for the edit that compresses, else PNG, which loses nothing more.

    Raises
    ------
    UnreadableImageError
        If it cannot be decoded.
    """
    pixels = IMAGE_EDITS[name][1](decode(content, side=SIDE))
    shades = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if name == "jpeg":
        written = cv2.imencode(".jpg", shades, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    else:
        written = cv2.imencode(".png", shades, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
    return bytes(written)
