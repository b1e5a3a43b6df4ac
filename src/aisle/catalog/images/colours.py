"""Pillow's images of any kind into RGB on white."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

_DEEP = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})


def rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return an image's pixels, its transparent parts white.

    Grey values of more than 8 bits are scaled: 16-bit ones by their full range; others as they are
    where they lie between 0 and 255, by 16 bits where they fit into these, by 1 where they are
    fractions between 0 and 1, else from the lowest to the highest. Values that are no number are
    black.

    Parameters
    ----------
    image
        Of any mode; loaded if it was not.

    Returns
    -------
    uint8 (height, width, 3)
        C-contiguous, its own memory.

    Raises
    ------
    ValueError
        If Pillow cannot convert its colours.
    """
    import cv2

    image.load()
    if image.mode in _DEEP:
        return np.ascontiguousarray(cv2.cvtColor(_grey(np.asarray(image)), cv2.COLOR_GRAY2RGB))
    if image.has_transparency_data:
        from PIL import Image

        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size, (255, 255, 255))
        image.paste(layer, mask=layer.getchannel("A"))
    return _array(image if image.mode == "RGB" else image.convert("RGB"))


def _array(image: Image.Image) -> NDArray[np.uint8]:
    """Copy an RGB image's pixels, which Pillow keeps four bytes apart, straight from its memory.

    Pillow shares that memory if it is one block, which it is below 16 MiB, and if it is of 2025 or
    later. Its own way to numpy takes three times as long.
    """
    import cv2
    import pyarrow as pa

    if not hasattr(image, "__arrow_c_array__"):
        return np.array(image)
    try:
        memory = pa.array(image).buffers()[-1]
    except ValueError:
        return np.array(image)
    apart = np.frombuffer(memory, np.uint8, image.width * image.height * 4)
    return np.asarray(cv2.cvtColor(apart.reshape(image.height, image.width, 4), cv2.COLOR_RGBA2RGB))


def _grey(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale grey values of more than 8 bits to 8, as `rgb` says."""
    if values.dtype.itemsize == 2:
        return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    grey = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    if low >= 0 and high <= 1 and values.dtype.kind == "f":
        grey *= 255
    elif low >= 0 and high <= 255:
        pass
    elif low >= 0 and high <= 65_535:
        grey /= 257
    else:
        grey = (grey - low) * (255 / max(high - low, 1e-30))
    return np.rint(grey).astype(np.uint8)
