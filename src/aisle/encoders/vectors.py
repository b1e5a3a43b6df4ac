"""Ready-made vectors: embeddings that were computed elsewhere and stand in a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder
from aisle.encoders.features import Features, concatenate
from aisle.errors import CatalogError


class VectorEncoder(Encoder):
    """Takes the vectors of a catalogue as features.

    Parameters
    ----------
    columns
        The vector columns; all of the catalogue's when left out.
    normalise
        Scale each vector to length 1.

    Attributes
    ----------
    dimensions_ : dict of str to int
        The dimension of each column's vectors.
    """

    modality = "vector"

    def __init__(self, columns: Sequence[str] | None = None, normalise: bool = True) -> None:
        self.columns = columns
        self.normalise = normalise

    def fit(self, catalog: Catalog) -> Self:
        """Note the dimension of each column."""
        names = catalog.schema.names(Role.VECTOR) if self.columns is None else self.columns
        self.dimensions_ = {name: catalog.vectors(name)[0].shape[1] for name in names}
        return self

    def transform(self, catalog: Catalog) -> Features:
        """Return dense features, float32 (rows, sum of dimensions).

        Raises
        ------
        CatalogError
            If the vectors have another dimension than those of training.
        """
        return concatenate([self._column(catalog, n, d) for n, d in self.dimensions_.items()])

    def _column(self, catalog: Catalog, name: str, dimension: int) -> Features:
        if name not in catalog.table.column_names:
            absent = np.zeros(len(catalog), dtype=bool)
            return Features(np.zeros((len(catalog), dimension), dtype=np.float32), absent)
        matrix, present = catalog.vectors(name)
        if not present.any():
            matrix = np.zeros((len(catalog), dimension), dtype=np.float32)
        elif matrix.shape[1] != dimension:
            raise CatalogError(
                f"column {name!r} holds vectors of dimension {matrix.shape[1]}, and the model was "
                f"trained on {dimension}: encode these products with the same encoder"
            )
        if self.normalise:
            lengths = np.sqrt((matrix.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
            matrix = (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return Features(matrix, present)
