"""How bright, how sharp and how large the photographs of products are."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.catalog.images import decode
from aisle.catalog.images.formats import MAX_PIXELS
from aisle.catalog.images.pillow import opened_image
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]

SIDE = 240
"""What photographs are shrunk to before they are measured, so that size does not count twice."""


@dataclass(frozen=True, eq=False)
class PhotographMeasures:
    """Measures of each product's photograph, float64 (rows,); NaN where none can be read.

    Parameters
    ----------
    brightness
        Mean shade, 0 (black) to 1 (white).
    sharpness
        Standard deviation of the Laplacian of the shades, which edges make large.
    pixels
        The shorter side of the photograph as it is stored.
    """

    brightness: Floats
    sharpness: Floats
    pixels: Floats


def photograph_measures(products: Catalog, progress: Progress = silent) -> PhotographMeasures:
    """Measure the photograph of every product, in threads.

    References
    ----------
    Pech-Pacheco et al. (2000), Diatom Autofocusing in Brightfield Microscopy, for sharpness.
    """
    found = products.map_contents(_measured, progress=progress, what="measuring photographs")
    nothing = (np.nan, np.nan, np.nan)
    values = [nothing if result.value is None else result.value for result in found]
    array = np.array(values, dtype=np.float64).reshape(len(found), 3)
    return PhotographMeasures(array[:, 0], array[:, 1], array[:, 2])


def _measured(content: bytes) -> tuple[float, float, float]:
    import cv2

    pixels = decode(content, side=SIDE)
    with opened_image(io.BytesIO(content), MAX_PIXELS) as image:
        shorter = min(image.size)
    height, width = pixels.shape[:2]
    scale = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    edges = cv2.Laplacian(small, cv2.CV_32F)
    return float(small.mean() / 255), float(edges.std()), float(shorter)
