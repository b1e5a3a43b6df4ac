"""Ready-made vectors: embeddings that were computed elsewhere and stand in a column."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Self

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder, columns_to_read
from aisle.encoders.features import Features, concatenate

logger = logging.getLogger(__name__)


class VectorEncoder(Encoder):
    """Takes the vectors of a catalogue as features.

    A product whose list is missing, of another length than in training, or holds a value that is
    not finite has no vector.

    Parameters
    ----------
    columns
        The vector columns; all of the catalogue's when left out.
    normalise
        Scale each vector to length 1.

    Attributes
    ----------
    dimensions_ : dict of str to int
        The dimension of each column's vectors: the one that most of the training rows have.
    """

    modality = "vector"

    def __init__(self, columns: Sequence[str] | None = None, normalise: bool = True) -> None:
        self.columns = columns
        self.normalise = normalise

    def fit(self, catalog: Catalog) -> Self:
        """Note the dimension of each column."""
        names = columns_to_read(catalog, self.columns, (Role.VECTOR,))
        self.dimensions_ = {name: int(catalog.vectors(name)[0].shape[1]) for name in names}
        return self

    def transform(self, catalog: Catalog) -> Features:
        """Return dense features, float32 (rows, sum of dimensions).

        A vector of another dimension than those of training is absent, like one that is missing.
        """
        nothing = Features(np.zeros((len(catalog), 0), np.float32), np.zeros(len(catalog), bool))
        columns = [self._column(catalog, n, d) for n, d in self.dimensions_.items()]
        return concatenate([nothing, *columns])

    def _column(self, catalog: Catalog, name: str, dimension: int) -> Features:
        matrix, present = catalog.vectors(name, dimension)
        unusable = len(catalog) - catalog.column(name).null_count - int(present.sum())
        if unusable:
            logger.warning(
                "column %r: %d vectors are not %d finite numbers and count as missing",
                name, unusable, dimension,
            )  # fmt: skip
        if self.normalise:
            lengths = np.sqrt((matrix.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
            matrix = (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return Features(matrix, present)
