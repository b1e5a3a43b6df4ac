"""Which way up a photograph is, by its EXIF data."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

_PREFIX = b"Exif\0\0"
_TAG = 0x0112
_MOST_ENTRIES = 1000


def exif_orientation(exif: object) -> int:
    """Return the orientation, 1 to 8, that EXIF data ask for; 1 where they are none or broken.

    Parameters
    ----------
    exif
        Bytes: a TIFF header and its first directory, behind the word ``Exif`` and two zeros or not.
    """
    if not isinstance(exif, bytes):
        return 1
    tiff = exif.removeprefix(_PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(min(count, _MOST_ENTRIES)):
            tag, kind, values, value = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + 12 * entry)
            if tag == _TAG:
                return value if kind == 3 and values == 1 and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def turned(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn a photograph the right way up.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3), as stored.
    orientation
        1 to 8, as EXIF counts them (CIPA DC-008, tag 0x0112); anything else leaves it.

    Returns
    -------
    uint8 (height, width, 3)
        Or (width, height, 3) for 5 to 8; C-contiguous.
    """
    import cv2

    upright: NDArray[np.uint8] = pixels
    if orientation in (5, 6, 7, 8):
        upright = cv2.transpose(upright)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return upright if flip is None else cv2.flip(upright, flip)
