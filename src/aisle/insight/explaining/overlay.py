"""Maps of evidence as pictures to lay over a photograph."""

from __future__ import annotations

import base64
import io

import numpy as np

from aisle.insight.explaining.findings import ImageMap

SIDE = 56
"""Of the picture, in pixels; the page smooths it over the photograph."""

FOR, AGAINST = (226, 88, 16), (38, 110, 214)
"""Orange and blue, which colour-blind people tell apart too."""


def overlay(one: ImageMap) -> str:
    """Return a map as a data URI of a picture: the stronger the evidence, the less transparent."""
    import cv2
    from PIL import Image

    grid = one.grid.astype(np.float64)
    if not one.signed:
        # What was looked at least is the ground from which attention stands out.
        grid = grid - grid.min()
    finer = cv2.resize(grid, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    loudest = float(np.abs(finer).max()) or 1.0
    strength = np.abs(finer) / loudest
    pixels = np.zeros((SIDE, SIDE, 4), dtype=np.uint8)
    pixels[..., :3] = np.where((finer > 0)[..., None], FOR, AGAINST)
    pixels[..., 3] = np.round(255 * strength**1.2).astype(np.uint8)
    written = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(written, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"
