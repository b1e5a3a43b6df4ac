"""Visual words: a codebook of local descriptors, and photographs in its terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from aisle.blas import one_blas_thread
from aisle.encoders.image.exact import on_grid
from aisle.encoders.image.sift import LENGTH, POINTS, positions, root_sift

Pooling = Literal["residuals", "counts"]
Floats = npt.NDArray[np.float64]

AXES = 48
"""Directions of the descriptors' 128 that are kept: those in which they vary most."""

LEARNED_FROM = 40_000
"""The most descriptors that a codebook is learned from."""

_ROUNDS = 15
_PLACE = 0.2
_MOST_ROWS = 4_000
_ROWS_AT_ONCE = 32
_POINTS_AT_ONCE = 8_192
_DESCRIPTOR_BITS = 12
_AXIS_BITS = 16
_POINT_BITS = 14


@dataclass(frozen=True, eq=False)
class VisualWords:
    """What was learned of the local descriptors of training photographs.

    Parameters
    ----------
    middle
        The mean descriptor, float64 (128,).
    axes
        The directions that are kept, float64 (128, axes).
    words
        Centres of clusters of descriptors along these axes and with their places, float64
        (words, axes + 2).
    """

    middle: Floats
    axes: Floats
    words: Floats

    def describe(self, cells: npt.NDArray[np.float32], pooling: Pooling) -> npt.NDArray[np.float32]:
        """Put photographs in terms of the words.

        Parameters
        ----------
        cells
            float32 (rows, 3528), from `aisle.encoders.image.sift.sift`.
        pooling
            ``counts``: how often each word occurs (Sivic and Zisserman, Video Google, 2003).
            ``residuals``: the sum of what distinguishes its occurrences from the word, each word's
            sum of length 1 after a signed root (VLAD: Jegou et al., Aggregating local descriptors
            into a compact image representation, 2010; Arandjelovic and Zisserman, All about VLAD,
            2013).

        Returns
        -------
        float32 (rows, words) or (rows, words * (axes + 2))
        """
        width = self.words.size if pooling == "residuals" else len(self.words)
        features = np.empty((len(cells), width), dtype=np.float32)
        if width:
            for start in range(0, len(cells), _ROWS_AT_ONCE):
                block = slice(start, start + _ROWS_AT_ONCE)
                features[block] = self._pooled(cells[block], pooling)
        return features

    def _pooled(self, cells: npt.NDArray[np.float32], pooling: Pooling) -> Floats:
        rows, kinds = len(cells), len(self.words)
        descriptors, seen = root_sift(cells)
        places = np.tile(positions().astype(np.float64), (rows, 1))
        flat = descriptors.reshape(rows * POINTS, -1)
        points = _placed(flat, places, self.middle, self.axes)
        owner = np.repeat(np.arange(rows), POINTS) * kinds + _nearest(points, self.words)
        members = _members(np.where(seen.ravel(), owner, -1), rows * kinds)
        counts = np.diff(members.indptr).reshape(rows, kinds)
        if pooling == "counts":
            return np.asarray(counts, dtype=np.float64)
        sums = (members @ points).reshape(rows, kinds, -1)
        residuals: Floats = _rooted(sums - counts[..., None] * self.words).reshape(rows, -1)
        return residuals


def _rooted(residuals: Floats) -> Floats:
    """Take signed roots, and give each word's residuals, on the last axis, length 1."""
    size = np.abs(residuals)
    length = np.sqrt(size.sum(axis=-1, keepdims=True))
    return np.sign(residuals) * np.sqrt(size) / np.where(length > 0, length, 1)


