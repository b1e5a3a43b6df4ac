"""Photographs and texts varied at random while a network is trained; NumPy and OpenCV only."""

from aisle.neural.augmenting.colours import ColourJitter
from aisle.neural.augmenting.disturb import with_typos
from aisle.neural.augmenting.image import IMAGE_PRESETS, ImageAugmentation
from aisle.neural.augmenting.randaugment import RandAugment
from aisle.neural.augmenting.text import TEXT_PRESETS, TextAugmentation

__all__ = [
    "IMAGE_PRESETS",
    "TEXT_PRESETS",
    "ColourJitter",
    "ImageAugmentation",
    "RandAugment",
    "TextAugmentation",
    "with_typos",
]
