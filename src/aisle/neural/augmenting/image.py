"""Photographs varied at random: the same product, seen another way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

from aisle.catalog.images import Pixels
from aisle.neural.augmenting.colours import ColourJitter, noisy
from aisle.neural.augmenting.geometry import (
    Colour,
    Matrix,
    cropped,
    scaled,
    shifted,
    turned,
    warped,
)
from aisle.neural.augmenting.randaugment import RandAugment, Repaint
from aisle.neural.augmenting.settings import number, resolved, span

IMAGE_PRESETS: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "light": {"flip": True, "rotation": 8, "zoom": [0.9, 1.1], "shift": 0.05, "colour": 0.1},
    "standard": {
        "flip": True, "rotation": 15, "zoom": [0.8, 1.2], "shift": 0.08, "colour": 0.25,
        "noise": 0.02,
    },
    "strong": {
        "flip": True, "rotation": 15, "zoom": [0.8, 1.1], "crop": [0.7, 1.0], "colour": 0.25,
        "noise": 0.03, "randaugment": {"operations": 2, "magnitude": 5}, "erase": 0.25,
    },
}  # fmt: skip

WHITE: Colour = (255, 255, 255)

_ERASED = (0.02, 0.2)
_ASPECT = 0.3


@dataclass(frozen=True)
class ImageAugmentation:
    """Random changes that leave a product what it is.

    Geometry comes first, in one warp, then colours, noise and erasing. Each call draws anew; the
    same state of the generator gives the same photograph.

    Parameters
    ----------
    flip
        Probability of mirroring left and right.
    rotation
        Degrees, at most, either way; 0 to 180.
    zoom
        Smallest and largest scale, 0.1 to 10; above 1 the product grows.
    shift
        Share of width and of height, at most, either way; 0 to 1.
    crop
        Smallest and largest share of the area that is blown up to the whole, 0.01 to 1.
    colour
        How far brightness, contrast, saturation and hue may stray.
    noise
        Largest standard deviation of Gaussian noise, a share of black to white; 0 to 0.5.
    randaugment
        Operations drawn from fourteen, if any.
    erase
        Probability that a rectangle of 2 to 20 % of the area is overwritten with random pixels
        (Zhong et al., Random erasing data augmentation, 2020).

    Examples
    --------
    >>> import numpy as np
    >>> from aisle.neural.augmenting import ImageAugmentation
    >>> augment = ImageAugmentation.from_settings({"flip": True, "rotation": 15})
    >>> augment(np.zeros((32, 24, 3), np.uint8), np.random.default_rng(0)).shape
    (32, 24, 3)
    """

    flip: float = 0.0
    rotation: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    crop: tuple[float, float] = (1.0, 1.0)
    colour: ColourJitter = field(default_factory=ColourJitter)
    noise: float = 0.0
    randaugment: RandAugment | None = None
    erase: float = 0.0

    def __post_init__(self) -> None:
        limits = {"flip": 1.0, "rotation": 180.0, "shift": 1.0, "noise": 0.5, "erase": 1.0}
        for name, high in limits.items():
            number(getattr(self, name), name, 0.0, high)
        span(self.zoom, "zoom", 0.1, 10.0)
        span(self.crop, "crop", 0.01, 1.0)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any] | str) -> Self:
        """Build from a preset's name or from entries of a recipe.

        Parameters
        ----------
        settings
            ``none``, ``light``, ``standard`` or ``strong``, or entries under the names of the
            parameters. ``flip: true`` is a probability of a half, ``colour`` may be one number,
            and ``preset`` names what the other entries are laid over.

        Raises
        ------
        RecipeError
            If an entry is unknown or out of range.
        """
        known = [one.name for one in fields(cls)]
        values = resolved(settings, IMAGE_PRESETS, known, "augmentation of images")
        if isinstance(values.get("flip"), bool):
            values["flip"] = 0.5 if values["flip"] else 0.0
        for name, low, high in (("zoom", 0.1, 10.0), ("crop", 0.01, 1.0)):
            if name in values:
                values[name] = span(values[name], name, low, high)
        if "colour" in values:
            values["colour"] = ColourJitter.from_settings(values["colour"])
        if values.get("randaugment") is not None:
            values["randaugment"] = RandAugment.from_settings(values["randaugment"])
        return cls(**values)

    def __call__(
        self, pixels: Pixels, generator: np.random.Generator, background: Colour = WHITE
    ) -> Pixels:
        """Return a photograph changed at random; the one given stays as it is.

        Parameters
        ----------
        pixels
            uint8 (height, width, 3), RGB, at least one pixel.
        generator
            Where chance comes from.
        background
            Red, green and blue of what comes in from outside, 0 to 255.

        Returns
        -------
        uint8 (height, width, 3)

        Raises
        ------
        ValueError
            If `pixels` is anything else.
        """
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
            raise ValueError(
                "a photograph is uint8 (height, width, 3) with at least one pixel, "
                f"found {pixels.dtype} {pixels.shape}"
            )
        height, width = pixels.shape[:2]
        matrix = self._moves(height, width, generator)
        paints: list[Repaint] = []
        if self.randaugment:
            moves, paints = self.randaugment.draw(height, width, generator)
            matrix = moves @ matrix
        changed = warped(np.ascontiguousarray(pixels), matrix, background)
        if self.colour:
            changed = self.colour(changed, generator)
        for paint in paints:
            changed = paint(changed)
        if self.noise:
            changed = noisy(changed, generator.uniform(0, self.noise), generator)
        if np.may_share_memory(changed, pixels):
            changed = changed.copy()
        if self.erase and generator.random() < self.erase:
            erase(changed, generator)
        return changed

    def _moves(self, height: int, width: int, generator: np.random.Generator) -> Matrix:
        matrix = scaled(1, 1)
        if self.flip and generator.random() < self.flip:
            matrix = scaled(-1, 1)
        if self.crop != (1, 1):
            matrix = cropped(self.crop, height, width, generator) @ matrix
        if self.rotation:
            matrix = turned(generator.uniform(-self.rotation, self.rotation)) @ matrix
        if self.zoom != (1, 1):
            # Even in logarithms: halving is as likely as doubling.
            scale = math.exp(generator.uniform(*np.log(self.zoom)))
            matrix = scaled(scale, scale) @ matrix
        if self.shift:
            right, down = generator.uniform(-self.shift, self.shift, size=2)
            matrix = shifted(right * width, down * height) @ matrix
        return matrix


def erase(pixels: Pixels, generator: np.random.Generator) -> None:
    """Overwrite a rectangle of a photograph in place, unless it would be all of it."""
    height, width = pixels.shape[:2]
    area = generator.uniform(*_ERASED) * height * width
    aspect = math.exp(generator.uniform(math.log(_ASPECT), -math.log(_ASPECT)))
    down = min(height, max(1, round(math.sqrt(area * aspect))))
    across = min(width, max(1, round(math.sqrt(area / aspect))))
    if (down, across) == (height, width):
        return
    top, left = generator.integers(height - down + 1), generator.integers(width - across + 1)
    shape = (down, across, 3)
    pixels[top : top + down, left : left + across] = generator.integers(
        0, 256, size=shape, dtype=np.uint8
    )
