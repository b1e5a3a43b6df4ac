"""Perceptual hashes: photographs that look the same have nearly the same bits.

A photograph is shrunk to 64 x 64 shades of grey and taken to its lowest 16 x 16 frequencies by a
cosine transform; a bit says whether a frequency stands out. That is PDQ (Facebook, The TMK+PDQF
video-hashing algorithm and the PDQ image-hashing algorithm, 2019; Zauner, Implementation and
benchmarking of perceptual image hash functions, 2010) with one change: a frequency stands out if
it is above the noise of JPEG, not above the median, so that symmetric things on plain ground, most
of whose frequencies are nothing but noise, keep their bits too.

It is done twice: for the whole picture, and for its content without plain margins, which finds the
same photograph on a wider ground. Colour is not looked at: a shirt photographed once and dyed in a
program is one photograph.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from aisle.catalog.images.decoding import Pixels

Shades = npt.NDArray[np.uint8]
"""A photograph in grey: uint8 (height, width)."""

SIDE = 240
"""What photographs are decoded at for hashing: enough for 64 x 64 shades and exact margins."""

HASH_BYTES = 64
"""Of a hash: 256 bits for the whole picture and 256 for its content."""

LEAST_BITS = 24
"""With fewer bits set a picture is blank or nearly so, and so is a content."""

_CANVAS = 256
_GRID = 64
_FREQUENCIES = 16
_NOISE = 4.0
_MARGIN = 32
_SPECKS = 2
_SCALE = 1024.0


def perceptual_hash(pixels: Pixels) -> bytes | None:
    """Hash a photograph so that it is known again when rescaled, recompressed or given margins.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3), of any size.

    Returns
    -------
    bytes or None
        `HASH_BYTES` bytes, the same on any number of threads: first the whole picture's, then its
        content's. None for a picture without structure, which is no evidence of anything.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    # Stretched, so that a margin's edge is as exact on a thin photograph's short side.
    canvas = cv2.resize(grey, (_CANVAS, _CANVAS), interpolation=cv2.INTER_AREA)
    whole = _bits(canvas)
    if whole.sum() < LEAST_BITS:
        return None
    content = _bits(_without_margins(canvas))
    return np.packbits(np.concatenate([whole, content])).tobytes()


def _without_margins(grey: Shades) -> Shades:
    """Cut off the outer rows and columns in which hardly a pixel differs from the usual rim."""
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    differs = np.abs(grey - np.median(rim)) > _MARGIN
    rows = np.flatnonzero(differs.sum(axis=1) > _SPECKS)
    columns = np.flatnonzero(differs.sum(axis=0) > _SPECKS)
    if len(rows) == 0 or len(columns) == 0:
        return grey
    return np.ascontiguousarray(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _bits(grey: Shades) -> npt.NDArray[np.bool_]:
    """Return which frequencies stand out, bool (256,)."""
    import cv2

    squeezed = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float64)
    waves = _waves()
    strength = waves @ squeezed @ waves.T
    stands_out: npt.NDArray[np.bool_] = (strength > _NOISE * _GRID / 2 * _SCALE**2).ravel()
    return stands_out


@cache
def _waves() -> npt.NDArray[np.float64]:
    """Return the cosine waves 1 to 16, float64 (16, 64), as whole numbers.

    With whole numbers every sum is exact, so that its order, which depends on the machine and its
    threads, does not matter. Wave 0, the mean, is left out in both directions, as in PDQ.
    """
    places = 2 * np.arange(_GRID) + 1
    numbers = np.arange(1, _FREQUENCIES + 1)
    waves: npt.NDArray[np.float64] = np.rint(
        _SCALE * np.cos(np.pi / (2 * _GRID) * numbers[:, None] * places)
    )
    return waves
