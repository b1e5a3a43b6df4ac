"""Encoders of one descriptor each, by their own names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from aisle.encoders.image.descriptors import DescriptorEncoder
from aisle.encoders.image.words import Pooling


class _Single(DescriptorEncoder):
    """One descriptor; parameters as in `DescriptorEncoder`."""

    kind: ClassVar[str]

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        *,
        side: int = 128,
        components: int | None = None,
    ) -> None:
        super().__init__((self.kind,), columns, side=side, components=components)


class ColourEncoder(_Single):
    """Colour histograms over a spatial pyramid; see `aisle.encoders.image.colour`."""

    kind = "colour"


class HogEncoder(_Single):
    """Histograms of oriented gradients; see `aisle.encoders.image.hog`."""

    kind = "hog"


class LbpEncoder(_Single):
    """Local binary patterns; see `aisle.encoders.image.lbp`."""

    kind = "lbp"


class GlcmEncoder(_Single):
    """Statistics of grey-level co-occurrence; see `aisle.encoders.image.glcm`."""

    kind = "glcm"


class GaborEncoder(_Single):
    """Answers of Gabor filters; see `aisle.encoders.image.gabor`."""

    kind = "gabor"


class SiftEncoder(DescriptorEncoder):
    """A bag of visual words; see `aisle.encoders.image.sift` and `words`."""

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
        super().__init__(
            ("sift",),
            columns,
            side=side,
            components=components,
            words=words,
            pooling=pooling,
            seed=seed,
        )
