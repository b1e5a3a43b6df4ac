"""Gabor filters: how strongly a photograph is striped, at each scale and angle."""

from __future__ import annotations

import math
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from scipy import fft

from aisle.catalog.images import Pixels

SIDE = 64
SCALES = 4
ANGLES = 8
CELLS = 4
DIMENSION = 2 * SCALES * ANGLES * CELLS * CELLS

FINEST = 0.3
"""Cycles a pixel of the finest filter."""

STEP = 1.85
"""How much coarser each scale is than the one before."""

_MARGIN = 8
_LOCAL = 4.0

Floats = npt.NDArray[np.float32]


def gabor(pixels: Pixels) -> Floats:
    """Describe stripes and textures by the answers of a bank of Gabor filters.

    Four scales and eight angles, on a copy of 64 x 64 pixels whose local contrast is evened out.
    Of each filter's amplitude the mean and the standard deviation in 4 x 4 cells are kept.

    Source: Manjunath and Ma, Texture features for browsing and retrieval of image data, 1996; on a
    grid and after evening out: Oliva and Torralba, Modeling the shape of the scene, 2001.

    Parameters
    ----------
    pixels
        uint8 (side, side, 3), RGB.

    Returns
    -------
    float32 (1024,)
        Means, then deviations, each (4 scales, the finest first, 8 angles, 4, 4).
    """
    small = cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    margins = (_MARGIN,) * 4
    wide = cv2.copyMakeBorder(evened(small), *margins, cv2.BORDER_REFLECT)
    inside = amplitudes(wide)[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    size = SIDE // CELLS
    cells = inside.reshape(-1, CELLS, size, CELLS, size).transpose(0, 1, 3, 2, 4)
    pooled = np.ascontiguousarray(cells).reshape(-1, CELLS, CELLS, size * size)
    return np.stack([pooled.mean(axis=-1), pooled.std(axis=-1)]).ravel()


def evened(pixels: Pixels) -> Floats:
    """Take the logarithm of grey, subtract its local mean and divide by its local deviation.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3), RGB.

    Returns
    -------
    float32 (height, width)
    """
    grey = np.log1p(np.arange(256, dtype=np.float32))[cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)]
    centred = grey - _smooth(grey)
    return np.asarray(centred / (np.float32(0.2) + np.sqrt(_smooth(centred * centred))))


def _smooth(values: Floats) -> Floats:
    smooth: Floats = cv2.GaussianBlur(values, (0, 0), _LOCAL, borderType=cv2.BORDER_REFLECT)
    return smooth


def amplitudes(values: Floats) -> Floats:
    """Return the amplitude of each filter's answer, float32 (scales * angles, side, side).

    Parameters
    ----------
    values
        float32 (side, side), taken to repeat beyond its borders.
    """
    spectrum = fft.fft2(values, workers=1)
    answers = fft.ifft2(bank(values.shape[0]) * spectrum, workers=1, overwrite_x=True)
    return np.asarray(np.abs(answers))


@cache
def bank(side: int) -> Floats:
    """Return what each filter passes of every frequency, float32 (scales * angles, side, side).

    A filter is a Gaussian around its own frequency; neighbours in scale and in angle touch where
    they pass half.
    """
    down, right = np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side), indexing="ij")
    filters = []
    for scale in range(SCALES):
        centre = FINEST / STEP**scale
        along_width, across_width = widths(centre)
        for angle in range(ANGLES):
            cosine, sine = math.cos(math.pi * angle / ANGLES), math.sin(math.pi * angle / ANGLES)
            along, across = right * cosine + down * sine, down * cosine - right * sine
            away = ((along - centre) / along_width) ** 2 + (across / across_width) ** 2
            filters.append(np.exp(-away / 2))
    return np.stack(filters).astype(np.float32)


def widths(centre: float) -> tuple[float, float]:
    """Return the standard deviations of a filter along its frequency and across."""
    half = math.sqrt(2 * math.log(2))
    along = centre * (STEP - 1) / (STEP + 1) / half
    return along, centre * math.tan(math.pi / (2 * ANGLES)) / half