def learn_words(cells: npt.NDArray[np.float32], count: int, seed: int) -> VisualWords:
    """Learn a codebook from photographs.

    The descriptors are turned to the axes along which they vary most, so that clusters are found
    among 48 numbers rather than 128, and get their places beside them (Sanchez, Perronnin and de
    Campos, Modeling the spatial layout of images beyond spatial pyramids, 2012); k-means finds the
    words (Lloyd, 1982).

    Parameters
    ----------
    cells
        float32 (rows, 3528), from `aisle.encoders.image.sift.sift`.
    count
        How many words to learn; fewer are found where there are fewer descriptors.
    seed
        For the descriptors that are learned from and for the first words.
    """
    rng = np.random.default_rng(seed)
    descriptors, places = _sample(cells, rng)
    middle, axes = _main_axes(descriptors)
    points = _placed(descriptors, places, middle, axes)
    return VisualWords(middle, axes, _centres(points, count, rng))


def _sample(cells: npt.NDArray[np.float32], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw descriptors and their places, float64 (drawn, 128) and (drawn, 2)."""
    rows = np.sort(rng.permutation(len(cells))[:_MOST_ROWS])
    size = len(rows) * POINTS
    drawn = np.zeros(size, dtype=bool)
    drawn[rng.choice(size, min(LEARNED_FROM, size), replace=False)] = True
    found, where = [np.empty((0, LENGTH))], [np.empty((0, 2))]
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        descriptors, seen = root_sift(cells[rows[start : start + _ROWS_AT_ONCE]])
        kept = drawn[start * POINTS :][: seen.size].reshape(seen.shape) & seen
        found.append(on_grid(descriptors[kept], _DESCRIPTOR_BITS))
        where.append(np.broadcast_to(positions(), (*seen.shape, 2))[kept].astype(np.float64))
    return np.concatenate(found), np.concatenate(where)


def _main_axes(descriptors: Floats) -> tuple[Floats, Floats]:
    """Return the mean of descriptors, and the axes along which they vary most."""
    if not len(descriptors):
        return np.zeros(LENGTH), np.zeros((LENGTH, 0))
    middle = on_grid(descriptors.mean(axis=0), _DESCRIPTOR_BITS)
    away = descriptors - middle
    with one_blas_thread():
        _, axes = linalg.eigh(away.T @ away)
    return middle, on_grid(axes[:, ::-1][:, :AXES], _AXIS_BITS)


def _placed(
    descriptors: npt.NDArray[np.floating], places: Floats, middle: Floats, axes: Floats
) -> Floats:
    """Turn descriptors to the axes and put their places beside them, float64 (points, axes + 2)."""
    turned = (on_grid(descriptors, _DESCRIPTOR_BITS) - middle) @ axes
    return on_grid(np.concatenate([turned, _PLACE * places], axis=1), _POINT_BITS)


def _centres(points: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Find the centres of clusters by k-means, float64 (centres, axes + 2)."""
    centres = points[np.sort(rng.permutation(len(points))[:count])]
    for _ in range(_ROUNDS):
        members = _members(_nearest(points, centres), len(centres))
        sizes = np.diff(members.indptr)[:, None]
        # A centre that no descriptor is nearest to stays where it is.
        moved = on_grid((members @ points) / np.maximum(sizes, 1), _POINT_BITS)
        centres = np.where(sizes > 0, moved, centres)
    return centres


def _nearest(points: Floats, centres: Floats) -> npt.NDArray[np.int64]:
    """Return the number of the nearest centre for every point, int64 (points,)."""
    offsets = np.square(centres).sum(axis=1)
    nearest = np.empty(len(points), dtype=np.int64)
    for start in range(0, len(points), _POINTS_AT_ONCE):
        block = points[start : start + _POINTS_AT_ONCE]
        (offsets - 2 * (block @ centres.T)).argmin(axis=1, out=nearest[start : start + len(block)])
    return nearest


def _members(owner: npt.NDArray[np.int64], owners: int) -> sparse.csr_matrix:
    """Return which points each owner has, CSR (owners, points); -1 owns nothing."""
    points = np.flatnonzero(owner >= 0)
    entries = (np.ones(len(points)), (owner[points], points))
    return sparse.csr_matrix(entries, shape=(owners, len(owner)))
