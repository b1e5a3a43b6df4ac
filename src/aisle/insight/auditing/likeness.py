"""Which products are like which, and which are like none.

Products are compared by what pretrained encoders and image descriptors say of them, texts also by
their words; a modality that a product lacks does not count. Near-duplicates are left out: a product
is no proof of its own label, nor is its copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aisle.catalog import Role
from aisle.insight.auditing.opinions import Opinions
from aisle.insight.auditing.suspicion import Bools, Codes, Floats

Vectors = npt.NDArray[np.float32]
Block = tuple[Vectors, Bools]
"""Unit rows, float32 (rows, dimension), and which of them are present."""

NEIGHBOURS = 5
COMPARED = 20_000
"""Products that others are compared with, evenly spread; more would tell the same."""

APART = 2.5
"""Robust standard deviations below the usual likeness from which a product is like no other."""

_WORDS = 2**15
_TOPICS = 128
_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Likeness:
    """Products as unit vectors, a block for each modality that can be compared.

    Parameters
    ----------
    blocks
        A modality each.
    groups
        Near-duplicate group, int64 (rows,).
    against
        The rows that others are compared with, int64 (compared,).
    """

    blocks: tuple[Block, ...]
    groups: Codes
    against: Codes

    @classmethod
    def of(cls, opinions: Opinions, *, seed: int = 0) -> Likeness:
        """Lay out the products of an audit."""
        rows = len(opinions.codes)
        blocks = [
            (_unit(np.asarray(features.matrix, dtype=np.float32)), features.present)
            for features in opinions.described.values()
            if features.dimension and isinstance(features.matrix, np.ndarray)
        ]
        if opinions.catalog.schema.names(Role.TEXT):
            blocks += _topics(opinions.catalog.texts(), seed)
        few = np.linspace(0, rows - 1, min(rows, COMPARED)).round().astype(np.int64)
        return cls(tuple(blocks), opinions.catalog.groups, few)

    def nearest(self, rows: Sequence[int] | Codes) -> tuple[Codes, Floats]:
        """Find the products most like each of `rows`, without its near-duplicates.

        Returns
        -------
        tuple of numpy.ndarray
            Row numbers, int64 (rows, neighbours), the nearest first, -1 where there is none, and
            mean cosines, float64 of the same shape, 0 where there is none.
        """
        asked = np.asarray(rows, dtype=np.int64)
        count = min(NEIGHBOURS, len(self.against))
        found = np.full((len(asked), count), -1, dtype=np.int64)
        cosines = np.zeros((len(asked), count))
        if not self.blocks:
            return found, cosines
        for start in range(0, len(asked), _AT_ONCE):
            some = asked[start : start + _AT_ONCE]
            alike = self._cosines(some)
            best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
            values = np.take_along_axis(alike, best, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            best = np.take_along_axis(best, order, axis=1)
            values = np.take_along_axis(values, order, axis=1)
            there = np.isfinite(values)
            found[start : start + len(some)] = np.where(there, self.against[best], -1)
            cosines[start : start + len(some)] = np.where(there, values, 0.0)
        return found, cosines

    def _cosines(self, rows: Codes) -> Floats:
        """Return mean cosines over the modalities that both have, (rows, compared)."""
        total = np.zeros((len(rows), len(self.against)))
        shared = np.zeros_like(total)
        for matrix, present in self.blocks:
            both = present[rows][:, None] & present[self.against][None, :]
            total += np.where(both, matrix[rows] @ matrix[self.against].T, 0.0)
            shared += both
        own = self.groups[rows][:, None] == self.groups[self.against][None, :]
        return np.where(own | (shared == 0), -np.inf, total / np.maximum(shared, 1))


def outliers(likeness: Likeness) -> dict[int, float]:
    """Return, by row, how unlike all others a product is, from 0 to 0.5, for those that stand out.

    A product stands out if its mean likeness to its nearest neighbours lies `APART` robust standard
    deviations below the median (Iglewicz & Hoaglin, How to detect and handle outliers, 1993).
    """
    if not likeness.blocks:
        return {}
    rows = np.arange(len(likeness.groups))
    usual = likeness.nearest(rows)[1].mean(axis=1)
    something = np.logical_or.reduce([present for _, present in likeness.blocks])
    median = float(np.median(usual[something])) if something.any() else 0.0
    spread = 1.4826 * float(np.median(np.abs(usual[something] - median))) if median else 0.0
    if spread <= 0:
        return {}
    apart = np.flatnonzero(something & (usual < median - APART * spread))
    return {int(row): 0.5 * float(1 - max(usual[row], 0.0) / median) for row in apart}


def _topics(texts: list[str], seed: int) -> list[Block]:
    """Describe texts by their words, brought down to few dimensions."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(
        n_features=_WORDS, token_pattern=r"(?u)\b\w+\b", alternate_sign=False, norm=None
    ).transform(texts)
    present = np.diff(counts.indptr) > 0
    if present.sum() < 3:
        return []
    used = np.flatnonzero(np.bincount(counts.indices, minlength=_WORDS) > 1)
    topics = min(_TOPICS, int(present.sum()) - 1, len(used) - 1)
    if topics < 1:
        return []
    weighted = TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, used])
    few = np.linspace(0, len(texts) - 1, min(len(texts), COMPARED)).round().astype(np.int64)
    svd = TruncatedSVD(topics, n_iter=2, random_state=seed).fit(weighted[few])
    reduced = svd.transform(weighted)
    present = np.linalg.norm(reduced, axis=1) > 0
    return [(_unit(reduced.astype(np.float32)), present)]


def _unit(matrix: Vectors) -> Vectors:
    length = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(length, 1e-12), dtype=np.float32)
