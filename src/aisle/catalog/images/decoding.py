"""Encoded photographs into pixels: upright, RGB, on white."""

from __future__ import annotations

import io
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aisle.catalog.images.colours import rgb
from aisle.catalog.images.files import read_file
from aisle.catalog.images.formats import DAMAGED, MAX_BYTES, MAX_PIXELS, decoding_problem
from aisle.catalog.images.jpeg import decode_jpeg, read_header
from aisle.catalog.images.orientation import exif_orientation, turned
from aisle.catalog.images.pillow import opened_image
from aisle.catalog.images.png import essentials
from aisle.catalog.images.unreadable import UnreadableImageError

Pixels = NDArray[np.uint8]
"""A photograph: uint8 (height, width, 3), red first, C-contiguous."""

_LARGE = 2**25
_ONE_LARGE_AT_A_TIME = threading.Lock()


def decode(
    source: bytes | Path, *, side: int | None = None, max_pixels: int = MAX_PIXELS
) -> Pixels:
    """Decode a photograph: upright by its EXIF data, transparency on white, the first frame alone.

    JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000, PPM and ICO, whatever the file's suffix. The
    result depends on the bytes alone. Colour profiles are not applied. A JPEG may lack its end if
    no more than its last row of blocks suffers, and that is no tenth of it; damage in its midst
    cannot be told.

    Parameters
    ----------
    source
        The encoded photograph, or the path of a file.
    side
        What it will be resized to: a JPEG is then decoded at a half, a quarter or an eighth of its
        size, which is several times faster, as long as its longer side stays at least `side`
        pixels. A photograph that is smaller already, or in another format, keeps its size.
    max_pixels
        The largest width times height to let through; `MAX_PIXELS` holds besides. The header
        decides, before any memory is taken.

    Returns
    -------
    uint8 (height, width, 3)
        RGB, C-contiguous, writable.

    Raises
    ------
    UnreadableImageError
        If there is no such photograph or it cannot be decoded; the message says why.
    """
    content = read_file(str(source)) if isinstance(source, Path) else bytes(source)
    if not content:
        raise UnreadableImageError("there are no bytes")
    if len(content) > MAX_BYTES:
        raise UnreadableImageError(f"too large: {len(content):,} bytes, more than {MAX_BYTES:,}")
    header = read_header(content)
    if header is None:
        return _decode_other(content, max_pixels)
    with _turn(header.width, header.height):
        pixels = decode_jpeg(content, header, side=side, max_pixels=max_pixels)
    return turned(pixels, header.orientation)


def squared(pixels: Pixels, side: int, *, fill: int = 255) -> Pixels:
    """Resize a photograph to fit a square, centred, the rest of the square in one shade.

    Shrinking averages over areas, enlarging is linear. The photograph keeps its shape to within
    half a pixel, and at least one pixel each way.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3).
    side
        Of the square, in pixels, at least 1.
    fill
        The shade around the photograph, 0 (black) to 255 (white).

    Returns
    -------
    uint8 (side, side, 3)
    """
    import cv2

    height, width = pixels.shape[:2]
    longer = max(height, width)
    size = max(1, round(width * side / longer)), max(1, round(height * side / longer))
    method = cv2.INTER_AREA if longer > side else cv2.INTER_LINEAR
    square = np.full((side, side, 3), fill, np.uint8)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    inside = square[top : top + size[1], left : left + size[0]]
    inside[...] = pixels if longer == side else cv2.resize(pixels, size, interpolation=method)
    return square


def _decode_other(content: bytes, max_pixels: int) -> Pixels:
    """Decode whatever is no JPEG in good order, through Pillow."""
    with opened_image(io.BytesIO(essentials(content)), max_pixels) as image, _turn(*image.size):
        try:
            pixels = rgb(image)
        except DAMAGED as failure:
            raise UnreadableImageError(decoding_problem(failure, image.format)) from failure
        return turned(pixels, exif_orientation(image.info.get("exif")))


def _turn(width: int, height: int) -> AbstractContextManager[object]:
    """Let one large photograph be decoded at a time: each takes up to a gigabyte meanwhile."""
    return _ONE_LARGE_AT_A_TIME if width * height > _LARGE else nullcontext()
