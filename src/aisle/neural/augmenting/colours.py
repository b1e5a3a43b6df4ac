"""Brightness, contrast, saturation and hue: one matrix over red, green and blue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt

from aisle.catalog.images import Pixels
from aisle.neural.augmenting.settings import check_names, number

_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
_FROM_YIQ = np.linalg.inv(_TO_YIQ)
_HUE = 1 / 6
"""A jitter of one number turns hues by this part of it; more makes another product of it."""

_POOL = 1 << 20
_STEP = 32


@dataclass(frozen=True)
class ColourJitter:
    """How far colours may stray.

    Parameters
    ----------
    brightness, contrast, saturation
        Each is multiplied by an even draw from 1 - value to 1 + value; 0 to 1.
    hue
        Turned by at most this part of the circle; 0 to 0.5.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            high = 0.5 if field.name == "hue" else 1.0
            number(getattr(self, field.name), f"colour.{field.name}", 0.0, high)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any] | float) -> Self:
        """Build from entries, or from one number for all (a sixth of it for the hue).

        Raises
        ------
        RecipeError
            If an entry is unknown or out of range.
        """
        if isinstance(settings, Mapping):
            check_names(settings, [field.name for field in fields(cls)], "colour")
            return cls(**settings)
        value = number(settings, "colour", 0.0, 1.0)
        return cls(value, value, value, value * _HUE)

    def __bool__(self) -> bool:
        """Say whether there is anything to do."""
        return any(getattr(self, field.name) for field in fields(self))

    def __call__(self, pixels: Pixels, generator: np.random.Generator) -> Pixels:
        """Draw and apply one change of colours, uint8 (height, width, 3), RGB."""
        brightness, contrast, saturation = (
            generator.uniform(1 - value, 1 + value)
            for value in (self.brightness, self.contrast, self.saturation)
        )
        hue = generator.uniform(-self.hue, self.hue)
        return recoloured(pixels, brightness, contrast, saturation, hue)


def recoloured(
    pixels: Pixels,
    brightness: float = 1.0,
    contrast: float = 1.0,
    saturation: float = 1.0,
    hue: float = 0.0,
) -> Pixels:
    """Change colours in one pass.

    Hue and saturation turn and stretch the two colour axes of YIQ, so greys stay grey; contrast
    is about the photograph's mean grey. All four are linear, hence one matrix.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3), RGB.
    brightness, contrast, saturation
        Factors; 1 changes nothing.
    hue
        A part of the circle, -0.5 to 0.5.

    Returns
    -------
    uint8 (height, width, 3)
    """
    cosine = saturation * math.cos(2 * math.pi * hue)
    sine = saturation * math.sin(2 * math.pi * hue)
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    matrix = brightness * contrast * (_FROM_YIQ @ turn @ _TO_YIQ)
    mean = float(_TO_YIQ[0] @ np.array(cv2.mean(pixels)[:3])) if contrast != 1 else 0.0
    offset = np.full((3, 1), brightness * (1 - contrast) * mean)
    changed = cv2.transform(pixels, np.hstack([matrix, offset]).astype(np.float32))
    return np.asarray(changed, dtype=np.uint8)


def noisy(pixels: Pixels, deviation: float, generator: np.random.Generator) -> Pixels:
    """Add Gaussian noise.

    It is cut from a fixed pool at a random place: a million draws once instead of a hundred
    thousand a photograph, which would take longer than all else.

    Parameters
    ----------
    pixels
        uint8 (height, width, 3).
    deviation
        Standard deviation, as a share of the range from black to white.

    Returns
    -------
    uint8 (height, width, 3)
    """
    pool = _noise()
    if pixels.size < _POOL:
        start = generator.integers(_POOL - pixels.size)
        noise = pool[start : start + pixels.size]
    else:
        noise = np.resize(np.roll(pool, generator.integers(_POOL)), pixels.size)
    scale = deviation * 255 / _STEP
    added = cv2.addWeighted(pixels, 1.0, noise.reshape(pixels.shape), scale, -128 * scale)
    return np.asarray(added, dtype=np.uint8)


@cache
def _noise() -> npt.NDArray[np.uint8]:
    """Return normal draws about 128, 32 a standard deviation, uint8 (1048576,)."""
    draws = np.random.default_rng(0).standard_normal(_POOL, dtype=np.float32)
    return np.clip(np.rint(draws * _STEP + 128), 0, 255).astype(np.uint8)
