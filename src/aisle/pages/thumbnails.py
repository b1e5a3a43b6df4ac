"""Photographs small enough to travel inside a page."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image, features

_QUALITY = 70


def thumbnail(pixels: npt.NDArray[np.uint8], side: int) -> str:
    """Return a photograph as a data URI, shrunk until its longer side fits.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3), red first.
    side
        The longer side in pixels, at most; a smaller photograph is not enlarged.

    Returns
    -------
    str
        ``data:image/webp;base64,...``, or JPEG where Pillow was built without WebP.

    Examples
    --------
    >>> thumbnail(np.zeros((400, 300, 3), dtype=np.uint8), 160)[:22]
    'data:image/webp;base64'
    """
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    kind = "webp" if features.check("webp") else "jpeg"
    written = io.BytesIO()
    image.save(written, kind.upper(), quality=_QUALITY)
    return f"data:image/{kind};base64,{base64.b64encode(written.getvalue()).decode()}"
