"""Dense SIFT: what stands around each point of a grid, as directions of edges."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels
from aisle.encoders.image.gradients import differences, oriented, pooled

ORIENTATIONS = 8
CELLS = 21
WINDOW = 4
POINTS = (CELLS - WINDOW + 1) ** 2
LENGTH = WINDOW * WINDOW * ORIENTATIONS
DIMENSION = CELLS * CELLS * ORIENTATIONS

Floats = npt.NDArray[np.float32]

_CLIP = 0.2
_FLAT = 1.25


def sift(pixels: Pixels) -> Floats:
    """Return the gradients in the cells that dense SIFT descriptors are made of.

    Neighbouring descriptors share most of their cells, so a photograph is kept as its cells:
    3,528 numbers rather than 324 descriptors of 128. `root_sift` makes the descriptors.

    Source: Lowe, Distinctive image features from scale-invariant keypoints, 2004; on a grid with a
    flat window: Vedaldi and Fulkerson, VLFeat, 2010. Keypoints are not looked for: on a product
    that fills its frame a dense grid finds more.

    Parameters
    ----------
    pixels
        uint8 (side, side, 3), RGB.

    Returns
    -------
    float32 (3528,)
        The mean gradient in 21 x 21 cells and 8 directions.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return pooled(oriented(*differences(grey), ORIENTATIONS, 2 * math.pi), CELLS).ravel()


def root_sift(cells: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Make the descriptors of photographs from their cells.

    Each covers 4 x 4 cells, is normalised, clipped at 0.2 against glare, and becomes the root of
    its shares, so that Euclidean distances between descriptors compare as Hellinger's do
    (Arandjelovic and Zisserman, Three things everyone should know, 2012).

    Parameters
    ----------
    cells
        float32 (rows, 3528), from `sift`.

    Returns
    -------
    descriptors : float32 (rows, 324, 128)
        Of length 1, or 0 where there is nothing to see.
    seen : bool (rows, 324)
        Where there are edges at all.
    """
    grid = cells.reshape(-1, CELLS, CELLS, ORIENTATIONS)
    count = CELLS - WINDOW + 1
    windows = np.empty((len(grid), count, count, WINDOW * WINDOW, ORIENTATIONS), np.float32)
    for place in range(WINDOW * WINDOW):
        top, left = divmod(place, WINDOW)
        windows[:, :, :, place] = grid[:, top : top + count, left : left + count]
    found = windows.reshape(len(grid), POINTS, LENGTH)
    total = found.sum(axis=2)
    seen = total > _FLAT * WINDOW * WINDOW
    length = np.sqrt(np.square(found).sum(axis=2))
    np.minimum(found, (_CLIP * length)[..., None], out=found)
    share = found.sum(axis=2)
    scale = np.where(seen, 1 / np.where(seen, share, 1), 0)
    np.multiply(found, scale[..., None], out=found)
    return np.sqrt(found, out=found), seen


def positions() -> Floats:
    """Return where the descriptors stand, down and to the right, float32 (324, 2), about 0."""
    line = (np.arange(CELLS - WINDOW + 1) + WINDOW / 2) / CELLS - 0.5
    down, right = np.meshgrid(line, line, indexing="ij")
    return np.stack([down.ravel(), right.ravel()], axis=1).astype(np.float32)
