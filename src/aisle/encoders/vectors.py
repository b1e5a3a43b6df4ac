"""Ready-made vectors: embeddings that were computed elsewhere and stand in a column."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from aisle.catalog import Catalog, Role
from aisle.encoders.encoder import Encoder, columns_to_read
from aisle.encoders.features import Features, concatenate
from aisle.errors import CatalogError

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

        Raises
        ------
        CatalogError
            If there are vectors, and none of them has the dimension of those in training.
        """
        nothing = Features(np.zeros((len(catalog), 0), np.float32), np.zeros(len(catalog), bool))
        columns = [self._column(catalog, n, d) for n, d in self.dimensions_.items()]
        return concatenate([nothing, *columns])

    def _column(self, catalog: Catalog, name: str, dimension: int) -> Features:
        matrix, present = _read(catalog.column(name), name, dimension)
        if self.normalise:
            lengths = np.sqrt((matrix.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
            matrix = (matrix / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return Features(matrix, present)


def _read(
    column: pa.ChunkedArray, name: str, dimension: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return a column as float32 (rows, dimension), zeros where absent, and which are present."""
    matrix = np.zeros((len(column), dimension), dtype=np.float32)
    present = np.zeros(len(column), dtype=bool)
    kind = column.type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if dimension == 0 or not (listed or pa.types.is_fixed_size_list(kind)):
        return matrix, present
    sizes = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    rows = np.flatnonzero(sizes == dimension)
    others = np.unique(sizes[(sizes > 0) & (sizes != dimension)])
    if len(others) and not len(rows):
        raise CatalogError(
            f"column {name!r} holds vectors of dimension {', '.join(map(str, others[:5]))}, and "
            f"the model was trained on {dimension}: encode these products with the same encoder"
        )
    if len(others):
        logger.warning(
            "column %r: %d vectors have another dimension than %d and count as missing",
            name, int(((sizes > 0) & (sizes != dimension)).sum()), dimension,
        )  # fmt: skip
    flat = pc.list_flatten(column.take(pa.array(rows)))
    values = pc.cast(flat, pa.float64(), safe=False).to_numpy().reshape(len(rows), dimension)
    with np.errstate(over="ignore"):
        matrix[rows] = values
    present[rows] = np.isfinite(matrix[rows]).all(axis=1)
    matrix[~present] = 0
    return matrix, present
