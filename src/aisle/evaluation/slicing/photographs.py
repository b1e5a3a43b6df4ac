"""How bright, how sharp and how large the photographs of products are."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Catalog
from aisle.catalog.images import ImageResult, Pixels, decode
from aisle.catalog.images.formats import MAX_PIXELS
from aisle.catalog.images.hashes import SIDE, perceptual_hash
from aisle.catalog.images.pillow import opened_image
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhotographMeasures:
    """Measures of each product's photograph, float64 (rows,); NaN where none can be read.

    Parameters
    ----------
    brightness, sharpness
        As `light` has them.
    pixels
        The shorter side of the photograph as it is stored.
    """

    brightness: Floats
    sharpness: Floats
    pixels: Floats


@dataclass(frozen=True)
class _Measured:
    brightness: float
    sharpness: float
    pixels: float
    hash: bytes | None


def photograph_measures(
    products: Catalog, progress: Progress = silent, *, hashed: bool = False
) -> PhotographMeasures:
    """Measure the photograph of every product, in threads.

    Parameters
    ----------
    products
        The products.
    progress
        Called while photographs are read.
    hashed
        Take their perceptual hashes as well, so that the catalogue need not read them once more to
        find near-duplicates.
    """

    def measured(content: bytes) -> _Measured:
        return _measured(content, hashed=hashed)

    found = products.map_contents(measured, progress=progress, what="measuring photographs")
    if hashed:
        products.keep_hashes(
            [ImageResult(None if r.value is None else r.value.hash, r.error) for r in found]
        )
    seen = [result.value for result in found]
    values = [(v.brightness, v.sharpness, v.pixels) if v else (np.nan,) * 3 for v in seen]
    array = np.array(values, dtype=np.float64).reshape(len(found), 3)
    return PhotographMeasures(array[:, 0], array[:, 1], array[:, 2])


def light(pixels: Pixels) -> tuple[float, float]:
    """Return how bright and how sharp a photograph is.

    Parameters
    ----------
    pixels
        uint8 RGB (height, width, 3). Shrunk to `SIDE` before they are measured, so that sizes can
        be compared; smaller photographs are not enlarged.

    Returns
    -------
    tuple of float
        The mean shade, 0 (black) to 1 (white), and the variance of the Laplacian of the shades,
        which edges make large.

    References
    ----------
    Pech-Pacheco et al. (2000), Diatom Autofocusing in Brightfield Microscopy, for sharpness.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    longer = max(grey.shape)
    if longer > SIDE:
        scale = SIDE / longer
        size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return float(grey.mean()) / 255, float(cv2.Laplacian(grey, cv2.CV_64F).var())


def _measured(content: bytes, *, hashed: bool) -> _Measured:
    pixels = decode(content, side=SIDE)
    with opened_image(io.BytesIO(content), MAX_PIXELS) as image:
        shorter = min(image.size)
    return _Measured(*light(pixels), float(shorter), perceptual_hash(pixels) if hashed else None)
