"""The outline of a product: its proportions and how much of its frame it fills."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels
from aisle.encoders.image.framing import background

DIMENSION = 5

_WIDEST = 4.0


def outline(product: Pixels) -> npt.NDArray[np.float32]:
    """Describe the proportions of a product that was cut out of its white margins.

    Parameters
    ----------
    product
        uint8 (height, width, 3).

    Returns
    -------
    float32 (5,)
        How wide it is (the natural logarithm of width by height, no less than 0 and no more than
        4), how tall (likewise), the share of the frame that is not white, the share that is, and
        a constant.
    """
    height, width = product.shape[:2]
    wide = min(max(math.log(width / height), -_WIDEST), _WIDEST)
    white = np.count_nonzero(background(product)) / (height * width)
    return np.array([max(wide, 0), max(-wide, 0), 1 - white, white, 0.5], dtype=np.float32)
