"""Turning, zooming, shifting and cropping as matrices, so that one warp does them all.

A matrix, float64 (3, 3), says where a point of the photograph goes, in pixels from its centre.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels

Matrix = npt.NDArray[np.float64]
Colour = tuple[int, int, int]

_ASPECTS = (3 / 4, 4 / 3)
_TRIES = 10


def scaled(across: float, down: float) -> Matrix:
    """Return the matrix that stretches; -1 mirrors."""
    return np.diag([across, down, 1.0])


def turned(degrees: float) -> Matrix:
    """Return the matrix that turns about the centre."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def shifted(right: float, down: float) -> Matrix:
    """Return the matrix that moves by pixels."""
    return np.array([[1, 0, right], [0, 1, down], [0, 0, 1]], dtype=np.float64)


def sheared(across: float, down: float) -> Matrix:
    """Return the matrix that slants, by pixels a pixel."""
    return np.array([[1, across, 0], [down, 1, 0], [0, 0, 1]], dtype=np.float64)


def cropped(
    area: tuple[float, float], height: int, width: int, generator: np.random.Generator
) -> Matrix:
    """Draw a part of the photograph and return the matrix that blows it up to the whole.

    The part keeps between 3/4 and 4/3 of the photograph's own aspect; its area is even within
    `area`, shares of the whole.

    Source: the random resized crop of Szegedy et al., Going deeper with convolutions, 2015.
    """
    low, high = (math.log(aspect) for aspect in _ASPECTS)
    for _ in range(_TRIES):
        share = generator.uniform(*area)
        aspect = math.exp(generator.uniform(low, high))
        across, down = math.sqrt(share * aspect), math.sqrt(share / aspect)
        if across <= 1 and down <= 1:
            break
    else:
        across = down = math.sqrt(share)
    right = (1 - across) / 2 * width * generator.uniform(-1, 1)
    below = (1 - down) / 2 * height * generator.uniform(-1, 1)
    return scaled(1 / across, 1 / down) @ shifted(-right, -below)


def warped(pixels: Pixels, matrix: Matrix, background: Colour) -> Pixels:
    """Move every point of a photograph; what comes in from outside is background.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3).
    matrix
        Where points go.
    background
        Red, green and blue, 0 to 255.

    Returns
    -------
    uint8 (height, width, 3)
    """
    if np.array_equal(matrix, np.eye(3)):
        return pixels
    height, width = pixels.shape[:2]
    centre = shifted((width - 1) / 2, (height - 1) / 2)
    moves = centre @ matrix @ shifted(-(width - 1) / 2, -(height - 1) / 2)
    return np.asarray(
        cv2.warpAffine(
            pixels,
            moves[:2],
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=background,
        ),
        dtype=np.uint8,
    )
