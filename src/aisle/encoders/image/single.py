"""Encoders of one descriptor each, by their own names."""

from __future__ import annotations

from collections.abc import Sequence

from aisle.encoders.image.descriptors import DescriptorEncoder
from aisle.encoders.image.words import Pooling


class _Single(DescriptorEncoder):
    """One descriptor; parameters as in `DescriptorEncoder`."""

    kinds: Sequence[str]
    words = 0
    pooling: Pooling = "counts"
    seed = 0

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        side: int = 128,
        components: int | None = None,
    ) -> None:
        self.columns = columns
        self.side = side
        self.components = components


class ColourEncoder(_Single):
    """Colour histograms over a spatial pyramid; see `aisle.encoders.image.colour`."""

    kinds = ("colour",)


class HogEncoder(_Single):
    """Histograms of oriented gradients; see `aisle.encoders.image.hog`."""

    kinds = ("hog",)


class LbpEncoder(_Single):
    """Local binary patterns; see `aisle.encoders.image.lbp`."""

    kinds = ("lbp",)


class GlcmEncoder(_Single):
    """Statistics of grey-level co-occurrence; see `aisle.encoders.image.glcm`."""

    kinds = ("glcm",)


class GaborEncoder(_Single):
    """Answers of Gabor filters; see `aisle.encoders.image.gabor`."""

    kinds = ("gabor",)


class SiftEncoder(_Single):
    """A bag of visual words; see `aisle.encoders.image.sift` and `words`."""

    kinds = ("sift",)

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        side: int = 128,
        components: int | None = None,
        words: int = 256,
        pooling: Pooling = "counts",
        seed: int = 0,
    ) -> None:
        super().__init__(columns, side=side, components=components)
        self.words = words
        self.pooling = pooling
        self.seed = seed
