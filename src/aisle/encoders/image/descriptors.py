"""The encoder of photographs by classical descriptors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt

from aisle.blas import one_blas_thread
from aisle.catalog import Catalog, Role
from aisle.catalog.images import Pixels
from aisle.encoders.encoder import DescribingEncoder, columns_to_read
from aisle.encoders.features import Features
from aisle.encoders.image.colour import colour
from aisle.encoders.image.framing import Framed, framed
from aisle.encoders.image.gabor import gabor
from aisle.encoders.image.glcm import glcm
from aisle.encoders.image.hog import hog
from aisle.encoders.image.lbp import lbp
from aisle.encoders.image.outline import outline
from aisle.encoders.image.projection import Projection, learn_projection
from aisle.encoders.image.scaling import BlockScale, learn_scale, unit
from aisle.encoders.image.sift import sift
from aisle.encoders.image.words import Pooling, VisualWords, learn_words
from aisle.errors import RecipeError
from aisle.progress import Progress, silent

Floats = npt.NDArray[np.float32]

_DESCRIBE: dict[str, Callable[[Framed], Floats]] = {
    "colour": lambda frame: colour(frame.square),
    "hog": lambda frame: hog(frame.square),
    "lbp": lambda frame: lbp(frame.square),
    "glcm": lambda frame: glcm(frame.square),
    "gabor": lambda frame: gabor(frame.square),
    "sift": lambda frame: sift(frame.square),
    "outline": lambda frame: outline(frame.product),
}

KINDS = tuple(_DESCRIBE)
"""The descriptors by name."""

_HISTOGRAMS = frozenset({"colour", "lbp", "gabor"})
_WEIGHT = {"outline": 0.5, "sift": 1.2}


class DescriptorEncoder(DescribingEncoder):
    """Photographs by colour, shape and texture; several descriptors side by side.

    A photograph is cut down to its product, stretched to a square and described. Each descriptor is
    brought to length 1 on a scale on which linear heads do well: histograms by their root
    (Hellinger's kernel), statistics by their mean and spread in training, key points as visual
    words.

    Parameters
    ----------
    kinds
        The descriptors: ``colour``, ``hog``, ``lbp``, ``glcm``, ``gabor``, ``sift``, ``outline``.
    columns
        The image columns to read; all of the catalogue's when left out.
    side
        Of the square, in pixels.
    components
        Principal components to keep; all columns when left out.
    words
        For ``sift``: the size of the codebook.
    pooling
        For ``sift``: ``counts`` (a bag of words) or ``residuals`` (VLAD).
    seed
        For the codebook.

    Attributes
    ----------
    scales_ : dict of str to BlockScale
        Of descriptors that are statistics.
    words_ : VisualWords or None
        The codebook.
    projection_ : Projection or None
        The principal components.
    """

    modality = "image"

    def __init__(
        self,
        kinds: Sequence[str] = ("colour", "hog", "lbp", "gabor", "outline"),
        columns: Sequence[str] | None = None,
        *,
        side: int = 128,
        components: int | None = None,
        words: int = 256,
        pooling: Pooling = "counts",
        seed: int = 0,
    ) -> None:
        self.kinds = kinds
        self.columns = columns
        self.side = side
        self.components = components
        self.words = words
        self.pooling = pooling
        self.seed = seed

    def describe(self, catalog: Catalog, *, progress: Progress = silent) -> Features:
        """Read every photograph and describe it, float32 (rows, numbers of all descriptors).

        A photograph that cannot be read is absent, and `errors` says why.
        """
        kinds = self._checked()
        columns = columns_to_read(catalog, self.columns, (Role.IMAGE,))

        def described(pixels: Pixels) -> Floats:
            frame = framed(pixels, self.side)
            return np.concatenate([_DESCRIBE[kind](frame) for kind in kinds])

        # The threads go to the photographs; products in several threads would round differently.
        with one_blas_thread():
            found = catalog.map_images(
                described, side=self.side, columns=columns, progress=progress
            )
        matrix = np.zeros((len(catalog), sum(self._widths().values())), dtype=np.float32)
        for row, result in enumerate(found):
            if result.value is not None:
                matrix[row] = result.value
        present = np.array([result.value is not None for result in found], dtype=bool)
        errors = {row: r.error for row, r in enumerate(found) if r.error is not None}
        return Features(matrix, present, errors=errors)

    def fit_described(self, described: Features) -> Self:
        """Learn scales, visual words and principal components from training photographs."""
        rows = described.matrix[described.present]
        blocks = self._blocks(rows)
        self.scales_: dict[str, BlockScale] = {
            kind: learn_scale(block, shared=kind == "hog")
            for kind, block in blocks.items()
            if kind == "glcm"
        }
        self.words_: VisualWords | None = (
            learn_words(blocks["sift"], self.words, self.seed) if "sift" in blocks else None
        )
        self.projection_: Projection | None = None
        if self.components is not None:
            self.projection_ = learn_projection(self._scaled(rows), self.components)
        return self

    def transform_described(self, described: Features) -> Features:
        """Return dense features, float32 (rows, dimension); absent rows hold zeros."""
        features = self._scaled(described.matrix)
        if self.projection_ is not None:
            features = self.projection_.apply(features)
        features[~described.present] = 0
        return Features(features, described.present, errors=described.errors)

    def _scaled(self, rows: Floats) -> Floats:
        """Bring each descriptor to its scale and put them side by side."""
        blocks = [
            _WEIGHT.get(kind, 1.0) * self._block(kind, block)
            for kind, block in self._blocks(rows).items()
        ]
        return np.ascontiguousarray(np.concatenate(blocks, axis=1), dtype=np.float32)

    def _block(self, kind: str, block: Floats) -> Floats:
        if kind == "sift" and self.words_ is not None:
            found = self.words_.describe(block, self.pooling)
            return unit(np.sqrt(found) if self.pooling == "counts" else found)
        if kind in self.scales_:
            return self.scales_[kind].apply(block)
        if kind == "outline":
            return block
        return unit(np.sqrt(np.maximum(block, 0)) if kind in _HISTOGRAMS else block)

    def _blocks(self, rows: Floats) -> dict[str, Floats]:
        """Take descriptions apart again, by descriptor."""
        start, blocks = 0, {}
        for kind, width in self._widths().items():
            blocks[kind] = rows[:, start : start + width]
            start += width
        return blocks

    def _widths(self) -> dict[str, int]:
        return {kind: _width(kind, self.side) for kind in self._checked()}

    def _checked(self) -> tuple[str, ...]:
        """Check the parameters, and return the descriptors that are asked for, each once."""
        kinds = (self.kinds,) if isinstance(self.kinds, str) else tuple(self.kinds)
        for kind in kinds:
            if kind not in _DESCRIBE:
                near = get_close_matches(str(kind), KINDS, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise RecipeError(
                    f"there is no image descriptor {kind!r}.{hint} There are {', '.join(KINDS)}"
                )
        if not kinds or not 16 <= self.side <= 512:
            raise RecipeError(
                f"image descriptors need at least one of {', '.join(KINDS)} and a side of 16 to "
                f"512 pixels, not {list(kinds)} and {self.side}"
            )
        return tuple(dict.fromkeys(kinds))


@cache
def _width(kind: str, side: int) -> int:
    """Return how many numbers a descriptor gives, which only a photograph tells."""
    return len(_DESCRIBE[kind](framed(np.full((8, 8, 3), 255, dtype=np.uint8), side)))
