"""RandAugment: a few operations drawn from fourteen, all with one magnitude."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np

from aisle.catalog.images import Pixels
from aisle.errors import RecipeError
from aisle.neural.augmenting.colours import recoloured
from aisle.neural.augmenting.geometry import Matrix, scaled, sheared, shifted, turned
from aisle.neural.augmenting.settings import check_names, number

LEVELS = 10

Repaint = Callable[[Pixels], Pixels]

_SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], dtype=np.float32) / 13
_MOVES = ("rotate", "shear-x", "shear-y", "translate-x", "translate-y")
_PAINTS = (
    "autocontrast", "equalise", "solarise", "posterise",
    "colour", "contrast", "brightness", "sharpness",
)  # fmt: skip
OPERATIONS = ("identity", *_MOVES, *_PAINTS)


@dataclass(frozen=True)
class RandAugment:
    """Operations drawn evenly, with replacement, from fourteen.

    The ranges are those of AutoAugment, but for three that would take a product out of sight:
    photographs are moved by at most 0.3 of a side, solarised from the middle up, and factors of
    colour, contrast and brightness stay within 1 ± 0.7. Moves join the photograph's one warp and
    so come before the operations on colours.

    Source: Cubuk, Zoph, Shlens and Le, RandAugment, 2020.

    Parameters
    ----------
    operations
        How many a photograph, 1 to 14.
    magnitude
        Of all operations, 0 to 10.
    """

    operations: int = 2
    magnitude: float = 9

    def __post_init__(self) -> None:
        if not isinstance(self.operations, int):
            raise RecipeError(
                f"randaugment.operations: expected a whole number, found {self.operations!r}"
            )
        number(self.operations, "randaugment.operations", 1, len(OPERATIONS))
        number(self.magnitude, "randaugment.magnitude", 0, LEVELS)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Build from entries of a recipe.

        Raises
        ------
        RecipeError
            If an entry is unknown or out of range.
        """
        if not isinstance(settings, Mapping):
            raise RecipeError(
                "randaugment: expected entries such as {operations: 2, magnitude: 9}, "
                f"found {settings!r}"
            )
        check_names(settings, ("operations", "magnitude"), "randaugment")
        return cls(**settings)

    def draw(
        self, height: int, width: int, generator: np.random.Generator
    ) -> tuple[Matrix, list[Repaint]]:
        """Draw what happens to one photograph: where points go, and what is done to colours."""
        matrix, paints = scaled(1, 1), []
        for place in generator.integers(len(OPERATIONS), size=self.operations):
            name = OPERATIONS[place]
            strength = self.magnitude / LEVELS * generator.choice((-1, 1))
            if name in _MOVES:
                matrix = _move(name, strength, height, width) @ matrix
            elif name in _PAINTS:
                paints.append(_paint(name, strength))
        return matrix, paints


def _move(name: str, strength: float, height: int, width: int) -> Matrix:
    match name:
        case "rotate":
            return turned(30 * strength)
        case "shear-x":
            return sheared(0.3 * strength, 0)
        case "shear-y":
            return sheared(0, 0.3 * strength)
        case "translate-x":
            return shifted(0.3 * strength * width, 0)
        case _:
            return shifted(0, 0.3 * strength * height)


def _paint(name: str, strength: float) -> Repaint:
    factor, size = 1 + 0.7 * strength, abs(strength)
    paints: dict[str, Repaint] = {
        "autocontrast": autocontrast,
        "equalise": equalised,
        "solarise": lambda pixels: solarised(pixels, round(256 - 128 * size)),
        "posterise": lambda pixels: posterised(pixels, round(8 - 4 * size)),
        "colour": lambda pixels: recoloured(pixels, saturation=factor),
        "contrast": lambda pixels: recoloured(pixels, contrast=factor),
        "brightness": lambda pixels: recoloured(pixels, brightness=factor),
        "sharpness": lambda pixels: sharpened(pixels, 1 + 0.9 * strength),
    }
    return paints[name]


def autocontrast(pixels: Pixels) -> Pixels:
    """Stretch each channel from black to white, uint8 (height, width, 3)."""
    flat = pixels.reshape(-1, 3)
    low, high = flat.min(axis=0).astype(np.float32), flat.max(axis=0).astype(np.float32)
    # A channel of one value has nothing to stretch and keeps it.
    one = low == high
    low, high = np.where(one, 0, low), np.where(one, 255, high)
    values = (np.arange(256)[:, None] - low) * (255 / (high - low))
    table = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table[None]), dtype=np.uint8)


def equalised(pixels: Pixels) -> Pixels:
    """Equalise the histogram of each channel, uint8 (height, width, 3)."""
    channels = [cv2.equalizeHist(channel) for channel in cv2.split(pixels)]
    return np.asarray(cv2.merge(channels), dtype=np.uint8)


def solarised(pixels: Pixels, threshold: int) -> Pixels:
    """Invert values from a threshold on, uint8 (height, width, 3)."""
    values = np.arange(256)
    table = np.where(values >= threshold, 255 - values, values).astype(np.uint8)
    return np.asarray(cv2.LUT(pixels, table), dtype=np.uint8)


def posterised(pixels: Pixels, bits: int) -> Pixels:
    """Keep the upper bits of every value, uint8 (height, width, 3)."""
    return pixels & np.uint8(256 - (1 << (8 - bits)))


def sharpened(pixels: Pixels, factor: float) -> Pixels:
    """Move away from a smoothed photograph (above 1) or towards it, uint8 (height, width, 3)."""
    smooth = cv2.filter2D(pixels, -1, _SMOOTH, borderType=cv2.BORDER_REPLICATE)
    blended = cv2.addWeighted(pixels, factor, smooth, 1 - factor, 0.0)
    return np.asarray(blended, dtype=np.uint8)
